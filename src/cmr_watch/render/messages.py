"""The messages that are sent: a subject that names what changed, and a body with the details. Pure.

A body is shared by all its recipients: TOKEN_SLOT and MUTE_SLOT are the only places that differ between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.cursors import cursor_of
from cmr_watch.models.muting import ItemRef, item_of
from cmr_watch.models.personal_data import PersonalData
from cmr_watch.models.readings import ChangeKind, KnownCall
from cmr_watch.models.recipients import TOKEN_SLOT, Body, Contents, Digest, Incident, Reminder
from cmr_watch.render.change_items import ItemLayout, change_items, sources
from cmr_watch.render.datetimes import day_range, local_time
from cmr_watch.render.headlines import headline, lead_and_others, subject_with_others
from cmr_watch.render.i18n import N_, _, language, local_path
from cmr_watch.render.incident_messages import incident_sections, incident_subject
from cmr_watch.render.message_context import MessageContext
from cmr_watch.render.message_parts import MAX_SUBJECT, Item, Link, Section, count_items, safe_links
from cmr_watch.render.muting import mute_url
from cmr_watch.render.outage import outage_brief, outage_items, outage_subject
from cmr_watch.render.personal_data import TITLE, personal_data_sections
from cmr_watch.render.preheader import preview
from cmr_watch.render.reminders import reminder_brief, reminder_item, reminder_subject
from cmr_watch.render.sanitize import clean, safe_link, safe_mail_link
from cmr_watch.render.sentences import contradiction
from cmr_watch.render.templating import render_template
from cmr_watch.render.unsubscribe import OPERATING, TESTING, Consent, UnsubscribeFooter, reason, unsubscribe_footer
from cmr_watch.render.welcome import welcome_brief, welcome_sections, welcome_subject

__all__ = [
    "Consent",
    "MessageContext",
    "body",
    "delivery_test_body",
    "export_body",
    "link_body",
    "operator_body",
    "opt_in_body",
]

MONTHLY_SUBJECT: Final = N_("Still watching, nothing new")
MONTHLY_STATUS: Final = N_(
    "No changes matched your subscription in the past month. The “Clusters meet Regions” page is still being watched."
)
_OPENED: Final = ChangeKind.CALL_OPENED
OPT_IN: Final = N_(
    "Somebody, probably you, has asked for e-mails about “Clusters meet Regions” to this address. They begin once you"
    " confirm. The link works for 7 days."
)
OPT_IN_REASON: Final = N_(
    "You are receiving this once because this address was entered on our site. If that was not you, do nothing: no more"
    " e-mails follow, and the address is deleted after 28 days."
)
LINK: Final = N_(
    "Somebody, probably you, has asked for a link to the e-mails that this address gets from us. On its page you can"
    " change what you get, pause, end the e-mails, get your data or have them erased. The link works for 24 hours; do"
    " not pass it on."
)
LINK_REASON: Final = N_(
    "You are receiving this once because this address was entered on our site. If that was not you, do nothing: nothing"
    " has changed."
)
EXPORT_REASON: Final = N_("You are receiving this once because you asked for your data on our site.")
TEST_MESSAGE: Final = "This is a test message"
TEST_TEXT: Final = "It shows that messages from this service reach you."


@dataclass(frozen=True, slots=True)
class _Frame:
    """What surrounds the sections of a message. Each part may be empty.

    - `reason`: why the reader receives it. `sources`: the pages that it is about.
    - `checked_at`: when the page was read. `digest`: which digest this is.
    - `since_url`: what has changed since this message. It is the same for all recipients.
    """

    reason: str
    sources: tuple[Link, ...]
    unsubscribe: UnsubscribeFooter = field(default_factory=UnsubscribeFooter)
    checked_at: str = ""
    digest: str = ""
    since_url: str = ""


def body(
    contents: Contents, context: MessageContext, chat: bool, zone: ZoneInfo, consent: Consent | None = None
) -> Body:
    """A message to a subscriber. Times are given in the subscriber's `zone`.

    `consent`: what the recipient asked for; None if the operator subscribed them.
    """
    times = {recorded.read_at for recorded in contents.changes}
    frame = _Frame(
        reason(consent),
        sources(contents.changes, context.source_url),
        unsubscribe_footer(context, chat),
        local_time(times.pop(), zone) if len(times) == 1 else "",
        _digest(contents.digest),
        _since_url(contents, context),
    )
    sections = _sections(contents, context, chat, zone)
    return _body(_subject(contents, context, zone), sections, context, chat, frame)


def operator_body(incidents: Sequence[Incident], context: MessageContext, chat: bool) -> Body:
    """A message to the operator: incidents that were opened or resolved."""
    sections = incident_sections(incidents, chat, context.time_zone)
    return _body(incident_subject(incidents), sections, context, chat, _Frame(OPERATING, ()))


def delivery_test_body(context: MessageContext, chat: bool) -> Body:
    """The message that `test-mail` sends."""
    sections = [Section((Item(TEST_MESSAGE, text=TEST_TEXT),))]
    return _body(f"Test: {context.sender_name}", sections, context, chat, _Frame(TESTING, ()))


def opt_in_body(context: MessageContext) -> Body:
    """The mail that asks an address for confirmation. It holds no news, and nothing that was typed into the form."""
    button = Link(_("Confirm"), f"{_site_url(context, '/confirm/')}{TOKEN_SLOT}")
    item = Item(_("Confirm your subscription"), text=_(OPT_IN), button=button)
    return _body(_("Confirm your subscription"), [Section((item,))], context, False, _Frame(_(OPT_IN_REASON), ()))


def link_body(context: MessageContext) -> Body:
    """The mail with the link to manage a subscription."""
    button = Link(_("Change what you get"), f"{_site_url(context, '/manage/')}{TOKEN_SLOT}")
    item = Item(_("Your link to change or end your e-mails"), text=_(LINK), button=button)
    return _body(
        _("Your link to change or end your e-mails"), [Section((item,))], context, False, _Frame(_(LINK_REASON), ())
    )


def export_body(data: PersonalData, context: MessageContext, zone: ZoneInfo) -> Body:
    """The mail with all that is stored about an address."""
    sections = personal_data_sections(data, zone)
    return _body(_(TITLE), sections, context, False, _Frame(_(EXPORT_REASON), ()))


def _site_url(context: MessageContext, path: str) -> str:
    """A path of the site, in the language of the message."""
    return f"{(context.site_url or '').rstrip('/')}{local_path(path)}"


def _sections(contents: Contents, context: MessageContext, chat: bool, zone: ZoneInfo) -> list[Section]:
    link = partial(mute_url, context, chat)
    reminders = _shown_reminders(contents)
    items = [replace(reminder_item(one, zone), mute_url=link(ItemRef("call", one.open.call_key))) for one in reminders]
    reminded = frozenset(reminder.open.call_key for reminder in reminders)
    changed = change_items(contents.items, ItemLayout(chat, zone, context.source_url, reminded))
    items += [
        replace(item, mute_url=link(item_of(group.changes[0].change)))
        for item, group in zip(changed, contents.items, strict=True)
    ]
    items += outage_items(contents.outages, context.source_url, zone)
    if contents.monthly_status:
        links = safe_links((_("View the page"), context.source_url))
        items.append(Item(_(MONTHLY_SUBJECT), text=_(MONTHLY_STATUS), links=links))
    sections = [Section(tuple(items))] if items else []
    if contents.welcome is not None:
        sections += welcome_sections(contents.welcome, chat, zone, link)
    return sections


def _shown_reminders(contents: Contents) -> tuple[Reminder, ...]:
    """The reminders, without those of a call whose opening the message announces, with all its cut-offs."""
    opened = {group.key for group in contents.items if any(one.change.kind is _OPENED for one in group.changes)}
    return tuple(reminder for reminder in contents.reminders if reminder.open.call_key not in opened)


def _subject(contents: Contents, context: MessageContext, zone: ZoneInfo) -> str:
    """Names the first item, and then what else the message contains: reminders come before changes."""
    candidates = [
        (reminder_subject(reminder, zone), reminder_brief(reminder)) for reminder in _shown_reminders(contents)
    ]
    for group in contents.items:
        head = headline(lead_and_others(group)[0], group.current, zone)
        has_conflict = isinstance(group.current, KnownCall) and bool(contradiction(group.current))
        text = _("{subject} · the pages disagree") if has_conflict else "{subject}"
        candidates.append((text.format(subject=head.subject), head.brief))
    outages = sorted(contents.outages, key=lambda outage: outage.page_url != context.source_url)
    for outage in outages[:1]:  # the list and the call page usually fail together: the list is named
        candidates.append((outage_subject(outage, context.source_url, zone), outage_brief(outage, context.source_url)))
    if contents.welcome is not None:
        candidates.append((welcome_subject(contents.welcome, context.sender_name), welcome_brief()))
    if not candidates:
        return _(MONTHLY_SUBJECT)
    return subject_with_others(candidates[0][0], [brief for _subject, brief in candidates[1:]])


def _digest(digest: Digest | None) -> str:
    """`Daily digest: 4 December 2023`, `Weekly digest: 27 November – 3 December 2023`."""
    if digest is None:
        return ""
    text = _("Daily digest: {days}") if digest.frequency == "daily" else _("Weekly digest: {days}")
    return text.format(days=day_range(digest.first_day, digest.last_day))


def _since_url(contents: Contents, context: MessageContext) -> str:
    """The list of the changes after the newest one that the message tells of; empty if it tells of none."""
    if not context.web_url or not contents.changes:
        return ""
    newest = max(recorded.place for recorded in contents.changes)
    return safe_link(f"{context.web_url.rstrip('/')}{local_path('/changes')}?after={cursor_of(newest)}") or ""


def _body(subject: str, sections: Sequence[Section], context: MessageContext, chat: bool, frame: _Frame) -> Body:
    values: dict[str, object] = {
        "language": language(),
        "subject": clean(subject, MAX_SUBJECT),
        "preview": preview(sections),
        "digest": frame.digest,
        "sections": sections,
        "is_single": count_items(sections) == 1,
        "checked_at": frame.checked_at,
        "sources": frame.sources,
        "since_url": frame.since_url,
        "sender_name": clean(context.sender_name, 100),
        "contact": clean(context.contact or "", 200),
        "contact_url": safe_mail_link(context.contact or ""),
        "reason": frame.reason,
        "unsubscribe": frame.unsubscribe,
        "manage_url": _site_url(context, "/manage") if context.offers_managing and frame.unsubscribe.url else "",
    }
    text = render_template("chat.txt" if chat else "mail.txt", values)
    html = "" if chat else render_template("mail.html", values)
    return Body(str(values["subject"]), text, html, context.source_url)
