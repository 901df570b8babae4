"""Fills in who may mute, when a message is about to be sent.

The links follow from the body, the subscription and the installation's key, so nothing of them is stored: a message
that is sent again weeks later, or from a restored database, has the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from sqlalchemy import Connection

from cmr_watch.models.muting import ItemRef, linked_items
from cmr_watch.models.recipients import Body, Delivery, Message
from cmr_watch.notify import tokens
from cmr_watch.store import installation


def signed(connection: Connection, claimed: Sequence[Delivery]) -> tuple[Delivery, ...]:
    """Return the deliveries with the tokens of their recipients in the links that mute."""
    if not any(_items(delivery.message.body) for delivery in claimed):
        return tuple(claimed)
    key = installation.key(connection)
    return tuple(delivery._replace(message=_signed(key, delivery.message)) for delivery in claimed)


def _signed(key: bytes, message: Message) -> Message:
    subscription_id = tokens.verify(key, message.token)
    if subscription_id is None:  # to an operator, or asks for confirmation
        return message
    items = _items(message.body)
    return replace(message, mute_tokens=tuple((one, tokens.sign_mute(key, subscription_id, one)) for one in items))


@lru_cache(maxsize=64)
def _items(body: Body) -> tuple[ItemRef, ...]:
    return tuple(dict.fromkeys((*linked_items(body.text), *linked_items(body.html))))
