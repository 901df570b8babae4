from __future__ import annotations

import logging
import time

import pytest

from cmr_watch.exceptions import ChannelDown, DeliveryError
from cmr_watch.notify.channels.apprise import AppriseChannel
from tests.fakes.webhook import Webhook
from tests.notify.make import letter_to

TOKEN = "T0kenWith5ecret"
HOOK = f"/hook/{TOKEN}"


@pytest.fixture
def hook():
    with Webhook() as hook:
        yield hook


def refusal(address: str, **settings: float) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        AppriseChannel(**settings).send(letter_to(address))
    return caught.value


def test_a_message_arrives_as_text(hook):
    message = letter_to(hook.address(), text="Kraków – 1 < 2 *now* [x]\nhttps://example.eu/a_b-c?x=1&y=2\n")
    AppriseChannel().send(message)
    assert hook.received[0].subject == message.subject
    assert hook.received[0].text == "Kraków – 1 ‹ 2 *now* [x]\nhttps://example.eu/a_b-c?x=1&y=2"


def test_what_could_command_is_harmless(hook):
    hostile = "<!channel> @everyone <script>alert(1)</script> {{7*7}}"
    AppriseChannel().send(letter_to(hook.address(), hostile))
    assert (
        hook.received[0].subject
        == hook.received[0].text
        == ("‹!channel› @\u2060everyone ‹script›alert(1)‹/script› {{7*7}}")
    )


@pytest.mark.parametrize(
    ("code", "permanent"), [(404, True), (410, True), (400, False), (403, False), (429, False), (500, False)]
)
def test_answers(hook, code, permanent):
    hook.answer(code, path=HOOK)
    error = refusal(hook.address(HOOK))
    assert error.permanent is permanent
    assert not isinstance(error, ChannelDown), "somebody is there"
    assert str(error).startswith(f"json://127.0.0.1:{hook.port}/…: ")
    assert f"error={code}" in str(error)
    assert hook.requests == 1, "the outbox tries again, not Apprise"


def test_no_secret_in_an_error_or_in_the_log(hook, caplog, capfd):
    secret = f"json://ann:{TOKEN}@127.0.0.1:{hook.port}{HOOK}?+X-Key={TOKEN}"
    addresses = [secret, f"slack://{TOKEN}/x", f"nonsense://{TOKEN}", f"discord://{TOKEN}", f"{TOKEN}://x"[:0] or "://"]
    hook.always(500, path=HOOK)
    with caplog.at_level(logging.DEBUG):
        errors = [str(refusal(address)) for address in addresses]
    for words in (*errors, caplog.text, *capfd.readouterr()):
        assert TOKEN not in words


@pytest.mark.parametrize("address", ["slack://short", "nonsense://x", "json://", "://", "mailto://"])
def test_what_apprise_does_not_understand_is_permanent(address):
    assert refusal(address).permanent


def test_an_address_is_checked_without_sending(hook):
    AppriseChannel().check(hook.address())
    with pytest.raises(DeliveryError):
        AppriseChannel().check("nonsense://x")
    assert hook.requests == 0


def test_nobody_there():
    with Webhook() as hook:
        address = hook.address()
    error = refusal(address)
    assert isinstance(error, ChannelDown)
    assert not error.permanent
    assert "Connection error" in str(error)


def test_a_host_that_is_none():
    assert isinstance(refusal("json://no-such-host.invalid/hook"), ChannelDown)


def test_a_hook_that_drips_is_left_behind(hook):
    hook.slow(30.0)
    began = time.monotonic()
    error = refusal(hook.address(), deadline=0.3)
    assert isinstance(error, ChannelDown)
    assert "did not answer within 0.3 seconds" in str(error)
    assert time.monotonic() - began < 3


def test_one_that_is_silent_times_out(hook):
    hook.slow(30.0)
    assert isinstance(refusal(hook.address() + "?rto=0.01"), ChannelDown)


def test_a_long_message_is_cut_and_says_where_the_rest_is(hook):
    long = letter_to(hook.address(), "very " * 100 + "long", text="word " * 20_000)
    AppriseChannel().send(long)
    [post] = hook.received
    assert len(post.text) <= 32_768
    assert post.text.endswith(f"word… {long.body.more_url}")
    assert len(post.subject) <= 250
    assert post.subject.endswith("very…")


def test_who_asks_for_parts_gets_parts(hook):
    AppriseChannel().send(letter_to(hook.address() + "?overflow=split", text="word " * 10_000))
    assert sum(post.text.count("word") for post in hook.received) == 10_000


def test_no_pictures_and_no_footer_of_others():
    service = AppriseChannel()._load("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#c")
    assert service.include_footer is False
    assert service.image_url("info") is None
    assert (service.retry, service.socket_connect_timeout, service.socket_read_timeout) == (0, 10.0, 10.0)


def test_what_the_address_says_counts():
    service = AppriseChannel()._load("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#c?footer=yes&rto=3&retry=5")
    assert service.include_footer is True
    assert service.socket_read_timeout == 3.0
    assert service.retry == 0
