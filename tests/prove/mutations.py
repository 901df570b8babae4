"""R3 and R4: saved pages that say the same in another way, and saved pages whose template was changed under us.

The first may be no news and no doubt. The second are the operator's news, never “everything was withdrawn”.
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

from cmr_watch.models import ChangeKind, CheckResult, Edition, Known, PageKind, Snapshot
from cmr_watch.monitor.check import check_page
from cmr_watch.monitor.diff import adopt
from cmr_watch.monitor.edition_page_diff import compare_pages
from cmr_watch.monitor.parse import read
from cmr_watch.monitor.plausibility import reject_reason
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import open_database
from tests import sqlite
from tests.fakes.fetcher import FakeFetcher
from tests.monitor import small
from tests.prove.neutral_edits import WAYS
from tests.prove.template_drift import BY_CHANCE, TURNS, Turn

FIXTURES: Final = Path(__file__).parents[1] / "fixtures"
KINDS: Final[dict[str, PageKind]] = {
    "initiative": "initiative",
    "oddities": "initiative",
    "call": "call",
    "edition": "edition",
}
AT: Final = datetime(2023, 10, 1, 9, tzinfo=UTC)
"""Any day would do: both pages are judged on the same."""

# ── R3: what carries no meaning ───────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Mutated:
    """What was counted. `alarms` are runs with a change, `doubts` those that made a believable page suspect."""

    runs: int = 0
    alarms: int = 0
    doubts: int = 0
    bad_seeds: list[int] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, other: Mutated) -> None:
        self.runs += other.runs
        self.alarms += other.alarms
        self.doubts += other.doubts
        self.bad_seeds += other.bad_seeds
        self.faults.update(other.faults)


@cache
def pages() -> tuple[Path, ...]:
    """Every saved page."""
    return tuple(sorted(path for folder in KINDS for path in FIXTURES.glob(f"{folder}/*/page.html")))


def run(seeds: Iterable[int]) -> Mutated:
    """A mutated page for each seed, beside the page that it was."""
    total = Mutated()
    for seed in seeds:
        total.add(_one(seed))
    return total


def _one(seed: int) -> Mutated:
    path, names, page = mutated(seed)
    kind, before = _reading(path)
    after = read(kind, page)
    changes = [change.kind.value for change in compare_pages(before, after)]
    doubted = (
        None
        if reject_reason(Known(), None, before, AT)
        else reject_reason(adopt(Known(), before, AT), before, after, AT)
    )
    counted = Mutated(1, bool(changes), bool(doubted))
    if changes or doubted:
        counted.bad_seeds.append(seed)
        counted.faults[f"{path.parent.name}: {', '.join(names)} → {', '.join(changes)} {doubted or ''}"] += 1
    return counted


@cache
def _reading(path: Path) -> tuple[PageKind, Snapshot]:
    kind = KINDS[path.parent.parent.name]
    return kind, read(kind, path.read_bytes())


def mutated(seed: int) -> tuple[Path, list[str], bytes]:
    """The page that a seed takes, the names of what is done to it, and what it is then."""
    chance = random.Random(seed)
    path = pages()[seed % len(pages())]
    text, charset = _decoded(path.read_bytes())
    chosen = sorted(chance.sample(range(len(WAYS)), chance.randint(1, 4)))
    for number in chosen:
        text = WAYS[number](chance, text)
    return path, [WAYS[number].__name__ for number in chosen], text.encode(charset, "xmlcharrefreplace")


def _decoded(content: bytes) -> tuple[str, str]:
    try:
        return content.decode(), "utf-8"
    except UnicodeDecodeError:
        return content.decode("cp1252"), "cp1252"


# ── R4: what became of a page ─────────────────────────────────────────────────────────────────────────────────────────

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
"""When each recorded state stood on the site."""
ENOUGH: Final = 0.99
"""The share that has to be caught."""
LATER: Final = timedelta(minutes=40)


@dataclass
class Turned:
    """What was counted. `same`: read as if nothing were different; `missed`: read otherwise and believed."""

    runs: int = 0
    suspect: int = 0
    same: int = 0
    missed: int = 0
    leaked: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def caught(self) -> float:
        """The share of those that were not read all the same."""
        return self.suspect / max(self.runs - self.same, 1)

    @property
    def good(self) -> bool:
        return self.caught >= ENOUGH and not self.leaked

    def add(self, other: Turned) -> None:
        self.runs += other.runs
        self.suspect += other.suspect
        self.same += other.same
        self.missed += other.missed
        self.leaked += other.leaked
        self.faults.update(other.faults)


@dataclass(frozen=True, slots=True)
class Case:
    """A saved page and what becomes of it."""

    path: Path
    kind: PageKind
    turn: Turn
    at: datetime
    seed: int


def cases() -> list[Case]:
    """Every recorded state in every shape, turned in every way that fits its kind; those by chance twice."""
    found = []
    for kind, turns in TURNS.items():
        for path, (state, at) in product(sorted(FIXTURES.glob(f"{kind}/*/page.html")), CLOCKS.items()):
            if path.parent.name.startswith(f"{state}-"):
                found += [Case(path, kind, one, at, seed) for one in turns for seed in (0, 1)[: 1 + (one in BY_CHANCE)]]
    return found


def turn(some: Iterable[Case], folder: Path) -> Turned:
    """All of them, each with a database of its own in `folder`."""
    template, total = folder / "empty.db", Turned()
    open_database(f"sqlite:///{template}").close()
    with closing(open_database(f"sqlite:///{folder / 'case.db'}")) as database:
        for case in some:
            total.add(_turned(case, Checks(sqlite.empty(database, template))))
    return total


def _turned(case: Case, checks: Checks) -> Turned:
    page = case.path.read_text(encoding="utf-8")
    other = case.turn(random.Random(f"{case.path.parent.name} {case.seed}"), page)
    if other == page:
        return Turned()
    results = list(_visited(case, page, other, checks))
    told = [one.change.kind for result in results for one in result.changes if one.change.kind not in NEVER_NOTIFIED]
    fate = _fate(results)
    counted = Turned(1, fate == "suspect", fate == "same", fate == "missed", bool(told))
    if told or fate == "missed":
        counted.faults[f"{case.kind} {case.path.parent.name}: {case.turn.__name__} → {fate} {', '.join(told)}"] += 1
    return counted


def _fate(results: list[CheckResult]) -> str:
    """Of the first two checks; the last one was of the page as it had been."""
    if any(result.failed for result in results[:2]):
        return "suspect"
    silent = not any(result.changes for result in results)
    return "same" if silent and _contents_key(results[0]) == _contents_key(results[-1]) else "missed"


def _contents_key(result: CheckResult) -> object:
    return result.snapshot and (result.snapshot.editions, result.snapshot.calls)


def _visited(case: Case, page: str, other: str | None, checks: Checks) -> Iterator[CheckResult]:
    """The checks after the baseline, which has to be good: thrice the other page, and the first one again."""
    now = [case.at]
    url, fetcher = _address(page), FakeFetcher(lambda: now[0], page)
    if case.kind == "edition":
        listed = _list_of(read("edition", page.encode(), url=url).editions[0], url)
        check_page(LIST, "initiative", FakeFetcher(lambda: now[0], listed), checks, lambda: now[0])
    assert check_page(url, case.kind, fetcher, checks, lambda: now[0]).outcome == "baseline"
    for fetcher.body in (other, other, other, page):
        now[0] += LATER
        yield check_page(url, case.kind, fetcher, checks, lambda: now[0])


def _address(page: str) -> str:
    found = re.search(r'rel="canonical" href="([^"]+)"', page)
    assert found
    return found[1]


def _list_of(one: Edition, url: str) -> str:
    """A list that links to an edition's own page."""
    assert one.starts_on
    day = f"{one.starts_on.day} {one.starts_on:%B} {one.starts_on.year}"
    mark = ">" if one.section == "upcoming" else "<"
    line = f"{mark} [{one.city}, {one.country}]({url}) – {day}"
    return small.html(f"{line} ;; > Oslo, Norway – 5 May 2033 ;; < Bonn, Germany – 5 May 2020")
