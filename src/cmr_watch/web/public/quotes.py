"""What a page said before a change and with it, with the words that differ. Pure. All text is sanitised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import Change, KnownCall, KnownEdition, RecordedChange
from cmr_watch.render.change_items import quotable
from cmr_watch.render.datetimes import day_words
from cmr_watch.render.i18n import _
from cmr_watch.render.message_parts import MAX_QUOTE
from cmr_watch.render.sanitize import clean
from cmr_watch.web.public.word_diff import Part, word_diff


@dataclass(frozen=True, slots=True)
class Quote:
    """Text from a page, with its introduction. `is_after`: the page said it with the change; otherwise before it."""

    label: str
    parts: tuple[Part, ...]
    is_after: bool = True

    @property
    def text(self) -> str:
        """The text without marks."""
        return " ".join(part.text for part in self.parts)


def quotes(change: Change, max_length: int = MAX_QUOTE, *, day: str = "") -> tuple[Quote, ...]:
    """What the page said before and with the change; once if that is the same text.

    `day`: on which it said so, if that need not be so any more; otherwise the words are those of the present.
    """
    before, after = (clean(text, max_length) for text in quotable(change))
    if before and after and before != after:
        old, new = word_diff(before, after)
        label = _("It said on {day}").format(day=day) if day else _("It says now")
        return Quote(_("It said before"), old, is_after=False), Quote(label, new)
    if after:
        return (Quote(_label(bool(before), day), (Part(after),)),)
    return (Quote(_gone(day), (Part(before, "del"),), is_after=False),) if before else ()


def _label(is_same: bool, day: str) -> str:
    if is_same:
        return _("The page said on {day}").format(day=day) if day else _("The page says")
    return _("New on the page on {day}").format(day=day) if day else _("New on the page")


def _gone(day: str) -> str:
    return _("No longer on the page on {day}").format(day=day) if day else _("No longer on the page")


def day_of(recorded: RecordedChange) -> str:
    """The day in Brussels on which the page was read."""
    return day_words(recorded.read_at.astimezone(BRUSSELS).date())


def still_says(change: Change, current: object) -> bool:
    """Whether what the page said with the change is, as far as is known, what it says now."""
    if not isinstance(current, KnownEdition | KnownCall):
        return False
    after = quotable(change)[1]
    is_there = current.gone is None and current.missing_since is None
    return after in _texts(current) if is_there else not after


def _texts(current: KnownEdition | KnownCall) -> Iterator[str]:
    """All texts of an edition or a call."""
    if isinstance(current, KnownEdition):
        yield current.edition.text
        return
    yield current.call.text
    yield from (cutoff.text for cutoff in current.call.cutoffs)
    if current.conflicting_notice:
        yield current.conflicting_notice.text
