"""Models are loaded from the store as they were stored, whatever they contain."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import Any, get_args

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmr_watch.models.readings import (
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
    Validators,
)
from cmr_watch.models.recipients import SubscriptionRequest
from cmr_watch.store.check_records import CheckRecord
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.subscription_requests import normalize
from cmr_watch.store.subscriptions import Subscriptions
from tests.factories import NOW

numbers = count()
FEW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# any text in JSON columns; elsewhere, what both databases can store
texts = st.text(st.characters(), max_size=30)
storable_texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
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
    city=texts,
    region=maybe(texts),
    country=maybe(texts),
    country_code=maybe(st.sampled_from(["FR", "XK"])),
    starts_on=maybe(days),
    ends_on=maybe(days),
    date_precision=one_of(Precision),
    period=maybe(texts),
    section=one_of(Section),
    status=one_of(EditionStatus),
    url=maybe(texts),
    summary_url=maybe(texts),
    date_text=maybe(texts),
    text=texts,
)
cutoffs = st.builds(Cutoff, at=seconds, text=texts, closed=st.booleans(), tentative=st.booleans())
calls = st.builds(
    CallNotice,
    status=one_of(CallStatus),
    hosting_years=some(st.integers(2000, 2100)),
    cutoffs=some(cutoffs),
    title=maybe(texts),
    apply_url=maybe(texts),
    text=texts,
)
snapshots = st.builds(
    Snapshot,
    kind=st.just("initiative"),
    editions=some(editions),
    calls=some(calls),
    warnings=some(st.builds(ReadingWarning, code=texts, text=texts)),
    outline=st.builds(
        Outline,
        complete=st.booleans(),
        sections=some(one_of(Section)),
        dated_lines=st.integers(0, 999),
        unread_lines=st.integers(0, 999),
    ),
)
lifecycle: dict[str, Any] = {
    "key": keys,
    "first_seen_at": maybe(instants),
    "missing_since": maybe(instants),
    "gone": maybe(one_of(Removal)),
}
states = st.builds(
    Known,
    editions=some(st.builds(KnownEdition, edition=editions, **lifecycle), unique_by=lambda entry: entry.key),
    calls=some(st.builds(KnownCall, call=calls, **lifecycle), unique_by=lambda entry: entry.key),
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
    final_url=storable_texts,
    content=st.binary(max_size=100),
    charset=maybe(storable_texts),
    validators=st.builds(Validators, etag=maybe(storable_texts), last_modified=maybe(storable_texts)),
    fetched_at=instants,
)
readings = st.tuples(pages, snapshots, states, some(changes))


@FEW
@given(readings=st.lists(readings, min_size=1, max_size=3))
def test_a_page_and_its_state_are_loaded_as_they_were_stored(database: Database, readings: list[Any]) -> None:
    url = f"https://example.org/{next(numbers)}"
    for revision, (page, snapshot, known, recorded_changes) in enumerate(readings):
        checks = Checks(database)
        record = CheckRecord(
            PageRef(url, "initiative"),
            NOW,
            "changed",
            revision=revision or None,
            fetched=page,
            snapshot=snapshot,
            known=known,
            changes=recorded_changes,
        )
        recorded = checks.commit(record)
        baseline = Checks(database).baseline(url)
        assert baseline is not None
        # by repr, as equality ignores the texts of the page
        assert repr((baseline.snapshot, baseline.known)) == repr((snapshot, known))
        assert (baseline.read_at, baseline.validators) == (page.fetched_at, page.validators)
        stored = checks.snapshot(baseline.snapshot_id).fetched
        assert (stored.content, stored.charset, stored.final_url) == (page.content, page.charset, page.final_url)
        found = checks.changes(since_id=recorded[0].id - 1) if recorded else ()
        assert repr(found) == repr(recorded)
        assert [entry.change for entry in found] == list(recorded_changes)


@FEW
@given(
    topics=some(st.sampled_from(TOPICS)),
    countries=some(st.sampled_from(["FR", "DE", "XK", "fi"])),
    address=st.emails() | st.just("json://localhost/päth?a=b"),
)
def test_a_subscription_is_loaded_as_it_was_stored(
    database: Database, address: str, topics: Any, countries: Any
) -> None:
    request = SubscriptionRequest(address, topics, countries)
    added = Subscriptions(database).add(request, NOW)
    assert SubscriptionRequest(added.address, added.topics, added.countries) == normalize(request)
    assert added in Subscriptions(database).active()
