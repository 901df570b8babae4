"""How the settings for fetching follow from the configuration."""

from __future__ import annotations

from cmr_watch.config import ArchiveSection, FetchSection, MailSection, PageSection, Settings
from cmr_watch.monitor.archive.open_archive import archive_fetch_settings
from cmr_watch.monitor.fetch import fetch_settings


def test_fetch_settings():
    page = PageSection(hosts=("example.org:8080",), private_addresses=True)

    fetching = fetch_settings(
        Settings(page=page, fetch=FetchSection("me@example.org", 7, 1, False, 1, "http://a:b@proxy"))
    )

    assert (fetching.contact, fetching.allowed_hosts) == ("me@example.org", ("example.org:8080",))
    assert (fetching.private_addresses, fetching.deadline, fetching.retries, fetching.robots) == (True, 7, 1, False)
    assert (fetching.kinds, fetching.proxy) == ((), "http://a:b@proxy")
    assert "a:b" not in repr(fetching)


def test_the_sender_of_mails_is_the_contact_if_none_is_configured():
    assert fetch_settings(Settings(mail=MailSection(sender="watch@example.org"))).contact == "watch@example.org"
    assert fetch_settings(Settings()).contact == ""


def test_an_archive_is_fetched_from_its_host_and_may_send_lists():
    settings = Settings(page=PageSection(hosts=("example.org",)), archive=ArchiveSection("https://archive.org/list/"))

    fetching = archive_fetch_settings(settings)

    assert fetching.allowed_hosts == ("example.org", "archive.org")
    assert "application/link-format" in fetching.kinds
