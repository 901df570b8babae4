"""Random states of the list, in every layout, read as the generator expects."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.reading import read
from cmr_watch.serialization import reading_to_dict
from tests.compare import differences
from tests.shapes import SHAPES, render
from tests.shapes.expected import reading
from tests.shapes.layouts import Shape
from tests.shapes.random_states import states
from tests.shapes.states import State


@given(states(), st.sampled_from(SHAPES))
@settings(max_examples=150, deadline=None)
def test_a_random_state_is_read_as_expected(state: State, shape: Shape) -> None:
    found = read("initiative", render(state, shape).encode()).snapshot

    assert differences(reading(state, shape), reading_to_dict(found)) == []
