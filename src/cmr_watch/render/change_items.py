"""Changes as the items of a message. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.models import CallNotice, Change, ChangeKind, Edition, Material, RecordedChange
from cmr_watch.render.datetimes import cutoff_at, day_words, local_time
from cmr_watch.render.message_parts import ADVICE, MAX_SENTENCE, Item, Link, Section, Tone, max_quote, safe_links
from cmr_watch.render.plural import counted
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import sentence

K = ChangeKind
MAX_CUTOFFS: Final = 8
MAX_MATERIALS: Final = 8
MAX_TITLE: Final = 80

_ADVISED: Final = frozenset({K.CALL_ANNOUNCED, K.CALL_OPENED, K.CALL_CUTOFF_ADDED})
_NEGATIVE: Final = frozenset(
    {K.EDITION_CANCELLED, K.EDITION_POSTPONED, K.EDITION_WITHDRAWN, K.CALL_CLOSED, K.CALL_WITHDRAWN}
)
_MATERIALS: Final = frozenset({K.EDITION_SUMMARY_PUBLISHED, K.EDITION_MATERIALS_PUBLISHED})


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the changes of one message are shown."""

    chat: bool
    zone: ZoneInfo
    has_kickers: bool
    has_times: bool


def change_sections(changes: Sequence[RecordedChange], chat: bool, zone: ZoneInfo, has_title: bool) -> list[Section]:
    """The changes, grouped by topic. Several groups have headings; a single one labels each item instead."""
    groups = _grouped_by_topic(changes)
    is_single = len(groups) == 1
    layout = _Layout(chat, zone, is_single, len({recorded.read_at for recorded in changes}) > 1)
    title = counted(len(changes), "change") if has_title or len(changes) > 1 else ""
    return [
        Section(
            tuple(_item(recorded, layout) for recorded in group),
            title=title if number == 0 else "",
            heading="" if is_single else topic,
        )
        for number, (topic, group) in enumerate(groups.items())
    ]


def _grouped_by_topic(changes: Sequence[RecordedChange]) -> dict[str, list[RecordedChange]]:
    groups: dict[str, list[RecordedChange]] = {}
    for recorded in changes:
        groups.setdefault(_topic(recorded.change.kind), []).append(recorded)
    return groups


def open_cutoffs(call: CallNotice, zone: ZoneInfo) -> tuple[str, ...]:
    """The cut-offs of a call that the page does not mark as closed; none if the call itself is closed."""
    if call.status == "closed":
        return ()
    return tuple(f"Cut-off: {cutoff_at(cutoff, zone)}" for cutoff in call.cutoffs if not cutoff.closed)[:MAX_CUTOFFS]


def call_links(call: CallNotice) -> tuple[Link, ...]:
    """The application form; before the call is open, the page about it."""
    return safe_links(("Apply" if call.status == "open" else "About the call", call.apply_url))


def edition_links(edition: Edition) -> tuple[Link, ...]:
    """The links of an edition; to registration only while there is something to register for."""
    can_register = edition.status not in ("cancelled", "held")
    return safe_links(
        ("Register", edition.registration_url if can_register else None),
        ("Read the event summary", edition.summary_url),
        ("Edition page", edition.url),
    )


def _item(recorded: RecordedChange, layout: _Layout) -> Item:
    change = recorded.change
    return Item(
        kicker=_topic(change.kind) if layout.has_kickers else "",
        tone=_tone(change.kind),
        sentence=clean(sentence(recorded.change), MAX_SENTENCE),
        quoted_from="On the page" if change.after else "No longer on the page",
        quote=_quote(change, layout.chat),
        facts=_facts(change, layout.zone),
        links=_links(change),
        advice=ADVICE if change.kind in _ADVISED else "",
        checked_at=local_time(recorded.read_at, layout.zone) if layout.has_times else "",
    )


def _topic(kind: ChangeKind) -> str:
    if kind.startswith("call."):
        return "Calls"
    return "Materials" if kind in _MATERIALS else "Editions"


def _tone(kind: ChangeKind) -> Tone:
    if kind in _NEGATIVE:
        return "negative"
    return "positive" if kind.startswith("call.") else "neutral"


def _quote(change: Change, chat: bool) -> str:
    noun = change.after or change.before
    return clean(noun.text, max_quote(chat)) if noun else ""


def _facts(change: Change, zone: ZoneInfo) -> tuple[str, ...]:
    if isinstance(change.after, CallNotice):
        return open_cutoffs(change.after, zone)
    if change.kind is K.EDITION_REGISTRATION_OPENED and isinstance(change.after, Edition):
        return _registration_facts(change.after)
    return ()


def _registration_facts(edition: Edition) -> tuple[str, ...]:
    venue = (f"Venue: {clean(edition.venue, MAX_SENTENCE)}",) if edition.venue else ()
    closes_on = edition.registration_closes_on
    return (*venue, *((f"Registration closes on {day_words(closes_on)}",) if closes_on else ()))


def _links(change: Change) -> tuple[Link, ...]:
    """The links of the edition or call, unless it is gone from the page."""
    if isinstance(change.after, CallNotice):
        return call_links(change.after)
    if not isinstance(change.after, Edition):
        return ()
    return (*_new_materials(change, change.after), *edition_links(change.after))


def _new_materials(change: Change, after: Edition) -> tuple[Link, ...]:
    """What the edition's own page newly offers. The summary is left out: it has its own change kind and label."""
    if change.kind is not K.EDITION_MATERIALS_PUBLISHED:
        return ()
    known = {material.url for material in change.before.materials} if isinstance(change.before, Edition) else set()
    new = [material for material in after.materials if material.kind != "summary" and material.url not in known]
    return safe_links(*((_material_label(material), material.url) for material in new[:MAX_MATERIALS]))


def _material_label(material: Material) -> str:
    return clean(material.title, MAX_TITLE) or material.kind.capitalize()
