"""What a mail server sees of news, of a request for confirmation, and of a message to the operator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from cmr_watch.app import App
from cmr_watch.config import DatabaseSection, OperatorSection, WebSection
from cmr_watch.models.recipients import SubscriptionRequest
from cmr_watch.models.signups import Signup
from cmr_watch.store.database import Database
from cmr_watch.store.signups import Signups
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite, Response
from tests.test_journeys import LYON, PAST, PATH, PRAGUE, Journey

OF_A_LIST = {"List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Precedence"}
OF_A_PROGRAM = {"Auto-Submitted", "X-Auto-Response-Suppress", "Feedback-ID"}


@pytest.fixture
def journey(database: Database, tmp_path: Path) -> Iterator[Journey]:
    with FakeSite() as site, Mailbox() as mailbox:
        journey = Journey(database, site, mailbox)
        _configure(journey, tmp_path)
        with journey.app:
            yield journey


def _configure(journey: Journey, tmp_path: Path) -> None:
    journey.settings = replace(
        journey.settings,
        web=WebSection(url="https://watch.example.org"),
        operator=OperatorSection(("op@example.org",), 1),
        database=DatabaseSection(journal=tmp_path / "ended"),
    )
    journey.app = App(journey.settings, journey.database, lambda: journey.now)


def test_each_kind_of_mail_has_its_headers(journey: Journey) -> None:
    journey.check_lines(LYON, *PAST)
    journey.check_lines(LYON, PRAGUE, *PAST)
    request_of = SubscriptionRequest("reader@example.org")
    Signups(journey.database).add(
        Signup(request_of, consent_text="1", network="192.0.2.0/24", requested_at=journey.now)
    )
    journey.app.deliver()
    journey.site.script(PATH, Response(503))
    journey.check()

    def last(address: str) -> EmailMessage:
        return [mail.parsed for mail in journey.mailbox.mails if mail.recipient == address][-1]

    news, request, to_operator = last("anna@example.org"), last("reader@example.org"), last("op@example.org")
    assert "Prague" in news["Subject"]
    assert request["Subject"] == "Confirm your subscription"
    assert {*OF_A_LIST, *OF_A_PROGRAM} <= {*news.keys()}
    for mail in (request, to_operator):
        assert {*mail.keys()} & {*OF_A_LIST, *OF_A_PROGRAM} == OF_A_PROGRAM
    kinds = [mail["Feedback-ID"].partition(":")[0] for mail in (news, request, to_operator)]
    assert kinds == ["news", "service", "service"]
