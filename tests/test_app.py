from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cmr_watch.app import fetch_settings, mail_settings, message_context, open_channels, send_test_message
from cmr_watch.config import FetchSection, MailSection, PageSection, Settings, WebSection
from cmr_watch.exceptions import ConfigError


def clock() -> datetime:
    return datetime(2024, 4, 2, tzinfo=UTC)


def test_what_fetching_is_told():
    page = PageSection(hosts=("example.org:8080",), private_addresses=True)
    told = fetch_settings(Settings(page=page, fetch=FetchSection("me@example.org", 7, 1, False)))
    assert (told.contact, told.allowed_hosts, told.private_addresses) == ("me@example.org", ("example.org:8080",), True)
    assert (told.deadline, told.retries, told.robots) == (7, 1, False)


def test_who_sends_is_whom_the_site_can_write_to():
    assert fetch_settings(Settings(mail=MailSection(sender="watch@example.org"))).contact == "watch@example.org"
    assert message_context(Settings(mail=MailSection(sender="watch@example.org"))).contact == "watch@example.org"
    assert fetch_settings(Settings()).contact == ""


def test_what_mail_is_told():
    section = MailSection("smtp.example.org", None, "tls", "me", "sesame", "w@example.org", "Watch", Path("ca.pem"))
    told = mail_settings(Settings(mail=section))
    assert told is not None
    assert (told.host, told.port, told.security, told.user, told.password) == (
        "smtp.example.org",
        465,
        "tls",
        "me",
        "sesame",
    )
    assert (told.sender, told.sender_name, told.ca_file) == ("w@example.org", "Watch", "ca.pem")


def test_no_message_names_an_address_of_a_site_because_none_is_served():
    settings = Settings(
        mail=MailSection("smtp.example.org", sender="watch@example.org"),
        web=WebSection(url="https://watch.example.org"),
    )
    sent = mail_settings(settings)
    assert sent is not None
    assert sent.web_url is None
    assert message_context(settings).site_url is None
    assert message_context(settings).unsubscribe_address == "watch@example.org"


def test_without_a_mail_server_there_is_no_mail_channel():
    assert mail_settings(Settings()) is None
    assert list(open_channels(Settings(), clock)) == ["apprise"]
    with pytest.raises(ConfigError, match="no mail server is configured"):
        send_test_message(Settings(), "anna@example.org", clock)
