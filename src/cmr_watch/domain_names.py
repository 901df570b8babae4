"""International domain names in the ASCII form that mail servers and the DNS use (A-labels, RFC 5890 §2.3.2.1).

Python's own codec implements IDNA 2003, which maps ß to ss: another domain since IDNA 2008 (RFC 5894 §7.2).
"""

from __future__ import annotations

from typing import Final

_MAX_DOMAIN: Final = 255  # octets, RFC 5321 §4.5.3.1.2


def to_ascii(domain: str) -> str | None:
    """Return a domain in lower case and with A-labels; None if it has no such form."""
    if domain.isascii():
        return domain.lower()
    if len(domain) > _MAX_DOMAIN:
        return None
    import idna  # its tables take longer to load than everything else, and hardly any address needs them

    try:
        # UTS 46 maps what people type, such as capitals, to what IDNA 2008 allows
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except idna.IDNAError:
        return None


def to_unicode(domain: str) -> str:
    """Return a domain as people write it; unchanged if it has no such form."""
    if not domain.isascii() or "xn--" not in domain.lower() or len(domain) > _MAX_DOMAIN:
        return domain
    import idna

    try:
        return idna.decode(domain.lower())
    except idna.IDNAError:
        return domain
