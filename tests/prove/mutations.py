"""R3 and R4: saved pages with edits that do not change their meaning, and saved pages with a changed template.

The former must cause neither a change nor a suspect reading. The latter must be suspect, or be read completely: either
way the operator is notified, and subscribers are not.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Final

from cmr_watch.models.readings import ChangeKind, CheckResult, Edition, Known, PageKind, PageRef, Snapshot
from cmr_watch.monitor.check import check_page
from cmr_watch.monitor.diff import merge_reading
from cmr_watch.monitor.edition_page_diff import compare_pages
from cmr_watch.monitor.plausibility import reject_reason
from cmr_watch.reading import read
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import open_database
from tests import sqlite
from tests.fakes.fetcher import FakeFetcher
from tests.monitor import small
from tests.prove.neutral_edits import EDITS
from tests.prove.template_drift import DRIFTS, RANDOMIZED, Drift

FIXTURES: Final = Path(__file__).parents[1] / "fixtures"
KINDS: Final[dict[str, PageKind]] = {
    "initiative": "initiative",
    "oddities": "initiative",
    "call": "call",
    "edition": "edition",
}
AT: Final = datetime(2023, 10, 1, 9, tzinfo=UTC)
"""An arbitrary date: both versions of a page are checked at the same time."""

# ── R3: neutral edits ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class NeutralEditCounts:
    """What was counted. `alarms` are runs with a change, `rejections` those that made a plausible page suspect."""

    runs: int = 0
    alarms: int = 0
    rejections: int = 0
    bad_seeds: list[int] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, other: NeutralEditCounts) -> None:
        self.runs += other.runs
        self.alarms += other.alarms
        self.rejections += other.rejections
        self.bad_seeds += other.bad_seeds
        self.faults.update(other.faults)


@cache
def pages() -> tuple[Path, ...]:
    """Every saved page."""
    return tuple(sorted(path for folder in KINDS for path in FIXTURES.glob(f"{folder}/*/page.html")))


def run(seeds: Iterable[int]) -> NeutralEditCounts:
    """Compare a page with an edited version of it, once for each seed."""
    total = NeutralEditCounts()
    for seed in seeds:
        total.add(_run_one(seed))
    return total


def _run_one(seed: int) -> NeutralEditCounts:
    path, names, page = edited(seed)
    kind, before = _parsed(path)
    after = read(kind, page).snapshot
    changes = [change.kind.value for change in compare_pages(before, after)]
    was_plausible = not reject_reason(Known(), None, before, AT)
    reason = reject_reason(merge_reading(Known(), before, AT), before, after, AT) if was_plausible else None
    counts = NeutralEditCounts(1, bool(changes), bool(reason))
    if changes or reason:
        counts.bad_seeds.append(seed)
        counts.faults[f"{path.parent.name}: {', '.join(names)} → {', '.join(changes)} {reason or ''}"] += 1
    return counts


@cache
def _parsed(path: Path) -> tuple[PageKind, Snapshot]:
    kind = KINDS[path.parent.parent.name]
    return kind, read(kind, path.read_bytes()).snapshot


def edited(seed: int) -> tuple[Path, list[str], bytes]:
    """The page and the names of the edits that the seed selects, and the edited page."""
    chance = random.Random(seed)
    path = pages()[seed % len(pages())]
    text, charset = _decoded(path.read_bytes())
    chosen = sorted(chance.sample(range(len(EDITS)), chance.randint(1, 4)))
    for number in chosen:
        text = EDITS[number](chance, text)
    return path, [EDITS[number].__name__ for number in chosen], text.encode(charset, "xmlcharrefreplace")


def _decoded(content: bytes) -> tuple[str, str]:
    try:
        return content.decode(), "utf-8"
    except UnicodeDecodeError:
        return content.decode("cp1252"), "cp1252"


# ── R4: changed templates ────────────────────────────────────────────────────────────────────────────────────────────

NEVER_NOTIFIED: Final = (ChangeKind.EDITION_UPDATED, ChangeKind.EDITION_DELISTED)
LIST: Final = "https://clustercollaboration.eu/events/organised-by-eccp/clusters-meet-regions"
CLOCKS: Final = {
    "2023-09": datetime(2023, 10, 1, 9, tzinfo=UTC),
    "2023-12": datetime(2023, 12, 5, 9, tzinfo=UTC),
    "2024-04": datetime(2024, 4, 15, 9, tzinfo=UTC),
    "2022-06": datetime(2022, 7, 1, 9, tzinfo=UTC),
    "2023-02": datetime(2023, 2, 15, 9, tzinfo=UTC),
    "2024-05": datetime(2024, 5, 10, 9, tzinfo=UTC),
    "charleroi-before": datetime(2024, 11, 1, 9, tzinfo=UTC),
    "charleroi-after": datetime(2025, 1, 10, 9, tzinfo=UTC),
    "iasi-after": datetime(2024, 1, 10, 9, tzinfo=UTC),
    "malmo-after": datetime(2023, 8, 1, 9, tzinfo=UTC),
}
"""A time at which each recorded state was online."""
REQUIRED_SHARE: Final = 0.99
"""The share of changed templates that must be detected."""
INTERVAL: Final = timedelta(minutes=40)


@dataclass
class DriftCounts:
    """What was counted.

    - `suspect`: detected. `same`: parsed exactly as before. `missed`: parsed differently, and accepted.
    - `told`: all editions were found, and the operator was notified that the section headings have changed (B4).
    - `quiet`: an edition's own page that was accepted without its venue or its registration, for example. Its headings
      may change (READING B3), so it is enough that no one is notified.
    - `leaked`: a change that subscribers would be notified of.
    """

    runs: int = 0
    suspect: int = 0
    same: int = 0
    told: int = 0
    quiet: int = 0
    missed: int = 0
    leaked: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def detected(self) -> float:
        """The share that was detected, of those that were not parsed exactly as before, nor may be accepted."""
        return (self.suspect + self.told) / max(self.runs - self.same - self.quiet, 1)

    @property
    def is_good(self) -> bool:
        return self.detected >= REQUIRED_SHARE and not self.leaked

    def add(self, other: DriftCounts) -> None:
        self.runs += other.runs
        self.suspect += other.suspect
        self.same += other.same
        self.told += other.told
        self.quiet += other.quiet
        self.missed += other.missed
        self.leaked += other.leaked
        self.faults.update(other.faults)


@dataclass(frozen=True, slots=True)
class Case:
    """A saved page and a change of its template."""

    path: Path
    kind: PageKind
    drift: Drift
    at: datetime
    seed: int


def cases() -> list[Case]:
    """Every recorded state in every shape, with every drift for its kind; randomised ones twice."""
    result = []
    for kind, drifts in DRIFTS.items():
        for path, (state, at) in product(sorted(FIXTURES.glob(f"{kind}/*/page.html")), CLOCKS.items()):
            if path.parent.name.startswith(f"{state}-"):
                for drift in drifts:
                    seeds = (0, 1) if drift in RANDOMIZED else (0,)
                    result += [Case(path, kind, drift, at, seed) for seed in seeds]
    return result


def run_drifts(selected: Iterable[Case], folder: Path) -> DriftCounts:
    """Run each case with a new database in `folder`."""
    template, total = folder / "empty.db", DriftCounts()
    open_database(f"sqlite:///{template}").close()
    with closing(open_database(f"sqlite:///{folder / 'case.db'}")) as database:
        for case in selected:
            total.add(_run_case(case, Checks(sqlite.empty(database, template))))
    return total


def _run_case(case: Case, checks: Checks) -> DriftCounts:
    page = case.path.read_text(encoding="utf-8")
    other = case.drift(random.Random(f"{case.path.parent.name} {case.seed}"), page)
    if other == page:
        return DriftCounts()
    results = list(_check_results(case, page, other, checks))
    kinds = [recorded.change.kind for result in results for recorded in result.changes]
    leaked = [kind for kind in kinds if kind not in NEVER_NOTIFIED]
    outcome = _outcome(results)
    if outcome == "missed" and case.kind == "edition" and not leaked:
        outcome = "quiet"
    counts = DriftCounts(1, leaked=bool(leaked), **{outcome: 1})
    if leaked or outcome == "missed":
        name = f"{case.kind} {case.path.parent.name}: {case.drift.__name__}"
        counts.faults[f"{name} → {outcome} {', '.join(leaked)}"] += 1
    return counts


def _outcome(results: list[CheckResult]) -> str:
    """How the first two checks ended. The last check is of the original page."""
    if any(result.has_failed for result in results[:2]):
        return "suspect"
    if [bool(result.layout_notice) for result in results[:3]] == [True, False, False]:
        return "told"
    is_unchanged = not any(result.changes for result in results)
    return "same" if is_unchanged and _content(results[0]) == _content(results[-1]) else "missed"


def _content(result: CheckResult) -> object:
    return result.snapshot and (result.snapshot.editions, result.snapshot.calls)


def _check_results(case: Case, page: str, other: str | None, checks: Checks) -> Iterator[CheckResult]:
    """The checks after the baseline: three times the changed page, then the original page again."""
    now = [case.at]
    url, fetcher = _canonical_url(page), FakeFetcher(lambda: now[0], page)
    if case.kind == "edition":
        listed = _list_of(read("edition", page.encode(), url=url).snapshot.editions[0], url)
        check_page(PageRef(LIST, "initiative"), FakeFetcher(lambda: now[0], listed), checks, lambda: now[0])
    assert check_page(PageRef(url, case.kind), fetcher, checks, lambda: now[0]).outcome == "baseline"
    for fetcher.body in (other, other, other, page):
        now[0] += INTERVAL
        yield check_page(PageRef(url, case.kind), fetcher, checks, lambda: now[0])


def _canonical_url(page: str) -> str:
    match = re.search(r'rel="canonical" href="([^"]+)"', page)
    assert match
    return match[1]


def _list_of(edition: Edition, url: str) -> str:
    """A list that links to the page of an edition."""
    assert edition.starts_on
    day = f"{edition.starts_on.day} {edition.starts_on:%B} {edition.starts_on.year}"
    mark = ">" if edition.section == "upcoming" else "<"
    line = f"{mark} [{edition.city}, {edition.country}]({url}) – {day}"
    return small.html(f"{line} ;; > Oslo, Norway – 5 May 2033 ;; < Bonn, Germany – 5 May 2020")
