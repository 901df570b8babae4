"""Many subscribers: fan-out of one change to 100,000, and sending 5,000 mails compared with a bare smtplib loop."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import smtplib
import socket
import socketserver
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from tests import postgres
from tests.factories import change, wanted
from tests.store.test_checks import record

from bench.usage import Usage
from bench.usage import measure as usage_of
from cmr_watch.models.recipients import Channel, Message, mailbox_of
from cmr_watch.notify import planning, tokens
from cmr_watch.notify.channels import Sender
from cmr_watch.notify.channels.mail import MailChannel, MailSettings
from cmr_watch.notify.message_composer import MessageComposer
from cmr_watch.notify.outbox import compose, deliver, enqueue, message_ids
from cmr_watch.render.messages import MessageContext, body
from cmr_watch.store import row_mapping
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.installation import Installation
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.schema import matches, subscriptions

SUBSCRIBERS = 100_000
MAILS = 5_000
INTERRUPT_AFTER = 30  # batches
NOW = datetime(2024, 4, 2, 9, 12, tzinfo=UTC)
CONTEXT = MessageContext("https://clustercollaboration.eu/clusters-meet-regions", unsubscribe_address="a@example.org")


def measure() -> None:
    print("\nfan-out and sending (one run each)")
    with tempfile.TemporaryDirectory() as folder:
        measure_fan_out(f"sqlite:///{folder}/fan.db")
        for number, (name, serve) in enumerate(SINKS.items()):
            print(f"  {MAILS:,} mails to {name}")
            with sink(serve) as server:
                bare = bare_loop(server)
                durable = bare_loop_with_fsync(server, Path(folder, f"marks{number}"))
                ours = send_all(f"sqlite:///{folder}/mails{number}.db", server)
                row("  deliver compared with the bare loop, a ratio", f"{ours / bare:.2f}", "goal 0.5")
                row("  deliver compared with the loop with disk syncs, a ratio", f"{ours / durable:.2f}")
        with sink(_serve) as server, postgres.server() as database_server:
            for workers in (1, 2, 4):
                send_with_workers(database_server.create(), server, workers)


def row(label: str, figure: str, goal: str = "") -> None:
    print(f"  {label:<64}{figure:>12}   {goal}")


# ── fan-out ──────────────────────────────────────────────────────────────────────────────────────────────────────


def measure_fan_out(url: str) -> None:
    with closing(open_database(url)) as database:
        subscribe(database, SUBSCRIBERS)
    before, started = peak(), time.perf_counter()
    batches = run_fan_out(url, INTERRUPT_AFTER) + run_fan_out(url)  # interrupted once; the second run continues
    took = time.perf_counter() - started
    with closing(open_database(url)) as database:
        with database.read() as connection:
            matched = connection.exec_driver_sql(f"SELECT count(*) FROM {matches.name}").scalar_one()
        assert matched == SUBSCRIBERS
        row(f"enqueue one change to {matched:,} subscriptions, SQLite", f"{took:.1f} s", "goal 20 s")
        row(
            f"  in {batches} batches, interrupted after {INTERRUPT_AFTER}; peak memory",
            f"+{peak() - before:.0f} MiB",
            "goal: at most one batch",
        )
        compose_all(database)


def run_fan_out(url: str, batches: int | None = None) -> int:
    """Fan out all pending changes, or at most `batches` batches, as a new process would. Returns the batches done."""
    with closing(open_database(url)) as database:
        news = MatchQueue(database)
        for done in count():
            if done == batches:
                return done
            with news.fan_out_batch(NOW) as batch:
                if batch is None:
                    return done
                batch.save(planning.match_changes(batch.subscriptions, batch.changes, batch.mutes, NOW))
    return 0


def compose_all(database: Database) -> None:
    before, started = peak(), time.perf_counter()
    compose(MatchQueue(database), writer(database), lambda: NOW)
    took = time.perf_counter() - started
    row("  then composing their messages", f"{SUBSCRIBERS / took:.0f} /s", f"+{peak() - before:.0f} MiB")
    claims = [_timed(lambda: Deliveries(database).claim(NOW)) for _ in range(15)]
    row("  then claiming 20 of them, median of 15", f"{statistics.median(claims) * 1000:.1f} ms")


def subscribe(database: Database, number: int) -> None:
    """Add `number` subscriptions, and one change that matches them all."""
    requested = row_mapping.request_row(wanted())
    row = {**requested, "status": "active", "consent": "operator", "after_change_id": 0, "created_at": NOW}
    row = {**row, "activated_at": NOW, "welcomed_at": NOW}
    for start in range(0, number, 1000):
        names = [f"p{index:06}@example.org" for index in range(start, min(number, start + 1000))]
        with database.write() as connection:
            people = [{**row, "address": name, "mailbox": mailbox_of(name)} for name in names]
            connection.execute(subscriptions.insert(), people)
    Checks(database).commit(record(outcome="changed", changes=(change(),)))


def writer(database: Database) -> MessageComposer:
    new_id = message_ids("watch@example.org")
    render = lambda contents, chat, zone, *_: body(contents, CONTEXT, chat, zone)  # noqa: E731
    return MessageComposer(render, new_id, Installation(database).key(), Incidents(database))


def peak() -> float:
    """Peak memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# ── mails ────────────────────────────────────────────────────────────────────────────────────────────────────────


class _MinimalSmtp(socketserver.StreamRequestHandler):
    """The minimum of SMTP that a client needs, so that the benchmark does not measure the server."""

    disable_nagle_algorithm = True
    log: ClassVar[Any] = None

    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"RCPT":
                to = line
            if word == b"DATA":
                self.wfile.write(b"354 go\r\n")
                while self.rfile.readline() != b".\r\n":
                    pass
                self.log.write(to)
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


def _serve(ready: Any, log: Path) -> None:
    _MinimalSmtp.log = log.open("ab", buffering=0)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _MinimalSmtp) as server:
        server.daemon_threads = True
        ready.put(server.server_address[1])
        server.serve_forever()


class _AcceptAll:
    """An aiosmtpd handler that accepts every mail."""

    def __init__(self, log: Any) -> None:
        self._log = log

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        self._log.write(f"{envelope.rcpt_tos[0]}\n".encode())
        return "250 ok"


def _serve_aiosmtpd(ready: Any, log: Path) -> None:
    from aiosmtpd.smtp import SMTP

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        handler = _AcceptAll(log.open("ab", buffering=0))
        server = await loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", 0)
        ready.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


SINKS = {"aiosmtpd": _serve_aiosmtpd, "a minimal server": _serve}


@contextmanager
def sink(serve: Callable[[Any, Path], None]) -> Iterator[Sink]:
    """A mail server in a separate process."""
    context = multiprocessing.get_context("spawn")
    ready = context.Queue()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "recipients")
        process = context.Process(target=serve, args=(ready, log), daemon=True)
        process.start()
        try:
            yield Sink(ready.get(timeout=30), log)
        finally:
            process.terminate()
            process.join()


_ONE_EACH = "one per recipient"


@dataclass(frozen=True, slots=True)
class Sink:
    """The port of a mail server, and the file to which it writes the recipient of each mail."""

    port: int
    log: Path

    def verify_and_reset(self) -> str:
        """Count the mails since the last call, which should be one per recipient; then empty the log."""
        received = Counter(self.log.read_bytes().splitlines())
        os.truncate(self.log, 0)
        repeated = [recipient for recipient, times in received.items() if times != 1]
        if len(received) == MAILS and not repeated:
            return _ONE_EACH
        return f"WRONG: {len(received)} recipients, {len(repeated)} of them more than once"


def _no_mark() -> None: ...


def bare_loop(server: Sink, mark: Callable[[], object] = _no_mark) -> float:
    """Mails per second of smtplib alone, with one connection and a prepared mail. `mark` is called after each mail."""
    content = _sample()
    with smtplib.SMTP("127.0.0.1", server.port, local_hostname="localhost") as connection:
        assert connection.sock is not None
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        started = time.perf_counter()
        for number in range(MAILS):
            connection.sendmail("watch@example.org", f"p{number:06}@example.org", content)
            mark()
        rate = MAILS / (time.perf_counter() - started)
    label = f"by a bare smtplib loop, {len(content):,} bytes each"
    row(f"  {label if mark is _no_mark else 'by the same loop, with 4 KiB synced to disk for each'}", f"{rate:.0f} /s")
    assert server.verify_and_reset() == _ONE_EACH
    return rate


def bare_loop_with_fsync(server: Sink, path: Path) -> float:
    """The same, with one write per mail synced to disk: the minimum cost of durable marks."""
    with path.open("wb", buffering=0) as file:

        def mark() -> None:
            file.write(bytes(4096))
            os.fdatasync(file.fileno())

        return bare_loop(server, mark)


def _sample() -> bytes:
    """A mail as MailChannel sends it."""
    from cmr_watch.models.readings import RecordedChange
    from cmr_watch.models.recipients import ChangeGroup, Contents

    recorded = RecordedChange(1, change(), CONTEXT.source_url, NOW)
    text = body(Contents((ChangeGroup((recorded,)),)), CONTEXT, False, CONTEXT.time_zone)
    message = Message("p@example.org", text, "<1@example.org>", (1,), tokens.make(b"key", 1))
    received: list[bytes] = []

    class _Recorder(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 sink\r\n")
            while line := self.rfile.readline():
                if line[:4].upper() == b"DATA":
                    self.wfile.write(b"354 go\r\n")
                    received.extend(iter(self.rfile.readline, b".\r\n"))
                self.wfile.write(b"250 ok\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Recorder) as server:
        server.daemon_threads = True
        import threading

        threading.Thread(target=server.serve_forever, daemon=True).start()
        channel = MailChannel(_settings(server.server_address[1]), lambda: NOW)
        channel.send(message)
        channel.close()
        server.shutdown()
    return b"".join(received)


def _settings(port: int) -> MailSettings:
    return MailSettings("127.0.0.1", port, "watch@example.org", "plain")


def send_all(url: str, server: Sink) -> float:
    """Mails per second of the full workflow, from the change to the last delivery marked as sent."""
    with closing(open_database(url)) as database:
        subscribe(database, MAILS)
        news = MatchQueue(database)
        enqueue_time = _timed(lambda: enqueue(news, NOW))
        compose_time = _timed(lambda: compose(news, writer(database), lambda: NOW))
        channels: dict[Channel, Sender] = {"mail": MailChannel(_settings(server.port), lambda: NOW)}
        deliver_time = _timed(lambda: deliver(Deliveries(database), channels, lambda: NOW))
        assert Deliveries(database).counts()["sent"] == MAILS
    row("  by deliver: claim, renew, send, mark", f"{MAILS / deliver_time:.0f} /s", server.verify_and_reset())
    row("  with enqueue and compose", f"{MAILS / (enqueue_time + compose_time + deliver_time):.0f} /s")
    return MAILS / deliver_time


def _timed(run: object) -> float:
    started = time.perf_counter()
    run()  # type: ignore[operator]
    return time.perf_counter() - started


def send_with_workers(url: str, server: Sink, workers: int) -> Usage:
    """What sending the mails takes several worker processes on PostgreSQL, and the servers."""
    with closing(open_database(url)) as database:
        subscribe(database, MAILS)
        enqueue(MatchQueue(database), NOW)
        compose(MatchQueue(database), writer(database), lambda: NOW)
        context = multiprocessing.get_context("spawn")
        start = context.Barrier(workers + 1)
        all_workers = [context.Process(target=_work, args=(url, server.port, start)) for _ in range(workers)]
        for process in all_workers:
            process.start()
        start.wait(60)
        usage = usage_of(lambda: [process.join(120) for process in all_workers])
        rate = MAILS / usage.wall
        assert Deliveries(database).counts()["sent"] == MAILS
    row(f"{MAILS:,} mails, PostgreSQL (fsync off), {workers} worker(s)", f"{rate:.0f} /s", server.verify_and_reset())
    return usage


def _work(url: str, port: int, start: object) -> None:
    with closing(open_database(url)) as database:
        channels: dict[Channel, Sender] = {"mail": MailChannel(_settings(port), lambda: NOW)}
        start.wait(60)  # type: ignore[attr-defined]
        deliver(Deliveries(database), channels, lambda: NOW)


if __name__ == "__main__":
    measure()
