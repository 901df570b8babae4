"""Finds what a reader may have meant by a key that does not exist. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from cmr_watch.web.public.views import NotFound

_MAX_SHOWN: Final = 3
_MAX_LENGTH: Final = 100
"""Characters of a key that are compared: keys of editions and calls are no longer (`monitor.keys`)."""
_LIKENESS: Final = 0.6


def similar_keys(key: str, keys: Iterable[str]) -> tuple[str, ...]:
    """The most similar keys, the best first: those that begin with the key, or differ in few letters."""
    wanted, known = key[:_MAX_LENGTH].casefold(), sorted(keys)
    longer = [one for one in known if len(wanted) > 2 and one.startswith(wanted)]
    close = get_close_matches(wanted, known, _MAX_SHOWN, _LIKENESS)
    return tuple(dict.fromkeys([*longer, *close]))[:_MAX_SHOWN]


def nothing_found(message: str, key: str, targets: Mapping[str, tuple[str, str]], way_on: tuple[str, str]) -> NotFound:
    """That there is nothing with this key, with links to similar ones; `targets`: the path and the words of each."""
    return NotFound(message, way_on, [targets[one] for one in similar_keys(key, targets)])
