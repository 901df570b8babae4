"""Unsubscribe tokens: an HMAC of a subscription under the installation's key. They do not expire, and only end it."""

from __future__ import annotations

import hmac
import re
from typing import Final

from cmr_watch.models import SLOT

_ID_DIGITS: Final = 11
# Some mail programs leave the %20 of a mailto: address as it is.
_BEGIN: Final = r"(?:(?<![0-9a-z])|(?<=%20))"
_TOKEN: Final = re.compile(rf"{_BEGIN}[0-9]{{{_ID_DIGITS}}}[0-9a-f]{{{len(SLOT) - _ID_DIGITS}}}(?![0-9a-z])")


def make(key: bytes, subscription_id: int) -> str:
    """The token of a subscription: as long as SLOT, letters and digits only."""
    return f"{subscription_id:0{_ID_DIGITS}}{_seal(key, subscription_id)}"


def read(key: bytes, token: str) -> int | None:
    """The subscription that a token names; None for whatever is no token of ours."""
    if not _TOKEN.fullmatch(token):
        return None
    number = int(token[:_ID_DIGITS])
    good = hmac.compare_digest(_seal(key, number).encode(), token[_ID_DIGITS:].encode())
    return number if good else None


def find(key: bytes, text: str) -> int | None:
    """The first token of ours in any text, such as a subject line."""
    found = (read(key, token) for token in _TOKEN.findall(text.lower()))
    return next((number for number in found if number is not None), None)


def _seal(key: bytes, subscription_id: int) -> str:
    return hmac.digest(key, b"unsubscribe:%d" % subscription_id, "sha256").hex()[: len(SLOT) - _ID_DIGITS]
