"""With the limits of services as they are: what Apprise would post, without posting it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.notify.channels.apprise import AppriseChannel
from cmr_watch.notify.channels.apprise_format import said
from tests.notify.make import letter_to

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
def service(address):
    return AppriseChannel()._load(address)


def posts(address, message):
    there = service(address)
    words = said(there, message)
    target = there.resolve_format(words.form)
    calls = there._build_send_calls(
        body=words.body, title=words.title, source_format=words.form, body_format=target, notify_type=None
    )
    return there, list(calls)


@pytest.mark.parametrize("address", SERVICES.values(), ids=SERVICES)
@settings(deadline=None)  # the first of each loads the service
@given(WORDS, WORDS, st.integers(1, 30))
def test_one_post_within_the_limits_that_ends_with_the_link(address, subject, text, times):
    message = letter_to(address, " ".join(subject[:40]), text=" ".join(text * times), more_url=URL)
    there, [post] = posts(address, message)
    assert len(post["body"]) <= there.body_maxlen
    assert len(post["title"]) <= max(there.title_maxlen, 0)
    if said(there, message).body != said(there, message, cut=False).body:
        assert said(there, message).body.endswith(f"… {URL}")
        assert URL.replace("&", "&amp;") in post["body"].replace("&amp;", "&").replace("&", "&amp;")


@pytest.mark.parametrize("address", SERVICES.values(), ids=SERVICES)
def test_what_fits_is_untouched(address):
    message = letter_to(address, "Lyon", text="Lyon, France: announced")
    assert said(service(address), message) == said(service(address), message, cut=False)


@pytest.mark.parametrize("address", SERVICES.values(), ids=SERVICES)
def test_only_the_message_for_that_service_is_cut(address):
    message = letter_to(address, text="word " * 10_000)
    before = message.text
    said(service(address), message)
    assert message.text == before


def test_a_subject_that_is_too_long_alone_leaves_room_for_the_link():
    address = SERVICES["SMS, 140 with the title"]
    words = said(service(address), letter_to(address, "word " * 60, text="text " * 60, more_url=URL))
    assert words.title.endswith("word…")
    assert words.body == f"… {URL}"


def test_a_link_that_is_too_long_alone_is_left_out():
    address = SERVICES["SMS, 140 with the title"]
    message = letter_to(address, "Lyon", text="word " * 60, more_url="https://example.org/" + "x" * 150)
    assert said(service(address), message).body.endswith("word…")
    assert said(service(address), replace(message, body=replace(message.body, more_url=""))).body.endswith("word…")
