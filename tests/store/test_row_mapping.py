"""Whatever a page may say, and whatever is known of it, comes back from the store as it went in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import Any, get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmr_watch.models import (
    TOPICS,
    CallNotice,
    CallStatus,
    Change,
    ChangeKind,
    Cutoff,
    Edition,
    EditionStatus,
    FetchedPage,
    Known,
    KnownCall,
    KnownEdition,
    Outline,
    PageRef,
    Precision,
    ReadingWarning,
    Removal,
    Section,
    Snapshot,
    SubscriptionRequest,
    Validators,
)
from cmr_watch.store.check_records import CheckRecord
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.subscriptions import Subscriptions, normal
from tests.factories import NOW

numbers = count()
FEW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# any text at all in what is kept as JSON; elsewhere what both engines can hold
words = st.text(st.characters(), max_size=30)
safe = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
days = st.dates(date(1990, 1, 1), date(2060, 1, 1))
instants = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(fold=0)
)
seconds = instants.map(lambda at: at.replace(microsecond=0))
keys = st.from_regex(r"[a-z]{1,9}-[a-z]{2}-20[0-9]{2}", fullmatch=True)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def one_of(literal: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(get_args(literal))


def some(strategy: st.SearchStrategy[Any], **limits: Any) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=4, **limits).map(tuple)


editions = st.builds(
    Edition,
    city=words,
    region=maybe(words),
    country=maybe(words),
    country_code=maybe(st.sampled_from(["FR", "XK"])),
    starts_on=maybe(days),
    ends_on=maybe(days),
    date_precision=one_of(Precision),
    period=maybe(words),
    section=one_of(Section),
    status=one_of(EditionStatus),
    url=maybe(words),
    summary_url=maybe(words),
    date_text=maybe(words),
    text=words,
)
cutoffs = st.builds(Cutoff, at=seconds, text=words, closed=st.booleans(), tentative=st.booleans())
calls = st.builds(
    CallNotice,
    status=one_of(CallStatus),
    hosting_years=some(st.integers(2000, 2100)),
    cutoffs=some(cutoffs),
    title=maybe(words),
    apply_url=maybe(words),
    text=words,
)
snapshots = st.builds(
    Snapshot,
    kind=st.just("initiative"),
    editions=some(editions),
    calls=some(calls),
    warnings=some(st.builds(ReadingWarning, code=words, text=words)),
    outline=st.builds(
        Outline,
        complete=st.booleans(),
        sections=some(one_of(Section)),
        dated_lines=st.integers(0, 999),
        unread_lines=st.integers(0, 999),
    ),
)
life: dict[str, Any] = {
    "key": keys,
    "first_seen_at": maybe(instants),
    "missing_since": maybe(instants),
    "gone": maybe(one_of(Removal)),
}
states = st.builds(
    Known,
    editions=some(st.builds(KnownEdition, edition=editions, **life), unique_by=lambda entry: entry.key),
    calls=some(st.builds(KnownCall, call=calls, **life), unique_by=lambda entry: entry.key),
)
changes = st.builds(
    Change,
    kind=st.sampled_from(ChangeKind),
    key=keys,
    before=maybe(editions | calls),
    after=maybe(editions | calls),
    cutoff_before=maybe(cutoffs),
    cutoff_after=maybe(cutoffs),
)
pages = st.builds(
    FetchedPage,
    url=st.just("https://example.org/"),
    final_url=safe,
    content=st.binary(max_size=100),
    charset=maybe(safe),
    validators=st.builds(Validators, etag=maybe(safe), last_modified=maybe(safe)),
    fetched_at=instants,
)
readings = st.tuples(pages, snapshots, states, some(changes))


@FEW
@given(readings=st.lists(readings, min_size=1, max_size=3))
def test_a_page_and_its_state_come_back(database: Database, readings: list[Any]) -> None:
    url = f"https://example.org/{next(numbers)}"
    for revision, (page, snapshot, known, told) in enumerate(readings):
        checks = Checks(database)
        record = CheckRecord(
            PageRef(url, "initiative"),
            NOW,
            "changed",
            revision=revision or None,
            fetched=page,
            snapshot=snapshot,
            known=known,
            changes=told,
        )
        recorded = checks.commit(record)
        baseline = Checks(database).baseline(url)
        assert baseline is not None
        # equality leaves the page's own words out; the text of the whole does not
        assert repr((baseline.snapshot, baseline.known)) == repr((snapshot, known))
        assert (baseline.read_at, baseline.validators) == (page.fetched_at, page.validators)
        stored = checks.snapshot(baseline.snapshot_id).fetched
        assert (stored.content, stored.charset, stored.final_url) == (page.content, page.charset, page.final_url)
        found = checks.changes(since_id=recorded[0].id - 1) if recorded else ()
        assert repr(found) == repr(recorded)
        assert [entry.change for entry in found] == list(told)


@FEW
@given(
    topics=some(st.sampled_from(TOPICS)),
    countries=some(st.sampled_from(["FR", "DE", "XK", "fi"])),
    address=st.emails() | st.just("json://localhost/päth?a=b"),
)
def test_a_wish_comes_back(database: Database, address: str, topics: Any, countries: Any) -> None:
    wanted = SubscriptionRequest(address, topics, countries)
    added = Subscriptions(database).add(wanted, NOW)
    assert SubscriptionRequest(added.address, added.topics, added.countries) == normal(wanted)
    assert added in Subscriptions(database).active()
