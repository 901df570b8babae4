"""A page's history from copies of it: what was first seen when, under today's keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cmr_watch.models import Known
from cmr_watch.monitor.archive.history import Copy, History, history
from cmr_watch.monitor.diff import adopt
from tests.monitor.small import read

JAN = datetime(2023, 1, 10, tzinfo=UTC)
PAST = "< Bonn, Germany – 5 May 2022 ;; < Graz, Austria – 4 April 2022 ;; < Brno, Czechia – 3 March 2022"
LYON = "> Lyon, France – 12-13 October 2023"
PRAGUE = "> Prague, Czechia – 23-24 October 2023"
HELD = "< Lyon, France – 12-13 October 2023"
CALL = "! The call to host events in 2024 is open. [Apply](/apply)"


def copies(*said: str, days: int = 30) -> list[Copy]:
    return [(JAN + timedelta(days=number * days), read(f"{lines} ;; {PAST}")) for number, lines in enumerate(said)]


def today(said: str = HELD) -> Known:
    return adopt(Known(), read(f"{said} ;; {PAST}"), JAN + timedelta(days=900))


def told(found: History) -> list[str]:
    return [f"{(at - JAN).days} {change.kind.value} {change.key}" for at, change in found.changes]


def first_seen(found: History, key: str) -> int:
    (one,) = [one for one in found.known.editions if one.key == key]
    assert one.first_seen_at is not None
    return (one.first_seen_at - JAN).days


def test_what_was_first_seen_when():
    found = history(
        copies(LYON, f"{LYON} ;; {PRAGUE}"), today(f"{HELD} ;; < Prague, Czechia – 23-24 October 2023"), None
    )
    assert told(found)[-1] == "30 edition.announced prague-cz-2023-10"
    assert (first_seen(found, "lyon-fr-2023-10"), first_seen(found, "prague-cz-2023-10")) == (0, 30)
    assert first_seen(found, "bonn-de-2022-05") == 0


def test_the_order_of_the_copies_does_not_matter():
    some = copies(LYON, f"{LYON} ;; {PRAGUE}", LYON)
    assert history(some, today(), None) == history(reversed(some), today(), None)


def test_from_the_first_check_on_we_know_better():
    found = history(copies(LYON, f"{LYON} ;; {PRAGUE}"), today(), JAN + timedelta(days=30))
    assert not [line for line in told(found) if "prague" in line]


def test_a_copy_that_is_not_believed_is_left_out():
    cut = JAN + timedelta(days=10), read("> Oslo, Norway – 3 March 2024")
    assert history([*copies(LYON), cut], today(), None) == history(copies(LYON), today(), None)


def test_what_nobody_knows_today_is_kept_as_delisted():
    found = history(copies(f"{LYON} ;; {PRAGUE}"), today(), None)
    (prague,) = [one for one in found.known.editions if one.key == "prague-cz-2023-10"]
    assert (prague.gone, prague.first_seen_at) == ("delisted", JAN)
    assert found.known.editions[: len(today().editions)][0].key == "lyon-fr-2023-10"


def test_keys_are_todays():
    # today it is known under the key of the days that it had when we first saw it
    known = adopt(Known(), read(f"> Lyon, France – 2-3 November 2023 ;; {PAST}"), JAN)
    found = history(copies(LYON, "> Lyon, France – 2-3 November 2023"), known, None)
    assert {line.split()[2] for line in told(found) if "lyon" in line} == {"lyon-fr-2023-11"}
    assert "30 edition.rescheduled lyon-fr-2023-11" in told(found)


def test_calls_have_a_history_too():
    closed = CALL.replace("is open", "is closed")
    found = history(copies(f"{CALL} ;; {LYON}", f"{closed} ;; {LYON}"), today(f"{closed} ;; {HELD}"), None)
    assert [line for line in told(found) if "call" in line] == ["0 call.opened call-2024", "30 call.closed call-2024"]
    assert found.known.calls[0].first_seen_at == JAN


def test_without_copies_nothing_is_different():
    assert history([], today(), None) == History((), today())
