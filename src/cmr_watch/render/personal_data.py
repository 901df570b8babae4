"""The data that are stored about an address, as the text of a mail. Pure.

The keys of editions and calls (`lyon-fr-2024-10`) are given as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.languages import LANGUAGES
from cmr_watch.models.mail_requests import MailRequest
from cmr_watch.models.personal_data import PersonalData, SentMessage
from cmr_watch.models.recipients import Subscription, SubscriptionRequest
from cmr_watch.models.signups import Signup
from cmr_watch.render.countries import country_words
from cmr_watch.render.datetimes import clock_words, hours_words, local_time
from cmr_watch.render.i18n import N_, _
from cmr_watch.render.joining import in_turn, labelled
from cmr_watch.render.message_parts import MAX_SENTENCE, Item, Section, facts
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import kind_and_key
from cmr_watch.render.unsubscribe import TOPIC_NAMES

_OUTCOMES: Final = {
    "sent": N_("sent"),
    "logged": N_("not sent, as there was no mail server"),
    "failed": N_("could not be sent"),
    "superseded": N_("replaced by a newer message before it was sent"),
    "cancelled": N_("not sent, as the subscription had ended"),
    "discarded": N_("not sent, as the operator decided after a restore"),
}
_MAILS: Final = {"link": N_("a link to manage the subscription"), "export": N_("your data")}
_FREQUENCIES: Final = {
    "immediately": N_("as soon as something changes"),
    "daily": N_("at most once a day"),
    "weekly": N_("once a week"),
}


def personal_data_sections(data: PersonalData, zone: ZoneInfo) -> list[Section]:
    """All that is stored, in sections. Times are given in `zone`."""
    details = [_subscription(entry, zone) for entry in data.subscriptions]
    lists = (
        (_("What was asked for on the site"), [*_signups(data.signups, zone), *_requests(data.requests, zone)]),
        (_("Messages to you"), [_message(message, zone) for message in data.messages]),
        (_("Changes that concern you"), list(_matches(data, zone))),
        (_("Reminders"), list(_reminders(data, zone))),
        (_("Notices of pages that could not be read"), list(_notices(data, zone))),
        (_("Digests"), [clean(days, MAX_SENTENCE) for days in data.digests]),
        (_("What you muted"), list(_mutes(data, zone))),
        (_("What else was noted about this address"), list(_remarks(data, zone))),
    )
    first = Section((Item(_(TITLE), text=_(INTRODUCTION)),))
    subscribed = [Section(tuple(details), _("Your subscriptions"))] if details else []
    return [first, *subscribed, *(Section(_lines(lines), heading, compact=True) for heading, lines in lists if lines)]


TITLE: Final = N_("Your data, as this service stores them")
INTRODUCTION: Final = N_(
    "This is everything that the service holds about your address. It keeps the texts of messages for 7 days, the"
    " subscription until 28 days after its end, and the rest for a year at most; a backup may hold an older copy."
)


def _lines(sentences: Iterable[str]) -> tuple[Item, ...]:
    return tuple(Item(sentence) for sentence in sentences)


def _subscription(entry: Subscription, zone: ZoneInfo) -> Item:
    sentence = _("Subscription {number}, {status}").format(number=entry.id, status=_status(entry))
    asked = SubscriptionRequest(
        entry.address,
        entry.topics,
        entry.countries,
        entry.name,
        entry.schedule,
        entry.reminders,
        entry.still_watching,
        entry.language,
    )
    times = facts(
        (_("Consent"), _("the operator") if entry.consent == "operator" else entry.consent),
        (_("Began"), _time(entry.activated_at or entry.created_at, zone)),
        (_("First message"), _time(entry.welcomed_at, zone)),
        (_("Paused until"), _time(entry.paused_until, zone)),
        (_("Ended"), _time(entry.ended_at, zone)),
        (_("Why it ended"), entry.end_reason),
    )
    return Item(sentence, facts=(*facts((_("Address"), entry.address), *_choices(asked)), *times))


def _status(entry: Subscription) -> str:
    words = {"active": _("active"), "pending": _("not confirmed yet"), "ended": _("ended")}
    return words[entry.status]


def _choices(request: SubscriptionRequest) -> Iterator[tuple[str, str | None]]:
    """What was chosen, as labels and values."""
    schedule = request.schedule
    quiet = schedule.quiet
    yield _("Name in the configuration"), request.name
    yield _("Topics"), ", ".join(_(TOPIC_NAMES[topic]) for topic in request.topics)
    yield _("Language"), LANGUAGES.get(request.language, request.language)
    yield _("Countries"), ", ".join(map(country_words, request.countries)) or _("all")
    yield _("How often"), _(_FREQUENCIES[schedule.frequency])
    yield _("Hour and time zone"), f"{clock_words(time(schedule.hour))}, {schedule.time_zone}"
    yield _("Quiet hours"), hours_words(quiet.start, quiet.end) if quiet else _("no")
    yield _("Reminders, in days before a cut-off"), ", ".join(map(str, request.reminders)) or _("no")
    yield _("Monthly status"), _("yes") if request.still_watching else _("no")


def _signups(signups: Iterable[Signup], zone: ZoneInfo) -> Iterator[str]:
    text = _("{time}: a subscription, from the network {network}, text {version}; {choices}")
    for one in signups:
        yield text.format(
            time=local_time(one.requested_at, zone),
            network=clean(one.network, MAX_SENTENCE),
            version=clean(one.consent_text, MAX_SENTENCE),
            choices=in_turn(labelled(label, value) for label, value in _choices(one.request) if value),
        )
        for label, at in ((_("mailed"), one.mailed_at), (_("confirmed"), one.confirmed_at)):
            if at:
                yield labelled(local_time(at, zone), label)


def _requests(requests: Iterable[MailRequest], zone: ZoneInfo) -> Iterator[str]:
    text = _("{time}: {mail}, from the network {network}")
    for one in requests:
        network = clean(one.network, MAX_SENTENCE)
        yield text.format(time=local_time(one.requested_at, zone), mail=_(_MAILS[one.kind]), network=network)


def _message(message: SentMessage, zone: ZoneInfo) -> str:
    subject = clean(message.subject, MAX_SENTENCE) or _("the text is no longer stored")
    outcome = _("waiting") if message.outcome is None else _(_OUTCOMES.get(message.outcome, message.outcome))
    done = f" ({local_time(message.done_at, zone)})" if message.done_at else ""
    error = f". {clean(message.error, MAX_SENTENCE)}" if message.error else ""
    return labelled(local_time(message.created_at, zone), f"{subject} – {outcome}{done}{error}")


def _matches(data: PersonalData, zone: ZoneInfo) -> Iterator[str]:
    for one in data.matches:
        state = _time(one.settled_at, zone) or _("waiting")
        yield labelled(
            local_time(one.matched_at, zone), f"{kind_and_key(one.kind, clean(one.key, MAX_SENTENCE))} – {state}"
        )


def _reminders(data: PersonalData, zone: ZoneInfo) -> Iterator[str]:
    text = _("{time}: {call}, cut-off {cutoff}, days before: {days}")
    for one in data.reminders:
        yield text.format(
            time=local_time(one.settled_at, zone),
            days=one.days_before,
            call=clean(one.call_key, MAX_SENTENCE),
            cutoff=local_time(one.cutoff_at, zone),
        )


def _notices(data: PersonalData, zone: ZoneInfo) -> Iterator[str]:
    for one in data.notices:
        phase = _("can be read again") if one.phase == "ended" else _("cannot be read")
        yield labelled(local_time(one.settled_at, zone), f"{clean(one.page_url, MAX_SENTENCE)} – {phase}")


def _mutes(data: PersonalData, zone: ZoneInfo) -> Iterator[str]:
    for one in data.mutes:
        time, item = local_time(one.muted_at, zone), clean(one.key, MAX_SENTENCE)
        text = _("{time}: {item}, undone: {undone}")
        undone = _time(one.ended_at, zone)
        yield text.format(time=time, item=item, undone=undone) if undone else labelled(time, item)


def _remarks(data: PersonalData, zone: ZoneInfo) -> Iterator[str]:
    for one in data.remarks:
        yield labelled(local_time(one.at, zone), labelled(one.kind, clean(one.text, MAX_SENTENCE)))


def _time(at: datetime | None, zone: ZoneInfo) -> str | None:
    return local_time(at, zone) if at else None
