"""How messages follow from the configuration, and the test message."""

from __future__ import annotations

import pytest

from cmr_watch.config import FetchSection, MailSection, Settings, WebSection
from cmr_watch.exceptions import ConfigError
from cmr_watch.notify.channels.settings import mail_settings
from cmr_watch.notify.message_settings import message_context, send_test_message
from tests.factories import NOW


def test_the_sender_of_mails_is_the_contact_if_none_is_configured():
    mail = MailSection(sender="watch@example.org")

    assert message_context(Settings(mail=mail)).contact == "watch@example.org"
    assert message_context(Settings(mail=mail, fetch=FetchSection("me@example.org"))).contact == "me@example.org"


def test_a_mailbox_for_unsubscribing_takes_precedence_over_the_sender():
    mail = MailSection(sender="watch@example.org", unsubscribe="stop@example.org")

    assert message_context(Settings(mail=mail)).unsubscribe_address == "stop@example.org"


def test_a_test_mail_needs_a_mail_server():
    with pytest.raises(ConfigError, match="no mail server is configured"):
        send_test_message(Settings(), "anna@example.org", lambda: NOW)


@pytest.mark.parametrize(
    ("web", "expected"),
    [
        (WebSection(url="https://watch.example.org"), "https://watch.example.org"),
        (WebSection(url="HTTPS://watch.example.org/"), "HTTPS://watch.example.org/"),
        (WebSection(url="http://watch.example.org"), None),
        (WebSection(url="https://watch.example.org", listen=""), None),
        (WebSection(), None),
    ],
)
def test_messages_are_unsubscribed_from_on_the_site_if_it_is_served_over_https(web: WebSection, expected: str | None):
    mail = MailSection("smtp.example.org", sender="watch@example.org")
    settings = Settings(mail=mail, web=web)
    delivered = mail_settings(settings)

    assert delivered is not None
    assert delivered.web_url == expected
    assert message_context(settings).site_url == expected


@pytest.mark.parametrize("url", ["https://watch.example.org", "https://watch.example.org/"])
def test_messages_link_to_the_changes_on_the_site_once_its_address_is_configured(url: str):
    assert message_context(Settings()).web_url is None
    assert message_context(Settings(web=WebSection(url=url))).web_url == url
