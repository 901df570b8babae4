"""What is open and to come, for somebody who is new. Pure."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.models import Edition, KnownCall, OpenItems
from cmr_watch.render.change_items import call_links, edition_links, open_cutoffs
from cmr_watch.render.message_parts import ADVICE, PAGE_NAME, SENTENCE_LENGTH, Item, Section, quoted_length
from cmr_watch.render.plural import counted
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import contradiction, days, place, years

SHOWN: Final = 20
GREETING: Final = f"You are subscribed to changes of the {PAGE_NAME}."
NOTHING: Final = "Nothing is open or announced at the moment; you will hear when that changes."
NO_CALL: Final = "No call for hosts is open or announced at the moment; you will hear when that changes."
_STATUS: Final = {"save_the_date": "save the date", "cancelled": "cancelled", "postponed": "postponed"}
_QUARTERS: Final = {"Q1": "03", "Q2": "06", "Q3": "09", "Q4": "12"}


def welcome_subject(standing: OpenItems, sender_name: str) -> str:
    """`Welcome: 1 call open, 3 editions to come`."""
    states = [known.call.status for known in _calls(standing)]
    words = [
        f"{counted(states.count(status), 'call')} {status}" for status in ("open", "announced") if status in states
    ]
    if editions := _editions(standing):
        words.append(f"{counted(len(editions), 'edition')} to come")
    return f"Welcome: {', '.join(words)}" if words else f"Welcome to {sender_name}"


def welcome_sections(standing: OpenItems, chat: bool, zone: ZoneInfo) -> list[Section]:
    """The greeting, the calls, and the editions by date."""
    calls, editions = _calls(standing), _editions(standing)
    if not calls and not editions:
        return [Section(lead=f"{GREETING} {NOTHING}")]
    sections = [Section(lead=GREETING if calls else f"{GREETING} {NO_CALL}")]
    if calls:
        sections.append(Section(tuple(_call(call, chat, zone) for call in calls[:SHOWN]), heading="Calls for hosts"))
    if editions:
        listed = tuple(_edition(edition) for edition in editions[:SHOWN])
        sections.append(Section(listed, heading="Editions to come", compact=True))
    if len(editions) > SHOWN:
        sections.append(Section(lead=f"and {counted(len(editions) - SHOWN, 'more edition')} on the page"))
    return sections


def _calls(standing: OpenItems) -> list[KnownCall]:
    """Those that somebody can still apply for, the open ones first."""
    calls = [known for known in standing.calls if known.gone is None and known.call.status != "closed"]
    return sorted(calls, key=lambda known: known.call.status != "open")


def _editions(standing: OpenItems) -> list[Edition]:
    return sorted((known.edition for known in standing.editions if known.gone is None), key=_when)


def _when(edition: Edition) -> str:
    """Orders by date; what says only a month, a season or a year comes after its days, what says nothing last."""
    if edition.starts_on:
        return edition.starts_on.isoformat()
    period = edition.period or "~"
    for quarter, month in _QUARTERS.items():
        period = period.replace(quarter, month)
    return f"{period}~"  # stands after every digit and dash


def _call(known: KnownCall, chat: bool, zone: ZoneInfo) -> Item:
    call = known.call
    state = "Call open" if call.status == "open" else "Call announced"
    return Item(
        tone="call",
        sentence=f"{state}: host an edition{' in ' * bool(call.hosting_years)}{years(call)}",
        quoted_from="On the page",
        quote=clean(call.text, quoted_length(chat)),
        facts=(*open_cutoffs(call, zone), *contradiction(known)),
        links=call_links(call),
        advice=ADVICE,
    )


def _edition(edition: Edition) -> Item:
    parts = (place(edition), days(edition), _STATUS.get(edition.status, ""))
    return Item(
        sentence=clean(", ".join(part for part in parts if part), SENTENCE_LENGTH), links=edition_links(edition)
    )
