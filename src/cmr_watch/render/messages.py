"""The messages that are sent: a subject that names what changed, and a body with the details. Pure.

A body is shared by all its recipients: TOKEN_SLOT is the only place that differs between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.models import Body, Contents, Incident
from cmr_watch.render.change_items import change_sections
from cmr_watch.render.datetimes import local_time
from cmr_watch.render.incident_messages import incident_sections, incident_subject
from cmr_watch.render.message_context import MessageContext
from cmr_watch.render.message_parts import MAX_SUBJECT, PAGE_NAME, Section, count_items
from cmr_watch.render.reminders import reminder_item, reminder_subject
from cmr_watch.render.sanitize import clean, safe_link
from cmr_watch.render.sentences import headline
from cmr_watch.render.templating import render_template
from cmr_watch.render.unsubscribe import OPERATING, SUBSCRIBED, TESTING, UnsubscribeFooter, unsubscribe_footer
from cmr_watch.render.welcome import welcome_sections, welcome_subject

__all__ = ["MessageContext", "body", "delivery_test_body", "operator_body"]

MONTHLY_SUBJECT: Final = "Still watching, nothing new"
MONTHLY_STATUS: Final = f"Still watching the {PAGE_NAME}: there was nothing new for you in the past month."
TEST_MESSAGE: Final = "This is a test message. When the page changes, you will be notified the same way."


def body(contents: Contents, context: MessageContext, chat: bool, zone: ZoneInfo) -> Body:
    """A message to a subscriber: reminders, changes and a welcome. Times are given in the subscriber's `zone`."""
    latest = max((recorded.read_at for recorded in contents.changes), default=None)
    return _body(
        _subject(contents, context, zone),
        _sections(contents, chat, zone),
        context,
        chat,
        SUBSCRIBED,
        unsubscribe_footer(context, chat),
        checked_at=local_time(latest, zone) if latest else "",
    )


def operator_body(incidents: Sequence[Incident], context: MessageContext, chat: bool) -> Body:
    """A message to the operator: incidents that were opened or resolved."""
    sections = incident_sections(incidents, chat, context.time_zone)
    return _body(incident_subject(incidents), sections, context, chat, OPERATING)


def delivery_test_body(context: MessageContext, chat: bool) -> Body:
    """The message that `test-mail` sends."""
    return _body(f"Test: {context.sender_name}", [Section(lead=TEST_MESSAGE)], context, chat, TESTING)


def _sections(contents: Contents, chat: bool, zone: ZoneInfo) -> list[Section]:
    reminders = tuple(reminder_item(reminder, zone) for reminder in contents.reminders)
    sections = [Section(reminders)] if reminders else []
    if contents.changes:
        has_other_parts = bool(reminders) or contents.welcome is not None
        sections += change_sections(contents.changes, chat, zone, has_title=has_other_parts)
    if contents.welcome is not None:
        sections += welcome_sections(contents.welcome, chat, zone)
    if contents.monthly_status:
        sections.append(Section(lead=MONTHLY_STATUS))
    return sections


def _subject(contents: Contents, context: MessageContext, zone: ZoneInfo) -> str:
    """Names the first item: reminders come before changes. `(+2)` counts the others."""
    if contents.reminders:
        others = len(contents.reminders) - 1 + len(contents.changes)
        return _with_count(reminder_subject(contents.reminders[0], zone), others)
    if contents.changes:
        return _with_count(headline(contents.changes[0].change), len(contents.changes) - 1)
    if contents.welcome is not None:
        return welcome_subject(contents.welcome, context.sender_name)
    return MONTHLY_SUBJECT


def _with_count(text: str, others: int) -> str:
    count = f" (+{others})" if others else ""
    return clean(text, MAX_SUBJECT - len(count)) + count


def _body(
    subject: str,
    sections: Sequence[Section],
    context: MessageContext,
    chat: bool,
    reason: str,
    unsubscribe: UnsubscribeFooter | None = None,
    checked_at: str = "",
) -> Body:
    values: dict[str, object] = {
        "subject": clean(subject, MAX_SUBJECT + 20),
        "sections": sections,
        "is_single": count_items(sections) == 1,
        "checked_at": checked_at,
        "source_url": safe_link(context.source_url),
        "sender_name": clean(context.sender_name, 100),
        "reason": reason,
        "unsubscribe": unsubscribe or UnsubscribeFooter(),
    }
    text = render_template("chat.txt" if chat else "mail.txt", values)
    html = "" if chat else render_template("mail.html", values)
    return Body(str(values["subject"]), text, html, context.source_url)
