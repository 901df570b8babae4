"""Checks what the DNS says about the domains that our mail comes from, and that answers go to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cmr_watch.config import Settings
from cmr_watch.doctor.dmarc import check_dmarc
from cmr_watch.doctor.finding import Finding
from cmr_watch.doctor.name_server import Names, NamesUnavailable
from cmr_watch.doctor.spf import check_spf
from cmr_watch.exceptions import DeliveryError
from cmr_watch.notify.channels.mail_addresses import parse

# RFC 2606 §2 and §3, RFC 6761 §6, RFC 6762 §3, RFC 9476; .internal is ICANN's for private networks
_RESERVED: Final = ("test", "example", "invalid", "localhost", "local", "internal", "alt")
_EXAMPLES: Final = ("example.com", "example.net", "example.org")


def is_public(domain: str) -> bool:
    """Whether the public DNS can know the domain: not a reserved name, nor one without a dot."""
    labels = domain.lower().rstrip(".").split(".")
    return len(labels) > 1 and labels[-1] not in _RESERVED and ".".join(labels[-2:]) not in _EXAMPLES


def check_mail_domain(settings: Settings, names: Names) -> Iterator[Finding]:
    """Check the domain of From, which is also the envelope sender's, and where bounces and requests go.

    Raises NamesUnavailable.
    """
    domain = mail_domain(settings.mail.sender)
    if not settings.sends_mail or domain is None:
        return
    if not is_public(domain):
        text = f"{domain} cannot be looked up: it is a reserved name, from which nobody outside accepts mail"
        yield Finding("dns", None, text, "If that is not what you want, correct “from” in [mail].")
        return
    _require_public_names(domain, names)
    yield check_spf(domain, names)
    yield check_dmarc(domain, names)
    receivers = {domain: "from", mail_domain(settings.mail.unsubscribe) or domain: "unsubscribe"} | {domain: "from"}
    yield from (_check_mx(one, key, names) for one, key in receivers.items() if is_public(one))


def mail_domain(address: str | None) -> str | None:
    """The domain of an address, in lower case and with A-labels; None without a valid one."""
    try:
        return parse(address).domain.lower() if address else None
    except DeliveryError:
        return None


def _require_public_names(domain: str, names: Names) -> None:
    """A name server of a closed network answers that no public name exists, which says nothing about our domain."""
    top = domain.rpartition(".")[2]
    if not names.records(top, "NS"):
        raise NamesUnavailable(f"the name server does not know the names of the internet, not even .{top}")


def _check_mx(domain: str, key: str, names: Names) -> Finding:
    """Whether bounces and replies to the address in `key` can arrive (RFC 5321 §5.1, RFC 7505)."""
    hosts = names.records(domain, "MX")
    advice = f"Publish an MX record, or choose another address for “{key}” in [mail]."
    if any(host.split()[-1:] == ["."] for host in hosts):
        return Finding("mx", False, f"{domain} says that it takes no mail, so bounces and replies are lost", advice)
    if hosts:
        return Finding("mx", True, f"mail to {domain} goes to {_first_host(hosts)}")
    if names.records(domain, "A") or names.records(domain, "AAAA"):
        return Finding("mx", True, f"{domain} has no MX record; mail to it goes to its own address")
    text = f"{domain} has no mail server, so bounces and replies are lost, and many servers refuse its mail"
    return Finding("mx", False, text, advice)


def _first_host(hosts: tuple[str, ...]) -> str:
    def preference(host: str) -> tuple[int, str]:
        number, _, name = host.partition(" ")
        return int(number) if number.isdecimal() else 0, name

    return preference(min(hosts, key=preference))[1].rstrip(".")
