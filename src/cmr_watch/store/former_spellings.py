"""How earlier versions spelled the address of a recipient."""

from __future__ import annotations

from cmr_watch.domain_names import to_ascii, to_unicode


def former_spellings(address: str) -> tuple[str, ...]:
    """The spellings by which earlier versions may have known the recipient of an address.

    They case-folded the address as it was written, with its domain in either form.
    """
    if "://" in address:
        return (address,)
    local, at, domain = address.rpartition("@")
    forms = (domain, to_ascii(domain) or domain, to_unicode(to_ascii(domain) or domain))
    return tuple(dict.fromkeys(f"{local}{at}{form}".casefold() for form in forms))
