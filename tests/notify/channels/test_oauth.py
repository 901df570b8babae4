"""OAuth: where the token comes from, and logging in with it at an SMTP and an IMAP server."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cmr_watch.exceptions import ChannelDown, MailboxError
from cmr_watch.notify.channels.mail import MailChannel
from cmr_watch.notify.channels.mailbox import open_mailbox
from cmr_watch.notify.channels.oauth import MAX_LENGTH, TokenError, fetch_token, xoauth2
from cmr_watch.notify.channels.settings import TokenSource
from tests.fakes.imap import ImapServer
from tests.fakes.mailbox import Mailbox

USER, TOKEN = "watch@example.org", "ya29.t0ken-_~+/=" * 8


def prints(code: str) -> TokenSource:
    return TokenSource(command=(sys.executable, "-c", code))


def clock() -> datetime:
    return datetime(2024, 4, 2, tzinfo=UTC)


def test_the_initial_response():
    assert xoauth2("someuser@example.com", "ya29.x") == b"user=someuser@example.com\x01auth=Bearer ya29.x\x01\x01"


def test_a_token_from_a_command_and_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert fetch_token(TokenSource(file=file)) == fetch_token(prints(f"print({TOKEN!r})")) == TOKEN


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("", "printed no token"),
        ("raise SystemExit(3)", "failed with exit code 3"),
        ("print('s3cret two')", "has more than a token"),
        ("print('s3cret\\ntwo')", "has more than a token"),
        ("print('s3cret\\u00e9')", "has more than a token"),
        (f"print('s3cret' * {MAX_LENGTH})", "has more than a token"),
    ],
)
def test_what_is_no_token(code: str, part: str, tmp_path: Path) -> None:
    with pytest.raises(TokenError, match=part) as caught:
        fetch_token(prints(code))
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_command_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(TokenError, match="oauth_token_command cannot be run: No such file"):
        fetch_token(TokenSource(command=(str(tmp_path / "none"),)))
    with pytest.raises(TokenError, match=r"oauth_token_file .*none cannot be read: No such file"):
        fetch_token(TokenSource(file=tmp_path / "none"))


# ── the servers ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_smtp(tmp_path: Path) -> None:
    file = tmp_path / "token"
    with Mailbox("starttls", (USER, TOKEN)) as server:
        channel = MailChannel(server.settings(password=None, oauth=TokenSource(file=file)), clock)
        with pytest.raises(ChannelDown, match=r"cannot be used: oauth_token_file .*: No such file"):
            channel.check()
        file.write_text("wrong-t0ken-wrong")
        with pytest.raises(ChannelDown, match="rejected the user name or OAuth token: 535") as caught:
            channel.check()
        assert "wrong-t0ken" not in str(caught.value)
        file.write_text(TOKEN)  # renewed
        channel.check()
        channel.close()


def test_imap(tmp_path: Path) -> None:
    file = tmp_path / "token"
    with ImapServer("tls", (USER, TOKEN)) as server:
        server.add(b"Subject: hello\r\n\r\n")
        settings = server.settings(password=None, oauth=TokenSource(file=file))
        with (
            pytest.raises(MailboxError, match=r"cannot be used: oauth_token_file .*: No such file"),
            open_mailbox(settings),
        ):
            pass
        file.write_text("wrong-t0ken-wrong")
        with (
            pytest.raises(MailboxError, match=r"rejected the login as watch@example\.org") as caught,
            open_mailbox(settings),
        ):
            pass
        assert "wrong-t0ken" not in str(caught.value)
        assert "oauth_token_command or oauth_token_file in [bounces]" in str(caught.value)
        file.write_text(TOKEN)
        with open_mailbox(settings) as inbox:
            assert len(list(inbox.mails())) == 1
