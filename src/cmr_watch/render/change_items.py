"""The changes of a message as its items, one for each edition or call. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.models import CallNotice, ChangeGroup, ChangeKind, Edition, KnownCall, KnownEdition, RecordedChange
from cmr_watch.render.call_parts import apply_link, call_advice, call_facts, call_needs, cutoff_table
from cmr_watch.render.datetimes import local_time
from cmr_watch.render.edition_parts import edition_facts, edition_links, new_materials, register_link
from cmr_watch.render.headlines import headline, lead_and_others
from cmr_watch.render.i18n import _
from cmr_watch.render.message_parts import Fact, Item, Link, Quote, Tone, facts, max_quote, safe_links
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import contradiction

K = ChangeKind
MAX_OTHERS: Final = 6

_NEGATIVE: Final = frozenset(
    {K.EDITION_CANCELLED, K.EDITION_POSTPONED, K.EDITION_WITHDRAWN, K.CALL_CLOSED, K.CALL_WITHDRAWN}
)
_GONE: Final = frozenset({K.EDITION_WITHDRAWN, K.EDITION_DELISTED, K.CALL_WITHDRAWN})


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the changes of one message are shown."""

    chat: bool
    zone: ZoneInfo
    has_times: bool


def change_items(groups: Sequence[ChangeGroup], chat: bool, zone: ZoneInfo) -> tuple[Item, ...]:
    """An item for each group; the first has a button. They have the times of their readings if these differ."""
    if not groups:
        return ()
    times = {recorded.read_at for group in groups for recorded in group.changes}
    layout = _Layout(chat, zone, len(times) > 1)
    first, *others = (_item(group, layout) for group in groups)
    return (_with_button(first), *others)


def _item(group: ChangeGroup, layout: _Layout) -> Item:
    lead, others = lead_and_others(group)
    head = headline(lead, group.current, layout.zone)
    read_at = max(recorded.read_at for recorded in group.changes)
    item = Item(
        head.sentence,
        title=head.title,
        kicker=head.kicker,
        tone=_tone(lead.change.kind),
        others=tuple(headline(other, group.current, layout.zone).sentence for other in others[:MAX_OTHERS]),
        quotes=_quotes((lead, *others), layout.chat),
        checked_at=local_time(read_at, layout.zone) if layout.has_times else "",
    )
    if lead.change.kind in _GONE:
        return replace(item, links=_page_link(lead))
    state = _state(group, lead)
    if isinstance(state, CallNotice):
        return _with_call(item, state, group, read_at, layout.zone)
    return _with_edition(item, state, group, lead)


def _state(group: ChangeGroup, lead: RecordedChange) -> Edition | CallNotice:
    """What all pages say of the edition or call now; as far as is known, what the page with the change said."""
    if isinstance(group.current, KnownCall):
        return group.current.call
    if isinstance(group.current, KnownEdition):
        return group.current.edition
    state = lead.change.after or lead.change.before
    assert state is not None, "a change has at least one side"
    return state


def _with_call(item: Item, call: CallNotice, group: ChangeGroup, read_at: datetime, zone: ZoneInfo) -> Item:
    disagreement = contradiction(group.current) if isinstance(group.current, KnownCall) else ()
    apply = apply_link(call)
    return replace(
        item,
        facts=_not_in(item, call_facts(call)) + facts(*(("", text) for text in disagreement)),
        table=cutoff_table(call, zone, read_at, [recorded.change for recorded in group.changes]),
        needs=call_needs(call),
        advice=call_advice(call, read_at),
        button=apply,
        links=() if apply else _page_link(group.changes[0]),
    )


def _with_edition(item: Item, edition: Edition, group: ChangeGroup, lead: RecordedChange) -> Item:
    button = register_link(edition)
    links = (*new_materials(recorded.change for recorded in group.changes), *edition_links(edition))
    return replace(
        item,
        facts=_not_in(item, edition_facts(edition)),
        button=button,
        links=_unique(links) or (() if button else _page_link(lead)),
    )


def _with_button(item: Item) -> Item:
    """The item, with its first link as its button if it has none."""
    return item if item.button or not item.links else replace(item, button=item.links[0], links=item.links[1:])


def _unique(links: Iterable[Link]) -> tuple[Link, ...]:
    """The first link to each URL."""
    by_url: dict[str, Link] = {}
    for link in links:
        by_url.setdefault(link.url, link)
    return tuple(by_url.values())


def _not_in(item: Item, all_facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """Those facts that the heading of the item does not state already."""
    heading = f"{item.kicker} {item.title}".casefold()
    return tuple(fact for fact in all_facts if fact.value.casefold() not in heading)


def _page_link(recorded: RecordedChange) -> tuple[Link, ...]:
    return safe_links((_("View the page"), recorded.page_url))


def _tone(kind: ChangeKind) -> Tone:
    if kind in _NEGATIVE:
        return "negative"
    return "positive" if kind.startswith("call.") else "neutral"


def _quotes(changes: Sequence[RecordedChange], chat: bool) -> tuple[Quote, ...]:
    """What the pages say now and said before, each text once. A chat message has only the text of today."""
    limit = max_quote(chat)
    now = _texts([recorded.change.after for recorded in changes], limit)
    before = [text for text in _texts([recorded.change.before for recorded in changes], limit) if text not in now]
    if not now:
        return _labelled(_("No longer on the page"), before[:1])
    return (*_labelled(_("The page says"), now[:2]), *_labelled(_("It said before"), [] if chat else before[:1]))


def _labelled(label: str, texts: Sequence[str]) -> tuple[Quote, ...]:
    return tuple(Quote(label, text) for text in texts)


def _texts(sides: Sequence[Edition | CallNotice | None], limit: int) -> list[str]:
    texts = [clean(side.text, limit) for side in sides if side is not None]
    return list(dict.fromkeys(filter(None, texts)))
