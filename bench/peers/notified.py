"""What each program notified its user of, for a list of page states and of failures: from real runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from bench.peers.environments import CannotInstall
from bench.peers.page_states import AARHUS, NEW, NEWER, TAMPERE, PageState, baseline, states
from bench.peers.stage import PROGRAMS, DidNotWork, Program, Stage, stage
from bench.peers.watchers import Kind

FAILURES: Final = (CannotInstall, DidNotWork, TimeoutError, RuntimeError, OSError)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Something that happens between the baseline and the end, and the facts that should have arrived, once each."""

    name: str
    play: Callable[[Stage], None]
    facts: tuple[str, ...] = ()
    kind: Kind = "hook"


# ── page states ──────────────────────────────────────────────────────────────────────────────────────────────────


def of_state(state: PageState) -> Scenario:
    def play(on: Stage) -> None:
        on.serve(state.body, state.status)
        on.check()
        if state.then_restored:
            on.serve(baseline())
            on.check()
        if state.week_later:
            on.watcher.let_a_week_pass()
            on.check()

    return Scenario(state.name, play, state.facts)


# ── failures ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _closed(on: Stage) -> None:
    on.down()
    on.serve(baseline(NEW))
    on.check()
    on.up()
    _two_more_checks(on)


def _two_more_checks(on: Stage) -> None:
    on.check()
    on.check()


def _refusing(on: Stage) -> None:
    on.hook.status = 500
    on.serve(baseline(NEW))
    on.check()
    on.hook.status = 200
    _two_more_checks(on)


def _killed_before(on: Stage) -> None:
    on.kill_while_sending("before")
    on.serve(baseline(NEW))
    on.check()
    _two_more_checks(on)


def _killed_after(on: Stage) -> None:
    on.kill_while_sending("after")
    on.serve(baseline(NEW))
    on.check()
    _two_more_checks(on)


def _two_changes(on: Stage) -> None:
    on.down()
    for lines in ((NEW,), (NEW, NEWER)):
        on.serve(baseline(*lines))
        on.check()
    on.up()
    _two_more_checks(on)


def _reverted(checks: int) -> Callable[[Stage], None]:
    """A change that is taken back, with this number of checks before the channel works again."""

    def play(on: Stage) -> None:
        on.down()
        on.serve(baseline(NEW))
        on.check()
        on.serve(baseline())
        for _ in range(checks):
            on.check()
        on.up()
        _two_more_checks(on)

    return play


def failures() -> tuple[Scenario, ...]:
    """After each of them the channel works again, and two further checks find nothing new."""
    return (
        Scenario("web hook closed", _closed, (AARHUS,)),
        Scenario("web hook responds with 500", _refusing, (AARHUS,)),
        Scenario("mail server closed", _closed, (AARHUS,), "mail"),
        Scenario("killed while sending, not accepted yet", _killed_before, (AARHUS,)),
        Scenario("killed while sending, just accepted", _killed_after, (AARHUS,)),
        Scenario("two changes while the web hook was closed", _two_changes, (AARHUS, TAMPERE)),
        Scenario("change reverted one check before the web hook was open again", _reverted(1)),
        Scenario("change reverted three checks before", _reverted(3)),
    )


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────────


def measure_pages() -> None:
    _table("page state", map(of_state, states()))


def measure_failures() -> None:
    _table("failure", failures())


def _table(title: str, scenarios: Iterable[Scenario]) -> None:
    print(f"| {title} | to be notified of | " + " | ".join(program.name for program in PROGRAMS) + " |")
    print("| --- " * (len(PROGRAMS) + 2) + "|", flush=True)
    reasons: list[str] = []
    for scenario in scenarios:
        cells = [_cell(program, scenario, reasons) for program in PROGRAMS]
        facts = f"{len(scenario.facts)} fact{'s' * (len(scenario.facts) > 1)}" if scenario.facts else "nothing"
        print(f"| {scenario.name} | {facts} | " + " | ".join(cells) + " |", flush=True)
    print()
    for reason in reasons:
        print(reason)


def _cell(program: Program, scenario: Scenario, reasons: list[str]) -> str:
    """The result. A program that could not be run has no verdict, but a reason below the table."""
    try:
        with stage(program, scenario.kind) as on:
            scenario.play(on)
            verdict = str(on.verdict(scenario.facts))
            print(f"{scenario.name}: {program.name}: {verdict}: {on.notifications()}", file=sys.stderr, flush=True)
            return verdict
    except FAILURES as error:
        reasons.append(f"{program.name}, {scenario.name}: {error}")
        return "no result"
