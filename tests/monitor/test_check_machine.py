"""Random sequences of plausible, suspect and failed checks, compared with a simple model.

The model needs no matching, because each edition has a city and days of its own. It predicts the changes of each check:
each addition once, each withdrawal after two plausible readings, in whatever order the page changes. Only whether a
page is taken for an old copy of itself is not predicted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cmr_watch.models.readings import PageRef
from cmr_watch.monitor.check import check_page
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database, open_database
from tests import sqlite
from tests.fakes.fetcher import FakeFetcher
from tests.monitor.small import html

URL = "https://clustercollaboration.eu/clusters-meet-regions"
START = datetime(2024, 1, 10, 9, tzinfo=UTC)
CITIES = (
    "Lyon, France",
    "Bonn, Germany",
    "Oslo, Norway",
    "Porto, Portugal",
    "Turin, Italy",
    "Graz, Austria",
    "Brno, Czechia",
    "Gdynia, Poland",
    "Varna, Bulgaria",
    "Riga, Latvia",
)
FIRST_DAYS = (date(2024, 1, 12), date(2024, 1, 20), date(2024, 3, 1), date(2024, 6, 5), date(2025, 2, 7),
              date(2023, 3, 8), date(2023, 6, 14), date(2023, 9, 20), date(2022, 5, 11), date(2022, 2, 2))  # fmt: skip
KEYS = tuple(f"{city.split(',')[0].lower()}" for city in CITIES)


@dataclass(frozen=True)
class Line:
    """A line of the page. `section` is "next" or "past"."""

    section: str
    cancelled: bool = False


Lines = dict[int, Line]


@dataclass
class ModelEdition:
    """The model's known edition."""

    line: Line
    missing_since: datetime | None = None
    withdrawn: bool = False


class Model:
    """Predicts the changes of each reading, as a count of (kind, key)."""

    def __init__(self) -> None:
        self.last: Lines | None = None
        self.known: dict[int, ModelEdition] = {}
        self.from_suspect = 0

    def read(self, page: Lines, at: datetime, cut: bool) -> Counter[tuple[str, str]]:
        if self.last is None:
            if not cut:
                self.last, self.known = dict(page), {n: ModelEdition(line) for n, line in page.items()}
            return Counter()
        if cut or self.is_suspect(page, self.last, at):
            return self.add_new(page, at)
        changes = Counter((kind, KEYS[n]) for n, line in page.items() for kind in self.kinds_on_page(n, line, at))
        changes += Counter(
            (kind, KEYS[n]) for n in self.known.keys() - page.keys() for kind in self.kinds_off_page(n, at)
        )
        self.last, self.from_suspect = dict(page), 0
        return changes

    def is_suspect(self, page: Lines, last: Lines, at: datetime) -> bool:
        if last and not page:
            return True
        missing = last.keys() - page.keys()
        if sum(last[n].section == "next" and not is_over(n, at) for n in missing) > 1:
            return True
        past, lost = [n for n in last if last[n].section == "past"], [n for n in missing if last[n].section == "past"]
        kept = [n for n in page if page[n].section == "past"]
        trimmed = kept and lost and max(FIRST_DAYS[n] for n in lost) <= min(FIRST_DAYS[n] for n in kept)
        return len(lost) * 2 > len(past) and not trimmed

    def add_new(self, page: Lines, at: datetime) -> Counter[tuple[str, str]]:
        assert self.last is not None
        if 2 * len(self.last.keys() & page.keys()) < len(self.last):
            return Counter()
        new = [
            n
            for n, line in page.items()
            if n not in self.known and line.section == "next" and not line.cancelled and not is_over(n, at)
        ][: 3 - self.from_suspect]
        self.from_suspect += len(new)
        for n in new:
            self.known[n] = ModelEdition(page[n])
        return Counter(("announced", KEYS[n]) for n in new)

    def kinds_on_page(self, n: int, line: Line, at: datetime) -> list[str]:
        is_upcoming = line.section == "next" and not is_over(n, at)
        before = self.known.get(n)
        if before is None:
            self.known[n] = ModelEdition(line)
            return ["announced" if is_upcoming else "listed"]
        self.known[n] = ModelEdition(
            replace(line, cancelled=line.cancelled or (before.line.cancelled and line.section == "past"))
        )
        if line.cancelled and not before.line.cancelled and "next" in (before.line.section, line.section):
            return ["cancelled"]
        if before.line.section == "next" and line.section == "past" and not before.line.cancelled:
            return ["held"]
        back = before.withdrawn or (before.line.cancelled and not line.cancelled)
        return ["reinstated"] if back and line.section == "next" else []

    def kinds_off_page(self, n: int, at: datetime) -> list[str]:
        before = self.known[n]
        since, before.missing_since = before.missing_since, before.missing_since or at
        if before.withdrawn or before.line.section == "past" or before.line.cancelled or is_over(n, at):
            return []
        if since is None or at - since < timedelta(minutes=30):
            return []
        before.withdrawn = True
        return ["withdrawn"]


def is_over(n: int, at: datetime) -> bool:
    return FIRST_DAYS[n] < at.date()


class Readings(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.database = sqlite.empty(DATABASE[0], TEMPLATE[0])
        self.now = START
        self.fetcher = FakeFetcher(lambda: self.now)
        self.model = Model()
        self.page: Lines = {n: Line("past" if n > 4 else "next") for n in (2, 3, 5, 6, 7)}
        self.token = 0
        self.expected: Counter[tuple[str, str]] = Counter()

    # ── page changes ─────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(n=st.integers(0, 9), cancelled=st.booleans())
    def add(self, n: int, cancelled: bool) -> None:
        self.page.setdefault(n, Line("past" if n > 4 or n in self.known_past() else "next", cancelled and n <= 4))

    @rule(n=st.integers(0, 9))
    def remove(self, n: int) -> None:
        self.page.pop(n, None)

    @rule(n=st.integers(0, 4))
    def toggle_cancelled(self, n: int) -> None:
        if n in self.page and self.page[n].section == "next":
            self.page[n] = replace(self.page[n], cancelled=not self.page[n].cancelled)

    @rule(n=st.integers(0, 4))
    def move_to_past(self, n: int) -> None:
        if n in self.page:
            self.page[n] = Line("past")

    @rule(random=st.randoms(use_true_random=False))
    def shuffle(self, random: object) -> None:
        order = list(self.page)
        random.shuffle(order)  # type: ignore[attr-defined]
        self.page = {n: self.page[n] for n in order}

    @rule()
    def change_bytes(self) -> None:
        self.token += 1

    # ── the checks ───────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(minutes=st.sampled_from((1, 10, 20, 30, 60, 60 * 25, 60 * 24 * 9)))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(
        minutes=st.sampled_from((1, 10, 30, 45)),
        cut=st.sampled_from((False, False, False, True)),
        version=st.sampled_from((1, 1, 0)),
    )
    def check(self, minutes: int, cut: bool, version: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.fetcher.body = self.body(cut)
        self.run(version)
        self.expected += self.model.read(self.page, self.now, cut or self.is_old_copy())

    @rule()
    def fail(self) -> None:
        self.fetcher.body = None
        assert self.run() == "failed"

    @precondition(lambda self: self.model.last is not None)
    @rule(n=st.integers(0, 4))
    def check_concurrently(self, n: int) -> None:
        self.now += timedelta(minutes=1)
        self.fetcher.body = self.body()
        outer = dict(self.page)
        outcomes: list[str] = []

        def meanwhile() -> None:
            self.now += timedelta(minutes=1)
            self.add(n, False)
            self.fetcher.body = self.body()
            outcomes.append(self.run())
            self.expected += self.model.read(self.page, self.now, self.is_old_copy())

        at = self.now
        self.fetcher.meanwhile = meanwhile
        outcomes.append(self.run())
        if outcomes[0] == "suspect":
            self.expected += self.model.read(outer, at, self.is_old_copy())
        else:
            assert outcomes[1] == "discarded"

    def run(self, version: int = 1) -> str:
        checks = Checks(self.database, parser_version=version)
        return check_page(PageRef(URL, "initiative"), self.fetcher, checks, lambda: self.now).outcome

    def is_old_copy(self) -> bool:
        """Whether the last reading was suspect because it equals an older one."""
        last = Checks(self.database).last_check(URL)
        return last is not None and last.detail.startswith("the page is the same as an older one")

    def body(self, cut: bool = False) -> str:
        lines = []
        for n, line in self.page.items():
            day = FIRST_DAYS[n]
            cancelled = " CANCELLED" if line.cancelled else ""
            lines.append(f"{'<' if line.section == 'past' else '>'} {CITIES[n]} – {day:%d/%m/%Y}{cancelled}")
        body = html(" ;; ".join(lines)).replace("<body>", f"<body><!-- {self.token} -->")
        return body[: -len("</body></html>")] if cut else body

    def known_past(self) -> set[int]:
        return {n for n, entry in self.model.known.items() if entry.line.section == "past"}

    # ── the property ─────────────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def recorded_changes_are_the_expected_ones(self) -> None:
        if not hasattr(self, "database"):
            return
        recorded = Checks(self.database).changes()
        changes = Counter(
            (row.change.kind.value.removeprefix("edition."), row.change.key.split("-")[0])
            for row in recorded
            if row.change.kind.value not in ("edition.updated", "edition.delisted")
        )
        assert changes == self.expected

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()


TEMPLATE: list[Path] = []
DATABASE: list[Database] = []


def test_random_sequences_of_checks(sqlite_template: Path, tmp_path: Path) -> None:
    TEMPLATE[:] = [sqlite_template]
    DATABASE[:] = [open_database(f"sqlite:///{tmp_path / 'test.db'}")]
    run_state_machine_as_test(
        Readings,
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
