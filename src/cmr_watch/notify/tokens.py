"""Unsubscribe tokens: which subscription one ends, signed with the installation's key. Pure.

A token is as long as SLOT, so that it takes its place in words that are already encoded, and of digits and small
letters only, so that it survives subject lines, local parts and people who read it aloud. It does not expire: a mail
may be found again after years, and must still end what it says it ends.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

from cmr_watch.models import SLOT

_MAC_LENGTH: Final = 32  # hex digits: 128 bits
_ID_LENGTH: Final = len(SLOT) - _MAC_LENGTH
_TOKEN: Final = re.compile(rf"[0-9a-f]{{{len(SLOT)}}}")
_ANYWHERE: Final = re.compile(rf"(?=([0-9a-f]{{{len(SLOT)}}}))", re.IGNORECASE | re.ASCII)
_LONGEST_TEXT: Final = 100_000  # characters: who sends more than that wants something else


def make(key: bytes, subscription_id: int) -> str:
    """The token that ends this subscription."""
    if not 0 <= subscription_id < 16**_ID_LENGTH:
        raise ValueError(f"{subscription_id} is no id of a subscription")
    return f"{subscription_id:0{_ID_LENGTH}x}{_mac(key, subscription_id)}"


def read(key: bytes, token: str) -> int | None:
    """The subscription that the token ends; None for what we did not make."""
    if not _TOKEN.fullmatch(token):
        return None
    subscription_id = int(token[:_ID_LENGTH], 16)
    genuine = hmac.compare_digest(token[_ID_LENGTH:], _mac(key, subscription_id))
    return subscription_id if genuine else None


def find(key: bytes, text: str) -> int | None:
    """The subscription of the first genuine token in a text, whatever stands around it and whatever became of case."""
    for found in _ANYWHERE.finditer(text[:_LONGEST_TEXT]):
        subscription_id = read(key, found[1].lower())
        if subscription_id is not None:
            return subscription_id
    return None


def _mac(key: bytes, subscription_id: int) -> str:
    return hmac.digest(key, b"unsubscribe:%d" % subscription_id, "sha256").hex()[:_MAC_LENGTH]
