"""What the words of a heading mean: a section, a year, a state, unrelated content (READING S1–S3, S7). Pure.

Only words count here; the readers decide where a heading is, and whether it is marked as one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from cmr_watch.models.readings import EditionStatus, Section
from cmr_watch.places import fold
from cmr_watch.reading.lexicon import words_of
from cmr_watch.spelling import respelt

LONGEST: Final = 160
"""Characters; a longer text is not a heading."""


_UPCOMING: Final = words_of("next upcoming forthcoming future coming planned")
_PAST: Final = words_of("previous previously past earlier former completed archive archived recordings recording")
SECTION_WORDS: Final[dict[Section, frozenset[str]]] = {"upcoming": _UPCOMING, "past": _PAST}
_NOUNS: Final = words_of("editions edition workshops workshop meetings meeting")
_EVENTS: Final = words_of("events event")
_SERIES: Final = ("clusters meet regions", "cluster meet regions", "clusters meets regions", "cmr")
_FILLING: Final = words_of(
    """
    info information infos about and or of the our from to for in on at all list overview calendar dates date clusters
    cluster meet meets regions region cmr summaries summary materials material documents document presentations photos
    pictures videos video outcomes results conclusions agendas reports report proceedings eccp european series
    initiative organised held transnational season year years autumn spring winter summer s save find here see discover
    what new
    """
)
_OF_SECTIONS: Final = _UPCOMING | _PAST | _NOUNS | _EVENTS
_VOCABULARY: Final = _OF_SECTIONS | _FILLING
_NEVER: Final = words_of(
    """
    call calls host hosts hosting apply application applications register registration subscribe newsletter join will
    please stay tuned deadline is are was were has have been be related other similar conference conferences summit
    webinar webinars award awards days no
    """
)
_MOST_OTHER_WORDS: Final = 3
_FOREIGN_MARK: Final = words_of(
    """
    related other others similar more further also news article articles content contact contacts partners newsletter
    share tags downloads download links follow resources publications library stories about search menu cookies topics
    categories highlights suggested recommended featured webinars webinar conferences conference
    """
)
"""One of these words makes a heading unrelated, if all other words are among these and the following."""
_FOREIGN: Final = _FOREIGN_MARK | words_of(
    """
    upcoming next past previous forthcoming recent latest all our the you may might like be interested in see and of
    from on at to by us s is eccp european cluster collaboration platform event events workshops workshop editions
    edition contents subscribe this page useful calendar agenda success what discover read organised community
    """
)
_COLLECTION: Final = (_NOUNS | _EVENTS) | words_of(
    """
    conferences conference webinars webinar archive contact contacts documents document downloads download news about
    links partners background objectives faq faqs
    """
)
_STATES: Final[dict[str, EditionStatus]] = {
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "postponed": "postponed",
    "save the date": "save_the_date",
    "save the dates": "save_the_date",
}
_STATE_FILLING: Final = words_of(
    "editions edition events event workshops workshop and the following until notice further"
)
_ASKING: Final = words_of("is are will be take place")
_BRACKET: Final = re.compile(r"[(\[][^()\[\]]{0,80}[)\]]")
_YEAR: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_YEARS_ONLY: Final = re.compile(
    r"(?:(?:in|year|editions?|workshops?|events?|of|the|season)\s+)*(?:19|20)\d\d(?:\s+(?:editions?|workshops?|events?))?"
)


_KNOWN: Final = _VOCABULARY | _NEVER | _FOREIGN | _COLLECTION


class Heading(NamedTuple):
    """What a heading's words mean.

    - `section`: the section that it opens; `by_events`: only the word “events” names what it lists (S2).
    - `year`: the one year that it names, which its lines may use; `has_years`: it names one or several; `is_year`:
      it is a year and nothing else.
    - `is_foreign`: it opens other events, news or contacts.
    - `status`: the state of the lines below it (S7).
    """

    section: Section | None = None
    by_events: bool = False
    year: int | None = None
    has_years: bool = False
    is_year: bool = False
    is_foreign: bool = False
    status: EditionStatus | None = None


@lru_cache(maxsize=2048)
def meaning(text: str, *, is_marked: bool) -> Heading:
    """The meaning of a text as a heading. `is_marked`: its tags say that it is one, so it may contain other words."""
    if not text or len(text) > LONGEST:
        return Heading()
    folded = fold(_BRACKET.sub(" ", text)) or fold(text)
    words = frozenset(word for word in folded.split() if not word.isdigit())
    if is_marked:
        words = frozenset(word if word in _KNOWN else respelt(word, _OF_SECTIONS) for word in words)
    years = {int(year) for year in _YEAR.findall(text)}
    section = _section(words - _ASKING if text.endswith("?") else words, folded, is_marked=is_marked)
    return Heading(
        section=section,
        by_events=section is not None and not _names_ours(words, folded) and not _is_one_word(words),
        year=min(years) if len(years) == 1 else None,
        has_years=bool(years),
        is_year=bool(_YEARS_ONLY.fullmatch(folded)),
        is_foreign=words <= _FOREIGN and not words.isdisjoint(_FOREIGN_MARK),
        status=_status(folded),
    )


def _names_ours(words: frozenset[str], folded: str) -> bool:
    return not words.isdisjoint(_NOUNS) or any(name in folded for name in _SERIES)


def _is_one_word(words: frozenset[str]) -> bool:
    own = words - {"in", "s"}
    return len(own) == 1 and own <= _UPCOMING | _PAST


def _section(words: frozenset[str], folded: str, *, is_marked: bool) -> Section | None:
    is_one, others = _is_one_word(words), words - _VOCABULARY
    is_ours = is_one or _names_ours(words, folded) or not words.isdisjoint(_EVENTS)
    if not is_ours or len(others) > (_MOST_OTHER_WORDS if is_marked else 0) or not words.isdisjoint(_NEVER):
        return None
    named: list[Section] = [section for section, own in SECTION_WORDS.items() if not words.isdisjoint(own)]
    return named[0] if len(named) == 1 and (is_marked or not is_one) else None


def _status(folded: str) -> EditionStatus | None:
    for phrase, status in _STATES.items():
        if phrase in folded:
            return status if words_of(folded.replace(phrase, "")) <= _STATE_FILLING else None
    return None


def names_a_collection(text: str) -> bool:
    """Whether a text names things in the plural, as the heading of a list does: “News”, “Our events”."""
    return not _COLLECTION.isdisjoint(fold(text[:LONGEST]).split())


_FIRST_OF_OTHERS: Final = words_of(
    """
    related other others similar more further also latest recent featured upcoming next past previous earlier former
    forthcoming highlights archive
    """
)
_LEADING_TO_OTHERS: Final = (
    *("see also", "read also", "read more", "discover more", "you may", "you might", "you could", "all events"),
    *("all editions", "all workshops", "our events", "our news", "our other", "follow us"),
)
_OTHERS: Final = _NOUNS | words_of(
    """
    events event calls opportunities news articles article conferences conference webinars webinar stories content
    newsletter like interested posts activities
    """
)
_OURS_OF_CALLS: Final = words_of("host hosts hosting interest expression expressions applications regions proposals")
_ALONE: Final = words_of("share tags newsletter related")
_OF_OURS: Final = words_of(
    "this workshop edition registration venue programme program agenda date dates call application applications host"
)
_NEVER_OTHERS: Final = words_of("information info details questions requirements conditions documents materials about")
_MOST_WORDS_OF_OTHERS: Final = 7


def names_others(text: str) -> bool:
    """Whether a heading on a call's or an edition's page opens what is not its own: other events, calls, news (S3)."""
    words = fold(text[:LONGEST]).split()
    if not 0 < len(words) <= _MOST_WORDS_OF_OTHERS or not _NEVER_OTHERS.isdisjoint(words):
        return False
    if any(word.isdigit() and len(word) < 4 for word in words):
        return False  # it names a day: an entry of its own
    first, *rest = words
    if first == "news":
        return _OF_OURS.isdisjoint(words)
    if first in ("call", "calls") and rest[:1] == ["for"]:
        return _OURS_OF_CALLS.isdisjoint(words)
    is_alone = first in _ALONE and _FOREIGN.issuperset(rest[:1])
    leads = words != ["read", "more"] and " ".join(words).startswith(_LEADING_TO_OTHERS)
    return is_alone or leads or (first in _FIRST_OF_OTHERS and not _OTHERS.isdisjoint(rest))
