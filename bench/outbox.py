"""What telling many people costs: spreading one change to 100,000, and sending 5,000 mails beside a bare loop."""

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

from cmr_watch.models import Channel, Message, mailbox_of
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

PEOPLE = 100_000
MAILS = 5_000
BREAK = 30  # pieces
NOW = datetime(2024, 4, 2, 9, 12, tzinfo=UTC)
CONTEXT = MessageContext("https://clustercollaboration.eu/clusters-meet-regions", unsubscribe_address="a@example.org")


def outbox() -> None:
    print("\ntelling people (one run each)")
    with tempfile.TemporaryDirectory() as folder:
        fan_out(f"sqlite:///{folder}/fan.db")
        for number, (name, serve) in enumerate(SINKS.items()):
            print(f"  {MAILS:,} mails to {name}")
            with sink(serve) as taking:
                bare = bare_loop(taking)
                durable = by_the_book(taking, Path(folder, f"marks{number}"))
                ours = sending(f"sqlite:///{folder}/mails{number}.db", taking)
                row("  deliver to the bare loop, a ratio", f"{ours / bare:.2f}", "goal 0.5")
                row("  deliver to the loop that forces its marks to the disk, a ratio", f"{ours / durable:.2f}")
        with sink(_serve) as taking, postgres.server() as server:
            for workers in (1, 2, 4):
                shared(server.create(), taking, workers)


def row(what: str, figure: str, goal: str = "") -> None:
    print(f"  {what:<64}{figure:>12}   {goal}")


# ── fan-out ──────────────────────────────────────────────────────────────────────────────────────────────────────


def fan_out(url: str) -> None:
    with closing(open_database(url)) as database:
        subscribe(database, PEOPLE)
    before, begun = peak(), time.perf_counter()
    pieces = spread(url, BREAK) + spread(url)  # broken off; whoever comes next goes on from there
    took = time.perf_counter() - begun
    with closing(open_database(url)) as database:
        with database.read() as connection:
            found = connection.exec_driver_sql(f"SELECT count(*) FROM {matches.name}").scalar_one()
        assert found == PEOPLE
        row(f"enqueue one change to {found:,} subscriptions, SQLite", f"{took:.1f} s", "goal 20 s")
        row(
            f"  in {pieces} pieces, opened anew after {BREAK}; peak memory",
            f"+{peak() - before:.0f} MiB",
            "goal: a piece at most",
        )
        write_all(database)


def spread(url: str, pieces: int | None = None) -> int:
    """Spread what is pending, or that many pieces of it, as a process of its own would; how many pieces."""
    with closing(open_database(url)) as database:
        news = MatchQueue(database)
        for done in count():
            if done == pieces:
                return done
            if news.spread(lambda people, changes: planning.find(people, changes, NOW), NOW) is None:
                return done
    return 0


def write_all(database: Database) -> None:
    before, begun = peak(), time.perf_counter()
    compose(MatchQueue(database), writer(database), lambda: NOW)
    took = time.perf_counter() - begun
    row("  then composing their messages", f"{PEOPLE / took:.0f} /s", f"+{peak() - before:.0f} MiB")
    claims = [_timed(lambda: Deliveries(database).claim(NOW)) for _ in range(15)]
    row("  then claiming 20 of them, median of 15", f"{statistics.median(claims) * 1000:.1f} ms")


def subscribe(database: Database, number: int) -> None:
    """That many people, and one change that concerns them all."""
    wish = row_mapping.request_row(wanted())
    row = {**wish, "status": "active", "consent": "operator", "after_change_id": 0, "created_at": NOW}
    row = {**row, "activated_at": NOW, "welcomed_at": NOW}
    for start in range(0, number, 1000):
        names = [f"p{index:06}@example.org" for index in range(start, min(number, start + 1000))]
        with database.write() as connection:
            people = [{**row, "address": name, "mailbox": mailbox_of(name)} for name in names]
            connection.execute(subscriptions.insert(), people)
    Checks(database).commit(record(outcome="changed", changes=(change(),)))


def writer(database: Database) -> MessageComposer:
    new_id = message_ids("watch@example.org")
    render = lambda contents, chat, zone: body(contents, CONTEXT, chat, zone)  # noqa: E731
    return MessageComposer(render, new_id, Installation(database).key(), Incidents(database))


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# ── mails ────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Talk(socketserver.StreamRequestHandler):
    """As little SMTP as a client needs: the sink must not be what is measured."""

    disable_nagle_algorithm = True
    book: ClassVar[Any] = None

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
                self.book.write(to)
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


def _serve(ready: Any, book: Path) -> None:
    _Talk.book = book.open("ab", buffering=0)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Talk) as server:
        server.daemon_threads = True
        ready.put(server.server_address[1])
        server.serve_forever()


class _Taking:
    """An aiosmtpd handler that takes everything."""

    def __init__(self, book: Any) -> None:
        self._book = book

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        self._book.write(f"{envelope.rcpt_tos[0]}\n".encode())
        return "250 ok"


def _serve_aiosmtpd(ready: Any, book: Path) -> None:
    from aiosmtpd.smtp import SMTP

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        taking = _Taking(book.open("ab", buffering=0))
        server = await loop.create_server(lambda: SMTP(taking, loop=loop), "127.0.0.1", 0)
        ready.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


SINKS = {"aiosmtpd": _serve_aiosmtpd, "a sink that does nothing": _serve}


@contextmanager
def sink(serve: Callable[[Any, Path], None]) -> Iterator[Sink]:
    """A mail server in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ready = context.Queue()
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder, "taken")
        process = context.Process(target=serve, args=(ready, book), daemon=True)
        process.start()
        try:
            yield Sink(ready.get(timeout=30), book)
        finally:
            process.terminate()
            process.join()


@dataclass(frozen=True, slots=True)
class Sink:
    """Where it listens, and the file in which it writes down each mail's recipient."""

    port: int
    book: Path

    def once_each(self) -> str:
        """Whether every one of the mails since the last look arrived, and once; forgets them."""
        taken = Counter(self.book.read_bytes().splitlines())
        os.truncate(self.book, 0)
        wrong = [name for name, times in taken.items() if times != 1]
        return "each once" if len(taken) == MAILS and not wrong else f"WRONG: {len(taken)} got it, {len(wrong)} twice"


def _no_mark() -> None: ...


def bare_loop(taking: Sink, mark: Callable[[], object] = _no_mark) -> float:
    """Mails per second of smtplib alone, with one connection and a mail that is ready."""
    content = _sample()
    with smtplib.SMTP("127.0.0.1", taking.port, local_hostname="localhost") as line:
        assert line.sock is not None
        line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begun = time.perf_counter()
        for number in range(MAILS):
            line.sendmail("watch@example.org", f"p{number:06}@example.org", content)
            mark()
        rate = MAILS / (time.perf_counter() - begun)
    how = f"by a bare smtplib loop, {len(content):,} bytes each"
    row(f"  {how if mark is _no_mark else 'by the same, and 4 KiB forced to the disk for each'}", f"{rate:.0f} /s")
    assert taking.once_each() == "each once"
    return rate


def by_the_book(taking: Sink, path: Path) -> float:
    """The least that whoever wants to lose no mark must pay: the disk's own time, once a mail."""
    with path.open("wb", buffering=0) as file:

        def mark() -> None:
            file.write(bytes(4096))
            os.fdatasync(file.fileno())

        return bare_loop(taking, mark)


def _sample() -> bytes:
    from cmr_watch.models import Contents, RecordedChange

    recorded = RecordedChange(1, change(), "Lyon, France: announced", CONTEXT.source_url, NOW)
    words = body(Contents((recorded,)), CONTEXT, False, CONTEXT.time_zone)
    one = Message("p@example.org", words, "<1@example.org>", (1,), tokens.make(b"key", 1))
    kept: list[bytes] = []

    class _Keeping(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 sink\r\n")
            while line := self.rfile.readline():
                if line[:4].upper() == b"DATA":
                    self.wfile.write(b"354 go\r\n")
                    kept.extend(iter(self.rfile.readline, b".\r\n"))
                self.wfile.write(b"250 ok\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Keeping) as server:
        server.daemon_threads = True
        import threading

        threading.Thread(target=server.serve_forever, daemon=True).start()
        channel = MailChannel(_settings(server.server_address[1]), lambda: NOW)
        channel.send(one)
        channel.close()
        server.shutdown()
    return b"".join(kept)


def _settings(port: int) -> MailSettings:
    return MailSettings("127.0.0.1", port, "watch@example.org", "plain")


def sending(url: str, taking: Sink) -> float:
    """Mails per second of the whole road, from the change to the last mark."""
    with closing(open_database(url)) as database:
        subscribe(database, MAILS)
        news = MatchQueue(database)
        spread_in = _timed(lambda: enqueue(news, NOW))
        compose_in = _timed(lambda: compose(news, writer(database), lambda: NOW))
        ways: dict[Channel, Sender] = {"mail": MailChannel(_settings(taking.port), lambda: NOW)}
        sent_in = _timed(lambda: deliver(Deliveries(database), ways, lambda: NOW))
        assert Deliveries(database).counts()["sent"] == MAILS
    row("  by deliver: claim, renew, send, mark", f"{MAILS / sent_in:.0f} /s", taking.once_each())
    row("  with enqueue and compose", f"{MAILS / (spread_in + compose_in + sent_in):.0f} /s")
    return MAILS / sent_in


def _timed(run: object) -> float:
    begun = time.perf_counter()
    run()  # type: ignore[operator]
    return time.perf_counter() - begun


def shared(url: str, taking: Sink, workers: int) -> None:
    """The same, shared by several processes on PostgreSQL."""
    with closing(open_database(url)) as database:
        subscribe(database, MAILS)
        enqueue(MatchQueue(database), NOW)
        compose(MatchQueue(database), writer(database), lambda: NOW)
        context = multiprocessing.get_context("spawn")
        start = context.Barrier(workers + 1)
        all_workers = [context.Process(target=_work, args=(url, taking.port, start)) for _ in range(workers)]
        for process in all_workers:
            process.start()
        start.wait(60)
        begun = time.perf_counter()
        for process in all_workers:
            process.join(120)
        rate = MAILS / (time.perf_counter() - begun)
        assert Deliveries(database).counts()["sent"] == MAILS
    row(f"{MAILS:,} mails, PostgreSQL (fsync off), {workers} worker(s)", f"{rate:.0f} /s", taking.once_each())


def _work(url: str, port: int, start: object) -> None:
    with closing(open_database(url)) as database:
        ways: dict[Channel, Sender] = {"mail": MailChannel(_settings(port), lambda: NOW)}
        start.wait(60)  # type: ignore[attr-defined]
        deliver(Deliveries(database), ways, lambda: NOW)


if __name__ == "__main__":
    outbox()
