"""Outage notices: what they say of the list, of the call page, and of both."""

from __future__ import annotations

from datetime import timedelta

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import ChangeKind
from cmr_watch.models.recipients import Contents, OutageNotice
from cmr_watch.render.messages import body
from tests.notify.make import NOON, PAGE, recorded
from tests.render.make import CONTEXT, groups, rendered_texts

OUTAGE = OutageNotice("opened", NOON, PAGE)


def test_an_outage_and_its_end():
    for text in rendered_texts(lambda chat: body(Contents(outages=(OUTAGE,)), CONTEXT, chat, BRUSSELS)):
        assert "We have not been able to read the “Clusters meet Regions” page since 5 December 2023, 13:00" in text
        assert "check the page yourself" in text
    mail = body(Contents(outages=(OUTAGE,)), CONTEXT, False, BRUSSELS)
    assert mail.subject == "No updates since 5 December 2023: the page cannot be read"
    ended = body(Contents(outages=(OUTAGE._replace(phase="ended"),)), CONTEXT, False, BRUSSELS)
    assert ended.subject == "The page can be read again"
    assert "We had not been able to read the “Clusters meet Regions” page since 5 December 2023, 13:00" in ended.text


def test_an_outage_of_another_page_and_beside_changes():
    outage = OUTAGE._replace(page_url="https://example.eu/call")
    mail = body(Contents(groups(recorded(ChangeKind.EDITION_ANNOUNCED)), outages=(outage,)), CONTEXT, False, BRUSSELS)
    assert mail.subject.endswith(" · and the call page cannot be read")
    assert "read the page about the call for hosts since" in mail.text
    assert "https://example.eu/call" in mail.text
    assert mail.text.index("Lyon") < mail.text.index("We cannot read")


def test_both_pages_are_one_item():
    call_page = OUTAGE._replace(page_url="https://example.eu/call", since=NOON + timedelta(hours=1))
    for text in rendered_texts(lambda chat: body(Contents(outages=(call_page, OUTAGE)), CONTEXT, chat, BRUSSELS)):
        plain = " ".join(text.split())
        assert plain.count("Until this is resolved, check the page yourself.") == 1
        assert "page since 5 December 2023, 13:00 (Brussels time) or the page about the call for hosts since" in plain
        assert "https://example.eu/call" in text
        assert PAGE in text
    mail = body(Contents(outages=(call_page, OUTAGE)), CONTEXT, False, BRUSSELS)
    assert mail.subject == "No updates since 5 December 2023: the page cannot be read"
    only = body(Contents(outages=(call_page,)), CONTEXT, False, BRUSSELS)
    assert only.subject == "No updates on the call since 5 December 2023: its page cannot be read"
