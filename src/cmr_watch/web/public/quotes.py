"""What a page said before a change and says now, with the words that differ. Pure. All text is sanitised."""

from __future__ import annotations

from dataclasses import dataclass

from cmr_watch.models.readings import Change
from cmr_watch.render.change_items import quotable
from cmr_watch.render.i18n import _
from cmr_watch.render.message_parts import MAX_QUOTE
from cmr_watch.render.sanitize import clean
from cmr_watch.web.public.word_diff import Part, word_diff


@dataclass(frozen=True, slots=True)
class Quote:
    """Text from a page, with its introduction. `is_now`: the page says it now; otherwise it said so before."""

    label: str
    parts: tuple[Part, ...]
    is_now: bool = True

    @property
    def text(self) -> str:
        """The text without marks."""
        return " ".join(part.text for part in self.parts)


def quotes(change: Change, max_length: int = MAX_QUOTE) -> tuple[Quote, ...]:
    """What the page said before and says now; once if that is the same text."""
    before, now = (clean(text, max_length) for text in quotable(change))
    if before and now and before != now:
        old, new = word_diff(before, now)
        return Quote(_("The page said"), old, is_now=False), Quote(_("It says now"), new)
    if now:
        return (Quote(_("The page says") if before else _("New on the page"), (Part(now),)),)
    return (Quote(_("No longer on the page"), (Part(before, "del"),), is_now=False),) if before else ()
