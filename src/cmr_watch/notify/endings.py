"""Ends the subscriptions of dead addresses, unless there are suspiciously many at once.

A mistake on our side, such as a wrong SPF record, can look as if all addresses were dead. So when mail to many of them
bounces within a day, none of these subscriptions ends: they are held, and the operator decides.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cmr_watch.clock import Clock
from cmr_watch.log import redact_address
from cmr_watch.plural import counted
from cmr_watch.store.database import Database
from cmr_watch.store.hard_bounces import BRAKE_PERIOD, DueEnding, HardBounces
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.subscriptions import BOUNCED, Subscriptions

log = logging.getLogger(__name__)

HELD_SUBJECT: Final = "bounces"
"""There is one incident for all endings that are held."""
_MAX_REASONS: Final = 3
_ADDRESS: Final = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")


@dataclass(frozen=True, slots=True)
class EndingReport:
    """How many recipients' subscriptions ended, and how many endings are held."""

    ended: int = 0
    held: int = 0


def is_too_many(bounced: int, recipients: int) -> bool:
    """Whether more of the recipients' addresses bounced within a day than can really be dead.

    - More than five, and more than 2 %.
    - At least two, and more than a third.
    """
    return (bounced > 5 and bounced * 50 > recipients) or (bounced >= 2 and bounced * 3 > recipients)


class Endings:
    """Applies the endings that are due."""

    def __init__(self, database: Database, subscriptions: Subscriptions, incidents: Incidents, clock: Clock) -> None:
        self._hard_bounces = HardBounces(database)
        self._subscriptions = subscriptions
        self._incidents = incidents
        self._clock = clock

    def record_rejection(self, address: str, reason: str) -> None:
        """Record that a mail server rejected an address during delivery: its subscriptions are due to end."""
        self._hard_bounces.record_rejection(address, reason, self._clock())

    def held(self) -> tuple[DueEnding, ...]:
        """The endings that are held, in the order of their addresses."""
        return self._hard_bounces.due()

    def apply(self, *, end_held: bool = False) -> EndingReport:
        """End the subscriptions that are due, or hold them all if they are too many; `end_held` ends all the same.

        Those that were held on an earlier day stay so until mail to them fails again, or the operator decides.
        """
        due = self._hard_bounces.due()
        if not due:
            self._incidents.resolve("endings-held", HELD_SUBJECT, self._clock())
            return EndingReport()
        now = self._clock()
        recent = due if end_held else tuple(ending for ending in due if now - ending.since < BRAKE_PERIOD)
        bounced, recipients = self._hard_bounces.recent(now)
        if not end_held and is_too_many(bounced + len(recent), recipients):
            self._hold(recent, bounced, recipients, now)
            return EndingReport(held=len(due))
        for ending in recent:
            self._end(ending)
        self._hard_bounces.forget_expired(now)
        held = len(self._hard_bounces.due())
        if not held:
            self._incidents.resolve("endings-held", HELD_SUBJECT, now)
        return EndingReport(len(recent), held)

    def _end(self, ending: DueEnding) -> None:
        log.info("mail to %s bounces, subscription ended: %s", redact_address(ending.address), ending.reason)
        self._subscriptions.end(ending.address, BOUNCED, self._clock(), ending.reason)

    def _hold(self, endings: tuple[DueEnding, ...], bounced: int, recipients: int, now: datetime) -> None:
        self._hard_bounces.hold([ending.address for ending in endings], now)
        reasons = dict.fromkeys(_ADDRESS.sub("<…>", ending.reason) for ending in endings)
        shown = "; ".join(list(reasons)[:_MAX_REASONS])
        count = f"{counted(bounced + len(endings), 'recipient')} of {recipients} within a day"
        if self._incidents.open("endings-held", HELD_SUBJECT, f"{count}: {shown}", now):
            log.warning(
                "%s bounced, which is too many: their subscriptions are kept; see cmr-watch bounces --held", count
            )
