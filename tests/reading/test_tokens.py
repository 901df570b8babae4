"""Tokens and cues: the letters of a text, and the phrases in it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.reading.tokens import scan

LETTERS = [  # newest bugs on top
    ("12 th -13 th March", "d-dm"),
    ("12-13 October 2026", "d-dmy"),
    ("12/10/2026", "d/d/y"),
    ("2026-10-12", "i"),
    ("12.10.2026", "d.d.y"),
    ("12.10. – 13.10.2026", "d.d.-d.d.y"),
    ("at 18.00 CEST", "aTz"),
    ("9.30-16.00", "T-T"),
    ("Day 1: 12 March", "Dd:dm"),
    ("Industry 4.0", "xn"),
    ("Q2 ’26", "qy"),
    ("12 → 13", "d-d"),
    ("12 + 13", "d&d"),
    ("12|13", "d|d"),
    ("12345", "n"),
]
TIMES = [
    ("18:00", 1080),
    ("18.00", 1080),
    ("16h", 960),
    ("16h00", 960),
    ("16 h", 960),
    ("4 pm", 960),
    ("4.00 p.m.", 960),
    ("15 pm", 900),
    ("12 am", 0),
    ("12 pm", 720),
    ("noon", 720),
    ("midnight", 1440),
    ("24:00", 1440),
    ("00:00", 0),
    ("77:77", -1),
]
NEGATED = [
    ("not cancelled", True),
    ("has not been cancelled", True),
    ("isn’t cancelled", True),
    ("previously postponed", True),
    ("cancelled", False),
    ("not in Ghent, but cancelled", False),
]


@pytest.mark.parametrize(("text", "letters"), LETTERS)
def test_letters(text: str, letters: str) -> None:
    assert "".join(token.letter for token in scan(text).tokens) == letters


@pytest.mark.parametrize(("text", "minutes"), TIMES)
def test_times_of_day(text: str, minutes: int) -> None:
    (token,) = scan(text).tokens

    assert (token.letter, token.value) == ("T", minutes)


@pytest.mark.parametrize(("text", "expected"), NEGATED)
def test_a_cue_may_be_negated(text: str, expected: bool) -> None:
    (cue,) = [cue for cue in scan(text).cues if "cancelled" in cue.concepts or "postponed" in cue.concepts]

    assert cue.negated == expected


def test_the_longest_phrase_wins() -> None:
    assert scan("the call is not open yet").has("to come")
    assert not scan("the call is not open yet").has("open")


@pytest.mark.parametrize("text", ["save the date", "SAVE-THE-DATE", "Save the ‘date’", "2026SAVE THE DATE!"])
def test_signs_within_a_phrase_do_not_count(text: str) -> None:
    assert scan(text).has("save the date")


@pytest.mark.parametrize(
    ("text", "edge", "words"),
    [("BelgiumEvent summary", 7, ["belgium", "event", "summary"]), ("Lyon, France", 2, ["lyon", "france"])],
)
def test_an_edge_ends_a_word_before_a_capital(text: str, edge: int, words: list[str]) -> None:
    assert [token.word for token in scan(text, (edge,)).tokens if token.word] == words


@given(st.text(max_size=120))
@settings(max_examples=300, deadline=None)
def test_tokens_stand_in_order(text: str) -> None:
    tokens = scan(text).tokens

    assert all(token.start < token.end for token in tokens)
    assert all(one.end <= other.start for one, other in pairwise(tokens))
