"""Reading a mailbox: the same behaviour for Maildir and IMAP, and the errors of each."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.exceptions import CmrWatchError
from cmr_watch.notify.channels.imap import HEAD_SIZE, MAX_MAILS
from cmr_watch.notify.channels.mailbox import MailboxError, MailboxSettings, open_mailbox
from cmr_watch.notify.incoming_mail import MAX_BYTES
from tests.fakes.imap import ImapServer

FIRST, SECOND = b"Subject: first\r\n\r\n)\r\na1 OK\r\n", b"Subject: second\r\n\r\n\xff\x00"


class ImapBox:
    """An IMAP mailbox, with the operations that the shared tests need."""

    def __init__(self, server: ImapServer) -> None:
        self._server = server
        self.settings = server.settings()

    def add(self, content: bytes) -> None:
        self._server.add(content)

    def delete(self, content: bytes) -> None:
        self._server.mails = [mail for mail in self._server.mails if mail.content != content]

    def seen(self) -> list[bytes]:
        return [mail.content for mail in self._server.mails if r"\Seen" in mail.flags]

    def state(self) -> object:
        return [(mail.uid, mail.content, sorted(mail.flags)) for mail in self._server.mails]


class MaildirBox:
    """A Maildir with the same operations."""

    def __init__(self, root: Path) -> None:
        self._root = make_maildir(root)
        self._number = 0
        self.settings = MailboxSettings(maildir=root)

    def add(self, content: bytes) -> None:
        self._number += 1
        (self._root / "new" / f"1700000000.M{self._number}.host").write_bytes(content)

    def delete(self, content: bytes) -> None:
        next(path for path in self._root.glob("*/*") if path.read_bytes() == content).unlink()

    def seen(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted((self._root / "cur").glob("*:2,S"))]

    def state(self) -> object:
        return {
            str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in self._root.rglob("*") if path.is_file()
        }


def make_maildir(root: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (root / name).mkdir(parents=True)
    return root


@pytest.fixture(params=["Maildir", "IMAP"])
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ImapBox | MaildirBox]:
    if request.param == "Maildir":
        yield MaildirBox(tmp_path / "mail")
        return
    with ImapServer() as server:
        yield ImapBox(server)


@contextmanager
def mailbox_error(*parts: str) -> Iterator[None]:
    """Expect a MailboxError: one sentence that contains these parts, and not the password."""
    with pytest.raises(MailboxError) as caught:
        yield
    message = str(caught.value)
    assert [part for part in parts if part not in message] == [], message
    assert message.endswith(".")
    assert "\n" not in message
    assert "s3cret" not in message
    assert caught.value.__cause__ is None or "s3cret" not in str(caught.value.__cause__)
    assert isinstance(caught.value, CmrWatchError)


def read_all(settings: MailboxSettings) -> list[bytes]:
    with open_mailbox(settings) as inbox:
        return [content for _, content in inbox.mails()]


# ── Maildir and IMAP ─────────────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_mailbox(box):
    assert read_all(box.settings) == []


def test_mails_are_read_whole_and_left_unchanged(box):
    box.add(FIRST)
    box.add(SECOND)
    before = box.state()
    assert read_all(box.settings) == [FIRST, SECOND]
    assert box.state() == before
    assert read_all(box.settings) == [FIRST, SECOND]


def test_only_a_processed_mail_is_marked_as_seen(box):
    for content in (FIRST, SECOND):
        box.add(content)
    with open_mailbox(box.settings) as inbox:
        for key, content in inbox.mails():
            if content == SECOND:
                inbox.done(key)
    assert box.seen() == [SECOND]
    assert read_all(box.settings) == [FIRST]


def test_of_a_large_mail_the_start_is_read(box):
    report = b"From: MAILER-DAEMON@example.org\r\n\r\n"
    for content in (b"x" * 1_000_000, report + b"x" * 1_000_000, FIRST):
        box.add(content)
    before = box.state()
    other, large, first = read_all(box.settings)
    assert large == report + b"x" * (MAX_BYTES - len(report))
    assert len(other) >= HEAD_SIZE
    assert other in b"x" * MAX_BYTES
    assert first == FIRST
    assert box.state() == before


def test_a_mail_deleted_in_the_meantime_is_skipped(box):
    for content in (FIRST, SECOND, b"third"):
        box.add(content)
    with open_mailbox(box.settings) as inbox:
        mails = inbox.mails()
        key, _ = next(mails)
        box.delete(FIRST)
        box.delete(SECOND)
        inbox.done(key)
        assert [content for _, content in mails] == [b"third"]
    assert box.seen() == []


def test_marking_a_mail_as_seen_twice(box):
    box.add(FIRST)
    with open_mailbox(box.settings) as inbox:
        [(key, _)] = inbox.mails()
        inbox.done(key)
        inbox.done(key)
    assert box.seen() == [FIRST]


# ── Maildir ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_unseen_mails_of_a_maildir_are_read(tmp_path):
    root = make_maildir(tmp_path / "mail")
    names = ["new/1", "cur/2", "cur/3:2,", "cur/4:2,FR", "cur/5:2,S", "cur/6:2,RS", "new/.hidden", "tmp/7"]
    for name in names:
        (root / name).write_bytes(name.encode())
    (root / "new" / "folder").mkdir()
    assert sorted(read_all(MailboxSettings(maildir=root))) == [b"cur/2", b"cur/3:2,", b"cur/4:2,FR", b"new/1"]


@pytest.mark.parametrize(
    ("name", "renamed_to"), [("new/1", "cur/1:2,S"), ("cur/1", "cur/1:2,S"), ("cur/1:2,RF", "cur/1:2,FRS")]
)
def test_the_seen_flag_of_a_maildir(tmp_path, name, renamed_to):
    root = make_maildir(tmp_path / "mail")
    (root / name).write_bytes(FIRST)
    with open_mailbox(MailboxSettings(maildir=root)) as inbox:
        [(key, _)] = inbox.mails()
        inbox.done(key)
    assert [path.relative_to(root).as_posix() for path in root.glob("*/*")] == [renamed_to]


def test_a_mail_moved_by_a_mail_program_is_still_found(tmp_path):
    root = make_maildir(tmp_path / "mail")
    (root / "new/1").write_bytes(FIRST)
    with open_mailbox(MailboxSettings(maildir=root)) as inbox:
        [(key, _)] = inbox.mails()
        (root / "new/1").rename(root / "cur/1:2,F")
        inbox.done(key)
    assert [path.name for path in (root / "cur").iterdir()] == ["1:2,FS"]


def test_a_missing_folder_and_a_folder_that_is_not_a_maildir(tmp_path):
    with mailbox_error("does not exist", "nowhere"), open_mailbox(MailboxSettings(maildir=tmp_path / "nowhere")):
        pass
    with mailbox_error("is not a Maildir: it needs"), open_mailbox(MailboxSettings(maildir=tmp_path)):
        pass


def test_a_maildir_that_disappears(tmp_path):
    root = make_maildir(tmp_path / "mail")
    with open_mailbox(MailboxSettings(maildir=root)) as inbox:
        (root / "new").rmdir()
        with mailbox_error("cannot be accessed", "No such file"):
            list(inbox.mails())


def test_an_unreadable_file_is_skipped(tmp_path):
    root = make_maildir(tmp_path / "mail")
    for name in ("1", "2"):
        (root / "new" / name).symlink_to(name)  # a link to itself cannot be read, not even by root
    (root / "new/3").write_bytes(FIRST)
    with open_mailbox(MailboxSettings(maildir=root)) as inbox:
        assert [content for _, content in inbox.mails()] == [FIRST]
        assert [reason.partition(":")[0] for reason in inbox.unreadable] == ["new/1", "new/2"]


# ── IMAP ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("security", ["plain", "starttls", "tls"])
@pytest.mark.parametrize("password", ["s3cret", 'pä"ss\\wörd', 'qu"o\\te d'])
def test_security_and_login(security, password):
    with ImapServer(security, ("watch", password)) as server:
        server.add(FIRST)
        assert read_all(server.settings()) == [FIRST]
        assert server.logins == [("watch", password)]
        assert ("STARTTLS" in server.commands) == (security == "starttls")
        assert server.commands[-1] == "LOGOUT"


def test_mails_are_fetched_one_by_one():
    with ImapServer() as server:
        for _ in range(3):
            server.add(FIRST)
        with open_mailbox(server.settings()) as inbox:
            next(inbox.mails())
            assert server.commands.count("UID FETCH") == 1


class Memory:
    """A position in memory. `stored` is what was saved."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, int], int] = {}

    def load(self, mailbox: str, validity: int) -> int:
        return self.stored.get((mailbox, validity), 0)

    def save(self, mailbox: str, validity: int, uid: int) -> None:
        self.stored[mailbox, validity] = uid


def read_new(server: ImapServer, position: Memory) -> list[bytes]:
    with open_mailbox(server.settings(), position) as inbox:
        return [content for _, content in inbox.mails()]


def test_each_mail_is_read_once():
    position = Memory()
    with ImapServer() as server:
        server.add(FIRST)
        server.next_uid += 1_000_000_000  # UIDs may have gaps
        server.add(SECOND)
        assert read_new(server, position) == [FIRST, SECOND]
        server.sent, server.commands = 0, []
        assert read_new(server, position) == []
        assert (server.sent, server.commands.count("UID FETCH"), server.commands.count("FETCH")) == (0, 0, 1)
        server.add(b"third")
        server.mails.pop(0)
        assert read_new(server, position) == [b"third"]
        server.validity += 1
        assert read_new(server, position) == [SECOND, b"third"]


def test_without_uidvalidity_everything_is_read():
    position = Memory()
    with ImapServer() as server:
        server.validity = 0
        server.add(FIRST)
        assert [read_new(server, position), read_new(server, position)] == [[FIRST], [FIRST]]
        assert set(position.stored.values()) <= {100}


def test_a_mail_whose_processing_fails_is_read_again():
    position = Memory()
    with ImapServer() as server:
        for content in (FIRST, SECOND, b"third"):
            server.add(content)

        def stop_at_second() -> None:
            with open_mailbox(server.settings(), position) as inbox:
                for _, content in inbox.mails():
                    if content == SECOND:
                        raise RuntimeError

        with pytest.raises(RuntimeError):
            stop_at_second()
        assert read_new(server, position) == [SECOND, b"third"]


def test_a_large_mailbox_is_read_in_several_runs():
    position = Memory()
    with ImapServer() as server:
        for number in range(2 * MAX_MAILS + 10):
            server.add(b"%d" % number, *([r"\Seen"] if number % 100 == 7 else []))
        sizes = [len(read_new(server, position)) for _ in range(3)]
        assert sizes == [MAX_MAILS, len(server.mails) - len(server.mails) // 100 - 1 - MAX_MAILS, 0]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(1, 5), max_size=6), min_size=1, max_size=5), st.data())
def test_every_mail_is_read_exactly_once(arrivals, data):
    """However many arrive between two runs, with whatever gaps, and whichever are deleted."""
    position, read, added = Memory(), [], []
    with ImapServer() as server:
        for gaps in arrivals:
            for gap in gaps:
                server.next_uid += gap - 1
                added.append(b"mail %d" % server.add(b"mail %d" % server.next_uid))
            read += read_new(server, position)
            if server.mails and data.draw(st.booleans()):
                server.mails.pop(data.draw(st.integers(0, len(server.mails) - 1)))
    assert read == added


def test_a_mail_that_the_server_cannot_read_is_skipped():
    with ImapServer() as server:
        server.add(FIRST)
        server.add(SECOND)
        server.misbehave("refuse one fetch")
        with open_mailbox(server.settings()) as inbox:
            assert [content for _, content in inbox.mails()] == [SECOND]
            assert ["UID 100" in reason for reason in inbox.unreadable] == [True]


@pytest.mark.parametrize("misbehaviour", ["long line", "many lines", "huge literal", "many digits"])
def test_a_server_that_sends_too_much(misbehaviour):
    with ImapServer() as server:
        server.add(FIRST)
        server.misbehave(misbehaviour)
        started = time.monotonic()
        with mailbox_error("The mailbox server"), open_mailbox(server.settings()) as inbox:
            list(inbox.mails())
        assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("name", "on_the_wire"), [("Bounces", "Bounces"), ("A & B", "A &- B"), ("Rückläufer/é", "R&APw-ckl&AOQ-ufer/&AOk-")]
)
def test_folder_names_are_encoded(name, on_the_wire):
    with ImapServer(folder=on_the_wire) as server:
        server.add(FIRST)
        assert read_all(server.settings(folder=name)) == [FIRST]


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"password": "s3cret-but-wrong"}, ("rejected the login as watch", "AUTHENTICATIONFAILED")),
        ({"password": "s3cret-und-fälsch"}, ("rejected the login as watch",)),
        ({"folder": "Elsewhere"}, ("cannot open the folder Elsewhere", "no such folder")),
        ({"host": "mail.invalid"}, ("has a host name that cannot be resolved",)),
        ({"host": "a..b"}, ("has a host name that cannot be resolved",)),
    ],
)
def test_wrong_settings(changes, parts):
    with ImapServer() as server, mailbox_error(*parts), open_mailbox(server.settings(**changes)):
        pass


def test_a_refused_connection():
    with ImapServer() as server:
        server.stop_listening()
        with mailbox_error("refused the connection", f"127.0.0.1:{server.port}"), open_mailbox(server.settings()):
            pass


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_invalid_certificate(security):
    with ImapServer(security, certified_for="elsewhere.example") as server:
        with mailbox_error("presents an invalid certificate"), open_mailbox(server.settings()):
            pass
        assert server.logins == []


def test_no_password_is_sent_without_tls():
    with ImapServer("starttls") as server:
        server.misbehave("no tls")
        with mailbox_error("does not offer STARTTLS; set security = "), open_mailbox(server.settings()):
            pass
        assert server.logins == []


@pytest.mark.parametrize(
    ("misbehaviour", "part"),
    [
        ("silent", "did not respond in time"),
        ("drip", "did not respond in time"),
        ("drip inside fetch", "did not respond in time"),
        ("bye", "rejected the connection: * BYE not today"),
        ("read-only", "cannot be used"),
        ("drop at fetch", "cannot be used"),
        ("drop inside fetch", "cannot be used"),
        ("refuse store", "rejected the request: not yours"),
    ],
)
@pytest.mark.parametrize("security", ["plain", "tls"])
def test_a_server_that_misbehaves(misbehaviour, part, security):
    with ImapServer(security) as server:
        uid = server.add(FIRST * 1000)
        server.misbehave(misbehaviour)
        started = time.monotonic()
        with mailbox_error(part), open_mailbox(server.settings(timeout=1.0, deadline=1.5)) as inbox:
            for key, _ in inbox.mails():
                inbox.done(key)
        assert time.monotonic() - started < 5
        assert server.flags(uid) == set()


def test_a_server_that_never_responds():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = MailboxSettings(host="127.0.0.1", port=listener.getsockname()[1], timeout=0.3)
        with mailbox_error("did not respond in time"), open_mailbox(settings):
            pass


def test_the_password_is_not_shown():
    assert "s3cret" not in repr(MailboxSettings(host="mail.example.org", password="s3cret"))
