"""The preview text of a mail: what a list of mails shows after the subject. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from cmr_watch.render.joining import labelled
from cmr_watch.render.message_parts import Item, Section
from cmr_watch.render.sanitize import clean

MAX_PREVIEW: Final = 140


def preview(sections: Sequence[Section]) -> str:
    """What the subject does not say: the cut-offs and facts of the first item, then the other items, then its text."""
    first, *others = (item for section in sections for item in section.items)
    parts = [*_details(first), *(item.sentence for item in others[:6]), *filter(None, (first.text,))]
    return clean(" · ".join(dict.fromkeys(parts)), MAX_PREVIEW)


def _open_rows(item: Item) -> Iterator[str]:
    """The first cut-offs that are not over, in one line."""
    rows = [row for row in item.table.rows if row.tone != "over"] if item.table else []
    times = [f"{row.time} ({row.note})" if row.note else row.time for row in rows]
    if item.table and times:
        yield labelled(item.table.caption, ", ".join(times[:3]))


def _details(item: Item) -> Iterator[str]:
    if item.warning:
        yield item.warning
    yield from item.others
    yield from _open_rows(item)
    yield from (labelled(fact.label, fact.value) if fact.label else fact.value for fact in item.facts)
    if item.advice and item.advice.fact:
        yield item.advice.fact
    yield from (labelled(quote.label, quote.text) for quote in item.quotes[:1])
