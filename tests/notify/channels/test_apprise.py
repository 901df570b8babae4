"""Sending through Apprise to a real webhook on loopback."""

from __future__ import annotations

import logging
import time

import pytest

from cmr_watch.exceptions import ChannelDown, DeliveryError
from cmr_watch.notify.channels.apprise import AppriseChannel
from tests.fakes.webhook import Webhook
from tests.notify.make import message_to

TOKEN = "T0kenWith5ecret"
HOOK = f"/hook/{TOKEN}"


@pytest.fixture
def hook():
    with Webhook() as hook:
        yield hook


def failure(address: str, **settings: float) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        AppriseChannel(**settings).send(message_to(address))
    return caught.value


def test_a_message_arrives_as_text(hook):
    message = message_to(hook.address(), text="Kraków – 1 < 2 *now* [x]\nhttps://example.eu/a_b-c?x=1&y=2\n")
    AppriseChannel().send(message)
    assert hook.received[0].subject == message.subject
    assert hook.received[0].text == "Kraków – 1 ‹ 2 *now* [x]\nhttps://example.eu/a_b-c?x=1&y=2"


def test_mentions_and_markup_are_neutralised(hook):
    AppriseChannel().send(message_to(hook.address(), "<!channel> @everyone <script>alert(1)</script> {{7*7}}"))
    escaped = "‹!channel› @\u2060everyone ‹script›alert(1)‹/script› {{7*7}}"
    assert hook.received[0].subject == escaped
    assert hook.received[0].text == escaped


@pytest.mark.parametrize(
    ("code", "permanent"), [(404, True), (410, True), (400, False), (403, False), (429, False), (500, False)]
)
def test_error_responses(hook, code, permanent):
    hook.respond(code, path=HOOK)
    error = failure(hook.address(HOOK))
    assert error.permanent is permanent
    assert not isinstance(error, ChannelDown), "the service was reached"
    assert str(error).startswith(f"json://127.0.0.1:{hook.port}/…: ")
    assert f"error={code}" in str(error)
    assert hook.requests == 1, "Apprise must not retry: the outbox does"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("scheme", ["json", "ntfy", "mmost", "gotify", "form", "xml"])
def test_a_redirect_is_not_an_acceptance(hook, scheme, code):
    hook.redirect(code)
    error = failure(f"{scheme}://127.0.0.1:{hook.port}/tokentokentoken")
    assert not error.permanent
    assert hook.requests == 1
    assert f"error={code}" in str(error)
    assert "redirects are not followed: subscribe the address that it leads to" in str(error)


def test_no_secret_in_errors_or_logs(hook, caplog, capfd):
    secret = f"json://ann:{TOKEN}@127.0.0.1:{hook.port}{HOOK}?+X-Key={TOKEN}"
    addresses = [secret, f"slack://{TOKEN}/x", f"nonsense://{TOKEN}", f"discord://{TOKEN}", "://"]
    hook.always(500, path=HOOK)
    with caplog.at_level(logging.DEBUG):
        errors = [str(failure(address)) for address in addresses]
    for text in (*errors, caplog.text, *capfd.readouterr()):
        assert TOKEN not in text


@pytest.mark.parametrize("address", ["slack://short", "nonsense://x", "json://", "://", "mailto://"])
def test_an_invalid_url_is_a_permanent_error(address):
    error = failure(address)
    assert error.permanent
    assert str(error).endswith("is not a valid Apprise URL")


def test_an_address_is_checked_without_sending(hook):
    AppriseChannel().check(hook.address())
    with pytest.raises(DeliveryError):
        AppriseChannel().check("nonsense://x")
    assert hook.requests == 0


def test_a_refused_connection():
    with Webhook() as hook:
        address = hook.address()
    error = failure(address)
    assert isinstance(error, ChannelDown)
    assert not error.permanent
    assert "Connection error" in str(error)


def test_an_unknown_host():
    assert isinstance(failure("json://no-such-host.invalid/hook"), ChannelDown)


def test_a_slow_response_is_abandoned_at_the_deadline(hook):
    hook.slow(30.0)
    started = time.monotonic()
    error = failure(hook.address(), deadline=0.3)
    assert isinstance(error, ChannelDown)
    assert "did not respond within 0.3 seconds" in str(error)
    assert time.monotonic() - started < 3


def test_a_read_timeout_in_the_url_is_applied(hook):
    hook.slow(30.0)
    assert isinstance(failure(hook.address() + "?rto=0.01"), ChannelDown)


def test_a_long_message_is_truncated_and_links_to_the_full_text(hook):
    message = message_to(hook.address(), "very " * 100 + "long", text="word " * 20_000)
    AppriseChannel().send(message)
    [post] = hook.received
    assert len(post.text) <= 32_768
    assert post.text.endswith(f"word… {message.body.more_url}")
    assert len(post.subject) <= 250
    assert post.subject.endswith("very…")


def test_a_url_with_overflow_split_gets_several_posts(hook):
    AppriseChannel().send(message_to(hook.address() + "?overflow=split", text="word " * 10_000))
    assert sum(post.text.count("word") for post in hook.received) == 10_000


def test_no_images_and_no_footer_from_apprise():
    service = AppriseChannel()._load("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#c")
    assert service.include_footer is False
    assert service.image_url("info") is None
    assert (service.retry, service.socket_connect_timeout, service.socket_read_timeout) == (0, 10.0, 10.0)


def test_options_in_the_url_override_the_defaults_except_retry():
    service = AppriseChannel()._load("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#c?footer=yes&rto=3&retry=5")
    assert service.include_footer is True
    assert service.socket_read_timeout == 3.0
    assert service.retry == 0
