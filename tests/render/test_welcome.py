"""The welcome message."""

from __future__ import annotations

from datetime import date

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import KnownCall, KnownEdition
from cmr_watch.models.recipients import Contents, OpenItems
from cmr_watch.render.message_parts import USUAL_LETTER
from cmr_watch.render.messages import body
from tests.notify.make import call, edition
from tests.render.make import CONTEXT, CUTOFF, rendered_texts

OPEN, ANNOUNCED = KnownCall("a", call(cutoffs=(CUTOFF,))), KnownCall("b", call("announced", (2026,)))


def known(city, **rest):
    return KnownEdition(city, edition(city, **rest))


def undated(city, period):
    return known(city, starts_on=None, ends_on=None, period=period, date_text=period and f"in {period}")


def render(open_items, chat=False):
    return body(Contents(welcome=open_items), CONTEXT, chat, BRUSSELS)


def bodies(open_items):
    return rendered_texts(lambda chat: render(open_items, chat))


def test_the_subject_counts_open_calls_and_upcoming_editions():
    editions = (known("Lyon"), known("Bonn"), known("Rome"))
    assert render(OpenItems((OPEN,), editions)).subject == "Welcome: 1 call open, 3 upcoming editions"
    assert render(OpenItems((ANNOUNCED, OPEN))).subject == "Welcome: 1 call open, 1 call announced"
    assert render(OpenItems((), editions[:1])).subject == "Welcome: 1 upcoming edition"
    assert render(OpenItems()).subject == "Welcome to Clusters meet Regions watch"


def test_nothing_to_show():
    for text in bodies(OpenItems()):
        assert "You are subscribed\n" in text
        assert (
            "You will be notified of changes to the “Clusters meet Regions” page that match your subscription." in text
        )
        assert "Nothing is open or announced at the moment; you will be notified when that changes." in text
    for text in bodies(OpenItems((), (known("Lyon"),))):
        assert "No call for hosts is open or announced at the moment" in text
        assert "Nothing is open" not in text


def test_calls_come_with_cutoffs_link_and_advice():
    for text in bodies(OpenItems((ANNOUNCED, OPEN))):
        assert text.index("Call for hosts 2024–2025: open") < text.index("Call for hosts 2026: announced")
        assert "Apply before this cut-off (Brussels time)" in text
        assert "Fri 31 May 2024, 18:00" in text
        assert "https://example.eu/apply" in text
        assert USUAL_LETTER in text


def test_what_a_subscriber_does_not_follow_is_not_mentioned():
    for text in bodies(OpenItems((), (known("Lyon"),), ("editions",))):
        assert "No call" not in text
    for text in bodies(OpenItems(topics=("editions",))):
        assert "No edition is announced at the moment; you will be notified when that changes." in text
    for text in bodies(OpenItems(topics=("materials",))):
        assert "You will be notified when a summary or other documents of a past edition are published." in text
        assert "Nothing is open" not in text


def test_closed_and_removed_items_are_left_out():
    gone = KnownEdition("x", edition("Bonn"), gone="withdrawn")
    open_items = OpenItems((KnownCall("a", call("closed")), KnownCall("b", call(), gone="withdrawn")), (gone,))
    assert render(open_items).subject == "Welcome to Clusters meet Regions watch"


def test_editions_are_in_order_of_date():
    editions = (
        undated("Nowhere", None),
        undated("Year", "2024"),
        undated("Summer", "2024-Q2"),
        known("December", starts_on=date(2024, 12, 1), ends_on=date(2024, 12, 1), status="save_the_date"),
        undated("May", "2024-05"),
        known("Day", starts_on=date(2024, 5, 31), ends_on=date(2024, 5, 31), url="https://example.eu/day"),
    )
    for text in bodies(OpenItems((), editions)):
        cities = ("Day, ", "May, ", "Summer, ", "December, ", "Year, ", "Nowhere, ")
        places = [text.index(f"{city}France") for city in cities]
        assert places == sorted(places)
        assert "upcoming editions" in text.lower()
        assert "December, France, 1 December 2024, save the date" in text
        assert "https://example.eu/day" in text


def test_a_long_list_is_truncated():
    editions = tuple(known(f"City{number}") for number in range(23))
    for text in bodies(OpenItems((), editions)):
        assert "City19, " in text
        assert "City20, " not in text
        assert "and 3 more editions on the page" in text
