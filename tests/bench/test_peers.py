"""The parts of `make bench-peers` that decide what its tables say: the states of the page, and the judge."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from bench.peers.changedetection import Changedetection
from bench.peers.hook import text_of
from bench.peers.judge import Notification, judge
from bench.peers.measuring import Row, figure
from bench.peers.page_states import SELECTOR, PageState, baseline, large, moved, noise, states
from bench.peers.watchers import OneOff
from bs4 import BeautifulSoup

STATES = {state.name: state for state in states()}
SAME_ARTICLE = ("other bytes around the article", "other dashes", "other spaces")


def words_of_article(page: str) -> str:
    """The text that the selector finds, with all dashes and spaces made equal."""
    article = BeautifulSoup(page, "lxml").select_one(SELECTOR)
    assert article, "the selector finds nothing"
    return re.sub(r"[\s–-]+", " ", unicodedata.normalize("NFKC", article.get_text()))


# ── the states of the page ───────────────────────────────────────────────────────────────────────────────────────


def test_all_states_differ_from_each_other_and_from_the_baseline() -> None:
    bodies = [baseline(), *(state.body for state in states())]
    assert len(set(bodies)) == len(bodies) == len(STATES) + 1


@pytest.mark.parametrize("name", SAME_ARTICLE)
def test_a_state_without_a_change_has_the_words_of_the_baseline(name: str) -> None:
    assert STATES[name].facts == ()
    assert words_of_article(STATES[name].body) == words_of_article(baseline())


@pytest.mark.parametrize("state", [state for state in states() if state.facts], ids=lambda state: state.name)
def test_a_fact_is_on_the_changed_page_in_words_that_the_baseline_lacks(state: PageState) -> None:
    new = set(state.body.splitlines()) - set(baseline().splitlines())
    for fact in state.facts:
        assert any(re.search(fact, line, re.I) for line in new)


@pytest.mark.parametrize("name", ["redesign without headings", "container renamed"])
def test_a_redesign_loses_no_edition(name: str) -> None:
    body = STATES[name].body
    assert all(city in body for city in re.findall(r"<p>(?:<a[^>]*>)?(\w+), ", baseline()))


def test_the_selector_finds_nothing_in_a_renamed_container() -> None:
    assert BeautifulSoup(STATES["container renamed"].body, "lxml").select_one(SELECTOR) is None


def test_each_number_makes_other_bytes_around_the_same_article_or_other_days_in_it() -> None:
    page = large()
    assert noise(page, 1) != noise(page, 2)
    assert words_of_article(noise(page, 1)) == words_of_article(noise(page, 2))
    assert words_of_article(moved(page, 1)) != words_of_article(moved(page, 2))


# ── the judge ────────────────────────────────────────────────────────────────────────────────────────────────────

AARHUS, TAMPERE = Notification("New edition: Aarhus"), Notification("New edition: Tampere")
BOTH = Notification("New editions: Aarhus, Tampere")
OTHER, PROBLEM = Notification("The page has changed"), Notification("Aarhus could not be read", is_problem=True)


@pytest.mark.parametrize(
    ("facts", "notifications", "verdict"),
    [
        ((), [], "right"),
        ((), [OTHER], "false"),
        ((), [OTHER, AARHUS], "false × 2"),
        ((), [PROBLEM], "right (problem reported)"),
        (("aarhus",), [AARHUS], "right"),
        (("aarhus",), [], "lost"),
        (("aarhus",), [PROBLEM], "lost (problem reported)"),
        (("aarhus",), [OTHER], "false, lost"),
        (("aarhus",), [AARHUS, AARHUS, AARHUS], "right, doubled × 2"),
        (("aarhus",), [AARHUS, OTHER], "right, false"),
        (("aarhus", "tampere"), [BOTH], "right × 2"),
        (("aarhus", "tampere"), [AARHUS, TAMPERE], "right × 2"),
        (("aarhus", "tampere"), [TAMPERE], "right, lost"),
        (("aarhus", "tampere"), [AARHUS, BOTH], "right × 2, doubled"),
        (("aarhus", "tampere"), [], "lost × 2"),
    ],
)
def test_verdicts(facts: tuple[str, ...], notifications: list[Notification], verdict: str) -> None:
    assert str(judge(facts, notifications)) == verdict


# ── what a notification says ─────────────────────────────────────────────────────────────────────────────────────

DIFF = """\
===========
01. CHANGED: Clusters meet Regions
===========
--- @\tSat, 28 Nov 2026 21:53:35 +0000
+++ @\tSat, 28 Nov 2026 21:53:36 +0000
@@ -2,6 +2,7 @@
 Aarhus, Denmark
-Charleroi, Belgium
+Tampere, Finland
"""


class _Reporting(OneOff):
    name = "reporting"

    def __init__(self) -> None:
        """Only its reports are looked at."""


def test_only_the_new_lines_of_a_diff_are_facts() -> None:
    notification = _Reporting().notification("/hook", DIFF)
    assert not notification.is_problem
    assert notification.text.splitlines() == ["01. CHANGED: Clusters meet Regions", "+Tampere, Finland"]


def test_an_error_in_a_report_is_a_problem() -> None:
    assert _Reporting().notification("/hook", DIFF.replace("CHANGED", "ERROR")).is_problem


def test_a_selector_that_finds_nothing_is_a_problem(tmp_path: Path) -> None:
    text = "Your configured CSS/xPath filters of '.field' for http://… did not appear on the page after 6 attempts."
    assert Changedetection.is_problem(text)
    assert not Changedetection.is_problem("http://… had a change.\n---\n(added) Aarhus, Denmark")


def test_a_post_is_all_its_texts_whatever_its_form() -> None:
    assert text_of(b'{"title": "A", "parts": [{"text": "B"}, 3]}') == "A\nB"
    assert text_of(b"plain") == "plain"


# ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_ratio_is_that_of_the_pairs() -> None:
    row = Row("work", "peer", ours=(1.0, 20.0, 3.0), theirs=(2.0, 10.0, 1.0), unit="s", goal="≤ 1")
    assert row.ratio == 2.0
    assert row.markdown() == "| work | peer | 2.00 s (1.00–10.00) | 3.00 s (1.00–20.00) | 2.00 | ≤ 1 |"


def test_a_figure_is_the_median_with_the_range() -> None:
    assert figure((0.002, 0.001, 0.003), "ms") == "2.0 ms (1.0–3.0)"
    assert figure((1234.4,), "/s") == "1,234 /s"
