"""Judges what a program notified its user of, by what it should have. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification that arrived. `is_problem`: it says that the page could not be read, not that it changed."""

    text: str
    is_problem: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts. With nothing to be notified of, `right` is 1 if there was no false notification.

    `false`: notifications of a change that contain none of the facts. `problems` are neither right nor false.
    """

    right: int = 0
    false: int = 0
    lost: int = 0
    doubled: int = 0
    problems: int = 0

    def __str__(self) -> str:
        counts = {"right": self.right, "false": self.false, "lost": self.lost, "doubled": self.doubled}
        words = [name if count == 1 else f"{name} × {count}" for name, count in counts.items() if count]
        return ", ".join(words) + (" (problem reported)" if self.problems else "")


def judge(facts: Iterable[str], notifications: Iterable[Notification]) -> Verdict:
    """The verdict on notifications, where each of `facts` (regular expressions) was to be in exactly one of them."""
    facts, notifications = tuple(facts), tuple(notifications)
    changes = [notification.text for notification in notifications if not notification.is_problem]
    times = [sum(bool(re.search(fact, text, re.I)) for text in changes) for fact in facts]
    false = sum(not any(re.search(fact, text, re.I) for fact in facts) for text in changes)
    return Verdict(
        right=sum(count >= 1 for count in times) if facts else int(not false),
        false=false,
        lost=times.count(0),
        doubled=sum(count - 1 for count in times if count > 1),
        problems=len(notifications) - len(changes),
    )
