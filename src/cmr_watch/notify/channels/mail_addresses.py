"""Validation and splitting of e-mail addresses. Pure, and light to import, because every run needs it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cmr_watch.domain_names import to_ascii
from cmr_watch.escaping import escaped
from cmr_watch.exceptions import DeliveryError

_LOCAL: Final = re.compile(r"[^\s\x00-\x20\x7f<>()\[\],;:\\\"@.]+(\.[^\s\x00-\x20\x7f<>()\[\],;:\\\"@.]+)*")
_DOMAIN: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})*", re.IGNORECASE)
_MAX_LOCAL: Final = 64  # bytes, RFC 5321 §4.5.3.1.1
_MAX_DOMAIN: Final = 255  # bytes, RFC 5321 §4.5.3.1.2


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """A valid address. `domain` is ASCII; a `local` part that is not needs SMTPUTF8 (RFC 6531)."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def parse(address: str) -> EmailAddress:
    """Split a bare address, `local@domain`. Raises a permanent DeliveryError for anything else."""
    local, _, domain = address.rpartition("@")
    if not _LOCAL.fullmatch(local) or not local.isprintable() or len(local.encode()) > _MAX_LOCAL:
        raise _invalid(address)
    if "=?" in local:  # an encoded word (RFC 2047): mail programs, and Python's email package, would decode it
        raise _invalid(address)
    return EmailAddress(local, _ascii_domain(domain, address))


def _ascii_domain(domain: str, address: str) -> str:
    if not domain.isascii():
        domain = to_ascii(domain) or ""
    if not _DOMAIN.fullmatch(domain) or len(domain) > _MAX_DOMAIN:
        raise _invalid(address)
    return domain


def _invalid(address: str) -> DeliveryError:
    shown = escaped(address if len(address) <= 100 else address[:100] + "…")
    return DeliveryError(f"'{shown}' is not a valid e-mail address", permanent=True)
