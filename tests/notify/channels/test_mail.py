from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager

import pytest

from cmr_watch.exceptions import ChannelDown, ConfigError, DeliveryError
from cmr_watch.notify.channels.mail import MailChannel, MailSettings
from tests.fakes.mailbox import Mailbox
from tests.notify.make import Clock, letter_to

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


def refusal(channel: MailChannel, address: str = ANN) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(letter_to(address))
    return caught.value


def test_one_connection_for_many_mails(mailbox):
    with channel_to(mailbox) as channel:
        letters = [letter_to(f"{number}@example.org") for number in range(20)]
        for letter in letters:
            channel.send(letter)
    assert mailbox.connections == 1
    assert mailbox.recipients == [letter.address for letter in letters]
    assert mailbox.by_message_id() == {letter.message_id: 1 for letter in letters}
    assert mailbox.mails[0].sender == "watch@example.org"
    assert mailbox.mails[0].part("html").strip() == letters[0].html


def test_a_lone_dot_and_long_lines_arrive_whole(mailbox):
    text = "before\n.\n..after\n" + "x" * 3000 + "\n"
    with channel_to(mailbox) as channel:
        channel.send(letter_to(ANN, text=text))
    assert mailbox.mails[0].part("plain").splitlines() == text.splitlines()


@pytest.mark.parametrize("security", ["plain", "starttls", "tls"])
@pytest.mark.parametrize("password", ["s3cret", "pässwörd"])
def test_security_and_login(security, password):
    with Mailbox(security, credentials=("watch", password)) as mailbox, channel_to(mailbox) as channel:
        channel.check()
        channel.send(letter_to(ANN))
        assert mailbox.recipients == [ANN]
        assert mailbox.logins == [("watch", password)]
        assert mailbox.connections == 1


# ── refused ──────────────────────────────────────────────────────────────────────────────────────────────────────

ANSWERS = [
    ("550 5.1.1 no such user", True),
    ("553 5.1.3 bad address", True),
    ("554 5.7.1 spam", True),
    ("552 5.2.2 mailbox full", False),
    ("530 5.7.0 log in first", False),
    ("450 4.2.0 greylisted", False),
    ("451 4.3.0 later", False),
    ("421 4.3.2 going down", False),
]


@pytest.mark.parametrize(("answer", "permanent"), ANSWERS)
@pytest.mark.parametrize("when", ["RCPT", "DATA"])
def test_answers(mailbox, answer, permanent, when):
    if when == "RCPT":
        mailbox.refuse(ANN, answer, times=1)
    else:
        mailbox.answer_data(answer)
    with channel_to(mailbox) as channel:
        error = refusal(channel)
        assert error.permanent is permanent
        assert answer in str(error)
        assert ANN in str(error)
        assert not isinstance(error, ChannelDown)
        channel.send(letter_to(ANN))
    assert mailbox.recipients == [ANN]


def test_a_refused_mail_keeps_the_connection_for_the_next(mailbox):
    mailbox.refuse(ANN)
    mailbox.answer_data("554 spam")
    with channel_to(mailbox) as channel:
        refusal(channel)
        refusal(channel, BOB)
        channel.send(letter_to(BOB))
    assert mailbox.connections == 1
    assert mailbox.recipients == [BOB]


def test_what_is_no_address_is_refused_without_asking(mailbox):
    with channel_to(mailbox) as channel:
        assert refusal(channel, "ann@example.org\r\nRCPT TO:<eve@example.org>").permanent
    assert mailbox.connections == 0


def test_a_sender_that_is_no_address_is_a_mistake_of_the_configuration():
    with pytest.raises(ConfigError, match="no mail address"):
        MailChannel(MailSettings("127.0.0.1", 25, sender="nobody"), Clock())
    with pytest.raises(ConfigError, match="unsubscribe"):
        MailChannel(MailSettings("127.0.0.1", 25, sender="watch@example.org", unsubscribe="nobody"), Clock())


def test_an_international_address(mailbox):
    with channel_to(mailbox) as channel:
        channel.send(letter_to("jörg@müller.example"))
        channel.send(letter_to("ann@müller.example"))
    assert mailbox.recipients == ["jörg@xn--mller-kva.example", "ann@xn--mller-kva.example"]


def test_an_international_address_where_the_server_cannot():
    with Mailbox(smtputf8=False) as mailbox, channel_to(mailbox) as channel:
        error = refusal(channel, "jörg@example.org")
        assert error.permanent
        assert "SMTPUTF8" in str(error)
        channel.send(letter_to("ann@müller.example"))  # only the domain is international: that goes everywhere
        assert mailbox.recipients == ["ann@xn--mller-kva.example"]


# ── the line drops ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("moment", ["inside DATA", "before 250"])
def test_a_line_dropped_before_the_250_is_temporary(mailbox, moment):
    with channel_to(mailbox) as channel:
        mailbox.cut(moment)
        error = refusal(channel)
        assert not error.permanent
        assert not isinstance(error, ChannelDown)
        channel.send(letter_to(ANN))
    assert mailbox.connections == 2


@pytest.mark.parametrize("moment", ["inside DATA", "before 250"])
def test_a_line_dropped_after_the_dot_leaves_it_uncertain(mailbox, moment):
    with channel_to(mailbox) as channel:
        mailbox.cut(moment)
        assert refusal(channel).uncertain
        channel.send(letter_to(ANN))


def test_an_answer_that_does_not_come_leaves_it_uncertain(mailbox):
    mailbox.slow(5.0)
    with channel_to(mailbox, deadline=0.2) as channel:
        assert refusal(channel).uncertain


def test_a_line_dropped_before_the_dot_is_certain(mailbox):
    mailbox.cut("inside DATA")
    with channel_to(mailbox) as channel, pytest.raises(DeliveryError) as caught:
        channel.send(letter_to(ANN, text=("much" * 18 + "\n") * 150_000, html=""))  # more than the line holds
    assert not caught.value.uncertain
    assert "broke off" in str(caught.value)


@pytest.mark.parametrize("answer", ["421 4.3.2 going down", "554 5.7.1 spam"])
def test_an_answer_is_certain(mailbox, answer):
    mailbox.answer_data(answer)
    mailbox.refuse(BOB, answer)
    with channel_to(mailbox) as channel:
        assert not refusal(channel).uncertain
        assert not refusal(channel, BOB).uncertain


def test_an_uncertain_mail_does_not_stain_the_next(mailbox):
    mailbox.cut("before 250")
    mailbox.refuse(BOB)
    with channel_to(mailbox) as channel:
        assert refusal(channel).uncertain
        assert not refusal(channel, BOB).uncertain


def test_a_line_dropped_after_the_250_was_accepted(mailbox):
    mailbox.cut("after 250")
    with channel_to(mailbox) as channel:
        channel.send(letter_to(ANN))
        channel.send(letter_to(BOB))
    assert mailbox.recipients == [ANN, BOB]
    assert mailbox.connections == 2


def test_a_connection_that_went_stale_is_opened_anew(mailbox):
    with channel_to(mailbox) as channel:
        channel.send(letter_to(ANN))
        mailbox.hang_up()
        channel.send(letter_to(BOB))
    assert mailbox.recipients == [ANN, BOB]


def test_a_server_that_takes_no_mail_at_all_is_down(mailbox):
    mailbox.cut("MAIL")
    with channel_to(mailbox) as channel:
        assert isinstance(refusal(channel), ChannelDown)


# ── nobody there, or nobody to trust ─────────────────────────────────────────────────────────────────────────────


def down(channel: MailChannel) -> str:
    with pytest.raises(ChannelDown) as caught:
        channel.check()
    error = refusal(channel)
    assert isinstance(error, ChannelDown)
    assert str(error) == str(caught.value)
    assert not error.permanent
    return str(error)


def test_refused(mailbox):
    with channel_to(mailbox) as channel, mailbox.shut_for_now():
        assert "cannot be reached: [Errno 111] Connection refused" in down(channel)


def test_a_host_that_is_none(mailbox):
    with channel_to(mailbox, host="no-such-host.invalid") as channel:
        assert "no-such-host.invalid" in down(channel)


def test_a_wrong_password_is_temporary_and_stays_secret():
    with Mailbox(credentials=("watch", "right")) as mailbox:
        for wrong in ("wr0ng-s3cret", "fälsch-s3cret"):
            with channel_to(mailbox, password=wrong) as channel:
                words = down(channel)
                assert "refuses the user name or the password: 535" in words
                assert wrong not in words
                assert wrong not in repr(mailbox.settings(password=wrong))


def test_a_login_that_is_missing():
    with Mailbox(credentials=("watch", "right")) as mailbox, channel_to(mailbox, user=None) as channel:
        error = refusal(channel)
        assert isinstance(error, ChannelDown)
        assert "530" in str(error)


def test_a_server_without_starttls(mailbox):
    with channel_to(mailbox, security="starttls") as channel:
        assert "STARTTLS extension not supported" in down(channel)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_certificates_are_checked(security):
    with Mailbox(security) as mailbox, channel_to(mailbox, ca_file=None) as channel:
        assert "shows a certificate that is not good: " in down(channel)
        assert mailbox.mails == []
    with Mailbox(security, certified_for="elsewhere.example") as mailbox, channel_to(mailbox) as channel:
        assert "not valid for '127.0.0.1'" in down(channel)


def test_tls_to_a_server_that_speaks_plain(mailbox):
    with channel_to(mailbox, security="tls", timeout=0.5) as channel:
        assert "cannot be reached" in down(channel)


@contextmanager
def dripping_server(pause: float):
    """Says its greeting a byte at a time, and never comes to its end."""
    ended = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        line, _ = listener.accept()
        with line:
            while not ended.wait(pause):
                try:
                    line.sendall(b"2")
                except OSError:
                    return

    thread = threading.Thread(target=serve)
    thread.start()
    with listener:
        yield listener.getsockname()[1]
        ended.set()
        thread.join()


def test_a_server_that_drips_is_cut_off(mailbox):
    began = time.monotonic()
    with dripping_server(0.02) as port, channel_to(mailbox, port=port, timeout=5.0, deadline=0.3) as channel:
        assert isinstance(refusal(channel), ChannelDown)
    assert time.monotonic() - began < 3


def test_a_slow_server_is_temporary(mailbox):
    mailbox.slow(5.0)
    with channel_to(mailbox, timeout=0.2) as channel:
        error = refusal(channel)
        assert not error.permanent
        assert "timed out" in str(error)
