"""Decides whether the first reading of an edition's page is news. Pure.

The pages that the first reading of the list links to are silent, because they may have said the same for years. A page
whose link appeared later is compared with a page that says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cmr_watch.models.readings import CallNotice, Change, ChangeKind, Edition
from cmr_watch.urls import normalised_url

_FIRST_SEEN: Final = frozenset({ChangeKind.EDITION_ANNOUNCED, ChangeKind.EDITION_LISTED})


def is_later_link(page_url: str, on_list: Iterable[Change]) -> bool:
    """Whether one of the list's changes of an edition brought the link to its page."""
    url = normalised_url(page_url)
    return any(_url(change.after) == url and _url(change.before) != url for change in on_list)


def was_first_seen(key: str, in_round: Iterable[Change]) -> bool:
    """Whether the edition was first seen in this round, so that what its page says is part of that one change."""
    return any(change.key == key and change.kind in _FIRST_SEEN for change in in_round)


def _url(side: Edition | CallNotice | None) -> str | None:
    return normalised_url(side.url) if isinstance(side, Edition) else None
