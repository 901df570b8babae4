"""Models to plain JSON types and back.

Two forms: the public one is what the commands print (`*_to_dict`); the stored one (`*_to_row`) adds what only we need.
Reading back takes either.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from cmr_watch.models import CallNotice, Change, Cutoff, Edition, Material, Outline, ReadingWarning, Snapshot

Json = dict[str, Any]

_EDITION_KEYS = (
    "city",
    "region",
    "country",
    "country_code",
    "starts_on",
    "ends_on",
    "date_precision",
    "date_text",
    "section",
    "status",
    "url",
    "summary_url",
    "text",
)


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second: `2024-05-31T16:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def edition_to_dict(edition: Edition) -> Json:
    """The public JSON of an edition; days as ISO dates."""
    values = {key: getattr(edition, key) for key in _EDITION_KEYS}
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in values.items()}


def edition_page_to_dict(edition: Edition) -> Json:
    """The public JSON of an edition as its own page tells it."""
    closes_on = edition.registration_closes_on
    return {
        **edition_to_dict(edition),
        "venue": edition.venue,
        "registration_url": edition.registration_url,
        "registration_closes_on": closes_on.isoformat() if closes_on else None,
        "materials": [{"kind": one.kind, "url": one.url, "title": one.title} for one in edition.materials],
    }


def edition_to_row(edition: Edition) -> Json:
    """The stored JSON of an edition; what only its own page knows stands there where it is known."""
    row, own = edition_to_dict(edition), {**edition_page_to_dict(edition), "theme": edition.theme}
    return {**row, "period": edition.period, **{key: own[key] for key in own.keys() - row.keys() if own[key]}}


def edition_from_dict(row: Json) -> Edition:
    """An edition from either JSON."""
    days = {key: _day(row.get(key)) for key in ("starts_on", "ends_on", "registration_closes_on")}
    materials = tuple(Material(**material) for material in row.get("materials", ()))
    return Edition(**{**row, **days, "materials": materials})


def cutoff_to_dict(cutoff: Cutoff) -> Json:
    """The JSON of a cut-off; `at` in UTC."""
    return {"at": instant(cutoff.at), "text": cutoff.text, "closed": cutoff.closed, "tentative": cutoff.tentative}


def call_to_dict(call: CallNotice) -> Json:
    """The JSON of a call."""
    return {
        "status": call.status,
        "hosting_years": list(call.hosting_years),
        "title": call.title,
        "apply_url": call.apply_url,
        "cutoffs": [cutoff_to_dict(cutoff) for cutoff in call.cutoffs],
        "text": call.text,
    }


def call_to_row(call: CallNotice) -> Json:
    """The stored JSON of a call; what only its own page knows stands there where it is known."""
    own = {"contact": call.contact, "needs": list(call.needs)}
    return {**call_to_dict(call), **{key: value for key, value in own.items() if value}}


def call_from_dict(row: Json) -> CallNotice:
    """A call from either JSON."""
    cutoffs = tuple(Cutoff(**{**cutoff, "at": datetime.fromisoformat(cutoff["at"])}) for cutoff in row["cutoffs"])
    lists = {"hosting_years": tuple(row["hosting_years"]), "cutoffs": cutoffs, "needs": tuple(row.get("needs", ()))}
    return CallNotice(**{**row, **lists})


def noun_to_row(noun: Edition | CallNotice | None) -> Json | None:
    """The stored JSON of one side of a change."""
    if noun is None:
        return None
    return edition_to_row(noun) if isinstance(noun, Edition) else call_to_row(noun)


def noun_from_row(row: Json | None) -> Edition | CallNotice | None:
    """One side of a change from its stored JSON."""
    if row is None:
        return None
    return edition_from_dict(row) if "city" in row else call_from_dict(row)


def reading_to_dict(snapshot: Snapshot) -> Json:
    """What `parse` prints of a page, without its `source`."""
    as_read = edition_page_to_dict if snapshot.kind == "edition" else edition_to_dict
    return {
        "page": snapshot.kind,
        "editions": [as_read(edition) for edition in snapshot.editions],
        "calls": [call_to_dict(call) for call in snapshot.calls],
        "warnings": [{"code": warning.code, "text": warning.text} for warning in snapshot.warnings],
    }


def snapshot_to_dict(snapshot: Snapshot) -> Json:
    """The stored JSON of a snapshot, whole."""
    outline = snapshot.outline
    return {
        **reading_to_dict(snapshot),
        "editions": [edition_to_row(edition) for edition in snapshot.editions],
        "calls": [call_to_row(call) for call in snapshot.calls],
        "outline": {
            "complete": outline.complete,
            "sections": list(outline.sections),
            "dated_lines": outline.dated_lines,
            "unread_lines": outline.unread_lines,
            "headings": list(outline.headings),
        },
    }


def snapshot_from_dict(row: Json) -> Snapshot:
    """A snapshot from its stored JSON."""
    outline = row["outline"]
    return Snapshot(
        kind=row["page"],
        editions=tuple(edition_from_dict(edition) for edition in row["editions"]),
        calls=tuple(call_from_dict(call) for call in row["calls"]),
        warnings=tuple(ReadingWarning(**warning) for warning in row["warnings"]),
        outline=Outline(
            **{
                **outline,
                "sections": tuple(outline["sections"]),
                "headings": tuple(outline.get("headings", ())),
            }
        ),
    )


def change_to_dict(change: Change, sentence: str) -> Json:
    """What `diff` and `changes` print of a change. City and code are the new reading's, else the old one's."""
    noun = change.after or change.before
    edition = noun if isinstance(noun, Edition) else None
    return {
        "kind": change.kind.value,
        "key": change.key,
        "city": edition.city if edition else None,
        "country_code": edition.country_code if edition else None,
        "before": _public(change.before),
        "after": _public(change.after),
        "sentence": sentence,
    }


def _public(noun: Edition | CallNotice | None) -> Json | None:
    return edition_to_dict(noun) if isinstance(noun, Edition) else call_to_dict(noun) if noun else None
