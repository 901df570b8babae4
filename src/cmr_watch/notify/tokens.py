"""Unsubscribe tokens: a subscription id and its HMAC under the installation's key.

Tokens do not expire. They authorise nothing but unsubscribing.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

from cmr_watch.models.recipients import TOKEN_SLOT

_ID_DIGITS: Final = 11
# Some mail programs do not decode the %20 of a mailto: URL.
_START: Final = r"(?:(?<![0-9a-z])|(?<=%20))"
_TOKEN: Final = re.compile(rf"{_START}[0-9]{{{_ID_DIGITS}}}[0-9a-f]{{{len(TOKEN_SLOT) - _ID_DIGITS}}}(?![0-9a-z])")


def make(key: bytes, subscription_id: int) -> str:
    """Return the token of a subscription: as long as TOKEN_SLOT, lower-case letters and digits only."""
    return f"{subscription_id:0{_ID_DIGITS}}{_signature(key, subscription_id)}"


def verify(key: bytes, token: str) -> int | None:
    """Return the id of the subscription that a token belongs to; None if the token is not valid."""
    if not _TOKEN.fullmatch(token):
        return None
    subscription_id = int(token[:_ID_DIGITS])
    is_valid = hmac.compare_digest(_signature(key, subscription_id).encode(), token[_ID_DIGITS:].encode())
    return subscription_id if is_valid else None


def has_token(text: str) -> bool:
    """Whether a text contains what looks like a token."""
    return _TOKEN.search(text.lower()) is not None


def find(key: bytes, text: str) -> int | None:
    """Return the subscription id of the first valid token in a text, such as a subject line."""
    ids = (verify(key, token) for token in _TOKEN.findall(text.lower()))
    return next((subscription_id for subscription_id in ids if subscription_id is not None), None)


def _signature(key: bytes, subscription_id: int) -> str:
    return hmac.digest(key, b"unsubscribe:%d" % subscription_id, "sha256").hex()[: len(TOKEN_SLOT) - _ID_DIGITS]
