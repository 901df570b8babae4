"""Changes as the items of a message. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.models import CallNotice, Change, ChangeKind, Edition, RecordedChange
from cmr_watch.render.datetimes import cutoff_at, day_words, local_time
from cmr_watch.render.message_parts import ADVICE, SENTENCE_LENGTH, Item, Link, Section, Tone, links, quoted_length
from cmr_watch.render.plural import counted
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import sentence

K = ChangeKind
CUTOFFS_SHOWN: Final = 8
MATERIALS_SHOWN: Final = 8
TITLE_LENGTH: Final = 80

_ADVISED: Final = frozenset({K.CALL_ANNOUNCED, K.CALL_OPENED, K.CALL_CUTOFF_ADDED})
_SAD: Final = frozenset(
    {K.EDITION_CANCELLED, K.EDITION_POSTPONED, K.EDITION_WITHDRAWN, K.CALL_CLOSED, K.CALL_WITHDRAWN}
)
_MATERIALS: Final = frozenset({K.EDITION_SUMMARY_PUBLISHED, K.EDITION_MATERIALS_PUBLISHED})
_KICKERS: Final = {"Calls for hosts": "Call for hosts", "Editions": "Edition", "Materials": "Materials"}


def news_sections(news: Sequence[RecordedChange], chat: bool, zone: ZoneInfo, alone: bool) -> list[Section]:
    """The changes in the order given, under small headings when they are of several sorts."""
    several = len({change.read_at for change in news}) > 1
    groups: dict[str, list[RecordedChange]] = {}
    for change in news:
        groups.setdefault(_heading(change.change.kind), []).append(change)
    title = counted(len(news), "change") if len(news) > 1 or not alone else ""
    return [
        Section(
            tuple(_item(change, chat, zone, several, kicker=len(groups) == 1) for change in group),
            title="" if number else title,
            heading=heading if len(groups) > 1 else "",
        )
        for number, (heading, group) in enumerate(groups.items())
    ]


def open_cutoffs(call: CallNotice, zone: ZoneInfo) -> tuple[str, ...]:
    """The cut-offs that the page does not call closed, for whoever thinks of applying."""
    if call.status == "closed":
        return ()
    return tuple(f"Cut-off: {cutoff_at(cutoff, zone)}" for cutoff in call.cutoffs if not cutoff.closed)[:CUTOFFS_SHOWN]


def call_links(call: CallNotice) -> tuple[Link, ...]:
    """Where to apply; before it is open, where to read about it."""
    return links(("Apply" if call.status == "open" else "About the call", call.apply_url))


def edition_links(edition: Edition) -> tuple[Link, ...]:
    """What the page links an edition to."""
    return links(
        ("Register", edition.registration_url),
        ("Read the event summary", edition.summary_url),
        ("Page of the edition", edition.url),
    )


def _item(recorded: RecordedChange, chat: bool, zone: ZoneInfo, several: bool, kicker: bool) -> Item:
    change = recorded.change
    noun = change.after or change.before
    call = change.after if isinstance(change.after, CallNotice) else None
    return Item(
        kicker=_KICKERS[_heading(change.kind)] if kicker else "",
        tone=_tone(change.kind),
        sentence=clean(sentence(recorded.change), SENTENCE_LENGTH),
        quoted_from="On the page" if change.after else "No longer on the page",
        quote=clean(noun.text if noun else "", quoted_length(chat)),
        facts=open_cutoffs(call, zone) if call else _edition_facts(change),
        links=_links(change),
        advice=ADVICE if change.kind in _ADVISED else "",
        read_at=local_time(recorded.read_at, zone) if several else "",
    )


def _heading(kind: ChangeKind) -> str:
    if kind.startswith("call."):
        return "Calls for hosts"
    return "Materials" if kind in _MATERIALS else "Editions"


def _tone(kind: ChangeKind) -> Tone:
    if kind in _SAD:
        return "sad"
    return "call" if kind.startswith("call.") else "plain"


def _links(change: Change) -> tuple[Link, ...]:
    """What the page links to, as long as the page still says it."""
    if isinstance(change.after, CallNotice):
        return call_links(change.after)
    if not isinstance(change.after, Edition):
        return ()
    return (*_new_materials(change, change.after), *edition_links(change.after))


def _new_materials(change: Change, after: Edition) -> tuple[Link, ...]:
    """What the edition's own page offers now, and did not before; the summary has a label of its own."""
    if change.kind is not K.EDITION_MATERIALS_PUBLISHED:
        return ()
    known = {one.url for one in change.before.materials} if isinstance(change.before, Edition) else set()
    new = [one for one in after.materials if one.kind != "summary" and one.url not in known]
    return links(*((clean(one.title, TITLE_LENGTH) or one.kind.capitalize(), one.url) for one in new[:MATERIALS_SHOWN]))


def _edition_facts(change: Change) -> tuple[str, ...]:
    """Until when one can register, where that is the news."""
    after = change.after
    if change.kind is not K.EDITION_REGISTRATION_OPENED or not isinstance(after, Edition):
        return ()
    closes_on = after.registration_closes_on
    venue = (f"Venue: {clean(after.venue, SENTENCE_LENGTH)}",) if after.venue else ()
    return (*venue, *((f"Registration closes on {day_words(closes_on)}",) if closes_on else ()))
