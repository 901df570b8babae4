"""Incidents in a message to the operator: the problem, since when, and how to fix it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.log import redact_address, redact_page_url
from cmr_watch.models.readings import PageKind
from cmr_watch.models.recipients import Incident, IncidentKind
from cmr_watch.plural import counted
from cmr_watch.render.datetimes import day_and_time, local_time, zone_words
from cmr_watch.render.message_parts import MAX_SENTENCE, Fact, Item, Quote, Section, Step, max_quote
from cmr_watch.render.sanitize import clean, safe_link

MAX_ITEMS: Final = 20
_MAX_ARGUMENT: Final = 2000
"""A truncated argument would make a command fail, so this is longer than any sentence."""


@dataclass(frozen=True, slots=True)
class _Wording:
    """How an incident is described. In each text, PAGE and ADDRESS are replaced.

    - `opened`, `resolved`: what happened, as a clause.
    - `subject_label`: names what `Incident.subject` is, empty where it says nothing.
    - `text`: what it means.
    - `steps`: how to fix it.
    """

    opened: str
    resolved: str = ""
    subject_label: str = ""
    text: str = ""
    steps: tuple[Step, ...] = ()


_LIST_READINGS: Final = Step("To compare the content with earlier readings, run:", "cmr-watch snapshots list")
_WORDING: Final[dict[IncidentKind, _Wording]] = {
    "fetch-failing": _Wording(
        "PAGE cannot be read",
        "PAGE can be read again",
        "Page",
        steps=(Step("Check whether the page opens in a browser, then run:", "cmr-watch doctor"),),
    ),
    "reading-suspect": _Wording(
        "PAGE looks wrong",
        "PAGE looks right again",
        "Page",
        "Nothing is withdrawn or moved because of it. Of its content, only new editions that are clearly readable are"
        " used.",
        (
            _LIST_READINGS,
            Step("To see one of them, run:", "cmr-watch snapshots show ID"),
            Step("If the page is correct, run:", "cmr-watch accept ADDRESS"),
        ),
    ),
    "reading-unusable": _Wording(
        "PAGE lacks its usual content",
        "PAGE has its usual content again",
        "Page",
        "Nothing is withdrawn or moved because of it. Each check reads the page again, so if it is under maintenance,"
        " there is nothing to do.",
        (Step("Check whether the page opens in a browser."), _LIST_READINGS),
    ),
    "correction-lapsed": _Wording(
        "a correction of PAGE has ended",
        subject_label="Page",
        text="The line that it corrects is no longer on the page word for word. The page is now read without it.",
        steps=(
            Step("To see how the page is read now, run:", "cmr-watch snapshots show"),
            Step("If a line is still misread, correct it again:", "cmr-watch correct add --help"),
        ),
    ),
    "reading-still-suspect": _Wording(
        "PAGE has looked wrong for a week",
        subject_label="Page",
        text="Nothing is withdrawn or moved because of it, but changes of known editions and calls are not announced"
        " either.",
        steps=(_LIST_READINGS, Step("If the page is correct, run:", "cmr-watch accept ADDRESS")),
    ),
    "layout-changed": _Wording(
        "PAGE has other section headings",
        "PAGE has its usual section headings again",
        "Page",
        "The known editions are there, so their changes are announced as before. A line with an edition that was not"
        " known before is announced only if it names the series, or links to a page whose address or title does. Others"
        " wait.",
        (
            Step("To see how the list is read now, run:", "cmr-watch snapshots show"),
            Step("If it is read correctly, announce what is waiting with:", "cmr-watch accept ADDRESS"),
        ),
    ),
    "newly-read": _Wording(
        "this version reads more of PAGE",
        subject_label="Page",
        text="The version before did not read these facts, which are still ahead. Subscribers were not notified of"
        " them, because the page may have said so for a long time.",
        steps=(
            Step("To see them in full, run:", "cmr-watch changes"),
            Step("To notify subscribers of those that are still ahead, run:", "cmr-watch replay --notify"),
        ),
    ),
    "delivery-failed": _Wording(
        "delivery failed permanently",
        "the failed delivery was dealt with",
        "Recipient",
        steps=(
            Step("To list the messages that failed, run:", "cmr-watch deliveries list --state failed"),
            Step("Once the cause is fixed, resend a message with:", "cmr-watch deliveries retry ID"),
        ),
    ),
    "subscription-ended": _Wording(
        "subscription ended: ADDRESS",
        text="The mail server of this address says that it does not exist, or no longer.",
        steps=(
            Step(
                "If the address is correct, bring the subscription back with:",
                "cmr-watch subscriptions add ADDRESS --resubscribe",
            ),
        ),
    ),
    "endings-held": _Wording(
        "many addresses bounce at once",
        "the bouncing addresses were dealt with",
        text="Their mail servers say that these addresses do not exist. So many at once are rather the result of a"
        " mistake, such as a wrong SPF record. Their subscriptions are kept, and mail to them is paused for a day.",
        steps=(
            Step("To see the addresses and what the servers say, run:", "cmr-watch bounces --held"),
            Step("If they do not exist, end their subscriptions with:", "cmr-watch bounces --end-held"),
            Step("Otherwise, fix the cause, then resend the messages that failed with:", "cmr-watch deliveries retry"),
        ),
    ),
    "complaint": _Wording(
        "reported as spam by ADDRESS",
        text="The recipient’s mail provider says that one of the messages was marked as spam. The subscription has"
        " ended.",
    ),
    "unsubscribe-request": _Wording(
        "unsubscribe request from ADDRESS",
        text="The mail contains no valid token and is no reply to one of the messages, so nobody was unsubscribed. The"
        " sender may be subscribed under another address.",
        steps=(
            Step("To look for the subscription, run:", "cmr-watch subscriptions list"),
            Step("To end it, run:", "cmr-watch subscriptions end ADDRESS"),
        ),
    ),
    "mailbox-unreadable": _Wording(
        "some returned mail cannot be read",
        "all returned mail can be read again",
        text="It is skipped, and all other mail is processed.",
        steps=(Step("In a Maildir, check the owners and permissions of these files, or delete them."),),
    ),
    "part-unrenderable": _Wording(
        "a part of a message was left out",
        subject_label="Left out",
        text="It could not be written, because of a fault in the program. The recipients received the rest.",
        steps=(
            Step("To see what they were not told, run:", "cmr-watch changes"),
            Step("Report the fault, with the details below."),
        ),
    ),
    "row-unreadable": _Wording(
        "a row of the database cannot be read",
        "the row of the database can be read again",
        "Row",
        "A value in it is damaged, or of the wrong type. The row is left out, and everything else is used. What seems"
        " to be new on a page, but may be what the row says, is held.",
        (
            Step("To see whether anything is held, run:", "cmr-watch deliveries release"),
            Step(
                "Correct the row with SQL, or delete it. If there are many, stop the service, and run:",
                "cmr-watch restore FILE",
            ),
        ),
    ),
    "site-failed": _Wording(
        "the public site has failed",
        "the public site works again",
        "Address",
        "Pages are checked and messages are sent as before. The service tries to start the site again every minute.",
        (Step("To find the cause, look at the log of the service, then run:", "cmr-watch doctor"),),
    ),
    "digest-overdue": _Wording(
        "a digest is late",
        "no digest is late any more",
        steps=(Step("To see which messages are pending, and why, run:", "cmr-watch deliveries list --state pending"),),
    ),
}
_MESSAGE_ID: Final = re.compile(r"message (\d+), ")
"""How the detail of a failed delivery begins; that of an incident from an earlier version does not."""
_PAGE_KINDS: Final = frozenset[IncidentKind](
    {
        *("fetch-failing", "reading-suspect", "reading-unusable", "reading-still-suspect"),
        *("layout-changed", "newly-read", "correction-lapsed"),
    }
)
_NOTES: Final = frozenset[IncidentKind]({"subscription-ended", "complaint", "unsubscribe-request", "newly-read"})
"""What happened, and is no problem."""
_EVENTS: Final = frozenset[IncidentKind]({*_NOTES, "part-unrenderable", "reading-still-suspect", "correction-lapsed"})
"""What happened once: there is nothing to resolve."""
_PAGES: Final[dict[PageKind | None, str]] = {"call": "the call page", "edition": "an edition page"}
_RESOLVED_PAGES: Final[dict[PageKind | None, str]] = {"call": "the call page", "edition": "the edition page"}
_ONLY_LIST: Final = " Of its content, only new editions that are clearly readable are used."


def incident_subject(incidents: Sequence[Incident]) -> str:
    """Names the first problem, and counts the others.

    `Problem: the page cannot be read`, `Resolved: …`, `The page looks wrong · 1 more problem · 1 resolved`.
    """
    first, *others = _in_order(incidents)
    if not others:
        return _single_subject(first)
    resolved = sum(map(_is_resolved, others))
    problems = len(others) - resolved
    more = "more " if _is_resolved(first) else ""
    counts = (
        f"{problems} more {'problem' if problems == 1 else 'problems'}" if problems else "",
        f"{resolved} {more}resolved" if resolved else "",
    )
    return " · ".join(filter(None, (_capitalised(_clause(first)), *counts)))


def incident_sections(incidents: Sequence[Incident], chat: bool, zone: ZoneInfo) -> list[Section]:
    """One item for each incident, current problems first, and the number of those that are not shown."""
    ordered = _in_order(incidents)
    sections = [Section(tuple(_item(incident, chat, zone) for incident in ordered[:MAX_ITEMS]))]
    if len(ordered) > MAX_ITEMS:
        sections.append(Section(lead=f"and {len(ordered) - MAX_ITEMS} more"))
    return sections


def _in_order(incidents: Sequence[Incident]) -> list[Incident]:
    return sorted(incidents, key=_is_resolved)


def _single_subject(incident: Incident) -> str:
    if incident.kind in _NOTES:
        return _capitalised(_clause(incident))
    return f"{'Resolved' if _is_resolved(incident) else 'Problem'}: {_clause(incident)}"


def _item(incident: Incident, chat: bool, zone: ZoneInfo) -> Item:
    wording = _WORDING[incident.kind]
    is_resolved = _is_resolved(incident)
    quote = clean(_detail(incident), max_quote(chat))
    title = _capitalised(_clause(incident))
    return Item(
        sentence=f"Resolved: {_clause(incident)}" if is_resolved else title,
        title=title,
        kicker="Resolved" if is_resolved else "" if incident.kind in _NOTES else "Problem",
        tone="positive" if is_resolved else "negative",
        text="" if is_resolved else _text(incident),
        facts=(*_subject_fact(incident), *_times(incident, zone)),
        steps=() if is_resolved else tuple(_filled_in(step, incident) for step in wording.steps),
        quotes=(Quote("Details", quote),) if quote else (),
    )


def _clause(incident: Incident) -> str:
    """What happened: `the page cannot be read`, `subscription ended: anna@example.org`."""
    is_resolved = _is_resolved(incident)
    wording = _WORDING[incident.kind]
    pages = _RESOLVED_PAGES if is_resolved else _PAGES
    clause = (wording.resolved if is_resolved else wording.opened).replace("PAGE", pages.get(incident.page, "the page"))
    return clause.replace("ADDRESS", clean(_public_subject(incident), MAX_SENTENCE))


def _text(incident: Incident) -> str:
    """What the incident means. New editions are announced by the list only."""
    text = _WORDING[incident.kind].text
    return text if incident.page in (None, "initiative") else text.replace(_ONLY_LIST, " Its content is not used.")


def _filled_in(step: Step, incident: Incident) -> Step:
    subject = clean(_public_subject(incident), _MAX_ARGUMENT)
    message = _MESSAGE_ID.match(incident.detail) if incident.kind == "delivery-failed" else None
    command = step.command.replace("retry ID", f"retry {message[1]}") if message else step.command
    return Step(step.text, command.replace("ADDRESS", subject))


def _capitalised(clause: str) -> str:
    return clause[:1].upper() + clause[1:]


def _is_resolved(incident: Incident) -> bool:
    """Whether the problem is over. An event has nothing to resolve."""
    return incident.resolved_at is not None and incident.kind not in _EVENTS


def _subject_fact(incident: Incident) -> tuple[Fact, ...]:
    label, subject = _WORDING[incident.kind].subject_label, _public_subject(incident)
    url = safe_link(subject) if incident.kind in _PAGE_KINDS else None
    return (Fact(label, clean(subject, MAX_SENTENCE), url or ""),) if label and subject else ()


def _times(incident: Incident, zone: ZoneInfo) -> tuple[Fact, ...]:
    opened, closed = incident.opened_at, incident.resolved_at
    if incident.kind in _EVENTS:
        label = "Ended on" if incident.kind == "subscription-ended" else "On"
        return (Fact(label, local_time(opened, zone)),)
    if closed is None:
        return (Fact("Since", local_time(opened, zone)),)
    lasted = Fact("Lasted", f"{_duration(opened, closed)} ({_period(opened, closed, zone)})")
    return (lasted,) if incident.opened_notified_at else (lasted, Fact("", "Resolved before this message was sent."))


def _duration(opened: datetime, closed: datetime) -> str:
    """`3 hours`, `2 days 1 hour`, `20 minutes`: the two largest units, between the minutes that are shown."""
    shown = closed.replace(second=0, microsecond=0) - opened.replace(second=0, microsecond=0)
    minutes = int(shown.total_seconds()) // 60
    days, hours = divmod(minutes // 60, 24)
    units = [(days, "day"), (hours, "hour"), (minutes % 60 if not days else 0, "minute")]
    words = [counted(number, unit) for number, unit in units if number]
    return " ".join(words) or "less than a minute"


def _period(opened: datetime, closed: datetime, zone: ZoneInfo) -> str:
    """`5 December 2023, 13:00 – 16:00, Brussels time`; the second date is given if it differs."""
    is_same_day = opened.astimezone(zone).date() == closed.astimezone(zone).date()
    end = f"{closed.astimezone(zone):%H:%M}" if is_same_day else day_and_time(closed, zone)
    return f"{day_and_time(opened, zone)} – {end}, {zone_words(zone)}"


def _public_subject(incident: Incident) -> str:
    """A page as `cmr-watch accept` takes it, without user and query; a recipient without secrets of an Apprise URL."""
    redact = redact_page_url if incident.kind in _PAGE_KINDS else redact_address
    return redact(incident.subject)


def _detail(incident: Incident) -> str:
    """The detail without the secrets of an Apprise URL, which an error message may repeat."""
    return incident.detail.replace(incident.subject, _public_subject(incident)) if incident.subject else incident.detail
