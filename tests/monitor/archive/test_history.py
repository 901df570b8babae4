"""The history of a page from copies of it: when each edition and call was first seen, under their current keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cmr_watch.models.readings import Known
from cmr_watch.monitor.archive.history import Copy, History, build_history
from cmr_watch.monitor.diff import merge_reading
from tests.monitor.small import read

JAN = datetime(2023, 1, 10, tzinfo=UTC)
PAST = "< Bonn, Germany – 5 May 2022 ;; < Graz, Austria – 4 April 2022 ;; < Brno, Czechia – 3 March 2022"
LYON = "> Lyon, France – 12-13 October 2023"
PRAGUE = "> Prague, Czechia – 23-24 October 2023"
HELD = "< Lyon, France – 12-13 October 2023"
CALL = "! The call to host events in 2024 is open. [Apply](/apply)"


def copies(*pages: str, days: int = 30) -> list[Copy]:
    return [(JAN + timedelta(days=number * days), read(f"{lines} ;; {PAST}")) for number, lines in enumerate(pages)]


def today(page: str = HELD) -> Known:
    return merge_reading(Known(), read(f"{page} ;; {PAST}"), JAN + timedelta(days=900))


def changes(history: History) -> list[str]:
    """Each change as `day kind key`, the day counted from JAN."""
    return [f"{(at - JAN).days} {change.kind.value} {change.key}" for at, change in history.changes]


def first_seen(history: History, key: str) -> int:
    (edition,) = [edition for edition in history.known.editions if edition.key == key]
    assert edition.first_seen_at is not None
    return (edition.first_seen_at - JAN).days


def test_when_each_edition_was_first_seen():
    history = build_history(
        copies(LYON, f"{LYON} ;; {PRAGUE}"), today(f"{HELD} ;; < Prague, Czechia – 23-24 October 2023"), None
    )
    assert changes(history)[-1] == "30 edition.announced prague-cz-2023-10"
    assert (first_seen(history, "lyon-fr-2023-10"), first_seen(history, "prague-cz-2023-10")) == (0, 30)
    assert first_seen(history, "bonn-de-2022-05") == 0


def test_the_order_of_the_copies_does_not_matter():
    in_order = copies(LYON, f"{LYON} ;; {PRAGUE}", LYON)
    assert build_history(in_order, today(), None) == build_history(reversed(in_order), today(), None)


def test_copies_after_our_first_reading_are_ignored():
    history = build_history(copies(LYON, f"{LYON} ;; {PRAGUE}"), today(), JAN + timedelta(days=30))
    assert not [change for change in changes(history) if "prague" in change]


def test_a_suspect_copy_is_skipped():
    truncated = JAN + timedelta(days=10), read("> Oslo, Norway – 3 March 2024")
    assert build_history([*copies(LYON), truncated], today(), None) == build_history(copies(LYON), today(), None)


def test_what_is_no_longer_known_is_kept_as_delisted():
    history = build_history(copies(f"{LYON} ;; {PRAGUE}"), today(), None)
    (prague,) = [edition for edition in history.known.editions if edition.key == "prague-cz-2023-10"]
    assert (prague.gone, prague.first_seen_at) == ("delisted", JAN)
    assert history.known.editions[: len(today().editions)][0].key == "lyon-fr-2023-10"


def test_changes_get_the_current_keys():
    # its current key was made from the dates that it had at our first reading
    known = merge_reading(Known(), read(f"> Lyon, France – 2-3 November 2023 ;; {PAST}"), JAN)
    history = build_history(copies(LYON, "> Lyon, France – 2-3 November 2023"), known, None)
    assert {change.split()[2] for change in changes(history) if "lyon" in change} == {"lyon-fr-2023-11"}
    assert "30 edition.rescheduled lyon-fr-2023-11" in changes(history)


def test_calls_have_a_history_too():
    closed = CALL.replace("is open", "is closed")
    history = build_history(copies(f"{CALL} ;; {LYON}", f"{closed} ;; {LYON}"), today(f"{closed} ;; {HELD}"), None)
    assert [change for change in changes(history) if "call" in change] == [
        "0 call.opened call-2024",
        "30 call.closed call-2024",
    ]
    assert history.known.calls[0].first_seen_at == JAN


def test_without_copies_nothing_changes():
    assert build_history([], today(), None) == History((), today())
