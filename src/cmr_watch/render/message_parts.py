"""What messages are put together from: sections of items, in words that are fit to be shown. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from cmr_watch.render.sanitize import link

SUBJECT_LENGTH: Final = 140
SENTENCE_LENGTH: Final = 300
QUOTE_LENGTH: Final = 600
QUOTE_LENGTH_IN_CHAT: Final = 240
ADVICE: Final = (
    "Applicants need a letter of support from their regional authority. It takes weeks to get one: ask for it first."
)
PAGE_NAME: Final = "“Clusters meet Regions” page"

Tone = Literal["plain", "call", "sad"]


@dataclass(frozen=True, slots=True)
class Link:
    """Where something can be read, or done."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to tell: `sentence` says it, the rest is what belongs to it."""

    sentence: str
    kicker: str = ""
    tone: Tone = "plain"
    quoted_from: str = ""
    quote: str = ""
    facts: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    advice: str = ""
    read_at: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Items that stand together. `title` is over all that follows, `heading` over these; `lead` is said before them.

    `compact` items are the lines of a list.
    """

    items: tuple[Item, ...] = ()
    title: str = ""
    heading: str = ""
    lead: str = ""
    compact: bool = False


def links(*candidates: tuple[str, str | None]) -> tuple[Link, ...]:
    """Those of the labelled addresses that may be clicked."""
    return tuple(Link(label, url) for label, address in candidates if (url := link(address)))


def quoted_length(chat: bool) -> int:
    """How much of somebody else's words a message shows."""
    return QUOTE_LENGTH_IN_CHAT if chat else QUOTE_LENGTH


def total(sections: Iterable[Section]) -> int:
    """How many things are told."""
    return sum(len(section.items) for section in sections)
