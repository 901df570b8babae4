"""What was undone before it was told: laws over histories that the page could have, and the table of rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.models import CallNotice, Change, ChangeKind, Cutoff, Edition, KnownEdition, RecordedChange
from cmr_watch.monitor.edition_diff import changed_facts
from cmr_watch.notify.coalesce import CALL_STATES, CUTOFFS, DAYS, FIRST, fold
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


def record(*changes: Change) -> tuple[RecordedChange, ...]:
    return tuple(
        RecordedChange(number, change, sentence(change), "https://example.eu", NOON + timedelta(hours=number))
        for number, change in enumerate(changes, 1)
    )


def told(*changes: Change) -> list[Change]:
    """What is told of them; the sentence is always that of what is told."""
    out = fold(record(*changes))
    assert all(one.sentence == sentence(one.change) for one in out)
    return [one.change for one in out]


# ── laws ─────────────────────────────────────────────────────────────────────────────────────────────────────────

editions = st.builds(
    edition,
    st.sampled_from([MAY, JUNE, None]),
    st.sampled_from(["scheduled", "postponed", "cancelled"]),
    st.sampled_from(["Lyon", "Nice"]),
)
anything = st.builds(
    replace, editions, section=st.sampled_from(["upcoming", "past"]), summary_url=st.none() | st.just("u")
)
cutoffs = st.sampled_from([A, B, C])
calls = st.builds(call, st.sampled_from(["announced", "open", "closed"]), cutoffs, years=st.sampled_from([(2024,), ()]))


@st.composite
def histories(draw) -> tuple[RecordedChange, ...]:
    """Facts of a few nouns, each from where the one before it ended; which kind it is, is left to chance."""
    changes = []
    latest: dict[str, Edition | CallNotice] = {}
    for _ in range(draw(st.integers(0, 12))):
        noun = draw(st.sampled_from(["edition", "other", "call"]))
        kinds = [kind for kind in K if kind.startswith("call.") is (noun == "call")]
        kind = draw(st.sampled_from([one for one in kinds if one not in FIRST or noun not in latest]))
        new = draw(calls if noun == "call" else anything)
        before = None if kind in FIRST else latest.get(noun) or draw(calls if noun == "call" else anything)
        if noun == "call" and noun not in latest and kind in CALL_STATES and draw(st.booleans()):
            before = None
        after = new if before is None or kind not in (K.CALL_WITHDRAWN, K.EDITION_WITHDRAWN) else None
        moved = (draw(cutoffs) if kind is K.CALL_CUTOFF_MOVED else None, draw(cutoffs)) if kind in CUTOFFS else ()
        changes.append(fact(kind, before, after, *moved, key=noun))
        latest[noun] = new
    return record(*changes)


@given(histories(), st.randoms())
def test_laws_of_folding(history, chance):
    out = fold(history)
    assert fold(out) == out
    assert fold(chance.sample(history, len(history))) == out
    ids = [one.id for one in out]
    assert ids == sorted(set(ids))
    assert {(one.id, one.change.key) for one in out} <= {(one.id, one.change.key) for one in history}
    for key in {one.change.key for one in out}:
        kinds = [one.change.kind for one in out if one.change.key == key]
        assert sum(kind in FIRST for kind in kinds) <= 1
        assert sum(kind in DAYS or kind in CALL_STATES for kind in kinds) <= 1


@given(histories())
def test_what_stands_alone_is_the_same(history):
    for one in history:
        assert fold([one])[0] is one


def news_of(states: list[Edition | None]) -> list[Change]:
    """What the monitor finds in a page that shows these one after the other; None: it was withdrawn."""
    changes, shown = [], states[0]
    for before, after in pairwise(states):
        if after is None:
            changes += [fact(K.EDITION_WITHDRAWN, before, None)] if before else []
        else:
            known = KnownEdition("key", shown, gone=None if before else "withdrawn")
            changes += [one for one in changed_facts(known, after, None) if one.kind is not K.EDITION_UPDATED]
            shown = after
    return changes


@given(editions, st.lists(editions | st.none()))
def test_there_and_back_again_is_no_news(start, between):
    assert told(*news_of([start, *between, start])) == []


@given(editions, st.lists(editions | st.none()), editions)
def test_what_is_different_in_the_end_is_told_as_it_is(start, between, end):
    out = told(*news_of([start, *between, end]))
    for one in out:
        if one.kind in DAYS:
            assert (one.after.starts_on, one.after.status) == (end.starts_on, end.status)
    moved = [one for one in out if one.kind is K.EDITION_RELOCATED]
    cities = {one.after.city for one in moved or out}
    assert cities <= {end.city}
    if start.status == end.status == "cancelled":
        return  # on which days it does not take place may be told
    assert bool(out) is ((start.starts_on, start.status, start.city) != (end.starts_on, end.status, end.city))


# ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────────

NEW = fact(K.EDITION_ANNOUNCED, None, edition())
MOVED = fact(K.EDITION_RESCHEDULED, edition(), edition(JUNE))
BACK = fact(K.EDITION_RESCHEDULED, edition(JUNE), edition())
OFF = fact(K.EDITION_CANCELLED, edition(), edition(status="cancelled"))
ON = fact(K.EDITION_REINSTATED, edition(status="cancelled"), edition())
GONE = fact(K.EDITION_WITHDRAWN, edition(), None)
FOUND = fact(K.EDITION_REINSTATED, edition(), edition())
PAST = edition(section="past", status="held", summary_url="u")
HELD = fact(K.EDITION_HELD, edition(), PAST)
SUMMARY = fact(K.EDITION_SUMMARY_PUBLISHED, edition(), PAST)
SLIDES = fact(K.EDITION_MATERIALS_PUBLISHED, edition(), edition())
NICE = fact(K.EDITION_RELOCATED, edition(), edition(city="Nice"))
LATER = fact(K.EDITION_POSTPONED, edition(JUNE), edition(None, "postponed"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([NEW, MOVED], [fact(K.EDITION_ANNOUNCED, None, edition(JUNE))]),
        ([NEW, OFF], [fact(K.EDITION_ANNOUNCED, None, edition(status="cancelled"))]),
        ([NEW, HELD, SUMMARY], [fact(K.EDITION_LISTED, None, PAST)]),
        ([NEW, SLIDES], [NEW, SLIDES]),
        ([NEW, GONE], []),
        ([NEW, GONE, FOUND], [NEW]),
        ([MOVED, fact(K.EDITION_RESCHEDULED, edition(JUNE), edition(JULY))], [replace(MOVED, after=edition(JULY))]),
        ([MOVED, BACK], []),
        ([OFF, ON], []),
        ([GONE, FOUND], []),
        ([MOVED, LATER], [replace(LATER, before=edition())]),
        ([LATER, fact(K.EDITION_REINSTATED, LATER.after, edition(JUNE))], []),
        ([LATER, fact(K.EDITION_RESCHEDULED, LATER.after, edition())], [BACK]),
        ([MOVED, fact(K.EDITION_WITHDRAWN, edition(JUNE), None)], [GONE]),
        ([SUMMARY, OFF, GONE], [GONE]),
        ([MOVED, replace(OFF, before=edition(JUNE))], [OFF]),
        ([OFF, ON, HELD, SUMMARY], [HELD, SUMMARY]),
        ([GONE, HELD], [HELD]),
        ([NICE, fact(K.EDITION_RELOCATED, NICE.after, edition())], []),
        ([NICE, replace(MOVED, before=NICE.after), fact(K.EDITION_RELOCATED, NICE.after, edition(JUNE))], [MOVED]),
        ([FOUND, MOVED], [replace(FOUND, after=edition(JUNE))]),
    ],
)
def test_editions(changes, expected):
    assert told(*changes) == expected


# ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────

SOON, OPEN, SHUT = (call(status) for status in ("announced", "open", "closed"))
OPENED, CLOSED = fact(K.CALL_OPENED, None, OPEN), fact(K.CALL_CLOSED, OPEN, SHUT)
REOPENED = fact(K.CALL_OPENED, SHUT, OPEN)
WITHDRAWN = fact(K.CALL_WITHDRAWN, OPEN, None)
ADDED = fact(K.CALL_CUTOFF_ADDED, OPEN, call("open", A), None, A)
A_TO_B, B_TO_C, B_TO_A, A_TO_C = (
    fact(K.CALL_CUTOFF_MOVED, call("open", one), call("open", other), one, other)
    for one, other in ((A, B), (B, C), (B, A), (A, C))
)
YEARS = fact(K.CALL_UPDATED, OPEN, call(years=(2025,)))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([fact(K.CALL_ANNOUNCED, None, SOON), fact(K.CALL_OPENED, SOON, OPEN)], [OPENED]),
        ([OPENED, CLOSED], [fact(K.CALL_CLOSED, None, SHUT)]),
        ([REOPENED, CLOSED], []),
        ([CLOSED, REOPENED], []),
        ([fact(K.CALL_OPENED, SOON, OPEN), CLOSED], [fact(K.CALL_CLOSED, SOON, SHUT)]),
        ([fact(K.CALL_OPENED, OPEN, OPEN), CLOSED, REOPENED], [fact(K.CALL_OPENED, OPEN, OPEN)]),  # was withdrawn
        ([OPENED, WITHDRAWN], []),
        ([REOPENED, ADDED, YEARS, WITHDRAWN], [fact(K.CALL_WITHDRAWN, SHUT, None)]),
        ([WITHDRAWN, fact(K.CALL_OPENED, OPEN, OPEN)], []),
        ([ADDED, A_TO_B], [fact(K.CALL_CUTOFF_ADDED, OPEN, call("open", B), None, B)]),
        ([A_TO_B, B_TO_C], [A_TO_C]),
        ([A_TO_B, B_TO_A], []),
        ([A_TO_B, ADDED, CLOSED], [CLOSED]),
        ([ADDED, ADDED], [ADDED]),
        ([OPENED, A_TO_B], [replace(OPENED, after=A_TO_B.after), A_TO_B]),  # with the cut-offs as they are now
        ([YEARS, fact(K.CALL_UPDATED, YEARS.after, OPEN)], []),
        ([YEARS, fact(K.CALL_UPDATED, YEARS.after, call(years=()))], [replace(YEARS, after=call(years=()))]),
    ],
)
def test_calls(changes, expected):
    assert told(*changes) == expected


def test_nouns_are_folded_apart_and_stand_where_they_ended():
    other = replace(MOVED, key="other")
    out = fold(record(NEW, other, MOVED))
    assert [(one.id, one.change.key, one.change.kind) for one in out] == [
        (2, "other", K.EDITION_RESCHEDULED),
        (3, "key", K.EDITION_ANNOUNCED),
    ]
    assert out[1].read_at == NOON + timedelta(hours=3)
    assert out[1].sentence == "New edition: Lyon, France (5 June 2024)"
