"""Properties of the parser and the diff: only content counts, not markup, typography or boilerplate."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.models.readings import Change, Snapshot
from cmr_watch.monitor.edition_page_diff import compare_pages
from cmr_watch.reading import read as read_page
from cmr_watch.serialization import reading_to_dict
from tests.shapes import SHAPES, STATES, render
from tests.shapes.boilerplate import MARKERS
from tests.shapes.layouts import Shape
from tests.shapes.more_layouts import MORE_SHAPES
from tests.shapes.noise import NoisyPen
from tests.shapes.random_states import states, without
from tests.shapes.states import Line, State

LINKED = [shape for shape in (*SHAPES, *MORE_SHAPES) if shape.cover in ("place", "line", "part")]
"""Shapes that link every edition, so that no shape has a link that another one lacks."""

shapes = st.sampled_from(LINKED)
seeds = st.integers(0, 2**32)
thorough = settings(max_examples=250, deadline=None)


def read(state: State, shape: Shape, seed: int) -> Snapshot:
    return read_page("initiative", render(state, shape, NoisyPen(seed)).encode()).snapshot


def facts(state: State) -> Counter[tuple[Any, ...]]:
    """Return the expected facts about each edition."""
    upcoming = [_facts(line, "upcoming", line.status or "scheduled") for line in state.upcoming]
    return Counter(upcoming + [_facts(line, "past", line.status or "held") for line in state.past])


def _facts(line: Line, section: str, status: str) -> tuple[Any, ...]:
    days = (line.starts_on, line.ends_on, line.precision)
    return (line.city, line.region, line.country, line.country_code, *days, section, status, line.url)


def parsed_facts(snapshot: Snapshot) -> Counter[tuple[Any, ...]]:
    """Return the same facts as `facts`, from a reading."""
    keys = [
        "city",
        "region",
        "country",
        "country_code",
        "starts_on",
        "ends_on",
        "date_precision",
        "section",
        "status",
        "url",
    ]
    return Counter(tuple(edition[key] for key in keys) for edition in reading_to_dict(snapshot)["editions"])


def kinds(changes: tuple[Change, ...]) -> list[str]:
    return [change.kind.value for change in changes]


@given(states(), shapes, shapes, seeds, seeds)
@thorough
def test_shape_and_typography_do_not_affect_the_reading(
    state: State, one: Shape, other: Shape, seed: int, other_seed: int
) -> None:
    before, after = read(state, one, seed), read(state, other, other_seed)

    assert parsed_facts(before) == parsed_facts(after) == facts(state)
    assert before.warnings == after.warnings == ()
    calls = [(state.notice.status, state.notice.hosting_years)] if state.notice else []
    for snapshot in (before, after):
        assert [(call.status, call.hosting_years) for call in snapshot.calls] == calls
        assert snapshot.outline.complete
        assert set(snapshot.outline.sections) == {"upcoming", "past"}
    assert compare_pages(before, after) == ()


@given(st.sampled_from(STATES), shapes, shapes, seeds, seeds)
@thorough
def test_shape_and_typography_of_the_recorded_states_cause_no_change(
    state: State, one: Shape, other: Shape, seed: int, other_seed: int
) -> None:
    before, after = read(state, one, seed), read(state, other, other_seed)

    assert parsed_facts(before) == parsed_facts(after) == facts(state)
    assert compare_pages(before, after) == ()


@given(states(at_least=1), st.data(), shapes, shapes, seeds, seeds)
@thorough
def test_an_added_line_is_one_change(
    state: State, data: st.DataObject, one: Shape, other: Shape, seed: int, other_seed: int
) -> None:
    line = data.draw(st.sampled_from([*state.upcoming, *state.past]))
    before, after = read(without(state, line), one, seed), read(state, other, other_seed)

    changes = compare_pages(before, after)

    assert kinds(changes) == ["edition.announced" if line in state.upcoming else "edition.listed"]
    assert getattr(changes[0].after, "city", None) == line.city


@given(states(at_least=1), st.data(), shapes, shapes, seeds, seeds)
@thorough
def test_a_removed_line_is_one_change(
    state: State, data: st.DataObject, one: Shape, other: Shape, seed: int, other_seed: int
) -> None:
    line = data.draw(st.sampled_from([*state.upcoming, *state.past]))
    before, after = read(state, one, seed), read(without(state, line), other, other_seed)

    changes = kinds(compare_pages(before, after))

    if line in state.upcoming and line.status == "cancelled":
        assert changes in ([], ["edition.delisted"])  # never withdrawn; the reading rules leave open which of the two
    else:
        assert changes == ["edition.withdrawn" if line in state.upcoming else "edition.delisted"]


@given(states(), shapes, seeds)
@thorough
def test_boilerplate_is_never_reported(state: State, shape: Shape, seed: int) -> None:
    reading = reading_to_dict(read(state, shape, seed))

    assert not [marker for marker in MARKERS if marker in str(reading)]
    assert len(reading["calls"]) == (1 if state.notice else 0)


@given(states(), shapes, seeds)
@thorough
def test_capitals_and_missing_diacritics_cause_no_change(state: State, shape: Shape, seed: int) -> None:
    before = read(state, shape, seed)

    for respell in (str.upper, _without_diacritics):
        page = render(_with_places(state, respell), shape, NoisyPen(seed + 1))
        assert compare_pages(before, read_page("initiative", page.encode()).snapshot) == ()


def _without_diacritics(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


def _with_places(state: State, respell: Any) -> State:
    upcoming = tuple(replace(line, place=respell(line.place)) for line in state.upcoming)
    return replace(
        state, upcoming=upcoming, past=tuple(replace(line, place=respell(line.place)) for line in state.past)
    )
