"""Headings: which section they open, wherever they stand."""

from __future__ import annotations

import pytest

from cmr_watch.reading.headings import meaning
from tests.reading.pages import BURGAS, LYON, cities, read


def named(text: str, *, is_marked: bool) -> str | None:
    """The section that words name by themselves: “events” needs lines of ours below it."""
    found = meaning(text, is_marked=is_marked)
    return None if found.by_events else found.section


UPCOMING = [
    'Next "Clusters meet Regions" editions in 2025',
    "NEXT „CLUSTERS MEET REGIONS“ EDITIONS:",
    "The next editions of «Clusters meet Regions»",
    "Upcoming editions",
    "Forthcoming workshops",
    "1. Next editions (2025) 🗓️",
    "Save the date: next editions",
]
PAST = [
    'Info & recordings of the previous "Clusters meet Regions" editions',
    'Information and recordings of the "Clusters meet Regions" editions:',
    'Find information about the past "Clusters meet Regions" editions here:',
    "Previously held editions",
    "Archive of past editions",
    "Past editions 2022 – 2024",
    "📹 Summaries of previous editions",
]
NEITHER = [
    "Upcoming events",
    "Past events",
    "Recordings",
    "Related editions",
    "Next and past editions",
    "The call to host the next editions is open",
    "Next edition of the European Cluster Conference",
    "",
]
MARKED = [
    ("What’s next? Upcoming editions", "upcoming"),
    ("Recordings", "past"),
    ("Next", "upcoming"),
    ("Upcoming events", None),
    ("Call for hosts of the next editions", None),
    ("Subscribe to hear of the next editions", None),
    ("Next edition of the European Cluster Conference", None),
]
BODIES = [  # newest bugs on top
    ("table cell with its list", "<table><tr><th>{u}</th><td>{l}</td></tr><tr><th>{p}</th><td>{b}</td></tr></table>"),
    ("button", "<button>{u}</button><div>{l}</div><button>{p}</button><div>{b}</div>"),
    ("button in heading", "<h2><button>{u}</button></h2><p>{l}</p><h2><button>{p}</button></h2><p>{b}</p>"),
    ("anchor signs", '<h2>{u}<a href="#n">¶</a></h2><p>{l}</p><h2>{p} <a href="#p">#</a></h2><p>{b}</p>'),
    ("broken by br", "<h2>Next<br>editions</h2><p>{l}</p><p><b>Info of the<br>previous editions</b></p><p>{b}</p>"),
    ("colon in a plain line", "<p>{u}: {l}</p><p>{p}: {b}</p>"),
    ("bold prefix", "<p><b>{u}</b> {l}</p><p><b>{p}</b> {b}</p>"),
    ("one block", "<p><b>{u}</b><br>{l}<br><b>{p}</b><br>{b}</p>"),
    ("definition list", "<dl><dt>{u}</dt><dd>{l}</dd><dt>{p}</dt><dd>{b}</dd></dl>"),
    ("list in list", "<ul><li>{u}<ul><li>{l}</li></ul></li><li>{p}<ul><li>{b}</li></ul></li></ul>"),
    ("past first", "<h2>{p}</h2><p>{b}</p><h2>{u}</h2><p>{l}</p>"),
    ("details", "<details><summary>{u}</summary>{l}</details><details><summary>{p}</summary>{b}</details>"),
    ("captions", "<table><caption>{u}</caption><tr><td>{l}</table><table><caption>{p}</caption><tr><td>{b}</table>"),
    ("styled", '<p style="font-weight: 700">{u}</p><p>{l}</p><p style="font-weight:bold">{p}</p><p>{b}</p>'),
    ("split tags", "<p><b>Ne</b>xt <b>editions</b></p><p>{l}</p><p>Previous <i>editions</i></p><p>{b}</p>"),
    ("jump marks above", '<ul><li><a href="#n">{u}</a></li></ul><h2>{u}</h2><p>{l}</p><h2>{p}</h2><p>{b}</p>'),
]


@pytest.mark.parametrize("text", UPCOMING)
def test_upcoming(text: str) -> None:
    assert named(text, is_marked=False) == "upcoming"


@pytest.mark.parametrize("text", PAST)
def test_past(text: str) -> None:
    assert named(text, is_marked=False) == "past"


@pytest.mark.parametrize("text", NEITHER)
def test_neither(text: str) -> None:
    assert named(text, is_marked=False) is None


@pytest.mark.parametrize(("text", "section"), MARKED)
def test_more_words_may_stand_in_a_marked_heading(text: str, section: str | None) -> None:
    assert named(text, is_marked=True) == section


@pytest.mark.parametrize("text", ["Related editions", "Other upcoming events", "Contact", "News", "Share"])
def test_headings_of_other_peoples_events(text: str) -> None:
    assert meaning(text, is_marked=True).is_foreign


@pytest.mark.parametrize("text", ["Next editions", "2023", "Lyon, France", "Call for hosts", "Clusters meet Regions"])
def test_headings_that_are_not(text: str) -> None:
    assert not meaning(text, is_marked=True).is_foreign


@pytest.mark.parametrize("body", [body for _, body in BODIES], ids=[name for name, _ in BODIES])
def test_headings_in_every_place(body: str) -> None:
    page = read(body.format(u="Next editions", p="Previous editions", l=LYON, b=BURGAS))

    assert (cities(page, "upcoming"), cities(page, "past")) == (["Lyon"], ["Burgas"])
    assert page.warnings == ()


@pytest.mark.parametrize(
    "heading", ["<h3>2023</h3>", "<p><b>2023:</b></p>", "<p>2023</p>", "<summary>In 2023</summary>"]
)
def test_a_year_is_a_sub_heading(heading: str) -> None:
    page = read(f"<h2>Next editions</h2><h2>Past editions</h2>{heading}<p>Burgas, Bulgaria – 13-15 September</p>")

    assert str(page.editions[0].starts_on) == "2023-09-13"
