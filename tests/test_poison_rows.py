"""R5 of docs/promises.md: one bad value in one row, in any column of any table, does not affect other recipients.

An installation has rows in every table. One value of one of them is damaged; then the page announces another edition,
and the check and its messages take place as if nothing had happened.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import DateTime, Table, Text, text
from sqlalchemy.exc import DBAPIError

from cmr_watch.app import App
from cmr_watch.config import OperatorSection, WebSection
from cmr_watch.models.corrections import Correction
from cmr_watch.models.readings import PageRef
from cmr_watch.models.recipients import Schedule, SubscriptionRequest
from cmr_watch.store import row_mapping
from cmr_watch.store.bounce_pauses import BouncePauses
from cmr_watch.store.checks import Checks
from cmr_watch.store.column_types import Json
from cmr_watch.store.corrections import CorrectionEdit
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.restore_quarantine import RestoreQuarantine
from cmr_watch.store.schema import metadata
from cmr_watch.store.subscriptions import Subscriptions
from tests import postgres, sqlite
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.test_journeys import LYON, PAST, PRAGUE, Journey

ANNA, BOB = "anna@example.org", "bob@example.org"
CARL, GIL = "carl@example.org", "gil@example.org"
"""Carl has asked for a link and his data, Gil for a subscription, before the requests whose rows are damaged."""
ASKED = [(CARL, "link"), (CARL, "export"), (GIL, "opt-in")]
OSLO = "> Oslo, Norway – 6-7 November 2023"
CALL = "! The call for hosts of events in 2024 is open. Deadline: 31 May 2024."
TABLES = [table.name for table in metadata.sorted_tables]
# the first ones are tried by every run of the tests; set IS_COMPLETE for all of them, which takes ten minutes
JSON_GARBAGE = ("{", "[]", "{}", "5", '"x"', "[null]", '{"a":[1]}', "null")
GARBAGE = ("garbage", "")
TIMES = ("infinity", "-infinity", "20000-01-01", "0044-03-15 BC", "9999-12-31 23:59:59", "0001-01-01")
ON_SQLITE = (b"\xff\x00", "garbage", -1, "", 2**62, 1.5)
FEW = 2
IS_COMPLETE = False
HELD = ("editions", "calls", "corrections")
"""What seems to be new may be what the damaged row says, so it is held for the operator, not sent."""


class Installation(Journey):
    """An installation with two recipients, and rows in every table."""

    def __init__(self, database: Database, site: FakeSite, mailbox: Mailbox) -> None:
        super().__init__(database, site, mailbox)
        subscriptions = tuple(SubscriptionRequest(address, name=address.partition("@")[0]) for address in (ANNA, BOB))
        self.settings = replace(
            self.settings,
            operator=OperatorSection(("op@example.org",), 3),
            subscriptions=subscriptions,
            web=WebSection(url="https://watch.example.org"),  # so that requests from the site get their mail
        )
        self.reopen()

    def reopen(self) -> None:
        self.app.__exit__(None, None, None)
        self.app = App(self.settings, self.database, lambda: self.now, sleep=lambda _: None)

    def fill(self) -> None:
        """Write rows to every table; where possible, by what really writes them."""
        now = self.now
        self.check_lines(LYON, *PAST, CALL)
        weekly = SubscriptionRequest(CARL, schedule=Schedule("weekly"))
        Subscriptions(self.database).add(weekly, self.now)
        self.check_lines(LYON, OSLO, *PAST, CALL)
        BouncePauses(self.database).pause("dora@example.org", now)
        Subscriptions(self.database).erase("eve@example.org", now)
        deliveries = Deliveries(self.database)
        deliveries.open_circuit("slack://a/b/c", now + timedelta(hours=1), 1, "down")
        Incidents(self.database).open("delivery-failed", "dora@example.org", "detail", now)
        page = PageRef(self.settings.page.url, "initiative")
        Checks(self.database).corrections.edit(CorrectionEdit(now, Correction(page, "no such line", None, now)))
        self._insert_rows(now)

    def asked_mails(self, start: int) -> list[tuple[str, str]]:
        """The mails that were asked for among those that came after `start`: to whom, and which."""
        kinds = (("link", "/manage/"), ("opt-in", "/confirm/"), ("export", "Your data"))
        found = [(mail.recipient, f"{mail.subject} {mail.part('plain')}") for mail in self.mailbox.mails[start:]]
        return [(to, kind) for to, text in found for kind, mark in kinds if mark in text]

    def _insert_rows(self, now: datetime) -> None:
        rows = {
            "outages": {
                "page_url": "https://example.org/other",
                "is_list": False,
                "since": now,
                "after_check_id": 10**6,
                "opened_at": now,
                "ended_at": now,
                "announces_end": False,
            },
            "hard_bounces": {"mailbox": ANNA, "reason": "550", "sent_at": now, "noted_at": now},
            "signups": [signup_row(address, now) for address in (GIL, "fay@example.org")],
            "mail_requests": [
                {**asked_row(address, now), "kind": kind}
                for address, kind in ((CARL, "link"), (CARL, "export"), ("fay@example.org", "link"))
            ],
            "mutes": {"mailbox": ANNA, "kind": "edition", "key": "no-such-edition", "muted_at": now},
            "robots": {"host": "example.org", "status": 200, "text": "", "fetched_at": now},
            "outage_notices": {"mailbox": ANNA, "outage_id": 1, "phase": "opened", "settled_at": now},
            "reminders": {
                "mailbox": ANNA,
                "call_key": "call-2024",
                "cutoff_at": now,
                "days_before": 7,
                "settled_at": now,
            },
            "digests": {"mailbox": ANNA, "digest_period": "weekly 2023-09-25"},
            "calendar_events": {
                "uid": "lyon-fr-2023-10",
                "key": "lyon-fr-2023-10",
                "body": {"city": "Lyon", "starts_on": "2023-10-12", "ends_on": "2023-10-13"},
                "state": "planned",
                "sequence": 1,
                "changed_at": now,
                "listed": True,
            },
        }
        with self.database.write() as connection:
            for name, row in rows.items():
                connection.execute(self.database.insert(metadata.tables[name]).values(row).on_conflict_do_nothing())


def asked_row(address: str, now: datetime) -> dict[str, Any]:
    of_address = {"address": address, "mailbox": address, "language": "en"}
    return {**of_address, "network": "192.0.2.0/24", "requested_at": now}


def signup_row(address: str, now: datetime) -> dict[str, Any]:
    wanted = row_mapping.request_row(SubscriptionRequest(address))
    return {**wanted, **asked_row(address, now), "consent_text": "1"}


class Copies:
    """An installation that can be set back to how it was when it had been filled."""

    def __init__(self, engine: str, request: pytest.FixtureRequest, folder: Path) -> None:
        self._folder = folder
        self._server: postgres.Server | None = None
        if engine == "sqlite":
            self.url = f"sqlite:///{folder / 'test.db'}"
        else:
            self._server = request.getfixturevalue("postgres_server")
            self.url = self._server.create(request.getfixturevalue("postgres_template"))
        self.database = open_database(self.url)

    def keep(self) -> None:
        self.database.close()
        if self._server is None:
            with closing(sqlite3.connect(self._folder / "test.db")) as source:
                source.execute("PRAGMA journal_mode = DELETE")
            (self._folder / "template").write_bytes((self._folder / "test.db").read_bytes())
        else:
            self._template = self._server.create(self.url)

    def set_back(self) -> None:
        self.database.close()
        self.database.unreadable.take()
        if self._server is None:
            sqlite.replace(self._folder / "test.db", self._folder / "template")
        else:
            self._server.replace(self.url, self._template)

    def close(self) -> None:
        self.database.close()
        if self._server is not None:
            self._server.drop(self.url)
            self._server.drop(self._template)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def installation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, Copies]]:
    with FakeSite() as site, Mailbox() as mailbox:
        copies = Copies(request.param, request, tmp_path_factory.mktemp("poison"))
        filled = Installation(copies.database, site, mailbox)
        filled.fill()
        copies.keep()
        yield filled, copies
        filled.app.__exit__(None, None, None)
        copies.close()


def bad_values(column: Any, engine: str) -> list[Any]:
    is_json = isinstance(column.type, Json)
    is_text = isinstance(getattr(column.type, "impl", column.type), Text)
    is_time = isinstance(getattr(column.type, "impl", column.type), DateTime)
    texts = JSON_GARBAGE if is_json else GARBAGE if is_text else TIMES if is_time and engine == "postgresql" else ()
    kinds = [texts, ON_SQLITE if engine == "sqlite" else ()]
    values = [value for kind in kinds for value in (kind if IS_COMPLETE else kind[:FEW])]
    return [*dict.fromkeys(values), *([None] if column.nullable else [])]


def damage(database: Database, table: Table, column: str, value: Any) -> bool:
    """Store a value in a row of the table, without a constraint that forbids it; return whether it differs."""
    keys = [key.name for key in table.primary_key]
    order = f"CASE WHEN mailbox = '{ANNA}' THEN 0 ELSE 1 END, " if "mailbox" in table.c else ""
    with database.engine.connect() as connection, connection.begin():
        if database.path is not None:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        row = connection.exec_driver_sql(
            f'SELECT {", ".join(keys)}, "{column}" FROM {table.name} ORDER BY {order}{", ".join(keys)} DESC'
        ).first()
        assert row is not None, f"{table.name} is empty"
        if row[-1] == value:
            return False
        mark = "?" if database.path is not None else "%s"
        where = " AND ".join(f"{key} = {mark}" for key in keys)
        statement = f'UPDATE {table.name} SET "{column}" = {mark} WHERE {where}'
        connection.exec_driver_sql(statement, (value, *row[:-1]))
    return True


def cases(table: Table, engine: str) -> Iterator[tuple[str, Any]]:
    for column in table.columns:
        for value in bad_values(column, engine):
            yield column.name, value


@pytest.mark.parametrize("name", TABLES)
def test_a_bad_value_stops_nobody_else(installation: tuple[Installation, Copies], name: str) -> None:
    filled, copies = installation
    table, began = metadata.tables[name], filled.now
    faults = []
    for column, value in cases(table, "sqlite" if copies.database.path else "postgresql"):
        copies.set_back()
        filled.now = began
        try:
            if not damage(copies.database, table, column, value):
                continue
        except DBAPIError:
            continue  # the engine has a constraint against it
        filled.reopen()
        filled.new_mails()
        if fault := fault_of(filled, name, column, value):
            faults.append(f"{name}.{column} = {value!r}: {fault}")
    filled.now = began
    assert not faults, "\n".join(faults)


def fault_of(filled: Installation, table: str, column: str, value: Any) -> str:
    """Check, send, and examine; return what is wrong, or nothing."""
    start = len(filled.mailbox.mails)
    try:
        filled.check_lines(LYON, OSLO, PRAGUE, *PAST, CALL)
        filled.app.examine()
        filled.app.apply_retention()
        listings(filled.database)
        filled.app.observer.observe()
    except Exception as error:  # noqa: BLE001 — the law: nothing is raised
        return f"{type(error).__name__}: {error}"
    bobs = [mail for mail in filled.mailbox.mails[start:] if mail.recipient == BOB and "Prague" in mail.part("plain")]
    if len(bobs) != 1 and not (table in HELD and RestoreQuarantine(filled.database).count()):
        return f"Bob received {len(bobs)} mails"
    if any("Lyon" in mail.subject or "Oslo" in mail.subject for mail in bobs):
        return f"false alert: {bobs[0].subject}"
    if missing := [asked for asked in ASKED if filled.asked_mails(start).count(asked) != 1]:
        return f"not sent once: {missing}"
    if (
        isinstance(value, bytes)
        and is_stored(filled.database, table, column)
        and not is_reported(filled.database, table)
    ):
        return "neither repaired nor reported"
    return ""


def is_stored(database: Database, table: str, column: str) -> bool:
    with database.read() as connection:
        return bool(connection.execute(text(f"SELECT count(*) FROM {table} WHERE \"{column}\" = X'FF00'")).scalar())


def is_reported(database: Database, table: str) -> bool:
    with database.read() as connection:
        subjects = connection.execute(text("SELECT subject FROM incidents WHERE kind = 'row-unreadable'")).scalars()
        return any(subject.startswith(f"{table} ") for subject in subjects)


def listings(database: Database) -> None:
    """What the commands list."""
    checks = Checks(database)
    checks.snapshots()
    checks.changes()
    checks.known()
    checks.corrections.list_all()
    Deliveries(database).list()
    Deliveries(database).failing()
    Subscriptions(database).list_all()
    Subscriptions(database).doubles()
    Incidents(database).unresolved()
    RestoreQuarantine(database).list()
