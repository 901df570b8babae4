"""One mailbox for both forms of an international domain, and one each for addresses that differ by ß and ss.

Nobody is notified again of what was sent to either spelling, and nobody loses what is pending.
"""

from __future__ import annotations

import hmac
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

# not repeated here: rows with another mailbox than this function returns cannot be read
from cmr_watch.models.recipients import mailbox_of
from cmr_watch.store.former_spellings import former_spellings

revision = "0013"
down_revision = "0012"

_Row = dict[str, Any]
_Rank = Callable[[_Row], Any]
_LEFT = "('unsubscribed by mail', 'unsubscribed online', 'reported our mail as spam', 'mail to it bounces')"


def upgrade() -> None:
    """Rename the mailboxes that differ, and end the subscriptions of erased addresses."""
    _end_erased()
    if renamed := _renamed_mailboxes():
        _rename_all(renamed)
        _end_suppressed(renamed)
        _plan_again(renamed)
        # the cursor is a mailbox: start again; matches that exist are not added twice
        op.execute("UPDATE changes SET fan_out_cursor = NULL WHERE enqueued_at IS NULL")


def _execute(statement: str, rows: Any = None) -> Any:
    return op.get_bind().execute(sa.text(statement), rows)


# ── which mailboxes ──────────────────────────────────────────────────────────────────────────────────────────────────


def _renamed_mailboxes() -> dict[str, list[str]]:
    """The new mailboxes of each old one that differs; first that to which messages were sent."""
    addresses: defaultdict[str, list[str]] = defaultdict(list)
    for statement in (
        "SELECT mailbox, address FROM deliveries ORDER BY id DESC",
        "SELECT mailbox, address FROM subscriptions ORDER BY id",
    ):
        for mailbox, address in _execute(statement):
            if _is_former(mailbox, address):
                addresses[mailbox].append(mailbox_of(address))
    targets = {mailbox: list(dict.fromkeys(found)) for mailbox, found in addresses.items()}
    return {mailbox: found for mailbox, found in targets.items() if found != [mailbox]}


def _is_former(mailbox: Any, address: Any) -> bool:
    """Whether the row is as earlier versions wrote it; a damaged one stays as it is, to be reported."""
    is_text = isinstance(mailbox, str) and isinstance(address, str)
    return is_text and "://" not in address and address.casefold() == mailbox


def _rename_all(renamed: Mapping[str, list[str]]) -> None:
    unsent = frozenset(_execute("SELECT id FROM deliveries WHERE outcome IS NULL").scalars())
    for table in ("subscriptions", "deliveries"):
        _rename_recipients(table, renamed)
    _rename("matches", ["change_id"], _rank_of_match, renamed, lambda row: _unsettle(row, unsent))
    _rename("reminders", ["call_key", "cutoff_at", "days_before"], _rank_of_sent, renamed, _forget_delivery)
    _rename("outage_notices", ["outage_id", "phase"], _rank_of_sent, renamed, _forget_delivery)
    _rename("digests", ["digest_period"], _rank_of_sent, renamed, _forget_delivery)
    _rename("delivery_pauses", [], lambda row: row["paused_until"], renamed, lambda row: row)
    _rename("hard_bounces", [], _rank_of_bounce, renamed, lambda row: row)


# ── the rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _rename_recipients(table: str, renamed: Mapping[str, list[str]]) -> None:
    rows = _execute(f"SELECT DISTINCT mailbox, address FROM {table}").all()  # noqa: S608
    for mailbox, address in rows:
        if mailbox in renamed and _is_former(mailbox, address):
            values = {"old": mailbox, "address": address, "new": mailbox_of(address)}
            _execute(f"UPDATE {table} SET mailbox = :new WHERE mailbox = :old AND address = :address", values)  # noqa: S608


def _rename(
    table: str, keys: list[str], rank: _Rank, renamed: Mapping[str, list[str]], for_others: Callable[[_Row], _Row]
) -> None:
    """Give the rows their new mailboxes. Of two with the same key, keep that with the higher rank.

    `for_others`: what the row is for those recipients of an old mailbox to whom nothing was sent.
    """
    kept: dict[tuple[Any, ...], _Row] = {}
    for row in _take_rows(table, {*renamed, *(new for found in renamed.values() for new in found)}):
        first, *others = renamed.get(row["mailbox"], [row["mailbox"]])
        for new in ({**row, "mailbox": first}, *({**for_others(row), "mailbox": other} for other in others)):
            key = (new["mailbox"], *(new[name] for name in keys))
            kept[key] = max((one for one in (kept.get(key), new) if one), key=rank)
    if kept:
        names = list(next(iter(kept.values())))
        columns, values = ", ".join(names), ", ".join(f":{name}" for name in names)
        _execute(f"INSERT INTO {table} ({columns}) VALUES ({values})", list(kept.values()))  # noqa: S608


def _take_rows(table: str, mailboxes: Iterable[str]) -> list[_Row]:
    """Remove the rows of these mailboxes, and return them."""
    rows = []
    for mailbox in sorted(mailboxes):
        values = {"mailbox": mailbox}
        rows += [dict(row) for row in _execute(f"SELECT * FROM {table} WHERE mailbox = :mailbox", values).mappings()]  # noqa: S608
        _execute(f"DELETE FROM {table} WHERE mailbox = :mailbox", values)  # noqa: S608
    return rows


def _rank_of_match(row: _Row) -> Any:
    """A change that was sent before one that is pending, before one that was not wanted."""
    return row["delivery_id"] is not None, row["settled_at"] is None


def _rank_of_sent(row: _Row) -> Any:
    return row["delivery_id"] is not None


def _rank_of_bounce(row: _Row) -> Any:
    return row["confirmed_at"] is not None, row["noted_at"]


def _forget_delivery(row: _Row) -> _Row:
    return {**row, "delivery_id": None}


def _unsettle(row: _Row, unsent: frozenset[int]) -> _Row:
    """What is pending is so for each of the recipients; what was sent is history, which their welcome sums up."""
    return {**row, "delivery_id": None, "settled_at": None if row["delivery_id"] in unsent else row["settled_at"]}


# ── the recipients ───────────────────────────────────────────────────────────────────────────────────────────────────


def _end_suppressed(renamed: Mapping[str, list[str]]) -> None:
    """End what a recipient has under one spelling if mail to the other was ended at their wish, or bounced, since."""
    for mailbox in sorted({new for found in renamed.values() for new in found}):
        newest = (
            "SELECT ended_at, end_reason FROM subscriptions WHERE mailbox = :mailbox AND status = 'ended'"  # noqa: S608
            f" AND end_reason IN {_LEFT} ORDER BY ended_at DESC LIMIT 1"
        )
        ended = _execute(newest, {"mailbox": mailbox}).first()
        if ended is not None:
            _execute(
                "UPDATE subscriptions SET status = 'ended', ended_at = :at, end_reason = :reason, next_action_at = NULL"
                " WHERE mailbox = :mailbox AND status = 'active' AND created_at <= :at",
                {"mailbox": mailbox, "at": ended.ended_at, "reason": ended.end_reason},
            )


def _end_erased() -> None:
    """End the subscriptions that were added to an erased address under the other form of its domain."""
    key = _execute("SELECT value FROM installation WHERE name = 'key'").scalar()
    erased = frozenset(_execute("SELECT address_hash FROM erased_addresses").scalars())
    if not erased or not key or not re.fullmatch("[0-9a-f]{64}", key):
        return
    for number, address, at in _execute("SELECT id, address, created_at FROM subscriptions WHERE status = 'active'"):
        spellings = former_spellings(address) if isinstance(address, str) else ()
        # an address with one spelling was added again only on purpose
        if len(spellings) > 1 and not erased.isdisjoint(_former_hashes(bytes.fromhex(key), spellings)):
            values = {"id": number, "at": at}
            _execute(
                "UPDATE subscriptions SET status = 'ended', ended_at = :at, end_reason = 'erased',"
                " next_action_at = NULL WHERE id = :id",
                values,
            )


def _former_hashes(key: bytes, spellings: Iterable[str]) -> frozenset[str]:
    return frozenset(hmac.digest(key, f"address:{spelling}".encode(), "sha256").hex() for spelling in spellings)


def _plan_again(renamed: Mapping[str, list[str]]) -> None:
    """Plan for all of them; those to whom nothing was ever sent are welcomed."""
    due = "UPDATE subscriptions SET next_action_at = created_at{} WHERE mailbox = :mailbox AND status = 'active'"
    for found in renamed.values():
        for mailbox in found:
            sent = _execute("SELECT 1 FROM deliveries WHERE mailbox = :mailbox LIMIT 1", {"mailbox": mailbox}).first()
            is_new = sent is None and mailbox != found[0]
            welcome = ", welcomed_at = NULL, welcome_delivery_id = NULL" if is_new else ""
            _execute(due.format(welcome), {"mailbox": mailbox})
