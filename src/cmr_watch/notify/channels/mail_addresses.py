"""Mail addresses, taken apart: pure. It loads nothing, for every run asks it something."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cmr_watch.exceptions import DeliveryError

_LOCAL: Final = re.compile(r"[^\s\x00-\x20\x7f<>()\[\],;:\\\"@.]+(\.[^\s\x00-\x20\x7f<>()\[\],;:\\\"@.]+)*")
_DOMAIN: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})*", re.IGNORECASE)
# Where IDNA 2003, which Python speaks, and today's IDNA 2008 lead to different hosts (UTS 46 §7).
_DEVIATING: Final = frozenset("ßς\u200c\u200d")
_LONGEST_LOCAL: Final = 64  # bytes, RFC 5321 §4.5.3.1.1
_LONGEST_DOMAIN: Final = 255


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address that mail can go to. `domain` is in ASCII; `local` is not when only SMTPUTF8 (RFC 6531) carries it."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def parse(address: str) -> Mailbox:
    """A bare address, `local@domain`, taken apart; anything else can never be written to."""
    local, _, domain = address.rpartition("@")
    if not _LOCAL.fullmatch(local) or not local.isprintable() or len(local.encode()) > _LONGEST_LOCAL:
        raise _no_address(address)
    if "=?" in local:  # an encoded word (RFC 2047): mail programs, and Python's, would write to what it decodes to
        raise _no_address(address)
    return Mailbox(local, _ascii_domain(domain, address))


def _ascii_domain(domain: str, address: str) -> str:
    if not domain.isascii():
        if not _DEVIATING.isdisjoint(domain):
            raise _no_address(address, "write its domain in the xn-- form")
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            raise _no_address(address) from None
    if not _DOMAIN.fullmatch(domain) or len(domain) > _LONGEST_DOMAIN:
        raise _no_address(address)
    return domain


def _no_address(address: str, advice: str = "") -> DeliveryError:
    shown = ascii(address if len(address) <= 100 else address[:100] + "…")
    return DeliveryError(f"{shown} is no mail address" + (f": {advice}" if advice else ""), permanent=True)
