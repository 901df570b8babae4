"""Composes the messages for plans. Identical contents for many recipients are rendered once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from cmr_watch.clock import BRUSSELS
from cmr_watch.exceptions import RenderError
from cmr_watch.models.planning import Plan, Planned, Recipient
from cmr_watch.models.readings import Change
from cmr_watch.models.recipients import Body, Contents, Message, OpenItems, Subscription
from cmr_watch.models.signups import confirmed_at
from cmr_watch.notify import tokens
from cmr_watch.render.unsubscribe import Consent
from cmr_watch.store.incidents import Incidents

log = logging.getLogger(__name__)

Render = Callable[[Contents, bool, ZoneInfo, Consent | None, str], Body]
"""Renders contents, for chat or for mail, in a time zone, for recipients who agreed to that, in a language.

Raises RenderError.
"""
CACHE_SIZE: Final = 256  # rendered bodies


class _Reader(NamedTuple):
    """What a body depends on besides its contents, in the order of the parameters of `Render`."""

    chat: bool
    zone: ZoneInfo
    consent: Consent | None
    language: str


class MessageComposer:
    """Composes messages. A part that cannot be rendered is left out, and the rest of the message is sent."""

    def __init__(self, render: Render, new_id: Callable[[], str], key: bytes, incidents: Incidents) -> None:
        self._render = render
        self._new_id = new_id
        self._key = key
        self._incidents = incidents
        self._bodies: dict[object, Body | None] = {}
        self._unrenderable: dict[str, str] = {}

    def report_unrenderable(self, now: datetime) -> None:
        """Log each part that could not be rendered, and notify the operator of it."""
        for subject, error in self._unrenderable.items():
            log.error("%s cannot be rendered and was left out of the messages: %s", subject, error)
            self._incidents.record_once("part-unrenderable", subject, error, now)
        self._unrenderable.clear()

    def compose(self, recipient: Recipient, decided: Plan) -> Planned:
        """Write the message of a plan. A part that cannot be rendered is settled without being sent."""
        if decided.contents is None:
            return Planned(recipient, decided)
        first = recipient.subscriptions[0]
        reader = _Reader("://" in first.address, ZoneInfo(first.schedule.time_zone), _consent(first), first.language)
        body = self._cached_body(decided.contents, reader)
        if body is None:
            discarded = decided.discarded + decided.notified
            return Planned(recipient, decided._replace(contents=None, notified=(), discarded=discarded))
        return Planned(recipient, decided, self._message(first, body, decided))

    def _message(self, first: Subscription, body: Body, decided: Plan) -> Message:
        return Message(first.address, body, self._new_id(), decided.notified, tokens.make(self._key, first.id))

    def _cached_body(self, contents: Contents, reader: _Reader) -> Body | None:
        key = (_cache_key(contents), reader)
        if key not in self._bodies:
            if len(self._bodies) >= CACHE_SIZE:
                self._bodies.pop(next(iter(self._bodies)))
            self._bodies[key] = self._render_body(contents, reader)
        return self._bodies[key]

    def _render_body(self, contents: Contents, reader: _Reader) -> Body | None:
        """Render the contents, without the parts that cannot be rendered; None if nothing is left."""
        try:
            return self._render(contents, *reader)
        except RenderError:
            rest = self._without_unrenderable(contents, reader)
        return self._render(rest, *reader) if rest._replace(digest=None) != Contents() else None

    def _without_unrenderable(self, contents: Contents, reader: _Reader) -> Contents:
        """Return the contents without the parts that cannot be rendered, and record the errors."""
        renderable: list[Contents] = []
        for name, part in _parts(contents):
            error = self._render_error(part, reader)
            if error is None:
                renderable.append(part)
            else:
                self._unrenderable[name] = error
        return _with_parts(contents, renderable)

    def _render_error(self, part: Contents, reader: _Reader) -> str | None:
        try:
            self._render(part, *reader)
        except RenderError as error:
            return str(error)
        return None


def _consent(subscription: Subscription) -> Consent | None:
    """What recipients agreed to who subscribed themselves on the site."""
    at = confirmed_at(subscription.consent)
    return Consent(subscription.topics, at.astimezone(BRUSSELS).date()) if at else None


def _parts(contents: Contents) -> Iterator[tuple[str, Contents]]:
    """Yield the name and the contents of each part that can be rendered separately."""
    for group in contents.items:
        yield f"change {', '.join(str(recorded.id) for recorded in group.changes)}", Contents(items=(group,))
    for reminder in contents.reminders:
        yield f"reminder of {reminder.open.call_key}", Contents(reminders=(reminder,))
    if contents.welcome is not None:
        yield "welcome", Contents(welcome=contents.welcome)
    for outage in contents.outages:
        yield f"outage of {outage.page_url}", Contents(outages=(outage,))


def _with_parts(contents: Contents, parts: Sequence[Contents]) -> Contents:
    """Return the contents reduced to some of their parts."""
    return contents._replace(
        items=tuple(group for part in parts for group in part.items),
        reminders=tuple(reminder for part in parts for reminder in part.reminders),
        welcome=next((part.welcome for part in parts if part.welcome is not None), None),
        outages=tuple(outage for part in parts for outage in part.outages),
    )


def _quoted_lines(change: Change) -> tuple[str | None, str | None]:
    """Return the page's lines that a message may quote; they take no part in the equality of changes."""
    before, after = change.before, change.after
    return before.text if before else None, after.text if after else None


def _cache_key(contents: Contents) -> object:
    """Return a key that identifies contents without hashing all of them for each of many thousand recipients."""
    changes = tuple((recorded.id, recorded.change, _quoted_lines(recorded.change)) for recorded in contents.changes)
    current = tuple(group.current for group in contents.items)
    reminders = tuple(
        (
            one.open.call_key,
            one.open.cutoff.at,
            one.open.moved_from,
            one.open.conflicting_notice,
            one.days_left,
            one.later,
        )
        for one in contents.reminders
    )
    # equality leaves out the text that is shown, so the identity of the items decides: they live as long as one run
    welcome = contents.welcome and _welcome_key(contents.welcome)
    return changes, current, reminders, welcome, contents.monthly_status, contents.digest, contents.outages


def _welcome_key(shown: OpenItems) -> object:
    items = tuple(map(id, (*shown.calls, *shown.editions)))
    return items, shown.topics, shown.has_countries, shown.has_muted
