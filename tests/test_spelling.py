"""Misspelt words (READING O6): one slip, in words that are expected and long."""

from __future__ import annotations

import pytest

from cmr_watch.spelling import respelt
from tests.reading.pages import cities, codes, days, read, read_upcoming

WORDS = frozenset({"october", "february", "december", "march"})


@pytest.mark.parametrize("word", ["ocotber", "octber", "octobber", "oktober", "octobr", "dctober", "october"])
def test_one_slip_is_understood(word: str) -> None:
    assert respelt(word, WORDS) == "october"


@pytest.mark.parametrize("word", ["oktobre", "octo", "marhc", "toctobre", "bergen", ""])
def test_more_than_one_slip_or_a_short_word_is_not(word: str) -> None:
    assert respelt(word, WORDS) == word


def test_a_word_between_two_expected_ones_is_left_alone() -> None:
    assert respelt("editioms", frozenset({"editions", "editiomz"})) == "editioms"


@pytest.mark.parametrize("month", ["Ocotber", "Octobre", "OCTOBR", "Ocktober"])
def test_misspelt_months(month: str) -> None:
    page = read_upcoming(f"<p>Ghent, Belgium – Tuseday 12 {month} 2026</p>")

    assert [days(edition) for edition in page.editions] == ["2026-10-12"]
    assert codes(page) == []


def test_a_town_that_looks_like_a_month_stays_a_town() -> None:
    page = read_upcoming("<p>Augusta, Italy – 12-13 May 2026</p><p>Sundby, Denmark – 14 May 2026</p>")

    assert cities(page, "upcoming") == ["Augusta", "Sundby"]


def test_misspelt_sections_and_states() -> None:
    page = read(
        "<h2>Upcomming edtions</h2><p>Ghent, Belgium – 12 March 2026 – postponned</p>"
        "<p>Porto, Portugal – 3 May 2026</p><h2>Pervious workshps</h2><p>Lyon, France – 3-4 May 2025</p>"
    )

    assert (cities(page, "upcoming"), cities(page, "past")) == (["Ghent", "Porto"], ["Lyon"])
    assert [edition.status for edition in page.editions] == ["postponed", "scheduled", "held"]


@pytest.mark.parametrize("word", ["cancelld", "canceeled", "cancelked", "cancled", "canceld", "postpond"])
def test_misspelt_states(word: str) -> None:
    (edition,) = read_upcoming(f"<p>Ghent, Belgium – 12 March 2026 – {word}</p>").editions

    assert edition.status in ("cancelled", "postponed")
