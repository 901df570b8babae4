"""Formatting for Apprise, with the real limits of services: what Apprise would post, without posting it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.notify.channels.apprise import AppriseChannel
from cmr_watch.notify.channels.apprise_format import format_message
from tests.notify.make import message_to

SERVICES = {
    "mastodon, 500 with the title": "mastodon://token@social.example",
    "SMS, 140 with the title": f"plivo://{'a' * 25}@{'0' * 40}/15551231234/15551231234",
    "SMS, 160 with the title": "clicksend://user:password@15551231234",
    "discord, 2000 for both": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    "discord in markdown": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?format=markdown",
    "telegram, 4096 of HTML": "tgram://123456789:abcdefg_hijklmnop/12345/",
    "telegram in markdown": "tgram://123456789:abcdefg_hijklmnop/12345/?format=markdown",
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#c",
    "ntfy": "ntfy://topic",
    "kodi, two lines": "kodi://localhost",
}
WORDS = st.lists(st.text(alphabet="abé&<>*_-.@", min_size=1, max_size=12), min_size=1, max_size=400)
URL = "https://watch.example.org/changes?since=4&page=1"


@cache
def load_service(address):
    return AppriseChannel()._load(address)


def build_posts(address, message):
    """The service and the posts that it would send for this message."""
    service = load_service(address)
    formatted = format_message(service, message)
    calls = service._build_send_calls(
        body=formatted.body,
        title=formatted.title,
        source_format=formatted.body_format,
        body_format=service.resolve_format(formatted.body_format),
        notify_type=None,
    )
    return service, list(calls)


@pytest.mark.parametrize("address", SERVICES.values(), ids=SERVICES)
@settings(deadline=None)  # the first example of each loads the service
@given(WORDS, WORDS, st.integers(1, 30))
def test_one_post_within_the_limits_that_ends_with_the_link(address, subject, text, times):
    message = message_to(address, " ".join(subject[:40]), text=" ".join(text * times), more_url=URL)
    service, [post] = build_posts(address, message)
    assert len(post["body"]) <= service.body_maxlen
    assert len(post["title"]) <= max(service.title_maxlen, 0)
    if format_message(service, message).body != format_message(service, message, truncate=False).body:
        assert format_message(service, message).body.endswith(f"… {URL}")
        assert URL.replace("&", "&amp;") in post["body"].replace("&amp;", "&").replace("&", "&amp;")


@pytest.mark.parametrize("address", SERVICES.values(), ids=SERVICES)
def test_a_message_that_fits_is_unchanged(address):
    service, message = load_service(address), message_to(address, "Lyon", text="Lyon, France: announced")
    assert format_message(service, message) == format_message(service, message, truncate=False)


def test_a_subject_that_is_too_long_leaves_room_for_the_link():
    address = SERVICES["SMS, 140 with the title"]
    message = message_to(address, "word " * 60, text="text " * 60, more_url=URL)
    formatted = format_message(load_service(address), message)
    assert formatted.title.endswith("word…")
    assert formatted.body == f"… {URL}"


def test_a_link_that_is_too_long_is_left_out():
    address = SERVICES["SMS, 140 with the title"]
    message = message_to(address, "Lyon", text="word " * 60, more_url="https://example.org/" + "x" * 150)
    without_link = replace(message, body=replace(message.body, more_url=""))
    assert format_message(load_service(address), message).body.endswith("word…")
    assert format_message(load_service(address), without_link).body.endswith("word…")
