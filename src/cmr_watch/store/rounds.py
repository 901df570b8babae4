"""Rounds: the changes that one check of the whole site finds are matched to recipients together, when it has finished.

A round is a row with a `finished_at` that is NULL while its pages are being checked. The process that checks holds it
by a lease: when the process dies, any other one fans out what the round had found as soon as the lease has expired.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, and_, bindparam, or_, select, update

from cmr_watch.store.database import insert_returning_id
from cmr_watch.store.schema import changes, rounds

LEASE: Final = timedelta(minutes=15)
"""Longer than the slowest fetch of one page with its retries; renewed with each page."""
MAX_LEASE: Final = timedelta(days=1)
"""No process leases anything for longer, even by a clock that is hours ahead."""

AT: Final = bindparam("at", type_=rounds.c.leased_until.type)
LATEST: Final = bindparam("latest", type_=rounds.c.leased_until.type)
_IS_LEASED: Final = and_(rounds.c.leased_until > AT, rounds.c.leased_until <= LATEST)
_OPEN: Final = select(rounds.c.id).where(rounds.c.finished_at.is_(None), _IS_LEASED)
IS_RELEASED: Final = or_(changes.c.round_id.is_(None), changes.c.round_id.not_in(_OPEN))
"""The condition on `changes` that their round has finished, or that its process has died.

A lease that ends later than any lease could, because the row is damaged or the clock was wrong, is none.
"""


@dataclass(slots=True)
class Round:
    """One check of the whole site. `id` is None until the round has found a change: most rounds find none."""

    id: int | None = None


def join_round(connection: Connection, round_: Round, now: datetime) -> int:
    """The id of the round for changes found at `now`; its row is created, or its lease renewed."""
    if round_.id is None:
        return insert_returning_id(connection, rounds, {"started_at": now, "leased_until": now + LEASE})
    renew_round(connection, round_, now)
    return round_.id


def renew_round(connection: Connection, round_: Round, now: datetime) -> None:
    """Renew the lease, if the round has a row."""
    if round_.id is not None:
        connection.execute(update(rounds).where(rounds.c.id == round_.id).values(leased_until=now + LEASE))


def finish_round(connection: Connection, round_: Round, now: datetime) -> None:
    """Release the round's changes to the fan-out."""
    if round_.id is not None:
        connection.execute(update(rounds).where(rounds.c.id == round_.id).values(finished_at=now))


def times(now: datetime) -> dict[str, datetime]:
    """Return the parameters `at` and `latest` of the statements that ask what is leased now."""
    return {"at": now, "latest": now + MAX_LEASE}
