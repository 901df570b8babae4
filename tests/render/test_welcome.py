from __future__ import annotations

from datetime import date

from cmr_watch.models import Contents, KnownCall, KnownEdition, OpenItems
from cmr_watch.render.messages import ADVICE, body
from cmr_watch.render.sentences import BRUSSELS
from tests.notify.make import call, edition
from tests.render.make import CONTEXT, CUTOFF, told

OPEN, ANNOUNCED = KnownCall("a", call(cutoffs=(CUTOFF,))), KnownCall("b", call("announced", (2026,)))


def known(city, **rest):
    return KnownEdition(city, edition(city, **rest))


def undated(city, period):
    return known(city, starts_on=None, ends_on=None, period=period, date_text=period and f"in {period}")


def write(standing, chat=False):
    return body(Contents(welcome=standing), CONTEXT, chat, BRUSSELS)


def bodies(standing):
    return told(lambda chat: write(standing, chat))


def test_the_subject_counts_what_is_open_and_to_come():
    editions = (known("Lyon"), known("Bonn"), known("Rome"))
    assert write(OpenItems((OPEN,), editions)).subject == "Welcome: 1 call open, 3 editions to come"
    assert write(OpenItems((ANNOUNCED, OPEN))).subject == "Welcome: 1 call open, 1 call announced"
    assert write(OpenItems((), editions[:1])).subject == "Welcome: 1 edition to come"
    assert write(OpenItems()).subject == "Welcome to Clusters meet Regions watch"


def test_nothing_is_open():
    for words in bodies(OpenItems()):
        assert "You are subscribed to changes of the “Clusters meet Regions” page." in words
        assert "Nothing is open or announced at the moment; you will hear when that changes." in words
    for words in bodies(OpenItems((), (known("Lyon"),))):
        assert "No call for hosts is open or announced at the moment" in words
        assert "Nothing is open" not in words


def test_calls_come_with_what_it_takes_to_apply():
    for words in bodies(OpenItems((ANNOUNCED, OPEN))):
        assert words.index("Call open: host an edition in 2024–2025") < words.index("Call announced: host an edition")
        assert "Cut-off: 31 May 2024, 18:00 (Brussels time)" in words
        assert "https://example.eu/apply" in words
        assert ADVICE in words


def test_what_is_closed_or_gone_is_not_open():
    gone = KnownEdition("x", edition("Bonn"), gone="withdrawn")
    standing = OpenItems((KnownCall("a", call("closed")), KnownCall("b", call(), gone="withdrawn")), (gone,))
    assert write(standing).subject == "Welcome to Clusters meet Regions watch"


def test_editions_stand_by_date():
    editions = (
        undated("Nowhere", None),
        undated("Year", "2024"),
        undated("Summer", "2024-Q2"),
        known("December", starts_on=date(2024, 12, 1), ends_on=date(2024, 12, 1), status="save_the_date"),
        undated("May", "2024-05"),
        known("Day", starts_on=date(2024, 5, 31), ends_on=date(2024, 5, 31), url="https://example.eu/day"),
    )
    for words in bodies(OpenItems((), editions)):
        cities = ("Day, ", "May, ", "Summer, ", "December, ", "Year, ", "Nowhere, ")
        places = [words.index(f"{city}France") for city in cities]
        assert places == sorted(places)
        assert "December, France, 1 December 2024, save the date" in words
        assert "https://example.eu/day" in words


def test_a_long_list_is_cut():
    editions = tuple(known(f"City{number}") for number in range(23))
    for words in bodies(OpenItems((), editions)):
        assert "City19, " in words
        assert "City20, " not in words
        assert "and 3 more editions on the page" in words
