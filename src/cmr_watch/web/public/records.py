"""Editions, calls and changes as records of plain values, for JSON, CSV and the API. Pure.

The names are those of `cmr-watch editions --json` and the other commands. Text from the pages is cleaned of control
characters, and cut; addresses that lead elsewhere than to the web are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from cmr_watch.models.readings import CallNotice, Edition, KnownCall, KnownEdition, RecordedChange
from cmr_watch.render.sanitize import clean, safe_link
from cmr_watch.render.sentences import sentence
from cmr_watch.serialization import (
    call_to_dict,
    cutoff_to_dict,
    edition_page_to_dict,
    instant,
)
from cmr_watch.web.public.views import Visit

Record = dict[str, Any]
_MAX_TEXT: Final = 2_000
"""Characters of one text; no notice that was ever published is longer."""
_LINKS: Final = frozenset({"url", "summary_url", "registration_url", "apply_url"})


def call_records(visit: Visit) -> list[Record]:
    """All calls."""
    return [call_record(visit, known) for known in visit.overview.known.calls]


def change_records(visit: Visit, changes: Iterable[RecordedChange]) -> list[Record]:
    """Changes, in their order."""
    return [change_record(visit, recorded) for recorded in changes]


def edition_record(visit: Visit, known: KnownEdition) -> Record:
    """An edition."""
    return {
        "key": known.key,
        **cleaned(edition_page_to_dict(known.edition)),
        "removal": known.gone,
        "first_seen_at": _instant(known.first_seen_at),
        "page": visit.absolute(f"/editions/{known.key}"),
    }


def call_record(visit: Visit, known: KnownCall) -> Record:
    """A call. `conflicting_notice`: the call as the list of editions gives it, if that contradicts the call's page."""
    notice = known.conflicting_notice
    return {
        "key": known.key,
        **_call(known.call),
        "conflicting_notice": _call(notice) if notice else None,
        "removal": known.gone,
        "first_seen_at": _instant(known.first_seen_at),
        "page": visit.absolute(f"/calls/{known.key}"),
    }


def change_record(visit: Visit, recorded: RecordedChange) -> Record:
    """A change: what kind of change of what, the edition or call before and now, and the sentence that says it."""
    change = recorded.change
    return {
        "id": recorded.id,
        "read_at": instant(recorded.read_at),
        "kind": change.kind.value,
        "key": change.key,
        "sentence": clean(sentence(change, read_at=recorded.read_at), _MAX_TEXT),
        "before": _side(change.before),
        "after": _side(change.after),
        "cutoff_before": cleaned(cutoff_to_dict(change.cutoff_before)) if change.cutoff_before else None,
        "cutoff_after": cleaned(cutoff_to_dict(change.cutoff_after)) if change.cutoff_after else None,
        "page": visit.absolute(f"/changes/{recorded.id}"),
    }


def find(entries: Iterable[Any], key: str) -> Any:
    """The entry with this key; None if there is none."""
    return next((entry for entry in entries if entry.key == key), None)


def cleaned(value: Any, name: str = "") -> Any:
    """The value, with all of its text cleaned."""
    if isinstance(value, dict):
        return {key: cleaned(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [cleaned(one) for one in value]
    if isinstance(value, str):
        return safe_link(value) if name in _LINKS else clean(value, _MAX_TEXT)
    return value


def _call(call: CallNotice) -> Record:
    record: Record = cleaned({**call_to_dict(call), "contact": call.contact, "needs": list(call.needs)})
    return record


def _side(noun: Edition | CallNotice | None) -> Record | None:
    if noun is None:
        return None
    record: Record = _call(noun) if isinstance(noun, CallNotice) else cleaned(edition_page_to_dict(noun))
    return record


def _instant(at: datetime | None) -> str | None:
    return instant(at) if at else None
