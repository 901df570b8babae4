"""Writes messages for plans: many people are told the same, and its words are made once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.exceptions import RenderError
from cmr_watch.models import Body, Change, Contents, Message, Person, Plan, Planned, PlanningContext, Subscription
from cmr_watch.notify import tokens
from cmr_watch.notify.planning import plan
from cmr_watch.store.incidents import Incidents

log = logging.getLogger(__name__)

Render = Callable[[Contents, bool, ZoneInfo], Body]
KEPT: Final = 256


class MessageComposer:
    """Makes messages. What cannot be written is set aside alone: the rest of a message is sent without it."""

    def __init__(self, render: Render, new_id: Callable[[], str], key: bytes, incidents: Incidents) -> None:
        self._render = render
        self._new_id = new_id
        self._key = key
        self._incidents = incidents
        self._bodies: dict[object, tuple[Body | None, Contents]] = {}
        self._poison: dict[str, str] = {}

    def planner(self, around: PlanningContext, now: datetime) -> Callable[[Person], Planned]:
        """Plans for one person after the other."""
        return lambda person: self._planned(person, plan(person, around, now))

    def report_unrenderable(self, now: datetime) -> None:
        """Tell the operator of what could not be written."""
        for subject, detail in self._poison.items():
            log.error("%s cannot be written, and is set aside: %s", subject, detail)
            self._incidents.open("delivery-failed", subject, detail, now)
        self._poison.clear()

    def _planned(self, person: Person, decided: Plan) -> Planned:
        if decided.contents is None:
            return Planned(person, decided)
        first = person.subscriptions[0]
        body = self._body(decided.contents, "://" in first.address, first.schedule.time_zone)
        if body is None:
            return Planned(person, replace(decided, contents=None, told=(), dropped=decided.dropped + decided.told))
        return Planned(person, decided, self._message(first, body, decided))

    def _message(self, first: Subscription, body: Body, decided: Plan) -> Message:
        return Message(first.address, body, self._new_id(), decided.told, tokens.make(self._key, first.id))

    def _body(self, contents: Contents, chat: bool, zone: str) -> Body | None:
        key = (_contents_key(contents), chat, zone)
        if key not in self._bodies:
            if len(self._bodies) >= KEPT:
                self._bodies.pop(next(iter(self._bodies)))
            # the contents are kept beside it, so that what the key names by its identity lives as long
            self._bodies[key] = self._rendered(contents, chat, ZoneInfo(zone)), contents
        return self._bodies[key][0]

    def _rendered(self, contents: Contents, chat: bool, zone: ZoneInfo) -> Body | None:
        try:
            return self._render(contents, chat, zone)
        except RenderError:
            good = self._without_poison(contents, chat, zone)
        return self._render(good, chat, zone) if good != Contents() else None

    def _without_poison(self, contents: Contents, chat: bool, zone: ZoneInfo) -> Contents:
        def writable(subject: str, part: Contents) -> bool:
            try:
                self._render(part, chat, zone)
            except RenderError as error:
                self._poison[subject] = str(error)
                return False
            return True

        news = tuple(one for one in contents.news if writable(f"change {one.id}", Contents(news=(one,))))
        reminders = tuple(
            one
            for one in contents.reminders
            if writable(f"reminder of {one.open.call_key}", Contents(reminders=(one,)))
        )
        welcome = contents.welcome
        if welcome is not None and not writable("welcome", Contents(welcome=welcome)):
            welcome = None
        return replace(contents, news=news, reminders=reminders, welcome=welcome)


def _quoted(change: Change) -> tuple[str | None, str | None]:
    """The lines a message may quote, which take no part in the equality of changes."""
    before, after = change.before, change.after
    return before.text if before else None, after.text if after else None


def _contents_key(contents: Contents) -> object:
    """What tells contents apart, without walking through all of it for each of many thousand people."""
    news = tuple((one.id, one.change, _quoted(one.change)) for one in contents.news)
    told = tuple(
        (one.open.call_key, one.open.cutoff.at, one.open.moved_from, one.days_left) for one in contents.reminders
    )
    shown = contents.welcome
    keys = None if shown is None else (tuple(one.key for one in shown.calls), tuple(one.key for one in shown.editions))
    return news, told, keys, contents.monthly_status
