"""Laws: what is said decides, never how it is tagged or typed; and what others say never counts."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.models import Change, Snapshot
from cmr_watch.monitor.edition_page_diff import compare_pages
from cmr_watch.monitor.parse import read_initiative
from cmr_watch.serialization import reading_to_dict
from tests.shapes import SHAPES, STATES, render
from tests.shapes.boilerplate import MARKERS
from tests.shapes.layouts import Shape
from tests.shapes.more_layouts import MORE_SHAPES
from tests.shapes.noise import NoisyPen
from tests.shapes.random_states import states, without
from tests.shapes.states import Line, State

LINKED = [shape for shape in (*SHAPES, *MORE_SHAPES) if shape.cover in ("place", "line", "part")]
"""Shapes whose links say the same."""

shapes = st.sampled_from(LINKED)
seeds = st.integers(0, 2**32)
some = settings(max_examples=250, deadline=None)


def read(state: State, shape: Shape, seed: int) -> Snapshot:
    return read_initiative(render(state, shape, NoisyPen(seed)).encode())


def facts(state: State) -> Counter[tuple[Any, ...]]:
    """What a careful reader knows of the editions."""
    upcoming = [_facts(line, "upcoming", line.status or "scheduled") for line in state.upcoming]
    return Counter(upcoming + [_facts(line, "past", line.status or "held") for line in state.past])


def _facts(line: Line, section: str, status: str) -> tuple[Any, ...]:
    days = (line.starts_on, line.ends_on, line.precision)
    return (line.city, line.region, line.country, line.country_code, *days, section, status, line.url)


def found(snapshot: Snapshot) -> Counter[tuple[Any, ...]]:
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
@some
def test_the_same_state_typed_otherwise_is_read_the_same(
    state: State, one: Shape, other: Shape, seed: int, other_seed: int
) -> None:
    before, after = read(state, one, seed), read(state, other, other_seed)

    assert found(before) == found(after) == facts(state)
    assert before.warnings == after.warnings == ()
    calls = [(state.notice.status, state.notice.hosting_years)] if state.notice else []
    for snapshot in (before, after):
        assert [(call.status, call.hosting_years) for call in snapshot.calls] == calls
        assert snapshot.outline.complete
        assert set(snapshot.outline.sections) == {"upcoming", "past"}
    assert compare_pages(before, after) == ()


@given(st.sampled_from(STATES), shapes, shapes, seeds, seeds)
@some
def test_the_recorded_states_typed_otherwise_are_no_news(
    state: State, one: Shape, other: Shape, seed: int, other_seed: int
) -> None:
    before, after = read(state, one, seed), read(state, other, other_seed)

    assert found(before) == found(after) == facts(state)
    assert compare_pages(before, after) == ()


@given(states(at_least=1), st.data(), shapes, shapes, seeds, seeds)
@some
def test_a_line_more_is_one_change(
    state: State, data: st.DataObject, one: Shape, other: Shape, seed: int, other_seed: int
) -> None:
    line = data.draw(st.sampled_from([*state.upcoming, *state.past]))
    before, after = read(without(state, line), one, seed), read(state, other, other_seed)

    changes = compare_pages(before, after)

    assert kinds(changes) == ["edition.announced" if line in state.upcoming else "edition.listed"]
    assert getattr(changes[0].after, "city", None) == line.city


@given(states(at_least=1), st.data(), shapes, shapes, seeds, seeds)
@some
def test_a_line_less_is_one_change(
    state: State, data: st.DataObject, one: Shape, other: Shape, seed: int, other_seed: int
) -> None:
    line = data.draw(st.sampled_from([*state.upcoming, *state.past]))
    before, after = read(state, one, seed), read(without(state, line), other, other_seed)

    gone = kinds(compare_pages(before, after))

    if line in state.upcoming and line.status == "cancelled":
        assert gone in ([], ["edition.delisted"])  # never withdrawn; whether its line's end is history is left open
    else:
        assert gone == ["edition.withdrawn" if line in state.upcoming else "edition.delisted"]


@given(states(), shapes, seeds)
@some
def test_furniture_never_leaks(state: State, shape: Shape, seed: int) -> None:
    reading = reading_to_dict(read(state, shape, seed))

    assert not [marker for marker in MARKERS if marker in str(reading)]
    assert len(reading["calls"]) == (1 if state.notice else 0)


@given(states(), shapes, seeds)
@some
def test_capitals_and_missing_diacritics_are_no_news(state: State, shape: Shape, seed: int) -> None:
    before = read(state, shape, seed)

    for respell in (str.upper, _bare):
        page = render(_respelt(state, respell), shape, NoisyPen(seed + 1))
        assert compare_pages(before, read_initiative(page.encode())) == ()


def _bare(words: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", words) if not unicodedata.combining(letter))


def _respelt(state: State, respell: Any) -> State:
    upcoming = tuple(replace(line, place=respell(line.place)) for line in state.upcoming)
    return replace(
        state, upcoming=upcoming, past=tuple(replace(line, place=respell(line.place)) for line in state.past)
    )
