"""Which lines are headings, and what they open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cmr_watch.models import Section
from cmr_watch.monitor.parse.lines import Line
from cmr_watch.places import fold

_UPCOMING: Final = frozenset({"next", "upcoming", "forthcoming", "future"})
_PAST: Final = frozenset({"previous", "past", "earlier", "former", "recordings", "recording"})
_NOUNS: Final = frozenset({"editions", "edition", "workshops", "workshop"})
_SERIES: Final = ("clusters meet regions", "cluster meet regions", "clusters meets regions", "cmr")
_FILLING: Final = frozenset(
    "info information infos and or of the our from to for in on at all list overview calendar dates clusters cluster meet "
    "meets regions region cmr events event summaries summary materials material documents document presentations photos "
    "pictures videos video outcomes results conclusions agendas reports report proceedings eccp european series "
    "initiative organised transnational season year years autumn spring winter summer s".split()
)
_VOCABULARY: Final = _UPCOMING | _PAST | _NOUNS | _FILLING
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
    if len(text) > _LONGEST:
        return None
    folded = fold(text)
    words = {word for word in folded.split() if not word.isdigit()}
    if not words or not words <= _VOCABULARY:
        return None
    upcoming, past = bool(words & _UPCOMING), bool(words & (_PAST - {"recordings", "recording"}))
    if upcoming == past and (upcoming or not words & {"recordings", "recording"}):
        return None
    if not (words & _NOUNS or any(name in folded for name in _SERIES)):
        return None
    return "upcoming" if upcoming else "past"


def _section_of_a_word(text: str) -> Section | None:
    """“Upcoming”, “Recordings”: enough for a line that is marked as a heading."""
    word = fold(text)
    return "upcoming" if word in _UPCOMING else "past" if word in _PAST else None


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


def heading_of(line: Line) -> Heading | None:
    """The heading that a whole line is, or None. A plain line counts when its words leave no doubt."""
    if any(link.href.startswith("#") for link in line.links):
        return None  # a jump mark in a table of contents
    section = section_of(line.text) or (_section_of_a_word(line.text) if looks_like_heading(line) else None)
    if section:
        return Heading(section, year_of(line.text))
    if is_year(line.text):
        return Heading(None, year_of(line.text))
    return None


def split_inline(line: Line) -> tuple[Line, Line] | None:
    """“Previous editions: Lyon, France – …” as a heading and a line; None where no heading begins the line."""
    for end in _heads(line):
        head, rest = line.part(0, end), line.part(end)
        if rest.text and section_of(head.text):
            return head, rest.part(len(rest.text) - len(rest.text.lstrip(" :–-")))
    return None


def _heads(line: Line) -> list[int]:
    colon = line.text.find(":", 0, _LONGEST)
    return [end for end in (line.bold if line.bold < len(line.text) else 0, colon + 1) if end > 0]
