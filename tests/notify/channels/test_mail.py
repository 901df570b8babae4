"""The mail channel against a real SMTP server on loopback: delivery, rejections, lost connections, TLS and login."""

from __future__ import annotations

import socket
import threading
import time
import tracemalloc
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.exceptions import ChannelDown, ConfigError, DeliveryError, LeaseLost
from cmr_watch.notify.channels.mail import MailChannel, MailSettings
from tests.fakes.mailbox import Mailbox
from tests.notify.make import Clock, message_to

ANN, BOB = "ann@example.org", "bob@example.org"


@contextmanager
def channel_to(mailbox: Mailbox, **settings):
    channel = MailChannel(mailbox.settings(**settings), Clock())
    try:
        yield channel
    finally:
        channel.close()


@pytest.fixture
def mailbox():
    with Mailbox() as mailbox:
        yield mailbox


def failure(channel: MailChannel, address: str = ANN) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(message_to(address))
    return caught.value


def test_one_connection_carries_many_mails(mailbox):
    with channel_to(mailbox) as channel:
        messages = [message_to(f"{number}@example.org") for number in range(20)]
        for message in messages:
            channel.send(message)
    assert mailbox.connections == 1
    assert mailbox.recipients == [message.address for message in messages]
    assert mailbox.by_message_id() == {message.message_id: 1 for message in messages}
    assert mailbox.mails[0].sender == "watch@example.org"
    assert mailbox.mails[0].part("html").strip() == messages[0].html


def test_a_lone_dot_and_long_lines_arrive_unchanged(mailbox):
    text = "before\n.\n..after\n" + "x" * 3000 + "\n"
    with channel_to(mailbox) as channel:
        channel.send(message_to(ANN, text=text))
    assert mailbox.mails[0].part("plain").splitlines() == text.splitlines()


@pytest.mark.parametrize("security", ["plain", "starttls", "tls"])
@pytest.mark.parametrize("password", ["s3cret", "pässwörd"])
def test_security_and_login(security, password):
    with Mailbox(security, credentials=("watch", password)) as mailbox, channel_to(mailbox) as channel:
        channel.check()
        channel.send(message_to(ANN))
        assert mailbox.recipients == [ANN]
        assert mailbox.logins == [("watch", password)]
        assert mailbox.connections == 1


@pytest.mark.parametrize("lines", [1, 10_000])
def test_a_mail_that_is_no_longer_ours_gets_no_final_dot(mailbox, lines):
    with channel_to(mailbox) as channel:
        with pytest.raises(LeaseLost):
            channel.send(message_to(ANN, text="a line\n" * lines), lambda: False)
        channel.send(message_to(BOB), lambda: True)
    assert mailbox.recipients == [BOB]
    assert mailbox.connections == 2


# ── rejections ───────────────────────────────────────────────────────────────────────────────────────────────────

REPLIES = [
    ("550 5.1.1 no such user", True),
    ("553 5.1.3 bad address", True),
    ("554 5.7.1 spam", True),
    ("552 5.2.2 mailbox full", False),
    ("530 5.7.0 log in first", False),
    ("450 4.2.0 greylisted", False),
    ("451 4.3.0 later", False),
    ("421 4.3.2 going down", False),
]


@pytest.mark.parametrize(("reply", "permanent"), REPLIES)
@pytest.mark.parametrize("when", ["RCPT", "DATA"])
def test_error_replies(mailbox, reply, permanent, when):
    if when == "RCPT":
        mailbox.refuse(ANN, reply, times=1)
    else:
        mailbox.reply_to_data(reply)
    with channel_to(mailbox) as channel:
        error = failure(channel)
        assert error.permanent is permanent
        assert reply in str(error)
        assert ANN in str(error)
        assert not isinstance(error, ChannelDown)
        channel.send(message_to(ANN))
    assert mailbox.recipients == [ANN]


def test_the_connection_is_kept_after_a_rejection(mailbox):
    mailbox.refuse(ANN)
    mailbox.reply_to_data("554 spam")
    with channel_to(mailbox) as channel:
        failure(channel)
        failure(channel, BOB)
        channel.send(message_to(BOB))
    assert mailbox.connections == 1
    assert mailbox.recipients == [BOB]


def test_an_invalid_address_fails_without_a_connection(mailbox):
    with channel_to(mailbox) as channel:
        assert failure(channel, "ann@example.org\r\nRCPT TO:<eve@example.org>").permanent
    assert mailbox.connections == 0


def test_an_invalid_sender_is_a_configuration_error():
    with pytest.raises(ConfigError, match="The sender address: 'nobody' is not a valid e-mail address"):
        MailChannel(MailSettings("127.0.0.1", 25, sender="nobody"), Clock())
    with pytest.raises(ConfigError, match="The address for unsubscribe mails: 'nobody' is not"):
        MailChannel(MailSettings("127.0.0.1", 25, sender="watch@example.org", unsubscribe="nobody"), Clock())


def test_an_international_address(mailbox):
    with channel_to(mailbox) as channel:
        channel.send(message_to("jörg@müller.example"))
        channel.send(message_to("ann@müller.example"))
    assert mailbox.recipients == ["jörg@xn--mller-kva.example", "ann@xn--mller-kva.example"]


def test_an_international_address_without_smtputf8():
    with Mailbox(smtputf8=False) as mailbox, channel_to(mailbox) as channel:
        error = failure(channel, "jörg@example.org")
        assert error.permanent
        assert "SMTPUTF8" in str(error)
        channel.send(message_to("ann@müller.example"))  # an international domain alone needs no SMTPUTF8
        assert mailbox.recipients == ["ann@xn--mller-kva.example"]


# ── lost connections ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("moment", ["inside DATA", "before 250"])
def test_a_connection_lost_before_the_250_is_a_temporary_error(mailbox, moment):
    with channel_to(mailbox) as channel:
        mailbox.cut(moment)
        error = failure(channel)
        assert not error.permanent
        assert not isinstance(error, ChannelDown)
        channel.send(message_to(ANN))
    assert mailbox.connections == 2


@pytest.mark.parametrize("moment", ["inside DATA", "before 250"])
def test_a_connection_lost_after_the_final_dot_is_uncertain(mailbox, moment):
    with channel_to(mailbox) as channel:
        mailbox.cut(moment)
        assert failure(channel).uncertain
        channel.send(message_to(ANN))


def test_a_missing_reply_to_the_final_dot_is_uncertain(mailbox):
    mailbox.slow(5.0)
    with channel_to(mailbox, deadline=0.2) as channel:
        assert failure(channel).uncertain


def test_a_connection_lost_before_the_final_dot_is_not_uncertain(mailbox):
    mailbox.cut("inside DATA")
    with channel_to(mailbox) as channel, pytest.raises(DeliveryError) as caught:
        channel.send(message_to(ANN, text=("much" * 18 + "\n") * 150_000, html=""))  # more than the socket buffers hold
    assert not caught.value.uncertain
    assert f"the connection to the mail server 127.0.0.1:{mailbox.port} failed: " in str(caught.value)


@pytest.mark.parametrize("reply", ["421 4.3.2 going down", "554 5.7.1 spam"])
def test_an_error_reply_is_not_uncertain(mailbox, reply):
    mailbox.reply_to_data(reply)
    mailbox.refuse(BOB, reply)
    with channel_to(mailbox) as channel:
        assert not failure(channel).uncertain
        assert not failure(channel, BOB).uncertain


def test_the_mail_after_an_uncertain_one_is_not_uncertain(mailbox):
    mailbox.cut("before 250")
    mailbox.refuse(BOB)
    with channel_to(mailbox) as channel:
        assert failure(channel).uncertain
        assert not failure(channel, BOB).uncertain


def test_a_connection_lost_after_the_250_does_not_matter(mailbox):
    mailbox.cut("after 250")
    with channel_to(mailbox) as channel:
        channel.send(message_to(ANN))
        channel.send(message_to(BOB))
    assert mailbox.recipients == [ANN, BOB]
    assert mailbox.connections == 2


def test_a_stale_connection_is_replaced(mailbox):
    with channel_to(mailbox) as channel:
        channel.send(message_to(ANN))
        mailbox.hang_up()
        channel.send(message_to(BOB))
    assert mailbox.recipients == [ANN, BOB]


def test_a_server_that_accepts_no_mail_at_all_is_down(mailbox):
    mailbox.cut("MAIL")
    with channel_to(mailbox) as channel:
        error = failure(channel)
    assert isinstance(error, ChannelDown)
    assert str(error).endswith(" does not accept mail from watch@example.org: no valid reply")


# ── unreachable or untrusted servers ─────────────────────────────────────────────────────────────────────────────


def reason_for_down(channel: MailChannel) -> str:
    """The message of the ChannelDown that both `check` and `send` raise."""
    with pytest.raises(ChannelDown) as caught:
        channel.check()
    error = failure(channel)
    assert isinstance(error, ChannelDown)
    assert str(error) == str(caught.value)
    assert not error.permanent
    return str(error)


def test_a_refused_connection(mailbox):
    with channel_to(mailbox) as channel, mailbox.stopped():
        assert reason_for_down(channel).endswith(" refused the connection; check host and port in [mail]")


def test_an_unknown_host(mailbox):
    with channel_to(mailbox, host="no-such-host.invalid") as channel:
        reason = reason_for_down(channel)
        assert "no-such-host.invalid:" in reason
        assert "has a host name that cannot be resolved; check host in [mail]" in reason


def test_a_wrong_password_is_temporary_and_not_shown():
    with Mailbox(credentials=("watch", "right")) as mailbox:
        for wrong in ("wr0ng-s3cret", "fälsch-s3cret"):
            with channel_to(mailbox, password=wrong) as channel:
                reason = reason_for_down(channel)
                assert "rejected the user name or password: 535" in reason
                assert reason.endswith("; check user and password_file in [mail]")
                assert wrong not in reason
                assert wrong not in repr(mailbox.settings(password=wrong))


def test_a_missing_login():
    with Mailbox(credentials=("watch", "right")) as mailbox, channel_to(mailbox, user=None) as channel:
        error = failure(channel)
        assert isinstance(error, ChannelDown)
        assert "530" in str(error)


def test_a_server_without_starttls(mailbox):
    with channel_to(mailbox, security="starttls") as channel:
        assert 'does not offer STARTTLS; set security = "tls" or "plain" in [mail]' in reason_for_down(channel)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_certificates_are_checked(security):
    with Mailbox(security) as mailbox, channel_to(mailbox, ca_file=None) as channel:
        assert "presents an invalid certificate: " in reason_for_down(channel)
        assert mailbox.mails == []
    with Mailbox(security, certified_for="elsewhere.example") as mailbox, channel_to(mailbox) as channel:
        assert "not valid for '127.0.0.1'" in reason_for_down(channel)


def test_tls_with_a_server_that_does_not_use_it(mailbox):
    with channel_to(mailbox, security="tls", timeout=0.5) as channel:
        assert 'does not use TLS on this port; set security = "starttls" or "plain"' in reason_for_down(channel)


def test_a_server_that_expects_tls():
    with Mailbox("tls") as mailbox, channel_to(mailbox, security="starttls", timeout=0.5) as channel:
        reason = reason_for_down(channel)
        assert "cannot be reached" not in reason
        assert 'if the port expects TLS, set security = "tls"' in reason


@contextmanager
def scripted_server(replies: list[bytes], after_dot: bytes = b""):
    """Sends the first reply as its greeting, and each other one after a line from the client; then hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, connection.makefile("rb") as lines:
                    for reply in replies:
                        connection.sendall(reply)
                        if not lines.readline():
                            break
                    if after_dot and any(line == b".\r\n" for line in lines):
                        connection.sendall(after_dot)
                        lines.read()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


GREETING, EHLO = b"220 hello\r\n", b"250-hello\r\n250 AUTH CRAM-MD5 LOGIN PLAIN\r\n"


def test_an_invalid_login_challenge(mailbox):
    replies = [GREETING, EHLO, b"334 !!notbase64!!\r\n"]
    login = {"user": "watch", "password": "secret"}
    with scripted_server(replies) as port, channel_to(mailbox, port=port, timeout=0.5, **login) as channel:
        assert "logging in failed, its challenge is not valid" in reason_for_down(channel)


def test_a_login_that_cannot_be_checked_at_the_moment(mailbox):
    replies = [GREETING, b"250-hello\r\n250 AUTH PLAIN\r\n", b"454 4.7.0 Temporary authentication failure\r\n"]
    login = {"user": "watch", "password": "secret"}
    with scripted_server(replies) as port, channel_to(mailbox, port=port, timeout=0.5, **login) as channel:
        reason = reason_for_down(channel)
    assert reason.endswith(" cannot check the login at the moment: 454 4.7.0 Temporary authentication failure")


def test_a_server_that_closes_the_connection_says_nothing_about_the_sender(mailbox):
    replies = [GREETING, b"250 hello\r\n", b"421 4.3.2 going down\r\n"]
    with scripted_server(replies) as port, channel_to(mailbox, port=port, timeout=0.5) as channel:
        error = failure(channel)
    assert isinstance(error, ChannelDown)
    assert str(error).endswith(" closed the connection: 421 4.3.2 going down")


ENDLESS = b"250-SIZE 1\r\n" * 1_000_000


@pytest.mark.parametrize("script", [[ENDLESS], [GREETING, ENDLESS]])
def test_a_reply_that_does_not_end(mailbox, script):
    tracemalloc.start()
    with scripted_server(script) as port, channel_to(mailbox, port=port, timeout=5.0) as channel:
        assert isinstance(failure(channel), ChannelDown)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


@pytest.mark.parametrize("replies", [(b"250 ok\r\n", b"251 ok\r\n"), (b"252 cannot verify\r\n", b"250 ok\r\n")])
def test_the_first_digit_of_a_reply_decides(mailbox, replies):
    rcpt, dot = replies
    script = [GREETING, b"250 hello\r\n", b"250 ok\r\n", rcpt, b"354 go\r\n"]
    with scripted_server(script, dot) as port, channel_to(mailbox, port=port, timeout=2.0) as channel:
        channel.send(message_to(ANN))


SENT = [GREETING, b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"]


@pytest.mark.parametrize(
    "reply", [b"354 again\r\n", b"999 what\r\n", b"hello\r\n", b"\0\xff\r\n", b"250 " + b"A" * 9_000]
)
def test_a_reply_to_the_final_dot_that_means_nothing_is_uncertain(mailbox, reply):
    with scripted_server(SENT, reply) as port, channel_to(mailbox, port=port, timeout=2.0) as channel:
        error = failure(channel)
        assert (error.uncertain, error.permanent) == (True, False)
        assert "(500" not in str(error)


def test_a_reply_that_is_too_long_is_named(mailbox):
    for script in ([ENDLESS], [GREETING, ENDLESS], [b"220 " + b"A" * 9_000]):
        with scripted_server(script) as port, channel_to(mailbox, port=port, timeout=5.0) as channel:
            assert str(failure(channel)).endswith("sent a reply that is too long")


def test_a_server_that_does_not_answer_is_not_said_to_have_closed_the_connection(mailbox):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with channel_to(mailbox, port=port, timeout=0.2) as channel:
            assert "did not respond in time" in reason_for_down(channel)
    with dripping_server(0.02) as port, channel_to(mailbox, port=port, timeout=5.0, deadline=0.3) as channel:
        assert "did not respond in time" in str(failure(channel))


def test_a_reply_slower_than_the_deadline_is_not_a_closed_connection(mailbox):
    mailbox.slow(5.0)
    with channel_to(mailbox, deadline=0.3) as channel:
        error = failure(channel)
        assert (str(error), error.uncertain) == (
            f"the mail server 127.0.0.1:{mailbox.port} did not respond in time",
            True,
        )


REPLIES = [b"235 ok\r\n", b"250 ok\r\n", b"334 \r\n", b"334 cGFzcw==\r\n", b"334 \xff\xfe=\r\n", b"354 go\r\n"]
replies = st.sampled_from(REPLIES) | st.binary(max_size=20).map(lambda text: text + b"\r\n")


@given(
    st.sampled_from([GREETING, b"220\r\n", b"\r\n"]), st.sampled_from([EHLO]) | replies, st.lists(replies, max_size=8)
)
@settings(max_examples=60)
def test_whatever_a_server_replies_is_a_failed_delivery(greeting, ehlo, others):
    with scripted_server([greeting, ehlo, *others]) as port:
        settings = MailSettings("127.0.0.1", port, "watch@example.org", "plain", "watch", "secret", timeout=0.2)
        channel = MailChannel(settings, Clock())
        with suppress(DeliveryError):
            channel.send(message_to(ANN))
        with suppress(DeliveryError):
            channel.close()


@contextmanager
def dripping_server(pause: float):
    """Sends its greeting one byte at a time, and never finishes it."""
    stopping = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            while not stopping.wait(pause):
                try:
                    connection.sendall(b"2")
                except OSError:
                    return

    thread = threading.Thread(target=serve)
    thread.start()
    with listener:
        yield listener.getsockname()[1]
        stopping.set()
        thread.join()


def test_a_greeting_slower_than_the_deadline_is_aborted(mailbox):
    started = time.monotonic()
    with dripping_server(0.02) as port, channel_to(mailbox, port=port, timeout=5.0, deadline=0.3) as channel:
        assert isinstance(failure(channel), ChannelDown)
    assert time.monotonic() - started < 3


def test_a_slow_reply_is_a_temporary_error(mailbox):
    mailbox.slow(5.0)
    with channel_to(mailbox, timeout=0.2) as channel:
        error = failure(channel)
        assert not error.permanent
        assert "did not respond in time" in str(error)
