"""What people get: a subject that says what it is about, and a body that shows where it stands. Pure.

A body is shared by all that it goes to: nothing of one recipient is in it, but SLOT.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.models import Body, Change, Contents, Incident
from cmr_watch.render.change_items import news_sections
from cmr_watch.render.datetimes import local_time
from cmr_watch.render.incident_messages import trouble_sections, trouble_subject
from cmr_watch.render.message_context import MessageContext
from cmr_watch.render.message_parts import ADVICE, PAGE_NAME, SUBJECT_LENGTH, Section, total
from cmr_watch.render.reminders import reminder_item, reminder_subject
from cmr_watch.render.sanitize import clean, link
from cmr_watch.render.sentences import headline
from cmr_watch.render.templating import fill
from cmr_watch.render.unsubscribe import OPERATING, SUBSCRIBED, TRYING, UnsubscribeFooter, stopping
from cmr_watch.render.welcome import welcome_sections, welcome_subject

__all__ = ["ADVICE", "MessageContext", "body", "delivery_test_body", "local_time", "operator_body", "subject"]

STILL_WATCHING: Final = "Still watching, nothing new"
MONTHLY_STATUS: Final = f"{STILL_WATCHING}: the {PAGE_NAME} has not changed in the past month."
TEST_MESSAGE: Final = "This is a test. When something changes on the page, the news comes the same way."


def body(contents: Contents, context: MessageContext, chat: bool, zone: ZoneInfo) -> Body:
    """All that one message tells: reminders, news, and a welcome. Times are those of `zone`, the reader's."""
    sections = _sections(contents, chat, zone)
    read = max((change.read_at for change in contents.news), default=None)
    read_at = local_time(read, zone) if read else ""
    words = _subject(contents, context, zone)
    return _body(words, sections, context, chat, SUBSCRIBED, stopping(context, chat), read_at)


def operator_body(incidents: Sequence[Incident], context: MessageContext, chat: bool) -> Body:
    """Trouble that began and trouble that is over, for the operator."""
    sections = trouble_sections(incidents, chat, context.time_zone)
    return _body(trouble_subject(incidents), sections, context, chat, OPERATING)


def delivery_test_body(context: MessageContext, chat: bool) -> Body:
    """What `test-mail` sends."""
    return _body(f"Test: {context.sender_name}", [Section(lead=TEST_MESSAGE)], context, chat, TRYING)


def subject(changes: Sequence[Change], more: int = 0) -> str:
    """Exactly what changed: the first headline, and how many more there are."""
    return _counted(headline(changes[0]), len(changes) - 1 + more)


def _sections(contents: Contents, chat: bool, zone: ZoneInfo) -> list[Section]:
    reminders = tuple(reminder_item(reminder, zone) for reminder in contents.reminders)
    alone = not reminders and contents.welcome is None
    sections = [Section(reminders)] if reminders else []
    if contents.news:
        sections += news_sections(contents.news, chat, zone, alone)
    if contents.welcome is not None:
        sections += welcome_sections(contents.welcome, chat, zone)
    if contents.monthly_status:
        sections.append(Section(lead=MONTHLY_STATUS))
    return sections


def _subject(contents: Contents, context: MessageContext, zone: ZoneInfo) -> str:
    """Of the first thing that is told; what is due soon before what is new."""
    if contents.reminders:
        more = len(contents.reminders) - 1 + len(contents.news)
        return _counted(reminder_subject(contents.reminders[0], zone), more)
    if contents.news:
        return subject([change.change for change in contents.news])
    if contents.welcome is not None:
        return welcome_subject(contents.welcome, context.sender_name)
    return STILL_WATCHING


def _counted(words: str, more: int) -> str:
    end = f" (+{more})" if more else ""
    return clean(words, SUBJECT_LENGTH - len(end)) + end


def _body(
    title: str,
    sections: Sequence[Section],
    context: MessageContext,
    chat: bool,
    reason: str,
    stop: UnsubscribeFooter | None = None,
    read_at: str = "",
) -> Body:
    values: dict[str, object] = {
        "subject": clean(title, SUBJECT_LENGTH + 20),
        "sections": sections,
        "single": total(sections) == 1,
        "read_at": read_at,
        "source_url": link(context.source_url),
        "sender_name": clean(context.sender_name, 100),
        "reason": reason,
        "stop": stop or UnsubscribeFooter(),
    }
    text = fill("chat.txt" if chat else "mail.txt", values)
    html = "" if chat else fill("mail.html", values)
    return Body(str(values["subject"]), text, html, context.source_url)
