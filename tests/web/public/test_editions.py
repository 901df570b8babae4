"""The list of editions, and the page of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from cmr_watch.models.readings import Edition, Known, KnownEdition, Material
from cmr_watch.store.public import Overview
from cmr_watch.web.public.edition import edition_page
from cmr_watch.web.public.edition_cards import Leaf, edition_card, next_editions
from cmr_watch.web.public.editions import EditionFilter, editions_page

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)


def edition(city: str, first: date | None, last: date | None = None, code: str = "PL", **more: object) -> Edition:
    section = "past" if first and first < NOW.date() else "upcoming"
    fields = {"country": code, "country_code": code, "starts_on": first, "ends_on": last or first, "section": section}
    return replace(Edition(city), **{**fields, **more})


KRAKOW = edition("Kraków", date(2026, 12, 11), date(2026, 12, 12))
LYON = edition("Lyon", date(2026, 10, 12), code="FR", status="held")
TURKU = edition("Turku", None, code="FI", period="2027-06", date_precision="month", date_text="June 2027 (tbc)")
UNDATED = edition("Riga", None, code="LV")


def overview(*editions: Edition | KnownEdition) -> Overview:
    known = [one if isinstance(one, KnownEdition) else KnownEdition(one.city.lower(), one) for one in editions]
    return Overview(Known(tuple(known)), NOW)


def card(of: Edition, **more: object):
    return edition_card(KnownEdition("key", of, **more), NOW)


def test_the_timeline_is_there_without_a_filter_and_with_something_to_show():
    assert 'class="map timeline"' in editions_page(overview(KRAKOW, LYON), NOW).timeline
    assert editions_page(overview(KRAKOW, LYON), NOW, EditionFilter(country="FR")).timeline == ""
    assert editions_page(overview(UNDATED), NOW).timeline == ""


# ── an edition in a list ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("of", "leaf"),
    [
        (KRAKOW, Leaf("Dec 2026", "11–12")),
        (LYON, Leaf("Oct 2026", "12")),
        (edition("A", date(2026, 11, 30), date(2026, 12, 1)), Leaf("Nov 2026", "30–1")),
        (TURKU, Leaf("2027", "Jun")),
        (replace(TURKU, period="2027-q2", date_precision="season"), Leaf("2027", "Apr–Jun")),
        (replace(TURKU, period="2027", date_precision="year"), Leaf("year", "2027")),
        (UNDATED, Leaf("no date", "–")),
    ],
)
def test_the_leaf_shows_the_days_or_what_is_known_of_them(of, leaf):
    assert card(of).leaf == leaf


@pytest.mark.parametrize(
    ("of", "tag", "countdown"),
    [
        (KRAKOW, "upcoming", "in 13 days"),
        (replace(KRAKOW, status="save_the_date"), "save the date", "in 13 days"),
        (replace(KRAKOW, status="cancelled"), "cancelled", ""),
        (replace(KRAKOW, status="postponed"), "postponed", ""),
        (TURKU, "date to be confirmed", ""),
        (LYON, "past", ""),
        (replace(KRAKOW, starts_on=date(2026, 11, 27), ends_on=date(2026, 11, 28)), "upcoming", "taking place now"),
        (replace(KRAKOW, starts_on=date(2026, 11, 26), ends_on=date(2026, 11, 27)), "past", ""),
    ],
)
def test_the_status_and_the_days_that_are_left(of, tag, countdown):
    assert (card(of).tag, card(of).countdown) == (tag, countdown)


@pytest.mark.parametrize(
    ("of", "has_calendar"),
    [(KRAKOW, True), (TURKU, False), (LYON, False), (replace(KRAKOW, status="cancelled"), False)],
)
def test_only_an_edition_that_will_take_place_on_known_days_is_offered_for_the_calendar(of, has_calendar):
    assert card(of).has_calendar is has_calendar


def test_an_edition_that_is_gone_is_marked_and_not_next():
    gone = card(KRAKOW, gone="withdrawn")
    assert (gone.tag, gone.is_off, gone.is_ahead) == ("removed from the page", True, False)


def test_text_of_the_page_is_cut_and_unsafe_links_are_left_out():
    hostile = replace(KRAKOW, city="K\u202e" + "x" * 500, url="javascript:alert(1)", summary_url="https://a@b.eu/")
    shown = card(hostile)
    assert len(shown.place) <= 90
    assert "\u202e" not in shown.place
    assert shown.links == ()


def test_next_editions_are_ordered_by_their_days_those_without_days_last_in_their_month():
    june = edition("Graz", date(2027, 6, 20))
    keys = [known.key for known in next_editions(overview(UNDATED, TURKU, june, LYON, KRAKOW).known.editions, NOW)]
    assert keys == ["kraków", "turku", "graz", "riga"]


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_is_by_year_with_what_has_no_year_and_what_is_gone_at_its_end():
    gone = KnownEdition("gone", replace(KRAKOW, city="Gdynia"), gone="withdrawn")
    page = editions_page(overview(LYON, KRAKOW, TURKU, UNDATED, gone), NOW)
    assert [(group.heading, [one.place for one in group.cards]) for group in page.groups] == [
        ("2027", ["Turku, FI"]),
        ("2026", ["Kraków, PL", "Lyon, FR"]),
        ("Without a date", ["Riga, LV"]),
        ("No longer on the platform’s page", ["Gdynia, PL"]),
    ]
    assert page.total == "4 editions in 4 countries since 2026, 3 of them upcoming."


def test_the_filter_takes_a_country_and_a_year():
    page = editions_page(overview(LYON, KRAKOW, TURKU), NOW, EditionFilter("PL", 2026))
    assert page.headline == "Editions in Poland in 2026"
    assert page.found == "1 edition"
    assert [one.place for group in page.groups for one in group.cards] == ["Kraków, PL"]
    assert [(one.value, one.is_chosen) for one in page.years] == [("2027", False), ("2026", True)]


def test_the_page_of_the_list(reader):
    page = reader.page("/editions")
    assert "15 editions in 13 countries since 2025, 4 of them upcoming. 1 more is cancelled or postponed." in page.text
    assert ("/editions/graz-at-2026-11", "Graz, Austria, 4–5 November 2026") in page.links


def test_the_page_of_a_country_and_a_year(reader):
    page = reader.page("/editions?country=fr&year=2026")
    assert page.headings[0] == (1, "Editions in France in 2026")
    assert "1 edition." in page.text
    assert "Kraków" not in page.text


@pytest.mark.parametrize("query", ["country=zz", "year=99", "year=20%0026", "country=%ff", "year=２０２６"])
def test_a_filter_that_cannot_be_is_explained(reader, query):
    assert reader.page(f"/editions?{query}", 400).headings[0][1] == "This address cannot be read"


# ── the page of an edition ───────────────────────────────────────────────────────────────────────────────────────


def shown(of: Edition, **more: object):
    known = KnownEdition("key", of, **more)
    return edition_page(overview(known), known, NOW)


@pytest.mark.parametrize(
    ("of", "when"),
    [
        (KRAKOW, "Friday 11 to Saturday 12 December 2026"),
        (LYON, "Monday 12 October 2026"),
        (edition("A", date(2026, 11, 30), date(2026, 12, 1)), "Monday 30 November 2026 to Tuesday 1 December 2026"),
        (TURKU, "June 2027 (tbc)"),
        (UNDATED, "The platform gives no date yet."),
    ],
)
def test_the_days_have_their_weekdays(of, when):
    assert shown(of).when == when


def test_an_edition_that_was_withdrawn_says_so_and_offers_no_registration():
    page = shown(replace(KRAKOW, registration_url="https://a.eu/"), gone="withdrawn", missing_since=NOW)
    assert page.register is None
    assert page.quote_label == "The page said, when it was last there"
    assert page.notices == (
        "The platform removed this edition from its page before its date. It has been missing since 28 November 2026.",
    )


def test_a_past_edition_that_left_the_list_says_so():
    assert "no longer on the platform’s list" in shown(LYON, gone="delisted", missing_since=NOW).notices[0]


def test_a_cancelled_edition_says_so_first():
    assert shown(replace(KRAKOW, status="cancelled")).notices == ("The platform says that this edition is cancelled.",)


def test_materials_are_listed_with_their_titles():
    slides = Material("slides", "https://a.eu/s", "Slides of the opening")
    page = shown(replace(LYON, materials=(slides, Material("photos", "javascript:x"))))
    assert [(link.label, link.url) for link in page.materials] == [("Slides of the opening", "https://a.eu/s")]


def test_the_page_of_an_edition(reader):
    page = reader.page("/editions/krakow-pl-2026-12")
    assert page.headings[0] == (1, "Kraków, Poland")
    assert "ICE Kraków Congress Centre" in page.text
    assert ("https://example.eu/register/krakow", "Register for Kraków, Poland") in page.links
    assert ("/countries/pl", "All editions in Poland") in page.links


@pytest.mark.parametrize("entry", ["krakow", "krakow-pl-2026-11", "Krakow-PL-2026-12"])
def test_an_unknown_edition_leads_to_similar_ones(reader, entry):
    page = reader.page(f"/editions/{entry}", 404)
    assert ("/editions/krakow-pl-2026-12", "Kraków, Poland (11–12 December 2026)") in page.links


@pytest.mark.parametrize("key", ["<script>", "%00", "..%2f..", "x" * 3000, "%F0%9F%92%A9", "%ff%fe"])
def test_a_hostile_key_is_not_found_and_not_shown(reader, key):
    page = reader.page(f"/editions/{key}", 404)
    assert page.headings[0] == (1, "Page not found")
    assert "script" not in page.text


def test_links_to_two_editions_in_a_city_differ_in_their_words():
    cards = [card(LYON), card(replace(LYON, starts_on=date(2024, 3, 4), ends_on=date(2024, 3, 5)))]
    assert [one.name for one in cards] == ["Lyon, FR, 12 October 2026", "Lyon, FR, 4–5 March 2024"]
