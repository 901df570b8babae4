"""The changes of a message as its items, one for each edition or call. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.models.readings import (
    CallNotice,
    Change,
    ChangeKind,
    Edition,
    KnownCall,
    KnownEdition,
    PageKind,
    RecordedChange,
)
from cmr_watch.models.recipients import ChangeGroup
from cmr_watch.render.call_parts import apply_link, call_advice, call_facts, call_needs, cutoff_table
from cmr_watch.render.datetimes import local_time
from cmr_watch.render.edition_parts import edition_facts, edition_links, listed_otherwise, new_materials, register_link
from cmr_watch.render.headlines import headline, lead_and_others
from cmr_watch.render.i18n import N_, _
from cmr_watch.render.message_parts import Fact, Item, Link, Quote, Tone, max_quote, safe_links
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import contradiction

K = ChangeKind
MAX_OTHERS: Final = 6

_NEGATIVE: Final = frozenset(
    {K.EDITION_CANCELLED, K.EDITION_POSTPONED, K.EDITION_WITHDRAWN, K.CALL_CLOSED, K.CALL_WITHDRAWN}
)
_GONE: Final = frozenset({K.EDITION_WITHDRAWN, K.EDITION_DELISTED, K.CALL_WITHDRAWN})
_DAYS: Final = ("starts_on", "ends_on", "period", "date_text")
_CHANGED_FIELDS: Final = {
    K.EDITION_DATED: (*_DAYS, "status"),
    K.EDITION_RESCHEDULED: (*_DAYS, "status"),
    K.EDITION_POSTPONED: (*_DAYS, "status"),
    K.EDITION_CANCELLED: ("status",),
    K.EDITION_REINSTATED: ("status",),
    K.EDITION_RELOCATED: ("city", "region", "country", "country_code", "venue"),
}
"""What a change of this kind changes of an edition."""
_PAGE_LINKS: Final[dict[PageKind, str]] = {
    "initiative": N_("View the page"),
    "call": N_("View the call page"),
    "edition": N_("View the edition page"),
}
_PAGE_NAMES: Final[dict[PageKind, str]] = {
    "initiative": N_("list of editions"),
    "call": N_("call page"),
    "edition": N_("edition page"),
}
_PAGE_SAYS: Final[dict[PageKind, str]] = {
    "initiative": N_("The page says"),
    "call": N_("The call page says"),
    "edition": N_("The edition page says"),
}


@dataclass(frozen=True, slots=True)
class ItemLayout:
    """How the changes of one message are shown.

    - `source_url`: the list of editions.
    - `reminded`: the keys of calls of which the message also contains a reminder, with all that applicants need.
    - `has_times`: each item states when its page was read.
    """

    chat: bool
    zone: ZoneInfo
    source_url: str
    reminded: frozenset[str] = frozenset()
    has_times: bool = False


def change_items(groups: Sequence[ChangeGroup], layout: ItemLayout) -> tuple[Item, ...]:
    """An item for each group; the first has a button. They have the times of their readings if these differ."""
    if not groups:
        return ()
    times = {recorded.read_at for group in groups for recorded in group.changes}
    layout = replace(layout, has_times=len(times) > 1)
    first, *others = (_item(group, layout) for group in groups)
    return (_with_button(first), *others)


def _item(group: ChangeGroup, layout: ItemLayout) -> Item:
    lead, others = lead_and_others(group)
    head = headline(lead, group.current, layout.zone)
    read_at = max(recorded.read_at for recorded in group.changes)
    item = Item(
        head.sentence,
        title=head.title,
        kicker=head.kicker,
        tone=_tone(lead.change.kind),
        others=tuple(headline(other, group.current, layout.zone).sentence for other in others[:MAX_OTHERS]),
        quotes=_quotes((lead, *(one for one in group.changes if one is not lead)), layout),
        checked_at=local_time(read_at, layout.zone) if layout.has_times else "",
    )
    if lead.change.kind in _GONE:
        return replace(item, links=page_links([lead], layout.source_url))
    if group.is_call:
        return _with_call(item, group, lead, layout)
    return _with_edition(item, group, layout)


def _with_call(item: Item, group: ChangeGroup, lead: RecordedChange, layout: ItemLayout) -> Item:
    """The item with what all pages say of the call now; as far as is known, what the page with the change said."""
    known = group.current if isinstance(group.current, KnownCall) else None
    call = known.call if known else lead.change.after or lead.change.before
    assert isinstance(call, CallNotice), "a change of a call has a notice on at least one side"
    item = replace(
        item,
        warning=" ".join(contradiction(known)) if known else "",
        links=_call_links(group, known, layout),
    )
    if group.key in layout.reminded:
        return item
    read_at = max(recorded.read_at for recorded in group.changes)
    apply = apply_link(call)
    return replace(
        item,
        facts=_not_in(item, call_facts(call)),
        table=cutoff_table(call, layout.zone, read_at, [recorded.change for recorded in group.changes]),
        needs=call_needs(call),
        advice=call_advice(call, read_at),
        button=apply,
        links=tuple(link for link in item.links if apply is None or link.url != apply.url),
    )


def _call_links(group: ChangeGroup, known: KnownCall | None, layout: ItemLayout) -> tuple[Link, ...]:
    """The pages on which the changes were found, and the list of editions if it says something else."""
    links = page_links(group.changes, layout.source_url)
    if known and known.conflicting_notice:
        links += safe_links((_(_PAGE_LINKS["call"]), known.conflicting_notice.apply_url))
        links += safe_links((_("View the list of editions"), layout.source_url))
    return _unique(links)


def _with_edition(item: Item, group: ChangeGroup, layout: ItemLayout) -> Item:
    """The item with what the list says of the edition now, and what its own page has already changed."""
    edition = _edition_now(group)
    listed = group.current.edition if isinstance(group.current, KnownEdition) else edition
    button = register_link(edition)
    links = (*new_materials(recorded.change for recorded in group.changes), *edition_links(edition))
    return replace(
        item,
        warning=listed_otherwise(listed, edition),
        facts=_not_in(item, edition_facts(edition)),
        button=button,
        links=_unique(links) or (() if button else page_links(group.changes[:1], layout.source_url)),
    )


def _edition_now(group: ChangeGroup) -> Edition:
    """The edition after these changes: an edition's own page can be ahead of the list."""
    states = [change.after or change.before for change in (recorded.change for recorded in group.changes)]
    current = group.current.edition if isinstance(group.current, KnownEdition) else states[0]
    assert isinstance(current, Edition), "a change of an edition has an edition on at least one side"
    for recorded in group.changes:
        after = recorded.change.after
        if isinstance(after, Edition) and recorded.change.kind in _CHANGED_FIELDS:
            names = _CHANGED_FIELDS[recorded.change.kind]
            current = replace(current, **{name: getattr(after, name) for name in names})
    return current


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
    heading = f"{item.kicker} {item.title} {item.sentence}".casefold()
    return tuple(fact for fact in all_facts if fact.value.casefold() not in heading)


def page_links(changes: Iterable[RecordedChange], source_url: str) -> tuple[Link, ...]:
    """Links to the pages on which changes were found."""
    return safe_links(*((_(_PAGE_LINKS[_page_kind(recorded, source_url)]), recorded.page_url) for recorded in changes))


def sources(changes: Iterable[RecordedChange], source_url: str) -> tuple[Link, ...]:
    """The names and addresses of the pages on which changes were found; the list of editions if there are none."""
    names = [(_(_PAGE_NAMES[_page_kind(recorded, source_url)]), recorded.page_url) for recorded in changes]
    return safe_links(*(names or [(_(_PAGE_NAMES["initiative"]), source_url)]))


def _page_kind(recorded: RecordedChange, source_url: str) -> PageKind:
    if recorded.page_url == source_url:
        return "initiative"
    return "call" if recorded.change.kind.startswith("call.") else "edition"


def _tone(kind: ChangeKind) -> Tone:
    if kind in _NEGATIVE:
        return "negative"
    return "positive" if kind.startswith("call.") else "neutral"


def _quotes(changes: Sequence[RecordedChange], layout: ItemLayout) -> tuple[Quote, ...]:
    """What the pages say now and said before, each text once. A chat message has only the text of today."""
    limit = max_quote(layout.chat)
    now = _texts([(_page_kind(one, layout.source_url), quotable(one.change)[1]) for one in changes], limit)
    before = _texts([("initiative", quotable(one.change)[0]) for one in changes[:1]], limit)
    earlier = [text for text in before if text not in now]
    if not now:
        return _labelled(_("No longer on the page"), earlier[:1])
    quotes = tuple(Quote(_(_PAGE_SAYS[kind]), text) for text, kind in list(now.items())[:2])
    return (*quotes, *_labelled(_("It said before"), [] if layout.chat else earlier[:1]))


def quotable(change: Change) -> tuple[str, str]:
    """The page's words before and now: of a cut-off its own line, which often stands far below the notice."""
    before, after = (side.text if side else "" for side in (change.before, change.after))
    if change.cutoff_after is None or not change.cutoff_after.text or change.cutoff_after.text in after:
        return before, after  # a sentence of the notice says less than the notice
    return change.cutoff_before.text if change.cutoff_before else "", change.cutoff_after.text


def _labelled(label: str, texts: Sequence[str]) -> tuple[Quote, ...]:
    return tuple(Quote(label, text) for text in texts)


def _texts(texts: Iterable[tuple[PageKind, str]], limit: int) -> dict[str, PageKind]:
    """The texts that are not empty, each with the kind of the first page that has it."""
    kinds: dict[str, PageKind] = {}
    for kind, text in texts:
        if cleaned := clean(text, limit):
            kinds.setdefault(cleaned, kind)
    return kinds
