"""One check after the other, on a real database. The notation is that of tests/monitor/small.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cmr_watch.models import CheckResult, Known, PageRef, Snapshot
from cmr_watch.monitor.check import NothingToAccept, accept, check_page
from cmr_watch.monitor.diff import adopt
from cmr_watch.store.check_records import CheckRecord
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import Incidents
from tests.fakes.fetcher import FakeFetcher
from tests.monitor.small import html, told

URL = "https://clustercollaboration.eu/clusters-meet-regions"
START = datetime(2023, 10, 1, 9, tzinfo=UTC)
LYON = "> Lyon, France – 12-13 October 2023"
PRAGUE = "> Prague, Czechia – 23-24 October 2023"
OSLO = "> Oslo, Norway – 1-2 June 2024"
BURGAS = "< Burgas, Bulgaria – 13-15 September 2023"
CALL = "! The call for hosts of events in 2024 is open."
CUT = -len("</article></body></html>")


class Watch:
    """A page, a database, and a clock that the test moves."""

    def __init__(self, database: Database) -> None:
        self.now = START
        self.database = database
        self.checks = Checks(database)
        self.fetcher = FakeFetcher(lambda: self.now)
        self._token = 0

    def says(self, *lines: str, cut: bool = False) -> None:
        """Set the page, with another token in it each time."""
        self._token += 1
        body = html(" ;; ".join(lines)).replace("<body>", f"<body><!-- {self._token} -->")
        self.fetcher.body = body[:CUT] if cut else body

    def check(self, minutes: float = 30) -> str:
        """Check, then let time pass: `outcome: changes`."""
        shown = self.shown(check_page(PageRef(URL, "initiative"), self.fetcher, self.checks, lambda: self.now))
        self.now += timedelta(minutes=minutes)
        return shown

    def reads(self, *lines: str, minutes: float = 30, cut: bool = False) -> str:
        self.says(*lines, cut=cut)
        return self.check(minutes)

    def accept(self) -> str:
        return self.shown(accept(PageRef(URL, "initiative"), self.checks, lambda: self.now))

    @staticmethod
    def shown(result: CheckResult) -> str:
        changes = told(tuple(recorded.change for recorded in result.changes))
        return f"{result.outcome}: {changes}" if changes else result.outcome

    @property
    def incidents(self) -> list[str]:
        return [incident.kind for incident in Incidents(self.database).unresolved()]


@pytest.fixture
def watch(database: Database) -> Watch:
    return Watch(database)


def test_the_first_good_reading_is_a_silent_baseline(watch: Watch) -> None:
    assert watch.reads(LYON, cut=True) == "suspect"
    assert watch.reads() == "baseline"
    assert watch.reads(LYON) == "changed: announced lyon-fr-2023-10"


def test_nothing_is_told_from_before_the_baseline(watch: Watch) -> None:
    assert watch.reads(LYON, CALL, BURGAS) == "baseline"
    assert watch.reads(BURGAS, CALL, LYON) == "unchanged"
    assert watch.checks.changes() == ()


def test_a_line_is_withdrawn_after_two_believable_readings(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE)
    assert [watch.reads(LYON, minutes=10) for _ in range(5)] == ["unchanged"] * 3 + [
        "changed: withdrawn prague-cz-2023-10",
        "unchanged",
    ]
    assert watch.reads(LYON, PRAGUE) == "changed: reinstated prague-cz-2023-10"


def test_a_line_that_was_cut_and_pasted_back_is_no_news(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE, CALL)
    assert watch.reads(LYON, minutes=20) == "unchanged"
    assert watch.reads(LYON, PRAGUE, CALL, minutes=20) == "unchanged"
    assert watch.reads(LYON, minutes=20) == "unchanged"
    assert watch.reads(LYON, PRAGUE, CALL) == "unchanged"


def test_not_modified_and_the_same_bytes_are_second_readings(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE)
    watch.reads(LYON)
    assert watch.check() == "changed: withdrawn prague-cz-2023-10"
    assert watch.fetcher.not_modified == 1

    watch.reads(PRAGUE, BURGAS)
    watch.now += timedelta(days=1)  # the GET is then unconditional, the bytes are the same
    assert watch.check() == "changed: withdrawn lyon-fr-2023-10"
    assert watch.fetcher.validators[-1] is None
    assert watch.fetcher.not_modified == 1


def test_a_suspect_reading_between_proves_nothing(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE)
    assert watch.reads(LYON) == "unchanged"
    assert watch.reads(LYON, cut=True) == "suspect"
    assert watch.reads(LYON, PRAGUE) == "unchanged"
    assert watch.reads(LYON, minutes=10) == "unchanged"
    assert watch.reads(LYON, cut=True, minutes=25) == "suspect"
    assert watch.reads(LYON) == "changed: withdrawn prague-cz-2023-10"


def test_a_failed_check_proves_nothing(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE)
    watch.reads(LYON)
    watch.fetcher.body = None
    assert [watch.check() for _ in range(3)] == ["failed"] * 3
    assert watch.incidents == ["fetch-failing"]
    assert watch.reads(LYON, PRAGUE) == "unchanged"
    assert watch.incidents == []


def test_days_that_are_over_end_in_silence(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE)
    watch.reads(PRAGUE)
    watch.now = datetime(2023, 10, 14, tzinfo=UTC)
    assert [watch.reads(PRAGUE) for _ in range(3)] == ["unchanged"] * 3
    assert watch.reads(PRAGUE, LYON.replace(">", "<")) == "changed: held lyon-fr-2023-10"


def test_what_goes_while_its_days_are_over_is_held_later(watch: Watch) -> None:
    watch.reads(LYON)
    watch.now = datetime(2023, 10, 15, tzinfo=UTC)
    assert [watch.reads(BURGAS), watch.reads(BURGAS), watch.reads(BURGAS)] == [
        "changed: listed burgas-bg-2023-09",
        "unchanged",
        "unchanged",
    ]
    assert watch.reads(BURGAS, LYON.replace(">", "<")) == "changed: held lyon-fr-2023-10"


def test_a_cancelled_one_is_neither_withdrawn_nor_held(watch: Watch) -> None:
    watch.reads(f"{LYON} CANCELLED", PRAGUE)
    assert [watch.reads(PRAGUE) for _ in range(3)] == ["unchanged"] * 3
    assert watch.reads(PRAGUE, LYON.replace(">", "<")) == "changed: updated lyon-fr-2023-10"


def test_addition_and_reversal_are_told(watch: Watch) -> None:
    watch.reads(LYON, BURGAS)
    assert watch.reads(LYON, PRAGUE, BURGAS) == "changed: announced prague-cz-2023-10"
    assert watch.reads(LYON, BURGAS) == "unchanged"
    assert watch.reads(LYON, BURGAS) == "changed: withdrawn prague-cz-2023-10"


def test_a_changed_field_and_its_reversal_are_told_byte_for_byte(watch: Watch) -> None:
    first, second = html(f"{LYON} ;; {BURGAS}"), html(f"> Lyon, France – 19 October 2023 ;; {BURGAS}")
    told_of = []
    for watch.fetcher.body in (first, second, first, second):
        told_of.append(watch.check())
    assert told_of == ["baseline"] + ["changed: rescheduled lyon-fr-2023-10"] * 3


def test_validators_are_those_of_the_last_good_page(watch: Watch) -> None:
    watch.reads(LYON)
    good = watch.checks.baseline(URL)
    watch.reads(LYON, cut=True)
    watch.reads(LYON, cut=True)
    assert good is not None
    assert watch.fetcher.validators == [None, good.validators, good.validators]


def test_once_a_day_the_get_is_unconditional(watch: Watch) -> None:
    watch.reads(LYON)
    for _ in range(8):
        watch.check(minutes=6 * 60)
    assert [validators is None for validators in watch.fetcher.validators] == [True, *[False] * 4, True, *[False] * 3]


# ── suspect pages ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_suspect_page_announces_what_was_never_known_once(watch: Watch) -> None:
    watch.reads(LYON, BURGAS)
    assert watch.reads(OSLO, BURGAS, cut=True) == "suspect: announced oslo-no-2024-06"
    assert watch.reads(OSLO, BURGAS, cut=True) == "suspect"
    assert watch.reads(LYON, OSLO, BURGAS) == "unchanged"
    assert watch.incidents == []


def test_what_a_suspect_page_announced_is_withdrawn_by_two_good_ones(watch: Watch) -> None:
    watch.reads(LYON, BURGAS)
    more = [OSLO, "> Bergen, Norway – 9 June 2024"]
    watch.reads(*more, BURGAS, cut=True)
    assert watch.reads(LYON, BURGAS) == "unchanged"
    assert watch.reads(LYON, BURGAS) == "changed: withdrawn oslo-no-2024-06, withdrawn bergen-no-2024-06"


def test_a_suspect_page_moves_nothing(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE, BURGAS, CALL)
    known = watch.checks.known(URL)
    for lines in ([BURGAS], [LYON.replace(">", "<")], [f"{LYON} CANCELLED", CALL.replace("open", "closed")], []):
        assert watch.reads(*lines, cut=True) == "suspect"
    assert watch.checks.known(URL) == known
    assert watch.incidents == ["reading-suspect"]
    assert watch.reads(LYON, PRAGUE, BURGAS, CALL) == "unchanged"


def test_accept_makes_it_the_baseline_and_tells_its_changes(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE, BURGAS)
    assert watch.reads(OSLO, BURGAS) == "suspect: announced oslo-no-2024-06"
    assert watch.accept() == "unchanged"
    assert watch.incidents == []
    assert watch.check() == "changed: withdrawn lyon-fr-2023-10, withdrawn prague-cz-2023-10"
    with pytest.raises(NothingToAccept):
        watch.accept()


def test_what_was_accepted_is_believed_again(watch: Watch) -> None:
    watch.reads(LYON, BURGAS)
    assert watch.reads(LYON, PRAGUE, BURGAS, cut=True) == "suspect: announced prague-cz-2023-10"
    assert watch.accept() == "unchanged"
    assert watch.check() == "unchanged"
    assert watch.reads(LYON, PRAGUE, BURGAS, cut=True) == "unchanged"
    assert watch.reads(LYON, PRAGUE, OSLO, BURGAS, cut=True) == "suspect: announced oslo-no-2024-06"


def test_accepting_the_first_reading_tells_nobody(watch: Watch) -> None:
    watch.reads(LYON, cut=True)
    assert watch.accept() == "baseline"
    assert watch.checks.changes() == ()


# ── two at once ──────────────────────────────────────────────────────────────────────────────────────────────────


def interleaved(watch: Watch, outer: list[str], inner: list[str], **cut: Any) -> tuple[str, str]:
    """A check whose answer is on its way while another one runs from start to end, a minute later."""
    shown: list[str] = []

    def meanwhile() -> None:
        watch.now += timedelta(minutes=1)
        watch.says(*inner, **cut)
        other = Watch(watch.database)
        other.now, other.fetcher = watch.now, watch.fetcher
        shown.append(other.check())

    watch.says(*outer)
    watch.fetcher.meanwhile = meanwhile
    return watch.check(), shown[0]


def test_the_older_of_two_readings_is_dropped(watch: Watch) -> None:
    watch.reads(LYON)
    assert interleaved(watch, [LYON], [LYON, PRAGUE]) == ("discarded", "changed: announced prague-cz-2023-10")
    assert watch.reads(LYON, PRAGUE) == "unchanged"


def test_an_older_doubt_is_dropped(watch: Watch) -> None:
    watch.reads(LYON, PRAGUE, BURGAS)
    assert interleaved(watch, [BURGAS], [LYON, PRAGUE, BURGAS]) == ("discarded", "unchanged")
    assert watch.incidents == []


def test_two_first_readings_make_one_baseline(watch: Watch) -> None:
    assert interleaved(watch, [LYON], [LYON, PRAGUE]) == ("discarded", "baseline")
    assert watch.checks.changes() == ()


def test_a_suspect_reading_meanwhile_drops_nothing(watch: Watch) -> None:
    watch.reads(LYON)
    assert interleaved(watch, [LYON, PRAGUE], [LYON], cut=True) == ("changed: announced prague-cz-2023-10", "suspect")


def test_an_addition_meanwhile_is_not_told_twice(watch: Watch) -> None:
    watch.reads(LYON)
    assert interleaved(watch, [LYON, PRAGUE], [LYON, PRAGUE], cut=True) == (
        "unchanged",
        "suspect: announced prague-cz-2023-10",
    )


def test_not_modified_is_dropped_when_the_page_moved_on(watch: Watch) -> None:
    watch.reads(LYON)
    body = watch.fetcher.body

    def meanwhile() -> None:
        watch.now += timedelta(minutes=1)
        watch.says(LYON, PRAGUE)
        other = Watch(watch.database)
        other.now, other.fetcher = watch.now, watch.fetcher
        assert other.check() == "changed: announced prague-cz-2023-10"

    watch.fetcher.body, watch.fetcher.meanwhile = body, meanwhile
    assert watch.check() == "discarded"
    assert watch.check() == "unchanged"


# ── a newer parser ───────────────────────────────────────────────────────────────────────────────────────────────


def older(watch: Watch) -> None:
    """Make the stored reading one of an older parser."""
    watch.checks = Checks(watch.database, parser_version=0)


def newer(watch: Watch) -> None:
    watch.checks = Checks(watch.database)


def test_a_newer_parser_alerts_nobody(watch: Watch) -> None:
    older(watch)
    watch.reads(LYON, BURGAS, CALL)
    baseline = watch.checks.baseline(URL)
    assert baseline is not None
    # the older parser read Lyon's place wrongly, did not see Burgas, and took prose for an edition
    lyon = baseline.snapshot.editions[0]
    misread = replace(
        baseline.snapshot, editions=(replace(lyon, city="Lyon area"), replace(lyon, city="Prose", text="x"))
    )
    forge(watch, misread)
    newer(watch)
    assert watch.check() == "unchanged"
    assert [(one.key, one.edition.city) for one in watch.checks.known(URL).editions] == [
        ("lyon-area-fr-2023-10", "Lyon"),
        ("burgas-bg-2023-09", "Burgas"),
    ]
    assert watch.reads(LYON, BURGAS, CALL, PRAGUE) == "changed: announced prague-cz-2023-10"


def forge(watch: Watch, snapshot: Snapshot) -> None:
    """Store a reading of today's page as an older parser gave it."""
    baseline = watch.checks.baseline(URL)
    assert baseline is not None
    known = adopt(Known(), snapshot, watch.now)
    record = CheckRecord(
        PageRef(URL, "initiative"), watch.now, "unchanged", revision=baseline.revision, snapshot=snapshot, known=known
    )
    assert watch.checks.commit(record) is not None


def test_a_newer_parser_tells_what_is_new_on_the_page(watch: Watch) -> None:
    older(watch)
    watch.reads(LYON)
    watch.reads(LYON, OSLO, cut=True)
    newer(watch)
    assert watch.reads(LYON, PRAGUE) == "changed: announced prague-cz-2023-10"
    assert watch.reads(LYON, PRAGUE) == "changed: withdrawn oslo-no-2024-06"
