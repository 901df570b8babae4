"""What telling many people costs: spreading one change to 100,000, and sending 5,000 mails beside a bare loop."""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import smtplib
import socket
import socketserver
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

from tests import postgres
from tests.factories import change, wanted
from tests.store.test_checks import record

from cmr_watch.models import Message, mailbox_of
from cmr_watch.notify import planning, tokens
from cmr_watch.notify.channels.mail import MailChannel, MailSettings
from cmr_watch.notify.outbox import compose, deliver, enqueue, message_ids
from cmr_watch.notify.writer import Writer
from cmr_watch.render.messages import MessageContext, body
from cmr_watch.store import rows
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.installation import Installation
from cmr_watch.store.news import News
from cmr_watch.store.schema import matches, subscriptions

PEOPLE = 100_000
MAILS = 5_000
NOW = datetime(2024, 4, 2, 9, 12, tzinfo=UTC)
CONTEXT = MessageContext("https://clustercollaboration.eu/clusters-meet-regions", unsubscribe_address="a@example.org")


def outbox() -> None:
    print("\ntelling people")
    with tempfile.TemporaryDirectory() as folder:
        fan_out(f"sqlite:///{folder}/fan.db")
        for number, (name, serve) in enumerate(SINKS.items()):
            print(f"  {MAILS:,} mails to {name}")
            with sink(serve) as port:
                bare = bare_loop(port)
                ours = sending(f"sqlite:///{folder}/mails{number}.db", port)
                print(f"  {'  ratio, all book-keeping included':<64}{ours / bare:>9.2f}      goal 0.5")
        with sink(_serve_aiosmtpd) as port, postgres.server() as server:
            for workers in (1, 2, 4):
                shared(server.create(), port, workers)


# ── fan-out ──────────────────────────────────────────────────────────────────────────────────────────────────────


def fan_out(url: str) -> None:
    with closing(open_database(url)) as database:
        subscribe(database, PEOPLE)
        before, begun = peak(), time.perf_counter()
        pieces = 0
        news = News(database)
        while news.spread(lambda people, changes: planning.find(people, changes, NOW), NOW) is not None:
            pieces += 1
            if pieces == 30:  # broken off; whoever comes next goes on from there
                news = News(database)
        took = time.perf_counter() - begun
        with database.read() as connection:
            found = connection.exec_driver_sql(f"SELECT count(*) FROM {matches.name}").scalar_one()
        print(f"  {f'enqueue one change to {found:,} subscriptions, SQLite':<64}{took:>9.1f} s    goal 20 s")
        print(f"  {f'  in {pieces} pieces; peak memory grew by':<64}{peak() - before:>9.0f} MiB")
        before, begun = peak(), time.perf_counter()
        compose(news, writer(database), lambda: NOW)
        took = time.perf_counter() - begun
        print(f"  {'  then composing their messages':<64}{found / took:>9.0f} /s   {peak() - before:.0f} MiB more")


def subscribe(database: Database, number: int) -> None:
    """That many people, and one change that concerns them all."""
    wish = rows.wanted_row(wanted())
    row = {**wish, "status": "active", "consent": "operator", "after_change_id": 0, "created_at": NOW}
    row = {**row, "activated_at": NOW, "welcomed_at": NOW}
    for start in range(0, number, 10_000):
        names = [f"p{index:06}@example.org" for index in range(start, min(number, start + 10_000))]
        with database.write() as connection:
            people = [{**row, "address": name, "mailbox": mailbox_of(name)} for name in names]
            connection.execute(subscriptions.insert(), people)
    Checks(database).commit(record(outcome="changed", changes=((change(), "Lyon, France: announced"),)))


def writer(database: Database) -> Writer:
    new_id = message_ids("watch@example.org")
    render = lambda contents, chat, zone: body(contents, CONTEXT, chat, zone)  # noqa: E731
    return Writer(render, new_id, Installation(database).key(), Incidents(database))


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# ── mails ────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Talk(socketserver.StreamRequestHandler):
    """As little SMTP as a client needs: the sink must not be what is measured."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go\r\n")
                while self.rfile.readline() != b".\r\n":
                    pass
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


def _serve(ready: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Talk) as server:
        server.daemon_threads = True
        ready.put(server.server_address[1])
        server.serve_forever()


class _Taking:
    """An aiosmtpd handler that takes everything."""

    async def handle_DATA(self, *_: object) -> str:
        return "250 ok"


def _serve_aiosmtpd(ready: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    from aiosmtpd.smtp import SMTP

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(_Taking(), loop=loop), "127.0.0.1", 0)
        ready.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


SINKS = {"aiosmtpd": _serve_aiosmtpd, "a sink that does nothing": _serve}


@contextmanager
def sink(serve: Callable[[Any], None]) -> Iterator[int]:
    """A mail server in a process of its own; its port."""
    context = multiprocessing.get_context("spawn")
    ready = context.Queue()
    process = context.Process(target=serve, args=(ready,), daemon=True)
    process.start()
    try:
        yield ready.get(timeout=30)
    finally:
        process.terminate()
        process.join()


def bare_loop(port: int) -> float:
    """Mails per second of smtplib alone, with one connection and a mail that is ready."""
    content = _sample()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as line:
        line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begun = time.perf_counter()
        for number in range(MAILS):
            line.sendmail("watch@example.org", f"p{number:06}@example.org", content)
        rate = MAILS / (time.perf_counter() - begun)
    print(f"  {f'  by a bare smtplib loop, {len(content):,} bytes each':<64}{rate:>9.0f} /s")
    return rate


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


def sending(url: str, port: int) -> float:
    """Mails per second of the whole road, from the change to the last mark."""
    with closing(open_database(url)) as database:
        subscribe(database, MAILS)
        news = News(database)
        spread_in = _timed(lambda: enqueue(news, NOW))
        compose_in = _timed(lambda: compose(news, writer(database), lambda: NOW))
        ways = {"mail": MailChannel(_settings(port), lambda: NOW)}
        sent_in = _timed(lambda: deliver(Deliveries(database), ways, lambda: NOW))
        assert Deliveries(database).counts()["sent"] == MAILS
    print(f"  {'  by deliver: claim, renew, send, mark':<64}{MAILS / sent_in:>9.0f} /s")
    print(f"  {'  with enqueue and compose':<64}{MAILS / (spread_in + compose_in + sent_in):>9.0f} /s")
    return MAILS / sent_in


def _timed(run: object) -> float:
    begun = time.perf_counter()
    run()  # type: ignore[operator]
    return time.perf_counter() - begun


def shared(url: str, port: int, workers: int) -> None:
    """The same, shared by several processes on PostgreSQL."""
    with closing(open_database(url)) as database:
        subscribe(database, MAILS)
        enqueue(News(database), NOW)
        compose(News(database), writer(database), lambda: NOW)
        context = multiprocessing.get_context("spawn")
        start = context.Barrier(workers + 1)
        all_workers = [context.Process(target=_work, args=(url, port, start)) for _ in range(workers)]
        for process in all_workers:
            process.start()
        start.wait(60)
        begun = time.perf_counter()
        for process in all_workers:
            process.join(120)
        rate = MAILS / (time.perf_counter() - begun)
        counted = Deliveries(database).counts()["sent"]
    print(f"  {f'{counted:,} mails, PostgreSQL, {workers} worker(s)':<64}{rate:>9.0f} /s")


def _work(url: str, port: int, start: object) -> None:
    with closing(open_database(url)) as database:
        ways = {"mail": MailChannel(_settings(port), lambda: NOW)}
        start.wait(60)  # type: ignore[attr-defined]
        deliver(Deliveries(database), ways, lambda: NOW)


if __name__ == "__main__":
    outbox()
