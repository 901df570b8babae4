"""Every saved page is read as its expected.json says, and only changed content is reported as a change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import permutations, product
from pathlib import Path

import pytest

from cmr_watch.models.evidence import Evidence
from cmr_watch.models.readings import CallNotice, Change, Edition, Snapshot
from cmr_watch.monitor.edition_page_diff import compare_pages
from cmr_watch.reading import Reading, read
from cmr_watch.serialization import reading_to_dict, snapshot_to_dict
from tests.compare import differences
from tests.reading.test_blind import STILL_WRONG
from tests.shapes import SHAPES, STATES, render
from tests.shapes.expected import reading
from tests.shapes.states import Json

FIXTURES = Path(__file__).parent / "fixtures"
FOLDERS = sorted(path.parent.relative_to(FIXTURES).as_posix() for path in FIXTURES.rglob("page.html"))
STATE_NAMES = [state.name for state in STATES]
SHAPE_NAMES = [shape.name for shape in SHAPES]

KindsAndCities = set[tuple[str, str | None]]
"""Kinds of changes, each with the city of the edition; None for a call."""

HELD_WITH_SUMMARY = ("edition.held", "edition.summary_published")
CHANGES: dict[tuple[str, str], KindsAndCities] = {
    ("2023-09", "2023-12"): {
        *((kind, city) for kind in HELD_WITH_SUMMARY for city in ("Lyon", "Prague", "Düsseldorf")),
        ("edition.held", "Iași"),
        ("edition.summary_published", "Burgas"),
        ("call.opened", None),
    },
    ("2023-12", "2024-04"): {
        *((kind, "Kraków") for kind in HELD_WITH_SUMMARY),
        ("edition.summary_published", "Iași"),
        ("edition.listed", "Milan"),
    },
    ("2023-09", "2024-04"): {
        *((kind, city) for kind in HELD_WITH_SUMMARY for city in ("Lyon", "Prague", "Düsseldorf", "Iași", "Kraków")),
        ("edition.summary_published", "Burgas"),
        ("edition.listed", "Milan"),
        ("call.opened", None),
    },
}


@cache
def reading_of(folder: str) -> Reading:
    return read(expected(folder)["page"], (FIXTURES / folder / "page.html").read_bytes())


def snapshot(folder: str) -> Snapshot:
    return reading_of(folder).snapshot


@cache
def expected(folder: str) -> Json:
    loaded: Json = json.loads((FIXTURES / folder / "expected.json").read_text(encoding="utf-8"))
    return loaded


def kinds_and_cities(changes: tuple[Change, ...]) -> list[tuple[str, str | None]]:
    return sorted(((change.kind.value, _city(change.after or change.before)) for change in changes), key=str)


def _city(side: Edition | CallNotice | None) -> str | None:
    return side.city if isinstance(side, Edition) else None


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_page_is_read_as_expected(folder: str, request: pytest.FixtureRequest) -> None:
    if reason := STILL_WRONG.get(folder.removeprefix("blind/")):
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    lines = differences(expected(folder), reading_to_dict(snapshot(folder)))

    assert not lines, "\n".join([folder, *lines])


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_field_and_every_line_has_evidence(folder: str) -> None:
    found, evidence = reading_of(folder)
    values = snapshot_to_dict(found)
    records = {f"{name}[{number}]": one for name in ("editions", "calls") for number, one in enumerate(values[name])}

    assert {fact.record for fact in evidence.facts} == records.keys()
    for record, row in records.items():
        assert set(_fields(row)) - evidence.of(record).keys() == set(), record
    _check_lines(evidence)
    _check_lost_lines(found, evidence)


def _check_lost_lines(found: Snapshot, evidence: Evidence) -> None:
    """No false silence: a line that no rule explains has a warning (D5)."""
    lost = [use.text for use in evidence.lines if use.what == "not taken"]
    assert all(any(text in warning.text for warning in found.warnings) for text in lost)


def _fields(row: Json) -> Iterator[str]:
    """The fields of a record that are not null; the items of a list of cut-offs, materials or needs one by one."""
    for name, value in row.items():
        if name in ("cutoffs", "materials", "needs"):
            yield from (f"{name}[{number}]" for number in range(len(value)))
        elif value is not None and value != []:
            yield name


def _check_lines(evidence: Evidence) -> None:
    numbers = [use.line for use in evidence.lines]
    assert numbers == sorted(set(numbers))
    assert all(use.what and use.rule for use in evidence.lines)
    texts = {use.line: use.text for use in evidence.lines}
    assert all(fact.rule and 0 <= fact.start < fact.end <= len(texts[fact.line]) for fact in evidence.facts)


def test_there_are_pages_of_every_kind() -> None:
    assert len(FOLDERS) >= 550
    assert {expected(folder)["page"] for folder in FOLDERS} == {"initiative", "call", "edition"}
    assert not list(FIXTURES.rglob("expected-*.json"))


@pytest.mark.parametrize("shape", SHAPES, ids=SHAPE_NAMES)
@pytest.mark.parametrize("state", STATES, ids=STATE_NAMES)
def test_a_recorded_state_is_what_the_generator_writes(state, shape) -> None:  # type: ignore[no-untyped-def]
    folder = FIXTURES / "initiative" / f"{state.name}-{shape.name}"

    assert (folder / "page.html").read_text(encoding="utf-8") == render(state, shape) + "\n"
    assert json.loads((folder / "expected.json").read_text(encoding="utf-8")) == reading(state, shape)


@pytest.mark.parametrize("state", STATE_NAMES)
@pytest.mark.parametrize(("old", "new"), list(permutations(SHAPE_NAMES, 2)))
def test_another_shape_changes_only_links(state: str, old: str, new: str) -> None:
    before, after = f"initiative/{state}-{old}", f"initiative/{state}-{new}"

    changes = compare_pages(snapshot(before), snapshot(after))
    assert kinds_and_cities(changes) == sorted(_link_changes(before, after), key=str)


@pytest.mark.parametrize("states", CHANGES, ids="→".join)
@pytest.mark.parametrize(("old", "new"), list(product(SHAPE_NAMES, repeat=2)))
def test_another_state_is_reported_exactly(states: tuple[str, str], old: str, new: str) -> None:
    before, after = f"initiative/{states[0]}-{old}", f"initiative/{states[1]}-{new}"
    facts = {(kind, city) for kind, city in CHANGES[states] if kind != "edition.summary_published"}

    expected_changes = sorted(facts | _link_changes(before, after), key=str)

    assert kinds_and_cities(compare_pages(snapshot(before), snapshot(after))) == expected_changes
    if "no-links" not in (old, new):
        summaries = {item for item in CHANGES[states] if item[0] == "edition.summary_published"}
        assert summaries <= set(expected_changes)


def _link_changes(before: str, after: str) -> KindsAndCities:
    """Return the changes that follow from links alone: a new summary, or another URL."""
    old = {edition["city"]: edition for edition in expected(before)["editions"]}
    changes: KindsAndCities = set()
    for edition in expected(after)["editions"]:
        known = old.get(edition["city"])
        if known is None:
            continue
        is_new = edition["summary_url"] is not None and known["summary_url"] is None
        if is_new:
            changes.add(("edition.summary_published", edition["city"]))
        if edition["url"] != known["url"] or (edition["summary_url"] != known["summary_url"] and not is_new):
            changes.add(("edition.updated", edition["city"]))
    return changes
