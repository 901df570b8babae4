"""Tokens in mails: a subscription id and an HMAC under the installation's key, which do not expire.

Each is bound to its purpose, and authorises nothing else: the recipient may unsubscribe; or may mute one edition or
call, and undo that.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

from cmr_watch.models.muting import MUTE_SLOT, ItemRef
from cmr_watch.models.recipients import TOKEN_SLOT

_ID_DIGITS: Final = 11
# Some mail programs do not decode the %20 of a mailto: URL.
_START: Final = r"(?:(?<![0-9a-z])|(?<=%20))"
_TOKEN: Final = re.compile(rf"{_START}[0-9]{{{_ID_DIGITS}}}[0-9a-f]{{{len(TOKEN_SLOT) - _ID_DIGITS}}}(?![0-9a-z])")
_MUTE_MARK: Final = "m"
"""Begins the recipient's part of a mute token, so that nothing takes it for an unsubscribe token."""
_MUTE_DIGITS: Final = len(MUTE_SLOT) - len(_MUTE_MARK) - _ID_DIGITS
_MAX_KEY: Final = 200
_MUTE: Final = re.compile(
    rf"(edition|call)-(.{{1,{_MAX_KEY}}}?)-{_MUTE_MARK}([0-9]{{{_ID_DIGITS}}})([0-9a-f]{{{_MUTE_DIGITS}}})(?![0-9a-z])",
    re.ASCII,
)


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


def sign_mute(key: bytes, subscription_id: int, item: ItemRef) -> str:
    """Return the recipient's part of the token that mutes an edition or a call: as long as MUTE_SLOT."""
    signed = b"mute:%d:%s:%s" % (subscription_id, item.kind.encode(), item.key.encode("utf-8", "replace"))
    signature = hmac.digest(key, signed, "sha256").hex()[:_MUTE_DIGITS]
    return f"{_MUTE_MARK}{subscription_id:0{_ID_DIGITS}}{signature}"


def make_mute(key: bytes, subscription_id: int, item: ItemRef) -> str:
    """Return the token that mutes an edition or a call: `call-call-2024-m00000000007…`."""
    return f"{item.kind}-{item.key}-{sign_mute(key, subscription_id, item)}"


def find_mute(key: bytes, text: str) -> tuple[int, ItemRef] | None:
    """Return the subscription id and the edition or call of a mute token at the start of a text; None if not valid."""
    match = _MUTE.match(text)
    if match is None:
        return None
    item = ItemRef("call" if match[1] == "call" else "edition", match[2])
    subscription_id = int(match[3])
    given = f"{_MUTE_MARK}{match[3]}{match[4]}"
    is_valid = hmac.compare_digest(sign_mute(key, subscription_id, item).encode(), given.encode())
    return (subscription_id, item) if is_valid else None


def _signature(key: bytes, subscription_id: int) -> str:
    return hmac.digest(key, b"unsubscribe:%d" % subscription_id, "sha256").hex()[: len(TOKEN_SLOT) - _ID_DIGITS]
