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


def test_what_is_to_come_is_first_then_past_years_then_what_is_gone():
    gone = KnownEdition("gone", replace(KRAKOW, city="Gdynia"), gone="withdrawn")
    undated = replace(UNDATED, status="held", section="past")
    malaga = edition("Malaga", date(2025, 2, 16), code="ES", status="held")
    page = editions_page(overview(malaga, LYON, TURKU, KRAKOW, undated, gone), NOW)
    assert [card.place for card in page.upcoming.cards] == ["Kraków, PL", "Turku, FI"]
    assert [(group.heading, [one.place for one in group.cards]) for group in page.groups] == [
        ("Past editions in 2026", ["Lyon, FR"]),
        ("Past editions in 2025", ["Malaga, ES"]),
        ("Without a date", ["Riga, LV"]),
        ("No longer on the platform’s page", ["Gdynia, PL"]),
    ]
    assert page.summary == "5 editions in 5 countries since 2025, 2 of them upcoming."


def test_the_filter_takes_a_country_and_a_year():
    page = editions_page(overview(LYON, KRAKOW, TURKU), NOW, EditionFilter("PL", 2026))
    assert page.headline == "Editions in Poland in 2026"
    assert page.summary == "1 upcoming edition."
    assert page.query == "?country=PL&year=2026"
    assert [one.place for one in page.upcoming.cards] == ["Kraków, PL"]
    assert page.groups == ()
    assert [(one.value, one.is_chosen) for one in page.years] == [("2027", False), ("2026", True)]


def test_a_filter_counts_what_it_takes():
    off = edition("Gdynia", date(2026, 11, 4), status="cancelled")
    held = edition("Katowice", date(2025, 5, 7), status="held")
    page = editions_page(overview(KRAKOW, off, held, LYON), NOW, EditionFilter("PL"))
    assert page.summary == "1 past edition, 1 upcoming edition, 1 cancelled or removed."


@pytest.mark.parametrize(
    ("wanted", "end"),
    [
        (EditionFilter("IT"), "in Italy"),
        (EditionFilter("IT", 2027), "in Italy in 2027"),
        (EditionFilter(None, 2031), "in 2031"),
    ],
)
def test_a_filter_that_takes_nothing_says_so(wanted, end):
    assert editions_page(overview(KRAKOW), NOW, wanted).summary == f"The platform has listed no edition {end} so far."


def test_every_country_of_europe_can_be_chosen():
    words = {one.value: one.words for one in editions_page(overview(KRAKOW), NOW).countries}
    assert (words["PL"], words["IT"]) == ("Poland", "Italy (none)")


def test_the_page_before_the_first_reading_has_nothing_to_filter_or_export(first_reader):
    page = first_reader.page("/editions")
    assert "Nothing has been read yet." in page.text
    assert "All countries" not in page.text
    assert ".csv" not in str(page.links)


def test_the_files_have_the_editions_of_the_filter(reader):
    links = dict(reader.page("/editions?country=lt").links)
    assert links["/editions.csv?country=LT"] == "These editions as a spreadsheet (CSV)"
    assert "Vilnius" in reader.get("/editions.csv?country=LT").text
    assert "Lyon" not in reader.get("/editions.csv?country=LT").text


def test_the_page_of_the_list(reader):
    page = reader.page("/editions")
    assert "15 editions in 13 countries since 2025, 4 of them upcoming. 1 more is cancelled or postponed." in page.text
    assert ("/editions/graz-at-2026-11", "Graz, Austria, 4–5 November 2026") in page.links


def test_the_page_of_a_country_and_a_year(reader):
    page = reader.page("/editions?country=fr&year=2026")
    assert page.headings[0] == (1, "Editions in France in 2026")
    assert "1 past edition." in page.text
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
    assert page.card.register is None
    assert page.says_title == "What the platform’s page last said"
    assert page.quote_label == "Before it was removed"
    assert page.notice.action == (
        "The platform removed this edition from its page before its date; it was gone on 28 November 2026."
    )


def test_an_edition_from_the_archive_may_have_left_the_page_on_an_unknown_day():
    notice = shown(LYON, gone="delisted", missing_since=None).notice
    assert (notice.fact, notice.action) == ("No longer on the page.", "")
    notice = shown(replace(LYON, status="cancelled"), gone="delisted", missing_since=None).notice
    assert (notice.fact, notice.action) == ("Cancelled.", "The platform says so. No longer on the page.")


def test_a_past_edition_that_left_the_list_says_so():
    notice = shown(LYON, gone="delisted", missing_since=NOW).notice
    assert (notice.fact, notice.action) == (
        "No longer on the page.",
        "The entry was removed from the platform’s list; it was gone on 28 November 2026.",
    )


def test_a_cancelled_edition_says_so_first():
    notice = shown(replace(KRAKOW, status="cancelled")).notice
    assert (notice.fact, notice.action) == ("Cancelled.", "The platform says so.")


def test_a_cancelled_edition_that_has_left_the_page_is_told_in_the_past(reader):
    page = reader.page("/editions/graz-at-2026-11")
    said = "Cancelled. The platform said so on 22 September 2026. The entry was missing from the platform’s page on 28"
    assert said in page.text
    assert "The page says" not in page.text
    assert (2, "What the platform’s page last said") in page.headings


@pytest.mark.parametrize(
    ("closes_on", "fact", "countdown", "in_list"),
    [
        (date(2026, 12, 4), "Registration closes on Friday 4 December 2026", "in 6 days", "register by 4 December"),
        (NOW.date(), "Registration closes on Saturday 28 November 2026", "today", "register by 28 November"),
        (date(2026, 11, 27), "Registration closed on Friday 27 November 2026.", "", None),
    ],
)
def test_until_when_one_can_register(closes_on, fact, countdown, in_list):
    page = shown(replace(KRAKOW, registration_url="https://a.eu/", registration_closes_on=closes_on))
    assert (page.register_note.fact, page.register_note.action) == (fact, countdown)
    assert (page.card.register_by if page.card.register else None) == in_list
    assert "Registration closes on" not in [fact.label for fact in page.facts]


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
