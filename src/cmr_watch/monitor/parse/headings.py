"""Which lines are headings, and what they open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from cmr_watch.models import Section
from cmr_watch.monitor.parse.lines import CELL, Line
from cmr_watch.monitor.parse.words import set_of
from cmr_watch.places import fold

_UPCOMING: Final = frozenset({"next", "upcoming", "forthcoming", "future"})
_PAST: Final = frozenset({"previous", "previously", "past", "earlier", "former", "completed"})
_RECORDINGS: Final = frozenset({"recordings", "recording"})
_NOUNS: Final = frozenset({"editions", "edition", "workshops", "workshop"})
_SERIES: Final = ("clusters meet regions", "cluster meet regions", "clusters meets regions", "cmr")
_FILLING: Final = set_of(
    """
    info information infos about and or of the our from to for in on at all list overview calendar dates date clusters
    cluster meet meets regions region cmr events event summaries summary materials material documents document archive
    presentations photos pictures videos video outcomes results conclusions agendas reports report proceedings eccp
    european series initiative organised held transnational season year years autumn spring winter summer s save find
    here see discover
    """
)
_VOCABULARY: Final = _UPCOMING | _PAST | _RECORDINGS | _NOUNS | _FILLING
_NOT_OF_A_HEADING: Final = set_of(
    """
    call calls host hosts hosting apply application applications register registration subscribe newsletter join will
    please stay tuned deadline is are was were has have been be related other similar conference conferences summit
    webinar webinars award awards days
    """
)
_MOST_OTHER_WORDS: Final = 3
_FOREIGN: Final = set_of(
    """
    upcoming next past previous forthcoming recent latest featured related other others similar more further all our the
    you may might also like be interested in see and of from on at to by us s is eccp european cluster collaboration
    platform news event events webinars webinar conferences conference workshops workshop editions edition article
    articles content contents contact contacts partners newsletter subscribe share this page tags downloads download
    links useful follow calendar agenda resources publications library success stories about search menu cookies what
    topics categories highlights suggested recommended discover read organised community
    """
)
_FOREIGN_MARK: Final = _FOREIGN & set_of(
    """
    related other others similar more further also news event events article articles content contact contacts partners
    newsletter share tags downloads download links follow resources publications library stories about search menu
    cookies topics categories highlights suggested recommended featured webinars webinar conferences conference
    """
)
_YEAR: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_YEARS_ONLY: Final = re.compile(
    r"(?:(?:in|year|editions?|workshops?|events?|of|the)\s+)*(?:19|20)\d\d(?:\s+(?:editions?|workshops?|events?))?"
)
_LONGEST: Final = 160


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading's meaning: `section` None with `year` set is a sub-heading, with neither it ends what came before."""

    section: Section | None
    year: int | None


def section_of(text: str) -> Section | None:
    """The section that a heading's words open, or None: every word must be of a heading's vocabulary."""
    words = _words(text)
    return _section(text, words) if words and words <= _VOCABULARY else None


def section_of_marked(text: str) -> Section | None:
    """The same for a text that is marked as a heading: one word is enough, and others may stand beside."""
    words = _words(text)
    if len(words) == 1 and words <= _UPCOMING | _PAST | _RECORDINGS:
        return "upcoming" if words <= _UPCOMING else "past"
    if len(words - _VOCABULARY) > _MOST_OTHER_WORDS or not words.isdisjoint(_NOT_OF_A_HEADING):
        return None
    return _section(text, words)


def _words(text: str) -> set[str]:
    return set() if len(text) > _LONGEST else {word for word in fold(text).split() if not word.isdigit()}


def _section(text: str, words: set[str]) -> Section | None:
    upcoming, past = not words.isdisjoint(_UPCOMING), not words.isdisjoint(_PAST)
    names_ours = not words.isdisjoint(_NOUNS) or any(name in fold(text) for name in _SERIES)
    if not names_ours or (upcoming and past):
        return None
    if upcoming:
        return "upcoming"
    return "past" if past or not words.isdisjoint(_RECORDINGS) else None


def is_foreign(text: str) -> bool:
    """Whether a heading opens what is not ours: “Upcoming events”, “Related editions”, “Contact”."""
    words = _words(text)
    return bool(words) and words <= _FOREIGN and not words.isdisjoint(_FOREIGN_MARK)


def year_of(text: str) -> int | None:
    """The one year that a heading names; several are no year for a line that has none."""
    years = {int(year) for year in _YEAR.findall(text)}
    return years.pop() if len(years) == 1 else None


def is_year(text: str) -> bool:
    """Whether the heading is a year and no more: “2023”, “Editions in 2023”, “In 2022:”."""
    return len(text) <= 40 and bool(_YEARS_ONLY.fullmatch(fold(text)))


def looks_like_heading(line: Line) -> bool:
    """Marked as one by its tags: a heading element, or bold from end to end."""
    return line.level > 0 or line.bold >= len(line.text.rstrip(" :."))


def headings_of(lines: Iterable[Line]) -> tuple[str, ...]:
    """All that is marked as a heading, top to bottom: a page's outline, by which a drift is seen.

    A bold line with a number is an edition or a date rather than a heading.
    """
    marked = (line.shown[:_LONGEST_SHOWN] for line in lines if looks_like_heading(line) and _is_outline(line))
    return tuple(islice(marked, _MOST_SHOWN))


def _is_outline(line: Line) -> bool:
    return line.level > 0 or not any(letter.isdigit() for letter in line.text)


_MOST_SHOWN: Final = 20
_LONGEST_SHOWN: Final = 80


def heading_of(line: Line) -> Heading | None:
    """The heading that a whole line is, or None. A plain line counts when its words leave no doubt."""
    if _is_jump_mark(line):
        return None
    section = section_of(line.text) or (section_of_marked(line.text) if looks_like_heading(line) else None)
    if section:
        return Heading(section, year_of(line.text))
    if is_year(line.text) and (looks_like_heading(line) or not line.text[0].islower()):
        return Heading(None, year_of(line.text))
    return None


def _is_jump_mark(line: Line) -> bool:
    """Whether the line is one of a table of contents; a small link beside a heading's words is an anchor's sign."""
    return any(link.href.startswith("#") and link.end - link.start > len(line.text) / 2 for link in line.links)


def split_inline(line: Line) -> tuple[Line, Line] | None:
    """“Previous editions: Lyon, France – …” as a heading and a line; None where no heading begins the line."""
    for end in _heads(line):
        head, rest = line.part(0, end), line.part(end)
        section = section_of_marked(head.text) if line.level or head.bold else section_of(head.text)
        if rest.text and section:
            return head, rest.part(len(rest.text) - len(rest.text.lstrip(" :‐‑‒–—―−-")))
    return None


def _heads(line: Line) -> list[int]:
    """Where a heading may end: with the bold beginning, at a colon, with the first cell of a row."""
    ends = (line.bold if line.bold < len(line.text) else 0, *(line.text.find(sign, 0, _LONGEST) + 1 for sign in _ENDS))
    return [end for end in ends if end > 0]


_ENDS: Final = (":", CELL)


def broken_heading(lines: Sequence[Line]) -> tuple[Line, int] | None:
    """A heading that its element's `<br>` breaks into two or three lines, as one line, and their number."""
    first = lines[0]
    if not looks_like_heading(first) or (" " in first.text and heading_of(first)):
        return None
    whole = first
    for count, line in enumerate(lines[1:3], 2):
        if line.block != first.block or not looks_like_heading(line):
            return None
        whole = replace(whole, text=f"{whole.text} {line.text}", bold=whole.bold + 1 + line.bold, links=())
        if heading_of(whole):
            return whole, count
    return None
