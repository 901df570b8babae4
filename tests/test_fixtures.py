"""Every saved page says what its expected.json says, and nothing but a change of what is said is a change."""

from __future__ import annotations

import json
from functools import cache
from itertools import permutations, product
from pathlib import Path

import pytest

from cmr_watch.models import CallNotice, Change, Edition, Snapshot
from cmr_watch.monitor.edition_page_diff import compare_pages
from cmr_watch.monitor.parse import read
from cmr_watch.serialization import reading_to_dict
from tests.compare import differences
from tests.shapes import SHAPES, STATES, render
from tests.shapes.expected import reading
from tests.shapes.pages import pages
from tests.shapes.states import Json

FIXTURES = Path(__file__).parent / "fixtures"
FOLDERS = sorted(path.parent for path in FIXTURES.glob("*/*/expected.json"))
STATE_NAMES = [state.name for state in STATES]
SHAPE_NAMES = [shape.name for shape in SHAPES]

Told = set[tuple[str, str | None]]
"""Kinds of change with the city that they are about; a call has none."""

HELD_WITH_SUMMARY = ("edition.held", "edition.summary_published")
CHANGES: dict[tuple[str, str], Told] = {
    ("2023-09", "2023-12"): {
        *((kind, city) for kind in HELD_WITH_SUMMARY for city in ("Lyon", "Prague", "Düsseldorf")),
        ("edition.held", "Iași"),
        ("edition.summary_published", "Burgas"),
        ("call.opened", None),
        ("call.updated", None),  # from 2024 to 2024–2025
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
        ("call.updated", None),
    },
}


@cache
def snapshot(folder: str) -> Snapshot:
    kind = expected(folder)["page"]
    return read(kind, (FIXTURES / folder / "page.html").read_bytes())


@cache
def expected(folder: str) -> Json:
    loaded: Json = json.loads((FIXTURES / folder / "expected.json").read_text(encoding="utf-8"))
    return loaded


def told(changes: tuple[Change, ...]) -> list[tuple[str, str | None]]:
    return sorted(((change.kind.value, _city(change.after or change.before)) for change in changes), key=str)


def _city(noun: Edition | CallNotice | None) -> str | None:
    return noun.city if isinstance(noun, Edition) else None


@pytest.mark.parametrize("folder", [f"{path.parent.name}/{path.name}" for path in FOLDERS])
def test_a_page_says_what_is_expected(folder: str) -> None:
    found = differences(expected(folder), reading_to_dict(snapshot(folder)))

    assert not found, "\n".join([folder, *found])


def test_there_are_pages_of_every_kind() -> None:
    assert len(FOLDERS) >= 200


@pytest.mark.parametrize("shape", SHAPES, ids=SHAPE_NAMES)
@pytest.mark.parametrize("state", STATES, ids=STATE_NAMES)
def test_the_recorded_states_are_as_the_shapes_write_them(state, shape) -> None:  # type: ignore[no-untyped-def]
    folder = FIXTURES / "initiative" / f"{state.name}-{shape.name}"

    assert (folder / "page.html").read_text(encoding="utf-8") == render(state, shape) + "\n"
    assert json.loads((folder / "expected.json").read_text(encoding="utf-8")) == reading(state, shape)


def test_call_pages_and_edition_pages_are_as_the_shapes_write_them() -> None:
    for name, page, says in pages():
        assert (FIXTURES / name / "page.html").read_text(encoding="utf-8") == page + "\n", name
        assert json.loads((FIXTURES / name / "expected.json").read_text(encoding="utf-8")) == says, name


@pytest.mark.parametrize("state", STATE_NAMES)
@pytest.mark.parametrize(("old", "new"), list(permutations(SHAPE_NAMES, 2)))
def test_another_shape_is_no_news(state: str, old: str, new: str) -> None:
    before, after = f"initiative/{state}-{old}", f"initiative/{state}-{new}"

    assert told(compare_pages(snapshot(before), snapshot(after))) == sorted(_by_links(before, after), key=str)


@pytest.mark.parametrize("states", CHANGES, ids="→".join)
@pytest.mark.parametrize(("old", "new"), list(product(SHAPE_NAMES, repeat=2)))
def test_another_state_is_exactly_its_news(states: tuple[str, str], old: str, new: str) -> None:
    before, after = f"initiative/{states[0]}-{old}", f"initiative/{states[1]}-{new}"
    facts = {(kind, city) for kind, city in CHANGES[states] if kind != "edition.summary_published"}

    expected_news = sorted(facts | _by_links(before, after), key=str)

    assert told(compare_pages(snapshot(before), snapshot(after))) == expected_news
    if "no-links" not in (old, new):
        summaries = {item for item in CHANGES[states] if item[0] == "edition.summary_published"}
        assert summaries <= set(expected_news)


def _by_links(before: str, after: str) -> Told:
    """The news that lies in the links alone: a summary where there was none, another address."""
    old = {edition["city"]: edition for edition in expected(before)["editions"]}
    news: Told = set()
    for edition in expected(after)["editions"]:
        known = old.get(edition["city"])
        if known is None:
            continue
        is_new = edition["summary_url"] is not None and known["summary_url"] is None
        if is_new:
            news.add(("edition.summary_published", edition["city"]))
        if edition["url"] != known["url"] or (edition["summary_url"] != known["summary_url"] and not is_new):
            news.add(("edition.updated", edition["city"]))
    return news
