"""The parts of a message: sections of items. Pure. All text in them is already sanitised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from cmr_watch.render.sanitize import safe_link

MAX_SUBJECT: Final = 140
MAX_SENTENCE: Final = 300
MAX_QUOTE: Final = 600
MAX_QUOTE_IN_CHAT: Final = 240
ADVICE: Final = (
    "Applicants need a letter of support from their regional authority. This can take weeks, so request it now."
)
PAGE_NAME: Final = "“Clusters meet Regions” page"

Tone = Literal["neutral", "positive", "negative"]


@dataclass(frozen=True, slots=True)
class Link:
    """A labelled link."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a message: `sentence` is the message itself, everything else supports it.

    - `kicker`: a small label above the sentence, in the colour of `tone`; HTML only.
    - `quote`: text from the page or from a server, introduced by `quoted_from`.
    - `checked_at`: when the page was checked, if that differs between the items.
    """

    sentence: str
    kicker: str = ""
    tone: Tone = "neutral"
    quoted_from: str = ""
    quote: str = ""
    facts: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    advice: str = ""
    checked_at: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Items that belong together.

    - `title`: heads this section and those after it; `heading`: heads this section only.
    - `lead`: a paragraph before the items.
    - `compact`: the items are list entries, with sentence and links only.
    """

    items: tuple[Item, ...] = ()
    title: str = ""
    heading: str = ""
    lead: str = ""
    compact: bool = False


def safe_links(*candidates: tuple[str, str | None]) -> tuple[Link, ...]:
    """Links for those of the (label, URL) pairs whose URL is safe."""
    return tuple(Link(label, url) for label, candidate in candidates if (url := safe_link(candidate)))


def max_quote(chat: bool) -> int:
    """How many characters of a quoted text a message shows."""
    return MAX_QUOTE_IN_CHAT if chat else MAX_QUOTE


def count_items(sections: Iterable[Section]) -> int:
    """The number of items in all sections."""
    return sum(len(section.items) for section in sections)
