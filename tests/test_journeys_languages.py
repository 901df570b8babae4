"""End to end: subscribers with several languages, each of whom is written to in their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cmr_watch.models.recipients import SubscriptionRequest
from cmr_watch.store.database import Database
from tests.fakes.mailbox import Mail, Mailbox
from tests.fakes.site import FakeSite
from tests.test_journeys import LYON, PAST
from tests.test_journeys_notifications import Timeline, at

READERS = {"anna": "en", "bernd": "de", "celina": "pl"}


@pytest.fixture
def timeline(database: Database) -> Iterator[Timeline]:
    with FakeSite() as site, Mailbox() as mailbox:
        timeline = Timeline(database, site, mailbox)
        yield timeline
        timeline.app.__exit__(None, None, None)


def mails(timeline: Timeline) -> dict[str, Mail]:
    """The newest mail of each reader, by name."""
    return {str(mail.parsed["To"]).partition("@")[0]: mail for mail in timeline.mailbox.mails}


def test_a_german_and_a_polish_subscriber(timeline: Timeline) -> None:
    requests = (SubscriptionRequest(f"{name}@example.org", name=name, language=code) for name, code in READERS.items())
    timeline.now = at(1)
    timeline.subscribe(*requests)
    timeline.serve_lines(*PAST)
    timeline.run_until(at(2))
    welcomes = mails(timeline)
    assert {name: mail.parsed["Content-Language"] for name, mail in welcomes.items()} == READERS
    timeline.serve_lines(LYON, *PAST)
    timeline.run_until(at(3))
    news = mails(timeline)
    texts = {name: mail.part("plain") for name, mail in news.items()}
    assert "12–13 October 2023" in texts["anna"]
    assert "12.–13. Oktober 2023" in texts["bernd"]
    assert "Lyon, Frankreich" in texts["bernd"]
    assert "12–13 października 2023" in texts["celina"]
    assert "Lyon, Francja" in texts["celina"]
    for name, code in READERS.items():
        html = news[name].part("html")
        assert f'<html lang="{code}"' in html


def test_whoever_changes_the_language_is_written_to_in_the_new_one(timeline: Timeline) -> None:
    timeline.now = at(1)
    timeline.subscribe(SubscriptionRequest("anna@example.org", name="anna"))
    timeline.serve_lines(*PAST)
    timeline.run_until(at(2))
    timeline.subscribe(SubscriptionRequest("anna@example.org", name="anna", language="de"))
    timeline.serve_lines(LYON, *PAST)
    timeline.run_until(at(3))
    assert mails(timeline)["anna"].parsed["Content-Language"] == "de"


def test_of_several_subscriptions_the_first_one_decides(timeline: Timeline) -> None:
    timeline.now = at(1)
    timeline.subscribe(
        SubscriptionRequest("anna@example.org", ("calls",), name="first", language="pl"),
        SubscriptionRequest("anna@example.org", ("editions",), name="second", language="de"),
    )
    timeline.serve_lines(*PAST)
    timeline.run_until(at(2))
    timeline.serve_lines(LYON, *PAST)
    timeline.run_until(at(3))
    assert [mail.parsed["Content-Language"] for mail in timeline.mailbox.mails] == ["pl", "pl"]
