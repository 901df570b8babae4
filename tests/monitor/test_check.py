"""Sequences of checks on a real database. The notation is that of tests/monitor/small.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cmr_watch.models.readings import CheckResult, Known, PageRef, Snapshot
from cmr_watch.monitor.accept import NothingToAccept, accept
from cmr_watch.monitor.check import check_page
from cmr_watch.monitor.diff import merge_reading
from cmr_watch.store.check_records import CheckRecord
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import Incidents
from tests.fakes.fetcher import FakeFetcher
from tests.monitor.small import describe, html

URL = "https://clustercollaboration.eu/clusters-meet-regions"
START = datetime(2023, 10, 1, 9, tzinfo=UTC)
LYON = "> Lyon, France – 12-13 October 2023"
PRAGUE = "> Prague, Czechia – 23-24 October 2023"
OSLO = "> Oslo, Norway – 1-2 June 2024"
BURGAS = "< Burgas, Bulgaria – 13-15 September 2023"
CALL = "! The call for hosts of events in 2024 is open."
CUT = -len("</article></body></html>")


class Watch:
    """A page, a database, and a clock that is set by the test."""

    def __init__(self, database: Database) -> None:
        self.now = START
        self.database = database
        self.checks = Checks(database)
        self.fetcher = FakeFetcher(lambda: self.now)
        self._token = 0

    def set_page(self, *lines: str, cut: bool = False) -> None:
        """Set the page. Its bytes differ each time. `cut` leaves out its end."""
        self._token += 1
        body = html(" ;; ".join(lines)).replace("<body>", f"<body><!-- {self._token} -->")
        self.fetcher.body = body[:CUT] if cut else body

    def check(self, minutes: float = 30) -> str:
        """Check, then let time pass. Returns `outcome: changes`."""
        result = self.describe(check_page(PageRef(URL, "initiative"), self.fetcher, self.checks, lambda: self.now))
        self.now += timedelta(minutes=minutes)
        return result

    def reads(self, *lines: str, minutes: float = 30, cut: bool = False) -> str:
        """Set the page, then check."""
        self.set_page(*lines, cut=cut)
        return self.check(minutes)

    def accept(self) -> str:
        return self.describe(accept(PageRef(URL, "initiative"), self.checks, lambda: self.now))

    @staticmethod
    def describe(result: CheckResult) -> str:
        changes = describe(tuple(recorded.change for recorded in result.changes))
        return f"{result.outcome}: {changes}" if changes else result.outcome

    @property
    def incidents(self) -> list[str]:
        return [incident.kind for incident in Incidents(self.database).unresolved()]


@pytest.fixture
def watch(database: Database) -> Watch:
    return Watch(database)


def test_the_first_plausible_reading_is_the_baseline_without_changes(watch: Watch) -> None:
    assert watch.reads(LYON, cut=True) == "suspect"
    assert watch.reads() == "baseline"
    assert watch.reads(LYON) == "changed: announced lyon-fr-2023-10"


def test_the_baseline_has_no_changes(watch: Watch) -> None:
    assert watch.reads(LYON, CALL, BURGAS) == "baseline"
    assert watch.reads(BURGAS, CALL, LYON) == "unchanged"
    assert watch.checks.changes() == ()


def test_a_line_is_withdrawn_after_two_plausible_readings(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE)
    assert [watch.reads(LYON, minutes=10) for _ in range(5)] == ["unchanged"] * 3 + [
        "changed: withdrawn prague-cz-2023-10",
        "unchanged",
    ]
    assert watch.reads(LYON, PRAGUE) == "changed: reinstated prague-cz-2023-10"


def test_a_line_that_disappears_for_one_reading_is_not_a_change(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE, CALL)
    assert watch.reads(LYON, minutes=20) == "unchanged"
    assert watch.reads(LYON, PRAGUE, CALL, minutes=20) == "unchanged"
    assert watch.reads(LYON, minutes=20) == "unchanged"
    assert watch.reads(LYON, PRAGUE, CALL) == "unchanged"


def test_a_304_and_identical_bytes_count_as_second_readings(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE)
    watch.reads(LYON)
    assert watch.check() == "changed: withdrawn prague-cz-2023-10"
    assert watch.fetcher.not_modified == 1

    watch.reads(PRAGUE, BURGAS)
    watch.now += timedelta(days=1)  # the GET is then unconditional, the bytes are the same
    assert watch.check() == "changed: withdrawn lyon-fr-2023-10"
    assert watch.fetcher.validators[-1] is None
    assert watch.fetcher.not_modified == 1


def test_a_suspect_reading_does_not_confirm_an_absence(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE)
    assert watch.reads(LYON) == "unchanged"
    assert watch.reads(LYON, cut=True) == "suspect"
    assert watch.reads(LYON, PRAGUE) == "unchanged"
    assert watch.reads(LYON, minutes=10) == "unchanged"
    assert watch.reads(LYON, cut=True, minutes=25) == "suspect"
    assert watch.reads(LYON) == "changed: withdrawn prague-cz-2023-10"


def test_a_failed_check_does_not_confirm_an_absence(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE)
    watch.reads(LYON)
    watch.fetcher.body = None
    assert [watch.check() for _ in range(3)] == ["failed"] * 3
    assert watch.incidents == ["fetch-failing"]
    assert watch.reads(LYON, PRAGUE) == "unchanged"
    assert watch.incidents == []


def test_an_edition_that_is_over_is_not_withdrawn(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE)
    watch.reads(PRAGUE)
    watch.now = datetime(2023, 10, 14, tzinfo=UTC)
    assert [watch.reads(PRAGUE) for _ in range(3)] == ["unchanged"] * 3
    assert watch.reads(PRAGUE, LYON.replace(">", "<")) == "changed: held lyon-fr-2023-10"


def test_an_edition_removed_after_its_days_can_still_be_held(watch: Watch) -> None:
    watch.reads(LYON)
    watch.now = datetime(2023, 10, 15, tzinfo=UTC)
    assert [watch.reads(BURGAS), watch.reads(BURGAS), watch.reads(BURGAS)] == [
        "changed: listed burgas-bg-2023-09",
        "unchanged",
        "unchanged",
    ]
    assert watch.reads(BURGAS, LYON.replace(">", "<")) == "changed: held lyon-fr-2023-10"


def test_a_cancelled_edition_is_neither_withdrawn_nor_held(watch: Watch) -> None:
    watch.reads(f"{LYON} CANCELLED", PRAGUE)
    assert [watch.reads(PRAGUE) for _ in range(3)] == ["unchanged"] * 3
    assert watch.reads(PRAGUE, LYON.replace(">", "<")) == "changed: updated lyon-fr-2023-10"


def test_an_addition_and_its_reversal_are_two_changes(watch: Watch) -> None:
    watch.reads(LYON, BURGAS)
    assert watch.reads(LYON, PRAGUE, BURGAS) == "changed: announced prague-cz-2023-10"
    assert watch.reads(LYON, BURGAS) == "suspect", "it equals a page from before the addition"
    assert watch.reads(LYON, BURGAS) == "unchanged"
    assert watch.reads(LYON, BURGAS) == "changed: withdrawn prague-cz-2023-10"


def test_each_alternation_between_two_pages_is_a_change(watch: Watch) -> None:
    first, second = html(f"{LYON} ;; {BURGAS}"), html(f"> Lyon, France – 19 October 2023 ;; {BURGAS}")
    results = []
    for watch.fetcher.body in (first, second, first, second):
        results.append(watch.check())
    assert results == ["baseline"] + ["changed: rescheduled lyon-fr-2023-10"] * 3


def test_validators_are_those_of_the_last_plausible_page(watch: Watch) -> None:
    watch.reads(LYON)
    baseline = watch.checks.baseline(URL)
    watch.reads(LYON, cut=True)
    watch.reads(LYON, cut=True)
    assert baseline is not None
    assert watch.fetcher.validators == [None, baseline.validators, baseline.validators]


def test_once_a_day_the_get_is_unconditional(watch: Watch) -> None:
    watch.reads(LYON)
    for _ in range(8):
        watch.check(minutes=6 * 60)
    assert [validators is None for validators in watch.fetcher.validators] == [True, *[False] * 4, True, *[False] * 3]


# ── suspect pages ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_suspect_page_announces_a_new_edition_once(watch: Watch) -> None:
    watch.reads(LYON, BURGAS)
    assert watch.reads(OSLO, BURGAS, cut=True) == "suspect: announced oslo-no-2024-06"
    assert watch.reads(OSLO, BURGAS, cut=True) == "suspect"
    assert watch.reads(LYON, OSLO, BURGAS) == "unchanged"
    assert watch.incidents == []


def test_an_edition_from_a_suspect_page_is_withdrawn_after_two_plausible_readings(watch: Watch) -> None:
    watch.reads(LYON, BURGAS)
    more = [OSLO, "> Bergen, Norway – 9 June 2024"]
    watch.reads(*more, BURGAS, cut=True)
    assert watch.reads(LYON, BURGAS) == "unchanged"
    assert watch.reads(LYON, BURGAS) == "changed: withdrawn oslo-no-2024-06, withdrawn bergen-no-2024-06"


def test_a_suspect_page_changes_nothing_that_is_known(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE, BURGAS, CALL)
    known = watch.checks.known(URL)
    for lines in ([BURGAS], [LYON.replace(">", "<")], [f"{LYON} CANCELLED", CALL.replace("open", "closed")], []):
        assert watch.reads(*lines, cut=True) == "suspect"
    assert watch.checks.known(URL) == known
    assert watch.incidents == ["reading-suspect"]
    assert watch.reads(LYON, PRAGUE, BURGAS, CALL) == "unchanged"


def test_an_accepted_reading_is_the_baseline_and_its_changes_are_announced(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE, BURGAS)
    assert watch.reads(OSLO, BURGAS) == "suspect", "less than half of the editions are found"
    assert watch.accept() == "changed: announced oslo-no-2024-06"
    assert watch.incidents == []
    assert watch.check() == "changed: withdrawn lyon-fr-2023-10, withdrawn prague-cz-2023-10"
    with pytest.raises(NothingToAccept):
        watch.accept()


def test_an_accepted_page_without_its_end_is_the_measure_of_later_ones(watch: Watch) -> None:
    watch.reads(LYON, BURGAS)
    assert watch.reads(LYON, PRAGUE, BURGAS, cut=True) == "suspect: announced prague-cz-2023-10"
    assert watch.accept() == "unchanged"
    assert watch.check() == "unchanged"
    assert watch.reads(LYON, PRAGUE, BURGAS, cut=True) == "unchanged"
    assert watch.reads(LYON, PRAGUE, OSLO, BURGAS, cut=True) == "changed: announced oslo-no-2024-06"
    assert watch.reads(LYON, PRAGUE, BURGAS) == "suspect", "an older copy, though it is whole"


def test_accepting_the_first_reading_announces_nothing(watch: Watch) -> None:
    watch.reads(LYON, cut=True)
    assert watch.accept() == "baseline"
    assert watch.checks.changes() == ()


# ── concurrent checks ────────────────────────────────────────────────────────────────────────────────────────────────


def interleaved(watch: Watch, outer: list[str], inner: list[str], **cut: Any) -> tuple[str, str]:
    """A check during whose request another check runs completely, a minute later. Returns both results."""
    results: list[str] = []

    def meanwhile() -> None:
        watch.now += timedelta(minutes=1)
        watch.set_page(*inner, **cut)
        other = Watch(watch.database)
        other.now, other.fetcher = watch.now, watch.fetcher
        results.append(other.check())

    watch.set_page(*outer)
    watch.fetcher.meanwhile = meanwhile
    return watch.check(), results[0]


def test_the_older_of_two_readings_is_discarded(watch: Watch) -> None:
    watch.reads(LYON)
    assert interleaved(watch, [LYON], [LYON, PRAGUE]) == ("discarded", "changed: announced prague-cz-2023-10")
    assert watch.reads(LYON, PRAGUE) == "unchanged"


def test_an_older_suspect_reading_is_discarded(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE, BURGAS)
    assert interleaved(watch, [BURGAS], [LYON, PRAGUE, BURGAS]) == ("discarded", "unchanged")
    assert watch.incidents == []


def test_two_first_readings_make_one_baseline(watch: Watch) -> None:
    assert interleaved(watch, [LYON], [LYON, PRAGUE]) == ("discarded", "baseline")
    assert watch.checks.changes() == ()


def test_a_concurrent_suspect_reading_does_not_discard_another(watch: Watch) -> None:
    watch.reads(LYON)
    assert interleaved(watch, [LYON, PRAGUE], [LYON], cut=True) == ("changed: announced prague-cz-2023-10", "suspect")


def test_a_concurrent_addition_is_not_announced_twice(watch: Watch) -> None:
    watch.reads(LYON)
    assert interleaved(watch, [LYON, PRAGUE], [LYON, PRAGUE], cut=True) == (
        "unchanged",
        "suspect: announced prague-cz-2023-10",
    )


def test_a_304_is_discarded_if_the_page_has_changed_since(watch: Watch) -> None:
    watch.reads(LYON)
    body = watch.fetcher.body

    def meanwhile() -> None:
        watch.now += timedelta(minutes=1)
        watch.set_page(LYON, PRAGUE)
        other = Watch(watch.database)
        other.now, other.fetcher = watch.now, watch.fetcher
        assert other.check() == "changed: announced prague-cz-2023-10"

    watch.fetcher.body, watch.fetcher.meanwhile = body, meanwhile
    assert watch.check() == "discarded"
    assert watch.check() == "unchanged"


# ── a newer parser ───────────────────────────────────────────────────────────────────────────────────────────────────


def use_older_parser(watch: Watch) -> None:
    """Store the next readings under an older parser version."""
    watch.checks = Checks(watch.database, parser_version=0)


def use_current_parser(watch: Watch) -> None:
    watch.checks = Checks(watch.database)


def test_a_newer_parser_gives_no_changes(watch: Watch) -> None:
    use_older_parser(watch)
    watch.reads(LYON, BURGAS, CALL)
    baseline = watch.checks.baseline(URL)
    assert baseline is not None
    # the older parser misread Lyon's place, overlooked Burgas, and mistook prose for an edition
    lyon = baseline.snapshot.editions[0]
    misread = replace(
        baseline.snapshot, editions=(replace(lyon, city="Lyon area"), replace(lyon, city="Prose", text="x"))
    )
    store_reading(watch, misread)
    use_current_parser(watch)
    assert watch.check() == "unchanged"
    assert [(entry.key, entry.edition.city) for entry in watch.checks.known(URL).editions] == [
        ("lyon-area-fr-2023-10", "Lyon"),
        ("burgas-bg-2023-09", "Burgas"),
    ]
    assert watch.reads(LYON, BURGAS, CALL, PRAGUE) == "changed: announced prague-cz-2023-10"


def store_reading(watch: Watch, snapshot: Snapshot) -> None:
    """Store `snapshot` as the reading of the current page."""
    baseline = watch.checks.baseline(URL)
    assert baseline is not None
    known = merge_reading(Known(), snapshot, watch.now)
    record = CheckRecord(
        PageRef(URL, "initiative"), watch.now, "unchanged", revision=baseline.revision, snapshot=snapshot, known=known
    )
    assert watch.checks.commit(record) is not None


def test_a_newer_parser_still_announces_what_is_new_on_the_page(watch: Watch) -> None:
    use_older_parser(watch)
    watch.reads(LYON)
    watch.reads(LYON, OSLO, cut=True)
    use_current_parser(watch)
    assert watch.reads(LYON, PRAGUE) == "changed: announced prague-cz-2023-10"
    assert watch.reads(LYON, PRAGUE) == "changed: withdrawn oslo-no-2024-06"
