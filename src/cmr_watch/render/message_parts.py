"""The parts of a message: sections of items. Pure. All text in them is already sanitised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from cmr_watch.render.i18n import N_
from cmr_watch.render.sanitize import clean, safe_link, safe_mail_link

MAX_SUBJECT: Final = 140
MAX_SENTENCE: Final = 300
MAX_QUOTE: Final = 600
MAX_QUOTE_IN_CHAT: Final = 240
MAX_SHORT: Final = 120
LETTER: Final = N_("You need a letter of support.")
USUAL_LETTER: Final = N_("Earlier calls required a letter of support from the regional or national authority.")
REQUEST_NOW: Final = N_("This can take weeks, so request it now.")
HAVE_IT: Final = N_("Make sure that you have it.")
PAGE_NAME: Final = N_("“Clusters meet Regions” page")

Tone = Literal["neutral", "positive", "negative"]
RowTone = Literal["next", "open", "over"]


@dataclass(frozen=True, slots=True)
class Link:
    """A labelled link. `is_quoted`: its label is the platform's own, and so English."""

    label: str
    url: str
    is_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A value with its label; without one where the value is a sentence. `url`: what the value links to in HTML."""

    label: str
    value: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A cut-off in a table: its time and a remark, such as `closed`. The `next` one is emphasised."""

    time: str
    note: str = ""
    tone: RowTone = "open"


@dataclass(frozen=True, slots=True)
class Table:
    """Cut-offs of a call. Not `in_text`: plain text has them in its sentence."""

    caption: str
    rows: tuple[Row, ...] = ()
    in_text: bool = True


@dataclass(frozen=True, slots=True)
class Quote:
    """Text from the page or from a server, with its introduction."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What a reader should know (`fact`, emphasised in HTML) and do."""

    fact: str
    action: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What the operator should do, and the command for it, which is shown on a line of its own."""

    text: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a message: `sentence` is the message itself, everything else supports it.

    - `kicker` and `title`: the sentence as HTML shows it, a small label in the colour of `tone` above a heading.
    - `warning`: what a reader must know before acting on it.
    - `text`: a paragraph below it.
    - `others`: further changes of the same edition or call, a sentence each.
    - `needs`: what applicants have to submit.
    - `steps`: what the operator should do.
    - `button`: what a reader will most likely do next; `links` are the others.
    - `checked_at`: when the page was checked, if that differs between the items.
    - `mute_url`: where the reader can say that they want no more messages about this edition or call.
    """

    sentence: str
    title: str = ""
    kicker: str = ""
    tone: Tone = "neutral"
    warning: str = ""
    text: str = ""
    others: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    table: Table | None = None
    needs: tuple[str, ...] = ()
    advice: Advice | None = None
    steps: tuple[Step, ...] = ()
    quotes: tuple[Quote, ...] = ()
    button: Link | None = None
    links: tuple[Link, ...] = ()
    checked_at: str = ""
    mute_url: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Items that belong together.

    - `heading`: heads this section; `lead`: a paragraph before the items.
    - `compact`: the items are list entries, with sentence and links only.
    """

    items: tuple[Item, ...] = ()
    heading: str = ""
    lead: str = ""
    compact: bool = False


def safe_links(*candidates: tuple[str, str | None]) -> tuple[Link, ...]:
    """Links for those of the (label, URL) pairs whose URL is safe; the first label of each URL."""
    links: dict[str, Link] = {}
    for label, candidate in candidates:
        if url := safe_link(candidate):
            links.setdefault(url, Link(label, url))
    return tuple(links.values())


def facts(*candidates: tuple[str, str | None]) -> tuple[Fact, ...]:
    """Facts for those of the (label, value) pairs that have a value."""
    return tuple(Fact(label, clean(value, MAX_SENTENCE), safe_mail_link(value)) for label, value in candidates if value)


def max_quote(chat: bool) -> int:
    """How many characters of a quoted text a message shows."""
    return MAX_QUOTE_IN_CHAT if chat else MAX_QUOTE


def count_items(sections: Iterable[Section]) -> int:
    """The number of items in all sections."""
    return sum(len(section.items) for section in sections)
