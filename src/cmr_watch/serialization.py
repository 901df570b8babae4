"""Converts models to plain JSON types and back.

There are two forms: the public one, which the commands print (`*_to_dict`), and the stored one (`*_to_row`), which adds
fields for internal use. `*_from_dict` accepts both.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from cmr_watch.models.evidence import Evidence, Fact, LineUse
from cmr_watch.models.readings import CallNotice, Change, Cutoff, Edition, Material, Outline, ReadingWarning, Snapshot

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
_EDITION_FIELDS = frozenset(field.name for field in fields(Edition))


def instant(moment: datetime) -> str:
    """The time in UTC to the second, as in RFC 3339: `2024-05-31T16:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _date(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def edition_to_dict(edition: Edition) -> Json:
    """The public JSON of an edition. Dates are ISO 8601: `2024-05-31`."""
    values = {key: getattr(edition, key) for key in _EDITION_KEYS}
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in values.items()}


def edition_page_to_dict(edition: Edition) -> Json:
    """The public JSON of an edition read from its own page, which has more details than the list."""
    closes_on = edition.registration_closes_on
    return {
        **edition_to_dict(edition),
        "venue": edition.venue,
        "registration_url": edition.registration_url,
        "registration_closes_on": closes_on.isoformat() if closes_on else None,
        "materials": [{"kind": item.kind, "url": item.url, "title": item.title} for item in edition.materials],
    }


def edition_to_row(edition: Edition) -> Json:
    """The stored JSON of an edition. Details from its own page are included only if they are known."""
    details = edition_page_to_dict(edition)
    row = {key: details.pop(key) for key in _EDITION_KEYS}
    known = {key: value for key, value in details.items() if value}
    former = {"former_registration_url": edition.former_registration_url} if edition.former_registration_url else {}
    return {**row, "period": edition.period, **known, **former}


def edition_from_dict(row: Json) -> Edition:
    """An edition from its public or stored JSON. Fields that earlier versions stored and this one lacks are ignored."""
    row = {key: value for key, value in row.items() if key in _EDITION_FIELDS}
    dates = {key: _date(row.get(key)) for key in ("starts_on", "ends_on", "registration_closes_on")}
    materials = tuple(Material(**material) for material in row.get("materials", ()))
    return Edition(**{**row, **dates, "materials": materials})


def cutoff_to_dict(cutoff: Cutoff) -> Json:
    """The JSON of a cut-off. `at` is in UTC."""
    return {"at": instant(cutoff.at), "text": cutoff.text, "closed": cutoff.closed, "tentative": cutoff.tentative}


def call_to_dict(call: CallNotice) -> Json:
    """The public JSON of a call."""
    return {
        "status": call.status,
        "hosting_years": list(call.hosting_years),
        "title": call.title,
        "apply_url": call.apply_url,
        "cutoffs": [cutoff_to_dict(cutoff) for cutoff in call.cutoffs],
        "text": call.text,
    }


def call_to_row(call: CallNotice) -> Json:
    """The stored JSON of a call. Details from the call page are included only if they are known."""
    details = {"contact": call.contact, "needs": list(call.needs)}
    return {**call_to_dict(call), **{key: value for key, value in details.items() if value}}


def call_from_dict(row: Json) -> CallNotice:
    """A call from its public or stored JSON."""
    cutoffs = tuple(Cutoff(**{**cutoff, "at": datetime.fromisoformat(cutoff["at"])}) for cutoff in row["cutoffs"])
    tuples = {"hosting_years": tuple(row["hosting_years"]), "cutoffs": cutoffs, "needs": tuple(row.get("needs", ()))}
    return CallNotice(**{**row, **tuples})


def side_to_row(noun: Edition | CallNotice | None) -> Json | None:
    """The stored JSON of the edition or call before or after a change."""
    if noun is None:
        return None
    return edition_to_row(noun) if isinstance(noun, Edition) else call_to_row(noun)


def side_from_row(row: Json | None) -> Edition | CallNotice | None:
    """The edition or call before or after a change, from its stored JSON."""
    if row is None:
        return None
    return edition_from_dict(row) if "city" in row else call_from_dict(row)


def reading_to_dict(snapshot: Snapshot) -> Json:
    """The public JSON of a reading, as `parse` prints it (which adds `source`)."""
    to_dict = edition_page_to_dict if snapshot.kind == "edition" else edition_to_dict
    return {
        "page": snapshot.kind,
        "editions": [to_dict(edition) for edition in snapshot.editions],
        "calls": [call_to_dict(call) for call in snapshot.calls],
        "warnings": [{"code": warning.code, "text": warning.text} for warning in snapshot.warnings],
    }


def snapshot_to_dict(snapshot: Snapshot) -> Json:
    """The stored JSON of a snapshot, with all fields."""
    outline = snapshot.outline
    identity = {"address": outline.address, "lang": outline.lang, "h1": outline.h1}
    expected = None if outline.expected_layout is None else list(outline.expected_layout)
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
            **{key: value for key, value in identity.items() if value},
            **({} if expected is None else {"expected_layout": expected}),
        },
    }


def snapshot_from_dict(row: Json) -> Snapshot:
    """A snapshot from its stored JSON."""
    outline = row["outline"]
    expected = outline.get("expected_layout")
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
                "expected_layout": None if expected is None else tuple(expected),
            }
        ),
    )


def evidence_to_row(evidence: Evidence) -> Json:
    """The stored JSON of evidence: lists without names; the fields that were read from the same words are one list."""
    groups = groupby(evidence.facts, lambda fact: (fact.record, fact.line, fact.start, fact.end, fact.rule))
    facts = [[*where, *(fact.field for fact in group)] for where, group in groups]
    return {"article": evidence.article, "lines": evidence.lines, "facts": facts}


def evidence_from_row(row: Json) -> Evidence:
    """Evidence from its stored JSON."""
    facts = (
        Fact(record, field, line, start, end, rule)
        for record, line, start, end, rule, *names in row["facts"]
        for field in names
    )
    return Evidence(row["article"], tuple(facts), tuple(LineUse(*line) for line in row["lines"]))


def change_to_dict(change: Change, sentence: str) -> Json:
    """The public JSON of a change, as `diff` and `changes` print it. `city` is the new one unless there is none."""
    noun = change.after or change.before
    edition = noun if isinstance(noun, Edition) else None
    is_detailed = any(isinstance(one, Edition) and _has_details(one) for one in (change.before, change.after))
    return {
        "kind": change.kind.value,
        "key": change.key,
        "city": edition.city if edition else None,
        "country_code": edition.country_code if edition else None,
        "before": _public(change.before, is_detailed=is_detailed),
        "after": _public(change.after, is_detailed=is_detailed),
        "sentence": sentence,
    }


def _has_details(edition: Edition) -> bool:
    """Whether anything is known from its own page."""
    return bool(edition.venue or edition.registration_url or edition.registration_closes_on or edition.materials)


def _public(noun: Edition | CallNotice | None, *, is_detailed: bool) -> Json | None:
    if isinstance(noun, Edition):
        return edition_page_to_dict(noun) if is_detailed else edition_to_dict(noun)
    return call_to_dict(noun) if noun else None
