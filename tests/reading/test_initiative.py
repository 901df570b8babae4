"""The whole page: sections, doubles, and laws over any bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.exceptions import ParseError
from cmr_watch.reading.initiative import read_lines
from tests.reading.pages import BURGAS, LYON, article, cities, codes, read, read_initiative, read_line


@pytest.mark.parametrize("joint", [" ", ", ", " / ", " and ", " | ", " – SAVE THE DATE! ", "; "])
def test_two_whole_editions_on_one_line_are_two(joint: str) -> None:
    page = read(f"<h2>Next editions</h2><p>Oslo, Norway – 12-13 May 2027{joint}Bergen, Norway – 14-15 June 2027</p>")

    assert [(edition.city, str(edition.starts_on)) for edition in page.editions] == [
        ("Oslo", "2027-05-12"),
        ("Bergen", "2027-06-14"),
    ]


def test_two_editions_whose_dates_stand_first_are_two() -> None:
    page = read("<h2>Next editions</h2><p>12-13 May 2027: Oslo, Norway, 14-15 June 2027: Bergen, Norway</p>")

    assert [(edition.city, str(edition.starts_on)) for edition in page.editions] == [
        ("Oslo", "2027-05-12"),
        ("Bergen", "2027-06-14"),
    ]


@pytest.mark.parametrize(
    "rest",
    ["(instead of Paris, France – 5 June 2024)", "– moved from Paris, France, 5 June 2024", "– apply by 1 May 2024"],
)
def test_another_place_that_is_only_mentioned_is_no_edition(rest: str) -> None:
    page = read(f"<h2>Next editions</h2><p>Lyon, France – 12-13 October 2024 {rest}</p>")

    assert cities(page, "upcoming") == ["Lyon"]


def test_a_line_in_both_sections_is_one_past_edition() -> None:
    page = read(f"<h2>Next editions</h2><p>{LYON}</p><h2>Past editions</h2><p>{LYON} 📑</p>")

    assert [(edition.city, edition.section, edition.status) for edition in page.editions] == [("Lyon", "past", "held")]
    assert codes(page) == ["duplicate"]


def test_a_city_may_host_again() -> None:
    page = read(f"<h2>Next editions</h2><p>{LYON}</p><h2>Past editions</h2><p>Lyon, France – 12-13 October 2023</p>")

    assert (cities(page, "upcoming"), cities(page, "past"), codes(page)) == (["Lyon"], ["Lyon"], [])


def test_without_a_heading_an_edition_is_a_warning() -> None:
    page = read(f"<h2>Our editions</h2><p>{LYON}</p>")

    assert page.editions == ()
    assert codes(page) == ["section-unknown"]
    assert page.outline.sections == ()


def test_an_unknown_heading_ends_a_section() -> None:
    page = read(
        f"<h2>Next editions</h2><p>{LYON}</p><h2>Past editions</h2><p>{BURGAS}</p><h2>Special guests</h2><p>{LYON}"
    )

    assert (len(page.editions), codes(page)) == (2, ["section-unknown"])


def test_prose_above_the_headings_is_none() -> None:
    page = read(
        "<p>The last one was in Lyon, France, on 12-13 October 2025.</p><p>Deadline: 1 May 2025</p>"
        f"<h2>Next editions</h2><h2>Past editions</h2><p>{BURGAS}</p>"
    )

    assert (cities(page, "past"), cities(page, "upcoming"), codes(page)) == (["Burgas"], [], [])


def test_a_whole_line_above_the_headings_is_an_entry_without_a_section() -> None:
    page = read(f"<p>{LYON}</p><h2>Next editions</h2><h2>Past editions</h2><p>{BURGAS}</p>")

    assert (cities(page, None), cities(page, "past"), codes(page)) == (["Lyon"], ["Burgas"], ["section-unknown"])


def test_no_lines_are_no_news() -> None:
    assert read_lines(())[0].editions == ()


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────

FRAGMENTS = st.sampled_from(  # “_” is a space
    """
    <p> </p> <div> </div> <ul><li> </li></ul> <br> <b> </b> <h2> </h2> <a_href="/x"> </a> <table><tr><td> </td> </table>
    <!-- --> <script> </script> <style> <title> </title> <details><summary> </summary> <s> </s> <pre> </pre> <article>
    </article> <aside> </aside> </html> <dl><dt> <dd> <button> </button> & &amp; &#0; &nbsp; < > " ' ; : , – - ( ) _
    \0 \ufeff \u200b \ud800 📑 2025 12-13 October 31_May Lyon France Kittilä Online tbc cancelled Next_editions
    Previous_editions Upcoming_events call for hosts open closed deadline 18:00 CET from to until and 1.2.2025 </a_href=
    <p_style="text-decoration:line-through;font-weight:bold"> <div_class="field--name-body"> <a_href="http://[x">
    <a_href="https://u:p@h:99999999/"> 99.99.9999 Q2 H1 2025-99-99 24:00 77:77 UTC+99
    """.replace("\n", " ").split()
)


@given(st.lists(FRAGMENTS, max_size=60).map(" ".join))
@settings(max_examples=400, deadline=None)
def test_no_markup_is_too_odd(markup: str) -> None:
    try:
        page = read_initiative(markup.replace("_", " ").encode("utf-8", "surrogatepass"))
    except ParseError:
        return
    for edition in page.editions:
        assert (edition.date_precision == "day") == (edition.starts_on is not None)
        assert edition.city.strip() == edition.city != ""


@given(
    st.binary(max_size=400), st.none() | st.sampled_from(["utf-8", "utf-16", "cp1252", "koi8-r", "x", "utf-7", "hz"])
)
@settings(max_examples=300, deadline=None)
def test_no_bytes_are_too_odd(content: bytes, charset: str | None) -> None:
    try:
        read_initiative(content, charset)
    except ParseError:
        return


@given(
    st.sampled_from("-‐‑‒–—―−"),
    st.sampled_from(["{} ", " {}", " {} ", "{}", "\u00a0{}\u202f", "\n {} \t"]),
    st.sampled_from([" ", "\u00a0", "  ", "\n", "\u2009", " \u200b"]),
    st.sampled_from(["", "\u200b", "\u00ad", "\u2060", "\ufeff"]),
)
@settings(max_examples=200, deadline=None)
def test_dashes_spaces_and_invisible_characters_mean_nothing(dash: str, around: str, space: str, nothing: str) -> None:
    line = f"Lyon,{space}Fra{nothing}nce{around.format(dash)}12{dash}13{space}Oct{nothing}ober{space}2025"

    (edition,) = read_initiative(
        article(f"<h2>Next editions</h2><p>{line}</p><h2>Past editions</h2>").encode()
    ).editions

    assert (edition.city, edition.country, edition.country_code) == ("Lyon", "France", "FR")
    assert (str(edition.starts_on), str(edition.ends_on)) == ("2025-10-12", "2025-10-13")


@pytest.mark.parametrize("sign", ["", "📍", "✅ ", "• ", "**", "(", "🔔📢 ", "& "])
def test_any_sign_may_stand_before_a_remark_in_the_next_line(sign: str) -> None:
    (edition,) = read_line(f"{LYON}<br>{sign}POSTPONED").editions
    assert edition.status == "postponed"
