"""How the settings of the channels follow from the configuration."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cmr_watch.config import BouncesSection, MailSection, Settings
from cmr_watch.exceptions import ConfigError
from cmr_watch.notify.channels.mail import MailSettings
from cmr_watch.notify.channels.mailbox import MailboxSettings, mailbox_settings
from cmr_watch.notify.channels.registry import open_channels
from cmr_watch.notify.channels.settings import mail_settings


def clock() -> datetime:
    return datetime(2024, 4, 2, tzinfo=UTC)


def test_mail_settings():
    section = MailSection("smtp.example.org", None, "tls", "me", "sesame", "w@example.org", "Watch", Path("ca.pem"))

    assert mail_settings(Settings(mail=section)) == MailSettings(
        host="smtp.example.org",
        port=465,
        sender="w@example.org",
        security="tls",
        user="me",
        password="sesame",
        sender_name="Watch",
        ca_file="ca.pem",
    )


def test_without_a_mail_server_there_is_no_mail_channel():
    assert mail_settings(Settings()) is None
    assert list(open_channels(Settings(), clock)) == ["apprise"]


def test_with_a_mail_server_there_is_a_mail_channel():
    settings = Settings(mail=MailSection(host="smtp.example.org", sender="w@example.org"))

    assert list(open_channels(settings, clock)) == ["apprise", "mail"]


def test_mailbox_settings():
    section = BouncesSection(host="imap.example.org", port=1993, user="me", password="sesame", folder="Bounces")

    assert mailbox_settings(Settings(bounces=section)) == MailboxSettings(
        host="imap.example.org", port=1993, user="me", password="sesame", folder="Bounces"
    )


def test_a_mailbox_must_be_configured():
    with pytest.raises(ConfigError, match="no mailbox is configured"):
        mailbox_settings(Settings())
