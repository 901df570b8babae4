"""The daemon with its real scheduler, a site, a mail server and a dead man's switch on loopback."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sqlalchemy import text

from cmr_watch.app import App, CheckReport
from cmr_watch.config import BouncesSection, DaemonSection, OperatorSection, Settings
from cmr_watch.daemon import Daemon, pages, pause_after
from cmr_watch.daemon_scheduler import thread_scheduler
from cmr_watch.exceptions import ConfigError, DatabaseDamaged, StoreUnavailable
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.restore_quarantine import mark_restored
from cmr_watch.store.subscriptions import Subscriptions
from cmr_watch.web.listener import Listener
from cmr_watch.web.monitoring import application
from tests.cli.test_output_files import damage
from tests.factories import NOW, message
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.monitor.small import html
from tests.store.test_deliveries import insert_messages
from tests.test_journeys import LYON, PAST, PATH, Journey

PATIENCE = 20.0
PING = "/ping/secret-uuid"
NO_ANSWER = "the database has not answered within 4 seconds"


def until(condition: Callable[[], object]) -> None:
    """Wait until the condition is true."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "the condition never became true"
        time.sleep(0.02)


def wall() -> datetime:
    return datetime.now(UTC)


class Running(Journey):
    """A daemon that watches the journey's site. Its clock is `ahead` of the real time."""

    def __init__(self, database: Database, site: FakeSite, mailbox: Mailbox) -> None:
        super().__init__(database, site, mailbox)
        self.app.__exit__(None, None, None)
        self.ahead = timedelta(0)
        site.page(PING, b"ok")
        site.page(f"{PING}/start", b"ok")
        site.page(f"{PING}/fail", b"ok")
        self.settings = replace(self.settings, daemon=DaemonSection(ping=site.url(PING), jitter=0))
        self.serve(LYON, *PAST)

    def serve(self, *lines: str) -> None:
        self.site.page(PATH, html(" ;; ".join(lines)).encode())

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    @contextmanager
    def daemon(self, open_app: Callable[..., App] = App) -> Iterator[Daemon]:
        daemon = Daemon(self.settings, self.database, self.clock, thread_scheduler(), wall, open_app)
        daemon.start()
        try:
            yield daemon
        finally:
            daemon.stop(PATIENCE)

    def check_now(self, daemon: Daemon) -> None:
        """Let an hour pass, and check. A check that is still running is waited for: it would be the only one."""
        self.ahead += timedelta(hours=1)
        before = self.site.paths().count(PATH)

        def has_begun() -> bool:
            if self.site.paths().count(PATH) > before:
                return True
            daemon._scheduler.modify_job("check", next_run_time=datetime.now(UTC))
            time.sleep(0.1)
            return False

        until(has_begun)

    def pings(self) -> list[str]:
        return [path.removeprefix(PING) for path in self.site.paths() if path.startswith(PING)]

    def subjects(self) -> list[str]:
        return [mail.subject for mail in self.mailbox.mails]


@pytest.fixture
def running(database: Database) -> Iterator[Running]:
    with FakeSite() as site, Mailbox() as mailbox:
        yield Running(database, site, mailbox)


def problems(daemon: Daemon, path: str) -> list[str]:
    return list(json.loads(pages(daemon)[path]().body)["problems"])


def test_the_first_check_runs_at_once_and_its_messages_are_delivered(running: Running) -> None:
    with running.daemon() as daemon:
        until(lambda: running.pings() == ["/start", ""])
        until(lambda: running.subjects())
        assert problems(daemon, "/healthz") == []
        assert problems(daemon, "/readyz") == []
    assert running.subjects()[0].startswith("Welcome")


def test_damage_of_the_database_is_reported_from_the_start(tmp_path: Path) -> None:
    with (
        FakeSite() as site,
        Mailbox() as mailbox,
        closing(open_database(f"sqlite:///{tmp_path / 'test.db'}")) as database,
    ):
        running = Running(database, site, mailbox)
        database.close()
        damage(tmp_path / "test.db")
        with running.daemon() as daemon:
            daemon.look_for_damage()
            (problem,) = problems(daemon, "/readyz")
            assert "is damaged" in problem


def test_damage_that_a_job_finds_stays_whatever_a_quick_check_says_that_began_before(running: Running) -> None:
    is_examined = threading.Event()

    class DamageFound(App):
        def check(self, **_: object) -> NoReturn:
            is_examined.wait(PATIENCE)
            raise DatabaseDamaged("the database is damaged")

    class FoundMeanwhile(Database):
        def require_sound(self) -> None:
            is_examined.set()
            until(lambda: problems(daemon, "/readyz"))

    with closing(FoundMeanwhile(running.database.url)) as running.database, running.daemon(DamageFound) as daemon:
        daemon.look_for_damage()
        assert problems(daemon, "/readyz") == ["the database is damaged"]


def test_a_database_that_is_deleted_under_the_daemon_sends_nothing_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gone = f"the database {tmp_path / 'test.db'} was deleted or replaced while it was in use: restart cmr-watch"
    with (
        FakeSite() as site,
        Mailbox() as mailbox,
        closing(open_database(f"sqlite:///{tmp_path / 'test.db'}")) as database,
    ):
        running = Running(database, site, mailbox)
        with running.daemon() as daemon:
            until(lambda: running.subjects() and running.pings()[-1:] == [""])
            for file in tmp_path.glob("test.db*"):
                file.unlink()
            running.serve(LYON, "> Oslo, Norway – 3 March 2099", *PAST)
            assert problems(daemon, "/readyz") == [gone]
            assert problems(daemon, "/healthz") == [gone]
            daemon._scheduler.modify_job("check", next_run_time=datetime.now(UTC))
            daemon.deliver_soon()
            until(lambda: f"check: {gone}" in caplog.text and f"deliver: {gone}" in caplog.text)
            until(lambda: running.pings()[-1:] == ["/fail"])
        assert len(running.subjects()) == 1
        assert list(tmp_path.iterdir()) == []


def test_a_locked_database_is_reported_within_seconds(running: Running) -> None:
    if running.database.path is not None:
        pytest.skip("in WAL mode, no lock keeps others from reading")
    with running.daemon() as daemon, Listener("127.0.0.1:0", application(pages(daemon)), "[daemon] listen") as server:
        until(lambda: running.pings() == ["/start", ""])
        with running.database.engine.connect() as connection, connection.begin():
            connection.execute(text("LOCK TABLE alembic_version"))
            began = time.monotonic()
            for path in ("/readyz", "/healthz", "/metrics"):
                with closing(HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)) as client:
                    client.request("GET", path)
                    response = client.getresponse()
                    assert (response.status, json.load(response)["problems"]) == (503, [NO_ANSWER])
            assert time.monotonic() - began < 3 * 5


def test_a_change_is_delivered_before_the_next_scheduled_delivery(running: Running) -> None:
    with running.daemon() as daemon:
        until(lambda: running.subjects() and running.pings()[-1:] == [""])
        running.serve(LYON, "> Oslo, Norway – 3 March 2099", *PAST)
        began = time.monotonic()
        running.check_now(daemon)
        until(lambda: len(running.subjects()) == 2)
        assert time.monotonic() - began < 30
        metrics = pages(daemon)["/metrics"]().body.decode()
    assert 'cmr_watch_changes_total{kind="edition.announced"} 1.0' in metrics
    assert 'cmr_watch_checks_total{outcome="changed"} 1.0' in metrics
    assert 'cmr_watch_deliveries{channel="mail",outcome="sent"} 2.0' in metrics
    assert "secret-uuid" not in metrics


def test_jobs_run_again_after_the_clock_was_set_back(running: Running) -> None:
    with running.daemon() as daemon:
        until(lambda: running.pings() == ["/start", ""])
        running.ahead += timedelta(hours=1)  # so that the last check is not recent
        daemon.notice_clock_change()
        before = running.site.paths().count(PATH)
        daemon._scheduler.modify_job("check", next_run_time=wall() + timedelta(days=1))
        daemon.notice_clock_change()
        until(lambda: running.site.paths().count(PATH) > before)


def test_a_suspect_reading_pings_failure(running: Running) -> None:
    running.site.page(PATH, b"<html><body>maintenance</body></html>")
    with running.daemon() as daemon:
        until(lambda: running.pings() == ["/start", "/fail"])
        assert problems(daemon, "/healthz") == ["the page has never been read successfully"]
        assert problems(daemon, "/readyz") == []


def test_a_message_that_is_not_delivered_pings_failure(running: Running) -> None:
    running.mailbox.refuse("anna@example.org", "451 4.2.0 later", times=1)
    with running.daemon() as daemon:
        until(lambda: running.pings() == ["/start", "/fail"])
        running.ahead += timedelta(hours=1)
        daemon.deliver_soon()
        until(running.subjects)
        running.check_now(daemon)
        until(lambda: running.pings() == ["/start", "/fail", "/start", ""])


def test_no_check_if_another_process_has_just_checked(running: Running) -> None:
    with App(running.settings, running.database, running.clock) as app:
        app.check()
    requests, pings = running.site.paths().count(PATH), running.pings()
    with running.daemon():
        until(lambda: running.subjects())
        time.sleep(0.3)
    assert running.site.paths().count(PATH) == requests
    assert running.pings() == pings


def test_a_failed_check_of_another_process_does_not_count(running: Running) -> None:
    running.site.fail(PATH, 404)
    with App(running.settings, running.database, running.clock) as app:
        app.check()
    running.serve(LYON, *PAST)
    with running.daemon() as daemon:
        assert daemon.next_check <= wall()
        until(lambda: running.subjects())


def test_the_recovery_of_a_page_that_failed_before_the_start_is_logged(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    running.site.fail(PATH, 404)
    with App(running.settings, running.database, running.clock) as app:
        app.check()
    running.serve(LYON, *PAST)
    with caplog.at_level(logging.INFO, "cmr_watch"), running.daemon():
        until(lambda: f"check: {running.site.url(PATH)}: can be read again" in caplog.messages)


def test_a_check_that_read_nothing_does_not_say_that_nothing_is_new(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    running.site.fail(PATH, 404)
    with caplog.at_level(logging.INFO, "cmr_watch"), running.daemon():
        until(lambda: "check: 0 pages read, 1 failed or suspect" in caplog.messages)


def test_items_on_hold_are_logged_once(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    with App(running.settings, running.database, running.clock) as app:
        app.check()
    insert_messages(running.database, message("anna@example.org"))
    with running.database.write() as connection:
        mark_restored(connection)
    running.ahead = timedelta(hours=1)
    words = "check: 1 item is on hold since the restore: cmr-watch deliveries release"
    with caplog.at_level(logging.INFO, "cmr_watch"), running.daemon() as daemon:
        until(lambda: words in caplog.messages and running.pings().count("") == 2)  # the first check has ended
        running.check_now(daemon)
        until(lambda: running.pings().count("") == 3)
    assert caplog.messages.count(words) == 1


class FailsOnce(App):
    """Raises an unexpected exception in the first delivery."""

    failures_left = 1

    def enqueue(self) -> int:
        if FailsOnce.failures_left:
            FailsOnce.failures_left -= 1
            raise RuntimeError("a bug")
        return super().enqueue()


def test_a_failed_job_is_logged_counted_and_run_again(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    FailsOnce.failures_left = 1
    with caplog.at_level(logging.ERROR), running.daemon(FailsOnce) as daemon:
        until(lambda: "deliver: RuntimeError; will retry at the next scheduled run" in caplog.text)
        assert "deliver failed unexpectedly" in caplog.text
        daemon.deliver_soon()
        until(lambda: running.subjects())
        assert b'cmr_watch_job_failures_total{job="deliver"} 1.0' in pages(daemon)["/metrics"]().body


def test_a_job_that_failed_because_of_the_database_does_not_wait_for_its_interval(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    broken = threading.Event()
    broken.set()

    class FailingApp(App):
        def check(self, *arguments: Any, **options: Any) -> CheckReport:
            if broken.is_set():
                raise StoreUnavailable("the database test is restarting")
            return super().check(*arguments, **options)

    def check(daemon: Daemon) -> None:
        daemon._scheduler.modify_job("check", next_run_time=datetime.now(UTC))

    def minutes_left(daemon: Daemon) -> float:
        left = daemon._scheduler.get_job("check").next_run_time - datetime.now(UTC)
        return float(left / timedelta(minutes=1))

    with running.daemon(FailingApp) as daemon:
        for message in ("in 1 minute", "in 2 minutes", "in 4 minutes"):
            until(lambda end=f"the database test is restarting; will retry {message}\n": end in caplog.text)  # type: ignore[misc]
            assert int(message[3]) - 0.5 < minutes_left(daemon) <= int(message[3])
            check(daemon)
        until(lambda: "will retry in 8 minutes" in caplog.text)
        broken.clear()
        check(daemon)
        until(running.subjects)
        assert minutes_left(daemon) > 50


@pytest.mark.parametrize(
    ("failures", "interval", "expected"),
    [(1, 3600, 60), (2, 3600, 120), (6, 3600, 1920), (7, 3600, None), (999, 3600, None), (1, 60, None), (1, 120, 60)],
)
def test_the_pauses_after_errors_of_the_database_grow_up_to_the_interval(
    failures: int, interval: int, expected: int | None
) -> None:
    assert pause_after(failures, interval) == expected


def test_a_failing_dead_mans_switch_delays_nothing(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    for suffix in ("", "/start", "/fail"):
        running.site.fail(PING + suffix, 500)
    with caplog.at_level(logging.WARNING), running.daemon():
        until(lambda: running.subjects())
        until(lambda: "the dead man's switch at 127.0.0.1 returned 500 Internal Server Error" in caplog.text)
    assert "secret-uuid" not in caplog.text


def test_each_failed_page_is_logged_with_its_cause_and_so_is_its_recovery(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    pages = [f"{PATH}/{number}" for number in range(5)]
    cities = ("Oslo, Norway", "Turku, Finland", "Porto, Portugal", "Ghent, Belgium", "Graz, Austria")
    links = [f"> [{city}]({running.site.url(path)}) – 3 March 2099" for city, path in zip(cities, pages, strict=True)]
    running.settings = replace(running.settings, fetch=replace(running.settings.fetch, pause=0, retries=0))
    running.serve(LYON, *links, *PAST)
    with caplog.at_level(logging.INFO, "cmr_watch"), running.daemon() as daemon:
        until(lambda: "check: 1 page read, 5 failed or suspect: stored as the baseline" in caplog.text)
        for path in pages:
            assert f"check: {running.site.url(path)}: {running.site.host} has no such page (404" in caplog.text
        until(lambda: running.pings()[-1:] == [""])
        caplog.clear()
        running.site.fail(PATH, 503)
        running.check_now(daemon)
        until(lambda: running.pings()[-1:] == ["/fail"])
        until(lambda: f"check: {running.site.url(PATH)}: {running.site.host} " in caplog.text)
        running.serve(LYON, *links, *PAST)
        for count in (2, 3):
            running.check_now(daemon)
            until(lambda count=count: running.pings().count("") == count)
        until(lambda: caplog.messages.count(f"check: {running.site.url(PATH)}: can be read again") == 1)


def test_each_delivery_round_that_sent_or_failed_is_one_line(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    running.mailbox.refuse("bo@example.org", "451 4.2.0 later")
    with caplog.at_level(logging.INFO, "cmr_watch"), running.daemon() as daemon:
        until(lambda: "deliver: 1 message sent" in caplog.messages)
        insert_messages(running.database, message("bo@example.org"))
        daemon.deliver_soon()
        until(lambda: "deliver: 1 message will be retried: " in caplog.text)
        daemon.deliver_soon()
        time.sleep(0.3)
    lines = [record for record in caplog.records if record.getMessage().startswith("deliver: ")]
    assert [record.levelname for record in lines] == ["INFO", "WARNING"]
    assert "451 4.2.0 later" in lines[1].getMessage()


class Blocked(App):
    """Its checks wait until `released` is set."""

    started = threading.Event()
    released = threading.Event()

    def check(self, **options: Any) -> CheckReport:
        Blocked.started.set()
        assert Blocked.released.wait(PATIENCE)
        return super().check(**options)


@pytest.fixture
def blocked() -> type[Blocked]:
    Blocked.started.clear()
    Blocked.released.clear()
    return Blocked


def test_a_job_that_outlasts_its_interval_is_logged_once_in_our_own_words(
    running: Running, blocked: type[Blocked], caplog: pytest.LogCaptureFixture
) -> None:
    words = "check: the previous run is still in progress, so this one is skipped"
    with caplog.at_level(logging.INFO, "cmr_watch"), running.daemon(blocked) as daemon:
        assert blocked.started.wait(PATIENCE)
        for _ in range(2):
            daemon._scheduler.modify_job("check", next_run_time=datetime.now(UTC))
            until(lambda: words in caplog.messages)
            time.sleep(0.1)
        blocked.released.set()
        until(lambda: running.subjects())
    assert caplog.messages.count(words) == 1
    assert "lambda" not in caplog.text
    assert [job.name for job in daemon._scheduler.get_jobs()] == []


def test_stopping_during_a_check_leaves_no_error_in_the_log(
    running: Running, blocked: type[Blocked], caplog: pytest.LogCaptureFixture
) -> None:
    with running.daemon(blocked) as daemon:
        assert blocked.started.wait(PATIENCE)
        threading.Timer(0.2, blocked.released.set).start()
        assert daemon.stop(PATIENCE)
    assert running.pings() == ["/start", ""], "the check was finished"
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_the_jobs_have_names(running: Running) -> None:
    with running.daemon() as daemon:
        assert {job.name for job in daemon._scheduler.get_jobs()} == {"check", "deliver", "maintenance"}


def test_the_next_check(running: Running) -> None:
    with running.daemon() as daemon:
        assert daemon.next_check <= wall()
        until(lambda: running.pings()[-1:] == [""])
        assert timedelta(minutes=59) < daemon.next_check - wall() <= timedelta(hours=1)


def test_a_rejected_reload_changes_nothing(running: Running) -> None:
    """httpx rejects the address of the switch, which the configuration accepts."""
    anna = running.settings.subscriptions[0]
    new = replace(
        running.settings,
        subscriptions=(replace(anna, name="bo", address="bo@example.org"),),
        operator=OperatorSection(("op@example.org",)),
        daemon=DaemonSection(ping="https://1.2.3.400/", check_every=5, jitter=0),
        bounces=BouncesSection(maildir=Path("maildir")),
    )
    with running.daemon() as daemon:
        until(lambda: running.pings()[-1:] == [""])
        jobs = {job.id: job.trigger.interval for job in daemon._scheduler.get_jobs()}
        with pytest.raises(ConfigError, match=r"^\[daemon\] ping: is not a valid URL$"):
            daemon.reload(new)
        assert {job.id: job.trigger.interval for job in daemon._scheduler.get_jobs()} == jobs
        assert daemon.observe().check_interval == timedelta(hours=1)
        running.check_now(daemon)
        until(lambda: running.pings() == ["/start", "", "/start", ""])
    assert [entry.name for entry in Subscriptions(running.database).active()] == [anna.name]


def test_reload_does_not_wait_for_a_running_check(running: Running, blocked: type[Blocked]) -> None:
    running.site.page("/other", b"ok")
    running.site.page("/other/start", b"ok")
    with running.daemon(blocked) as daemon:
        assert blocked.started.wait(PATIENCE)
        daemon.reload(replace(running.settings, daemon=DaemonSection(ping=running.site.url("/other"), jitter=0)))
        blocked.released.set()
        until(lambda: running.pings() == ["/start", ""])
        running.check_now(daemon)
        until(lambda: running.site.paths()[-1:] == ["/other"])
    assert running.pings() == ["/start", ""], "the running check finished with the old settings"


def test_reload_applies_new_subscriptions(running: Running) -> None:
    with running.daemon() as daemon:
        until(lambda: running.subjects())
        anna = running.settings.subscriptions[0]
        bo = replace(anna, address="bo@example.org", name="bo")
        settings: Settings = replace(running.settings, subscriptions=(anna, bo))
        running.ahead = timedelta(hours=2)
        daemon.reload(settings)
        until(lambda: "bo@example.org" in running.mailbox.recipients)


def test_stop_releases_unsent_messages(running: Running) -> None:
    running.mailbox.slow(0.2)
    with running.daemon() as daemon:
        until(lambda: running.subjects())
        insert_messages(running.database, *(message(f"p{number}@example.org") for number in range(20)))
        daemon.deliver_soon()
        sent = len(running.subjects())
        until(lambda: len(running.subjects()) > sent)
        assert daemon.stop(PATIENCE)
    pending = Deliveries(running.database).list("pending")
    assert pending
    assert all(delivery.claim is None for delivery in pending)


def test_an_overdue_message_is_reported(running: Running) -> None:
    insert_messages(running.database, message("ann@example.org"))
    daemon = Daemon(running.settings, running.database, lambda: NOW + timedelta(minutes=20), thread_scheduler(), wall)
    assert "a message is 20 minutes overdue" in problems(daemon, "/healthz")
