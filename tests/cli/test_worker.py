"""The worker as a real process, which sends messages that other processes put in the outbox."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager

import pytest

from cmr_watch import __version__
from cmr_watch.store.database import open_database
from cmr_watch.store.deliveries import Deliveries
from tests.factories import message
from tests.store.test_deliveries import insert_messages

TIMEOUT = 20.0  # seconds


def configure(watch, url):
    text = f'[database]\nurl = "{url}"\n[mail]\nhost = "127.0.0.1"\nport = {watch.mailbox.port}\n'
    watch.config.write_text(text + 'security = "plain"\nfrom = "watch@example.org"\n', encoding="utf-8")


@contextmanager
def worker(watch, *options):
    command = [sys.executable, "-m", "cmr_watch", "--config", str(watch.config), "worker", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until(condition):
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.02)


def stop(process, number=signal.SIGTERM):
    """Send a signal; the exit code, stdout, stderr, and the seconds until the process has ended."""
    start = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=TIMEOUT)
    return process.returncode, out, err, time.monotonic() - start


@pytest.fixture
def outbox(watch, database_url):
    configure(watch, database_url)
    with closing(open_database(database_url)) as database:
        yield Deliveries(database)


def enqueue(outbox, *addresses):
    insert_messages(outbox._database, *(message(address) for address in addresses))


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_messages_from_another_process_are_sent_until_a_signal(watch, outbox, signal_number):
    with worker(watch, "--poll", "0.1") as process:
        for number, address in enumerate(("ada@example.org", "bob@example.org"), 1):
            enqueue(outbox, address)
            wait_until(lambda sent=number: outbox.counts()["sent"] == sent)
        code, out, err, took = stop(process, signal_number)
    assert (code, out) == (0, "")
    assert took < 5
    start, *rounds = [line.partition(" info cmr_watch.worker: ")[2] for line in err.splitlines()]
    assert start.startswith(f"cmr-watch {__version__} worker started; configuration {watch.config}; ")
    # the second may be enqueued while the first is sent
    assert rounds in (["1 message sent"] * 2, ["2 messages sent"])
    assert watch.mailbox.recipients == ["ada@example.org", "bob@example.org"]


def test_a_signal_interrupts_the_polling_interval(watch, outbox):
    enqueue(outbox, "ada@example.org")
    with worker(watch, "--poll", "3600") as process:
        wait_until(lambda: outbox.counts()["sent"] == 1)
        code, _, _, took = stop(process)
    assert code == 0
    assert took < 5


def test_on_sigterm_the_current_message_is_finished_and_the_others_are_released(watch, outbox):
    enqueue(outbox, *(f"{number}@example.org" for number in range(15)))
    watch.mailbox.slow(0.4)
    with worker(watch) as process:
        wait_until(lambda: watch.mailbox.mails)
        code, _, err, took = stop(process)
    assert (code, "Traceback" in err) == (0, False)
    assert took < 5
    sent = outbox.counts()["sent"]
    assert 1 <= sent == len(watch.mailbox.mails) < 15, "sent messages are marked, and none was sent twice"
    assert all(entry.claim is None for entry in outbox.list("pending"))


def test_a_restart_of_the_database_does_not_end_it(watch, outbox):
    database = outbox._database
    if database.path is not None:
        pytest.skip("SQLite has no server")
    with worker(watch, "--poll", "0.1") as process:
        enqueue(outbox, "ada@example.org")
        wait_until(lambda: outbox.counts()["sent"] == 1)
        with database.engine.connect() as connection:
            allow = "UPDATE pg_database SET datallowconn = {} WHERE datname = current_database()"
            connection.exec_driver_sql(allow.format("false"))
            connection.commit()
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
            while "will retry" not in (line := process.stderr.readline()):
                assert line, "the worker has ended"
            connection.exec_driver_sql(allow.format("true"))
            connection.commit()
        assert " error cmr_watch.worker: the PostgreSQL database " in line
        enqueue(outbox, "bob@example.org")
        wait_until(lambda: outbox.counts()["sent"] == 2)
        code, _, err, _ = stop(process)
    assert (code, "Traceback" in err) == (0, False)


def test_once(watch, outbox):
    enqueue(outbox, "ada@example.org", "bob@example.org")
    for expected in ("2 messages sent\n", ""):
        with worker(watch, "--once") as process:
            out, err = process.communicate(timeout=TIMEOUT)
        assert (process.returncode, out, err) == (0, expected, "")


def test_two_workers_send_each_message_once(watch, outbox):
    enqueue(outbox, *(f"{number}@example.org" for number in range(60)))
    with worker(watch, "--once") as first, worker(watch, "--once") as second:
        codes = [process.wait(TIMEOUT) for process in (first, second)]
    assert codes == [0, 0]
    assert set(watch.mailbox.by_message_id().values()) == {1}
    assert len(watch.mailbox.mails) == 60


def test_errors_are_reported_on_stderr(watch, outbox):
    watch.mailbox.refuse("ada@example.org")
    enqueue(outbox, "ada@example.org")
    with worker(watch, "--once") as process:
        out, err = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, out) == (1, ""), err
    assert "550" in err
    assert "Traceback" not in err


def test_a_failed_round_is_logged_with_its_cause(watch, outbox):
    watch.mailbox.refuse("ada@example.org", "451 4.2.0 later")
    enqueue(outbox, "ada@example.org")
    with worker(watch, "--poll", "0.1") as process:
        process.stderr.readline()
        line = process.stderr.readline()
        stop(process)
    assert " warning cmr_watch.worker: 1 message will be retried: " in line
    assert "451 4.2.0 later" in line


def test_invalid_polling_interval(watch):
    result = watch.run("worker", "--poll", "0")
    assert (result.code, len(result.err.splitlines())) == (2, 1)


def test_once_exits_with_1_if_a_message_was_not_delivered(watch):
    watch.check("2023-09", "--no-notify")
    watch.mailbox.refuse("anna@example.org", "451 4.2.0 later", times=1)
    assert watch.run("worker", "--once").code == 1
    assert watch.run("worker", "--once").code == 0
