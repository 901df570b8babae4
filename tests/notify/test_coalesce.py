"""Coalescing of pending changes: properties over possible histories of a page, and a table of examples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count, pairwise, repeat
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cmr_watch.models.readings import CallNotice, Change, ChangeKind, Cutoff, Edition, KnownEdition, RecordedChange
from cmr_watch.monitor.edition_diff import changed_facts
from cmr_watch.notify.coalesce import CALL_STATUS, CUTOFFS, DATES_AND_STATUS, FIRST_SEEN, coalesce
from cmr_watch.render.sentences import sentence

K = ChangeKind
NOON = datetime(2024, 1, 5, 12, 0, tzinfo=UTC)
MAY, JUNE, JULY = (date(2024, month, 5) for month in (5, 6, 7))
A, B, C = (Cutoff(datetime(2024, month, 31, 16, tzinfo=UTC)) for month in (3, 5, 7))


def edition(day: date | None = MAY, status: str = "scheduled", city: str = "Lyon", **rest: object) -> Edition:
    return Edition(city, country="France", country_code="FR", starts_on=day, ends_on=day, status=status, **rest)


def call(status: str = "open", *cutoffs: Cutoff, years: tuple[int, ...] = (2024,)) -> CallNotice:
    return CallNotice(status, years, cutoffs)


def fact(kind: ChangeKind, before=None, after=None, *cutoffs: Cutoff | None, key: str = "key") -> Change:
    return Change(kind, key, before, after, *cutoffs)


def record(*changes: Change, pages: Iterable[str] = repeat("https://example.eu")) -> tuple[RecordedChange, ...]:
    return tuple(
        RecordedChange(number, change, page, NOON + timedelta(hours=number))
        for number, change, page in zip(count(1), changes, pages, strict=False)
    )


def reported(*changes: Change) -> list[Change]:
    """Return the coalesced changes."""
    return [recorded.change for recorded in coalesce(record(*changes))]


# ── properties ──────────────────────────────────────────────────────────────────────────────────────────────────────

editions = st.builds(
    edition,
    st.sampled_from([MAY, JUNE, None]),
    st.sampled_from(["scheduled", "postponed", "cancelled"]),
    st.sampled_from(["Lyon", "Nice"]),
)
any_editions = st.builds(
    replace, editions, section=st.sampled_from(["upcoming", "past"]), summary_url=st.none() | st.just("u")
)
cutoffs = st.sampled_from([A, B, C])
calls = st.builds(call, st.sampled_from(["announced", "open", "closed"]), cutoffs, years=st.sampled_from([(2024,), ()]))


@st.composite
def histories(draw) -> tuple[RecordedChange, ...]:
    """Changes of a few items, each starting from the state that the previous one left; the kinds are random."""
    changes = []
    latest: dict[str, Edition | CallNotice] = {}
    for _ in range(draw(st.integers(0, 12))):
        item = draw(st.sampled_from(["edition", "other", "call"]))
        kinds = [kind for kind in K if kind.startswith("call.") is (item == "call")]
        kind = draw(st.sampled_from([one for one in kinds if one not in FIRST_SEEN or item not in latest]))
        new = draw(calls if item == "call" else any_editions)
        before = None if kind in FIRST_SEEN else latest.get(item) or draw(calls if item == "call" else any_editions)
        if item == "call" and item not in latest and kind in CALL_STATUS and draw(st.booleans()):
            before = None
        after = new if before is None or kind not in (K.CALL_WITHDRAWN, K.EDITION_WITHDRAWN) else None
        moved = (draw(cutoffs) if kind is K.CALL_CUTOFF_MOVED else None, draw(cutoffs)) if kind in CUTOFFS else ()
        changes.append(fact(kind, before, after, *moved, key=item))
        latest[item] = new
    pages = draw(st.lists(st.sampled_from(["https://example.eu/list", "https://example.eu/call"]), min_size=12))
    return record(*changes, pages=pages)


ANNOUNCED_WITH_CUTOFF = call("announced", A)
STALE_AFTER_A_CUTOFF = record(
    fact(K.CALL_CLOSED, ANNOUNCED_WITH_CUTOFF, ANNOUNCED_WITH_CUTOFF),
    fact(K.CALL_UPDATED, ANNOUNCED_WITH_CUTOFF, ANNOUNCED_WITH_CUTOFF),
    fact(K.CALL_CUTOFF_ADDED, ANNOUNCED_WITH_CUTOFF, call("announced", A, years=()), None, A),
)
"""The update once kept the first notice while the closing got that of the omitted cut-off."""


@given(histories(), st.randoms())
@example(STALE_AFTER_A_CUTOFF, Random(0))
def test_coalescing_is_idempotent_ordered_and_adds_nothing(history, chance):
    coalesced = coalesce(history)
    assert coalesce(coalesced) == coalesced
    assert coalesce(chance.sample(history, len(history))) == coalesced
    ids = [one.id for one in coalesced]
    assert ids == sorted(set(ids))
    assert {(one.id, one.change.key) for one in coalesced} <= {(one.id, one.change.key) for one in history}
    for key in {one.change.key for one in coalesced}:
        kinds = [one.change.kind for one in coalesced if one.change.key == key]
        assert sum(kind in FIRST_SEEN for kind in kinds) <= 1
        assert sum(kind in DATES_AND_STATUS or kind in CALL_STATUS for kind in kinds) <= 1


@given(histories())
def test_a_single_change_is_unchanged(history):
    for one in history:
        assert coalesce([one])[0] is one


def changes_between(states: list[Edition | None]) -> list[Change]:
    """Return the changes that the monitor finds if a page shows these states in turn; None: withdrawn."""
    changes, last_shown = [], states[0]
    for before, after in pairwise(states):
        if after is None:
            changes += [fact(K.EDITION_WITHDRAWN, before, None)] if before else []
        else:
            known = KnownEdition("key", last_shown, gone=None if before else "withdrawn")
            changes += [one for one in changed_facts(known, after, None) if one.kind is not K.EDITION_UPDATED]
            last_shown = after
    return changes


@given(editions, st.lists(editions | st.none()))
def test_nothing_is_reported_if_the_initial_state_is_restored(start, between):
    assert reported(*changes_between([start, *between, start])) == []


@given(editions, st.lists(editions | st.none()), editions)
def test_a_different_final_state_is_reported_as_it_is(start, between, end):
    changes = reported(*changes_between([start, *between, end]))
    for one in changes:
        if one.kind in DATES_AND_STATUS:
            assert (one.after.starts_on, one.after.status) == (end.starts_on, end.status)
    moved = [one for one in changes if one.kind is K.EDITION_RELOCATED]
    cities = {one.after.city for one in moved or changes}
    assert cities <= {end.city}
    if start.status == end.status == "cancelled":
        return  # a change of the dates of a cancelled edition may be reported
    assert bool(changes) is ((start.starts_on, start.status, start.city) != (end.starts_on, end.status, end.city))


# ── editions ────────────────────────────────────────────────────────────────────────────────────────────────────────

NEW = fact(K.EDITION_ANNOUNCED, None, edition())
MOVED = fact(K.EDITION_RESCHEDULED, edition(), edition(JUNE))
MOVED_BACK = fact(K.EDITION_RESCHEDULED, edition(JUNE), edition())
CANCELLED = fact(K.EDITION_CANCELLED, edition(), edition(status="cancelled"))
REINSTATED = fact(K.EDITION_REINSTATED, edition(status="cancelled"), edition())
EDITION_WITHDRAWN = fact(K.EDITION_WITHDRAWN, edition(), None)
RETURNED = fact(K.EDITION_REINSTATED, edition(), edition())  # after it had been withdrawn
PAST = edition(section="past", status="held", summary_url="u")
HELD = fact(K.EDITION_HELD, edition(), PAST)
SUMMARY = fact(K.EDITION_SUMMARY_PUBLISHED, edition(), PAST)
MATERIALS = fact(K.EDITION_MATERIALS_PUBLISHED, edition(), edition())
NICE = edition(city="Nice")
RELOCATED = fact(K.EDITION_RELOCATED, edition(), NICE)
POSTPONED = fact(K.EDITION_POSTPONED, edition(JUNE), edition(None, "postponed"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([NEW, MOVED], [fact(K.EDITION_ANNOUNCED, None, edition(JUNE))]),
        ([NEW, CANCELLED], [fact(K.EDITION_ANNOUNCED, None, edition(status="cancelled"))]),
        ([NEW, HELD, SUMMARY], [fact(K.EDITION_LISTED, None, PAST)]),
        ([NEW, MATERIALS], [NEW, MATERIALS]),
        ([NEW, EDITION_WITHDRAWN], []),
        ([NEW, EDITION_WITHDRAWN, RETURNED], [NEW]),
        ([MOVED, fact(K.EDITION_RESCHEDULED, edition(JUNE), edition(JULY))], [replace(MOVED, after=edition(JULY))]),
        ([MOVED, MOVED_BACK], []),
        ([CANCELLED, REINSTATED], []),
        ([EDITION_WITHDRAWN, RETURNED], []),
        ([MOVED, POSTPONED], [replace(POSTPONED, before=edition())]),
        ([POSTPONED, fact(K.EDITION_REINSTATED, POSTPONED.after, edition(JUNE))], []),
        ([POSTPONED, fact(K.EDITION_RESCHEDULED, POSTPONED.after, edition())], [MOVED_BACK]),
        ([MOVED, fact(K.EDITION_WITHDRAWN, edition(JUNE), None)], [EDITION_WITHDRAWN]),
        ([SUMMARY, CANCELLED, EDITION_WITHDRAWN], [EDITION_WITHDRAWN]),
        ([MOVED, replace(CANCELLED, before=edition(JUNE))], [CANCELLED]),
        ([CANCELLED, REINSTATED, HELD, SUMMARY], [HELD, SUMMARY]),
        ([EDITION_WITHDRAWN, HELD], [HELD]),
        ([RELOCATED, fact(K.EDITION_RELOCATED, NICE, edition())], []),
        ([RELOCATED, replace(MOVED, before=NICE), fact(K.EDITION_RELOCATED, NICE, edition(JUNE))], [MOVED]),
        ([RETURNED, MOVED], [replace(RETURNED, after=edition(JUNE))]),
    ],
)
def test_editions(changes, expected):
    assert reported(*changes) == expected


# ── calls ───────────────────────────────────────────────────────────────────────────────────────────────────────────

ANNOUNCED_CALL, OPEN_CALL, CLOSED_CALL = (call(status) for status in ("announced", "open", "closed"))
OPENED, CLOSED = fact(K.CALL_OPENED, None, OPEN_CALL), fact(K.CALL_CLOSED, OPEN_CALL, CLOSED_CALL)
REOPENED = fact(K.CALL_OPENED, CLOSED_CALL, OPEN_CALL)
CALL_WITHDRAWN = fact(K.CALL_WITHDRAWN, OPEN_CALL, None)
CALL_RETURNED = fact(K.CALL_OPENED, OPEN_CALL, OPEN_CALL)  # after it had been withdrawn
ADDED = fact(K.CALL_CUTOFF_ADDED, OPEN_CALL, call("open", A), None, A)
A_TO_B, B_TO_C, B_TO_A, A_TO_C = (
    fact(K.CALL_CUTOFF_MOVED, call("open", one), call("open", other), one, other)
    for one, other in ((A, B), (B, C), (B, A), (A, C))
)
YEARS = fact(K.CALL_UPDATED, OPEN_CALL, call(years=(2025,)))
OPEN_IN_2025 = call("open", A, years=(2025,))
ADDED_WITHOUT_YEARS = fact(K.CALL_CUTOFF_ADDED, OPEN_CALL, call("open", A, years=()), None, A)
# one check finds that the call is closed and is for another year, the next one a cut-off that was added after all
IN_2025, IN_2025_WITH_CUTOFF = (call("closed", *cutoffs, years=(2025,)) for cutoffs in ((), (A,)))
CLOSED_IN_2025, CLOSED_WITH_CUTOFF = (fact(K.CALL_CLOSED, OPEN_CALL, after) for after in (IN_2025, IN_2025_WITH_CUTOFF))
UPDATED_TO_2025, UPDATED_WITH_CUTOFF = (
    replace(one, kind=K.CALL_UPDATED) for one in (CLOSED_IN_2025, CLOSED_WITH_CUTOFF)
)
ADDED_IN_2025 = fact(K.CALL_CUTOFF_ADDED, IN_2025, IN_2025_WITH_CUTOFF, None, A)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([fact(K.CALL_ANNOUNCED, None, ANNOUNCED_CALL), fact(K.CALL_OPENED, ANNOUNCED_CALL, OPEN_CALL)], [OPENED]),
        ([OPENED, CLOSED], [fact(K.CALL_CLOSED, None, CLOSED_CALL)]),
        ([REOPENED, CLOSED], []),
        ([CLOSED, REOPENED], []),
        ([fact(K.CALL_OPENED, ANNOUNCED_CALL, OPEN_CALL), CLOSED], [fact(K.CALL_CLOSED, ANNOUNCED_CALL, CLOSED_CALL)]),
        ([CALL_RETURNED, CLOSED, REOPENED], [CALL_RETURNED]),
        ([OPENED, CALL_WITHDRAWN], []),
        ([REOPENED, ADDED, YEARS, CALL_WITHDRAWN], [fact(K.CALL_WITHDRAWN, CLOSED_CALL, None)]),
        ([CALL_WITHDRAWN, CALL_RETURNED], []),
        ([ADDED, A_TO_B], [fact(K.CALL_CUTOFF_ADDED, OPEN_CALL, call("open", B), None, B)]),
        ([A_TO_B, B_TO_C], [A_TO_C]),
        ([A_TO_B, B_TO_A], []),
        ([A_TO_B, ADDED, CLOSED], [CLOSED]),
        ([ADDED, ADDED], [ADDED]),
        ([OPENED, A_TO_B], [replace(OPENED, after=A_TO_B.after), A_TO_B]),  # with the current cut-offs
        ([YEARS, fact(K.CALL_UPDATED, YEARS.after, OPEN_CALL)], []),
        ([YEARS, fact(K.CALL_UPDATED, YEARS.after, call(years=()))], [YEARS]),  # years that are left out stay
        ([CLOSED_IN_2025, UPDATED_TO_2025, ADDED_IN_2025], [CLOSED_WITH_CUTOFF, UPDATED_WITH_CUTOFF]),
        ([YEARS, ADDED_WITHOUT_YEARS], [replace(YEARS, after=OPEN_IN_2025), replace(ADDED, after=OPEN_IN_2025)]),
    ],
)
def test_calls(changes, expected):
    assert reported(*changes) == expected


def test_items_are_coalesced_separately_and_take_the_position_of_their_last_change():
    other = replace(MOVED, key="other")
    coalesced = coalesce(record(NEW, other, MOVED))
    assert [(one.id, one.change.key, one.change.kind) for one in coalesced] == [
        (2, "other", K.EDITION_RESCHEDULED),
        (3, "key", K.EDITION_ANNOUNCED),
    ]
    assert coalesced[1].read_at == NOON + timedelta(hours=3)
    assert sentence(coalesced[1].change) == "New edition: Lyon, France (5 June 2024)"
