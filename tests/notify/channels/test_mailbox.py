from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cmr_watch.exceptions import CmrWatchError
from cmr_watch.notify.channels.mailbox import LARGEST_MAIL, MailboxError, MailboxSettings, open_mailbox
from tests.fakes.imap import ImapServer

FIRST, SECOND = b"Subject: first\r\n\r\n)\r\na1 OK\r\n", b"Subject: second\r\n\r\n\xff\x00"


class ImapBox:
    """The IMAP kind of what both kinds can do."""

    def __init__(self, server: ImapServer) -> None:
        self._server = server
        self.settings = server.settings()

    def add(self, content: bytes) -> None:
        self._server.add(content)

    def lose(self, content: bytes) -> None:
        self._server.mails = [mail for mail in self._server.mails if mail.content != content]

    def seen(self) -> list[bytes]:
        return [mail.content for mail in self._server.mails if r"\Seen" in mail.flags]

    def state(self) -> object:
        return [(mail.uid, mail.content, sorted(mail.flags)) for mail in self._server.mails]


class MaildirBox:
    """The Maildir kind."""

    def __init__(self, root: Path) -> None:
        self._root = make_maildir(root)
        self._number = 0
        self.settings = MailboxSettings(maildir=root)

    def add(self, content: bytes) -> None:
        self._number += 1
        (self._root / "new" / f"1700000000.M{self._number}.host").write_bytes(content)

    def lose(self, content: bytes) -> None:
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
def trouble(*words: str) -> Iterator[None]:
    """One plain sentence that holds these words, and never the password."""
    with pytest.raises(MailboxError) as caught:
        yield
    told = str(caught.value)
    assert [word for word in words if word not in told] == [], told
    assert told.endswith(".")
    assert "\n" not in told
    assert "s3cret" not in told
    assert caught.value.__cause__ is None or "s3cret" not in str(caught.value.__cause__)
    assert isinstance(caught.value, CmrWatchError)


def read_all(settings: MailboxSettings) -> list[bytes]:
    with open_mailbox(settings) as inbox:
        return [content for _, content in inbox.mails()]


# ── both kinds ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_mailbox(box):
    assert read_all(box.settings) == []


def test_mails_come_whole_and_stay_as_they_are(box):
    box.add(FIRST)
    box.add(SECOND)
    before = box.state()
    assert read_all(box.settings) == [FIRST, SECOND]
    assert box.state() == before
    assert read_all(box.settings) == [FIRST, SECOND]


def test_what_is_done_is_seen_and_the_rest_is_not(box):
    for content in (FIRST, SECOND):
        box.add(content)
    with open_mailbox(box.settings) as inbox:
        for key, content in inbox.mails():
            if content == SECOND:
                inbox.done(key)
    assert box.seen() == [SECOND]
    assert read_all(box.settings) == [FIRST]


def test_the_largest_mail_that_is_read(box):
    box.add(b"x" * LARGEST_MAIL)
    box.add(b"y" * (LARGEST_MAIL + 1))
    box.add(FIRST)
    before = box.state()
    assert read_all(box.settings) == [b"x" * LARGEST_MAIL, FIRST]
    assert box.state() == before


def test_a_mail_that_is_deleted_meanwhile_is_passed_over(box):
    for content in (FIRST, SECOND, b"third"):
        box.add(content)
    with open_mailbox(box.settings) as inbox:
        mails = inbox.mails()
        key, _ = next(mails)
        box.lose(FIRST)
        box.lose(SECOND)
        inbox.done(key)
        assert [content for _, content in mails] == [b"third"]
    assert box.seen() == []


def test_done_twice_is_done_once(box):
    box.add(FIRST)
    with open_mailbox(box.settings) as inbox:
        [(key, _)] = inbox.mails()
        inbox.done(key)
        inbox.done(key)
    assert box.seen() == [FIRST]


# ── a Maildir ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_unseen_mail_of_a_maildir(tmp_path):
    root = make_maildir(tmp_path / "mail")
    names = ["new/1", "cur/2", "cur/3:2,", "cur/4:2,FR", "cur/5:2,S", "cur/6:2,RS", "new/.hidden", "tmp/7"]
    for name in names:
        (root / name).write_bytes(name.encode())
    (root / "new" / "folder").mkdir()
    assert sorted(read_all(MailboxSettings(maildir=root))) == [b"cur/2", b"cur/3:2,", b"cur/4:2,FR", b"new/1"]


@pytest.mark.parametrize(
    ("name", "becomes"), [("new/1", "cur/1:2,S"), ("cur/1", "cur/1:2,S"), ("cur/1:2,RF", "cur/1:2,FRS")]
)
def test_the_flags_of_a_maildir(tmp_path, name, becomes):
    root = make_maildir(tmp_path / "mail")
    (root / name).write_bytes(FIRST)
    with open_mailbox(MailboxSettings(maildir=root)) as inbox:
        [(key, _)] = inbox.mails()
        inbox.done(key)
    assert [path.relative_to(root).as_posix() for path in root.glob("*/*")] == [becomes]


def test_a_mail_that_a_mail_program_moved_is_still_found(tmp_path):
    root = make_maildir(tmp_path / "mail")
    (root / "new/1").write_bytes(FIRST)
    with open_mailbox(MailboxSettings(maildir=root)) as inbox:
        [(key, _)] = inbox.mails()
        (root / "new/1").rename(root / "cur/1:2,F")
        inbox.done(key)
    assert [path.name for path in (root / "cur").iterdir()] == ["1:2,FS"]


def test_no_such_folder_and_no_maildir(tmp_path):
    with trouble("no folder", "nowhere"), open_mailbox(MailboxSettings(maildir=tmp_path / "nowhere")):
        pass
    with trouble("no Maildir"), open_mailbox(MailboxSettings(maildir=tmp_path)):
        pass


def test_a_maildir_that_goes_away(tmp_path):
    root = make_maildir(tmp_path / "mail")
    with open_mailbox(MailboxSettings(maildir=root)) as inbox:
        (root / "new").rmdir()
        with trouble("cannot be used", "no such file"):
            list(inbox.mails())


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


def test_one_by_one():
    with ImapServer() as server:
        for _ in range(3):
            server.add(FIRST)
        with open_mailbox(server.settings()) as inbox:
            next(inbox.mails())
            assert server.commands.count("UID FETCH") == 2  # how large it is, and what


@pytest.mark.parametrize(
    ("name", "on_the_wire"), [("Bounces", "Bounces"), ("A & B", "A &- B"), ("Rückläufer/é", "R&APw-ckl&AOQ-ufer/&AOk-")]
)
def test_names_of_folders(name, on_the_wire):
    with ImapServer(folder=on_the_wire) as server:
        server.add(FIRST)
        assert read_all(server.settings(folder=name)) == [FIRST]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "s3cret-but-wrong"}, ("refuses the user name or the password", "AUTHENTICATIONFAILED")),
        ({"password": "s3cret-und-fälsch"}, ("refuses the user name or the password",)),
        ({"folder": "Elsewhere"}, ("no folder Elsewhere", "no such folder")),
        ({"host": "mail.invalid"}, ("not known",)),
        ({"host": "a..b"}, ("not known",)),
    ],
)
def test_wrong_settings(changes, words):
    with ImapServer() as server, trouble(*words), open_mailbox(server.settings(**changes)):
        pass


def test_refused():
    with ImapServer() as server:
        server.shut()
        with trouble("refuses the connection", f"127.0.0.1:{server.port}"), open_mailbox(server.settings()):
            pass


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_wrong_certificate(security):
    with ImapServer(security, certified_for="elsewhere.example") as server:
        with trouble("certificate"), open_mailbox(server.settings()):
            pass
        assert server.logins == []


def test_no_tls_no_password():
    with ImapServer("starttls") as server:
        server.misbehave("no tls")
        with trouble("TLS not supported"), open_mailbox(server.settings()):
            pass
        assert server.logins == []


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("silent", "too long"),
        ("drip", "too long"),
        ("drip inside fetch", "too long"),
        ("bye", "not today"),
        ("read-only", "broke off"),
        ("drop at search", "broke off"),
        ("drop inside fetch", "broke off"),
        ("refuse store", "not yours"),
    ],
)
@pytest.mark.parametrize("security", ["plain", "tls"])
def test_a_server_that_misbehaves(how, words, security):
    with ImapServer(security) as server:
        uid = server.add(FIRST * 1000)
        server.misbehave(how)
        before = time.monotonic()
        with trouble(words), open_mailbox(server.settings(timeout=1.0, deadline=1.5)) as inbox:
            for key, _ in inbox.mails():
                inbox.done(key)
        assert time.monotonic() - before < 5
        assert server.flags(uid) == set()


def test_somebody_else_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = MailboxSettings(host="127.0.0.1", port=listener.getsockname()[1], timeout=0.3)
        with trouble("too long"), open_mailbox(settings):
            pass


def test_a_password_is_not_shown():
    assert "s3cret" not in repr(MailboxSettings(host="mail.example.org", password="s3cret"))
