"""The welcome message: what is open and upcoming when a subscription begins. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.models.muting import ItemRef
from cmr_watch.models.readings import CallNotice, Edition, KnownCall
from cmr_watch.models.recipients import OpenItems
from cmr_watch.render.call_parts import apply_link, call_advice, call_needs, cutoff_table
from cmr_watch.render.edition_parts import STATUSES, edition_links, register_link
from cmr_watch.render.i18n import N_, _, ngettext, pgettext
from cmr_watch.render.message_parts import (
    MAX_SENTENCE,
    PAGE_NAME,
    Item,
    Quote,
    Section,
    facts,
    max_quote,
)
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import call_name, contradiction, days, place

MAX_ITEMS: Final = 20
SUBSCRIBED: Final = N_("You are subscribed")
GREETING: Final = N_("You will be notified of changes to the {page} that match your subscription.")
MATERIALS: Final = N_("You will be notified when a summary or other documents of a past edition are published.")
OVERVIEW: Final = N_("Here is what is open or upcoming:")
NOTHING: Final = N_("Nothing is open or announced at the moment; you will be notified when that changes.")
NO_EDITION: Final = N_("No edition is announced at the moment; you will be notified when that changes.")
NO_EDITION_THERE: Final = N_(
    "No edition is announced in the countries that you follow; you will be notified when that changes."
)
NOTHING_THERE: Final = N_(
    "No call is open, and no edition is announced in the countries that you follow; you will be notified when that"
    " changes."
)
NO_CALL: Final = N_("No call for hosts is open or announced at the moment; you will be notified when that changes.")
MUTED: Final = N_("Editions and calls that you want no more e-mails about are left out.")
_QUARTERS: Final = {"Q1": "03", "Q2": "06", "Q3": "09", "Q4": "12"}


def welcome_subject(open_items: OpenItems, sender_name: str) -> str:
    """`Welcome: 1 call open, 3 upcoming editions`; `Welcome to …` if there is nothing to show."""
    statuses = [known.call.status for known in _calls(open_items)]
    is_open, is_announced = statuses.count("open"), statuses.count("announced")
    editions = len(_editions(open_items))
    parts = [
        ngettext("{number} call open", "{number} calls open", is_open) if is_open else "",
        ngettext("{number} call announced", "{number} calls announced", is_announced) if is_announced else "",
        ngettext("{number} upcoming edition", "{number} upcoming editions", editions) if editions else "",
    ]
    if not any(parts):
        return _("Welcome to {sender}").format(sender=sender_name)
    return _("Welcome: {summary}").format(summary=", ".join(filter(None, parts)))


def welcome_brief() -> str:
    """For a message in which something else comes first."""
    return _("welcome")


def welcome_sections(
    open_items: OpenItems, chat: bool, zone: ZoneInfo, mute_url: Callable[[ItemRef], str]
) -> list[Section]:
    """The greeting, the calls, each with the link that mutes it, and a list of the editions by date."""
    calls, editions = _calls(open_items), _editions(open_items)
    greeting = Item(_(SUBSCRIBED), text=_greeting(open_items, bool(calls), bool(editions)))
    sections = [Section((greeting,))]
    if calls:
        links = (mute_url(ItemRef("call", known.key)) for known in calls)
        items = tuple(
            replace(_call_item(known, chat, zone), mute_url=link)
            for known, link in zip(calls[:MAX_ITEMS], links, strict=False)
        )
        sections.append(Section(items, heading=_("Calls for hosts")))
    if editions:
        sections += _edition_sections(editions)
    return sections


def _greeting(open_items: OpenItems, has_calls: bool, has_editions: bool) -> str:
    """What to expect, and what there is at present of the topics that the subscriber follows."""
    if open_items.topics == ("materials",):
        return _(MATERIALS)
    sentences = [_(GREETING).format(page=_(PAGE_NAME))]
    if not has_calls and not has_editions:
        sentences.append(_(_nothing(open_items)))
    elif "calls" in open_items.topics and not has_calls:
        sentences.append(_(NO_CALL))
    if open_items.has_muted:
        sentences.append(_(MUTED))
    if has_calls or has_editions:
        sentences.append(_(OVERVIEW))
    return " ".join(sentences)


def _nothing(open_items: OpenItems) -> str:
    if "calls" not in open_items.topics:
        return NO_EDITION_THERE if open_items.has_countries else NO_EDITION
    return NOTHING_THERE if open_items.has_countries else NOTHING


def _edition_sections(editions: Sequence[Edition]) -> list[Section]:
    items = tuple(_edition_item(edition) for edition in editions[:MAX_ITEMS])
    sections = [Section(items, heading=_("Upcoming editions"), compact=True)]
    if len(editions) > MAX_ITEMS:
        more = ngettext(
            "and {number} more edition on the page",
            "and {number} more editions on the page",
            len(editions) - MAX_ITEMS,
        )
        sections.append(Section(lead=more))
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


def _status(call: CallNotice) -> str:
    return pgettext("status", "{call}: open") if call.status == "open" else pgettext("status", "{call}: announced")


def _call_item(known: KnownCall, chat: bool, zone: ZoneInfo) -> Item:
    call = known.call
    quote = clean(call.text, max_quote(chat))
    return Item(
        clean(_status(call).format(call=call_name(call)), MAX_SENTENCE),
        tone="positive",
        warning=" ".join(contradiction(known)),
        facts=facts((_("Questions to"), call.contact)),
        table=cutoff_table(call, zone),
        needs=call_needs(call),
        advice=call_advice(call),
        quotes=(Quote(_("The page says"), quote),) if quote else (),
        button=apply_link(call),
    )


def _edition_item(edition: Edition) -> Item:
    status = _(STATUSES[edition.status]) if edition.status in STATUSES else ""
    parts = (place(edition), days(edition), status)
    register = register_link(edition)
    links = ((register,) if register else ()) + edition_links(edition)
    return Item(clean(", ".join(filter(None, parts)), MAX_SENTENCE), links=links)
