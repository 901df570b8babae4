"""The welcome message: what is open and upcoming when a subscription begins. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.models import Edition, KnownCall, OpenItems
from cmr_watch.render.change_items import call_links, edition_links, open_cutoffs
from cmr_watch.render.message_parts import ADVICE, MAX_SENTENCE, PAGE_NAME, Item, Section, max_quote
from cmr_watch.render.plural import counted
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import call_name, contradiction, days, place

MAX_ITEMS: Final = 20
GREETING: Final = f"You are subscribed to updates from the {PAGE_NAME}."
NOTHING: Final = "Nothing is open or announced at the moment; you will be notified when that changes."
NO_CALL: Final = "No call for hosts is open or announced at the moment; you will be notified when that changes."
_STATUS: Final = {"save_the_date": "save the date", "cancelled": "cancelled", "postponed": "postponed"}
_QUARTERS: Final = {"Q1": "03", "Q2": "06", "Q3": "09", "Q4": "12"}


def welcome_subject(open_items: OpenItems, sender_name: str) -> str:
    """`Welcome: 1 call open, 3 upcoming editions`; `Welcome to …` if there is nothing to show."""
    statuses = [known.call.status for known in _calls(open_items)]
    parts = [
        f"{counted(statuses.count(status), 'call')} {status}" for status in ("open", "announced") if status in statuses
    ]
    if editions := _editions(open_items):
        parts.append(counted(len(editions), "upcoming edition"))
    return f"Welcome: {', '.join(parts)}" if parts else f"Welcome to {sender_name}"


def welcome_sections(open_items: OpenItems, chat: bool, zone: ZoneInfo) -> list[Section]:
    """The greeting, the calls, and the editions by date."""
    calls, editions = _calls(open_items), _editions(open_items)
    sections = [Section(lead=_greeting(bool(calls), bool(editions)))]
    if calls:
        items = tuple(_call_item(known, chat, zone) for known in calls[:MAX_ITEMS])
        sections.append(Section(items, heading="Calls for hosts"))
    if editions:
        sections += _edition_sections(editions)
    return sections


def _greeting(has_calls: bool, has_editions: bool) -> str:
    if has_calls:
        return GREETING
    return f"{GREETING} {NO_CALL if has_editions else NOTHING}"


def _edition_sections(editions: Sequence[Edition]) -> list[Section]:
    items = tuple(_edition_item(edition) for edition in editions[:MAX_ITEMS])
    sections = [Section(items, heading="Upcoming editions", compact=True)]
    if len(editions) > MAX_ITEMS:
        sections.append(Section(lead=f"and {counted(len(editions) - MAX_ITEMS, 'more edition')} on the page"))
    return sections


def _calls(open_items: OpenItems) -> list[KnownCall]:
    """The calls that are open or announced, open ones first."""
    calls = [known for known in open_items.calls if known.gone is None and known.call.status != "closed"]
    return sorted(calls, key=lambda known: known.call.status != "open")


def _editions(open_items: OpenItems) -> list[Edition]:
    return sorted((known.edition for known in open_items.editions if known.gone is None), key=_sort_key)


def _sort_key(edition: Edition) -> str:
    """Sorts by date. A month, season or year comes after the days in it; an edition without any date comes last."""
    if edition.starts_on:
        return edition.starts_on.isoformat()
    period = edition.period or "~"
    for quarter, last_month in _QUARTERS.items():
        period = period.replace(quarter, last_month)
    return f"{period}~"  # sorts after digits and dashes


def _call_item(known: KnownCall, chat: bool, zone: ZoneInfo) -> Item:
    call = known.call
    return Item(
        tone="positive",
        sentence=f"{call_name(call)}: {call.status}",
        quoted_from="On the page",
        quote=clean(call.text, max_quote(chat)),
        facts=(*open_cutoffs(call, zone), *contradiction(known)),
        links=call_links(call),
        advice=ADVICE,
    )


def _edition_item(edition: Edition) -> Item:
    parts = (place(edition), days(edition), _STATUS.get(edition.status, ""))
    return Item(sentence=clean(", ".join(part for part in parts if part), MAX_SENTENCE), links=edition_links(edition))
