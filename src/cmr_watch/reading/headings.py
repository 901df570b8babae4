"""What the words of a heading mean: a section, a year, a state, other people's content (READING S1–S3, S7). Pure.

Only words count here; where a heading stands, and whether it is marked as one, is decided by the readers.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from cmr_watch.models import EditionStatus, Section
from cmr_watch.places import fold
from cmr_watch.reading.lexicon import words_of
from cmr_watch.spelling import respelt

LONGEST: Final = 160
"""Characters; a longer text is no heading."""


_UPCOMING: Final = words_of("next upcoming forthcoming future coming planned")
_PAST: Final = words_of("previous previously past earlier former completed archive archived")
_RECORDINGS: Final = words_of("recordings recording")
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
_OF_SECTIONS: Final = _UPCOMING | _PAST | _RECORDINGS | _NOUNS | _EVENTS
_VOCABULARY: Final = _UPCOMING | _PAST | _RECORDINGS | _NOUNS | _EVENTS | _FILLING
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
"""Words of which one makes a heading other people's, where all others are of these and the following."""
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
    - `year`: the one year that it names, which its lines may borrow; `has_years`: it names one or several; `is_year`:
      it is a year and no more.
    - `is_foreign`: it opens other events, news or contacts.
    - `is_neutral`: it names editions, and no section (S5).
    - `status`: the state of what stands below it (S7).
    """

    section: Section | None = None
    by_events: bool = False
    year: int | None = None
    has_years: bool = False
    is_year: bool = False
    is_foreign: bool = False
    is_neutral: bool = False
    status: EditionStatus | None = None


@lru_cache(maxsize=2048)
def meaning(text: str, *, is_marked: bool) -> Heading:
    """The meaning of a text as a heading. `is_marked`: its tags say that it is one, so other words may stand in it."""
    if not text or len(text) > LONGEST:
        return Heading()
    folded = fold(_BRACKET.sub(" ", text)) or fold(text)
    words = frozenset(word for word in folded.split() if not word.isdigit())
    if is_marked:
        words = frozenset(word if word in _KNOWN else respelt(word, _OF_SECTIONS) for word in words)
    years = {int(year) for year in _YEAR.findall(text)}
    plain = words - _ASKING if text.rstrip().endswith("?") else words
    section = _section(plain, folded) if _may_be_section(plain, is_marked=is_marked) else None
    named = _names_ours(words, folded)
    return Heading(
        section=section,
        by_events=section is not None and not named and not _is_one_word(words),
        year=min(years) if len(years) == 1 else None,
        has_years=bool(years),
        is_year=len(text) <= 40 and bool(_YEARS_ONLY.fullmatch(folded)),
        is_foreign=bool(words) and words <= _FOREIGN and not words.isdisjoint(_FOREIGN_MARK),
        is_neutral=section is None and named and words <= _VOCABULARY,
        status=_status(folded),
    )


def _names_ours(words: frozenset[str], folded: str) -> bool:
    return not words.isdisjoint(_NOUNS) or any(name in folded for name in _SERIES)


def _is_one_word(words: frozenset[str]) -> bool:
    own = words - {"in", "s"}
    return len(own) == 1 and own <= _UPCOMING | _PAST | _RECORDINGS


def _may_be_section(words: frozenset[str], *, is_marked: bool) -> bool:
    if not words:
        return False
    if not is_marked:
        return words <= _VOCABULARY and len(words) > 1
    return len(words - _VOCABULARY) <= _MOST_OTHER_WORDS and words.isdisjoint(_NEVER)


def _section(words: frozenset[str], folded: str) -> Section | None:
    upcoming, past = not words.isdisjoint(_UPCOMING), not words.isdisjoint(_PAST)
    if upcoming and past:
        return None
    if not (_is_one_word(words) or _names_ours(words, folded) or not words.isdisjoint(_EVENTS)):
        return None
    if upcoming:
        return "upcoming"
    return "past" if past or not words.isdisjoint(_RECORDINGS) else None


def _status(folded: str) -> EditionStatus | None:
    for phrase, status in _STATES.items():
        if phrase in folded:
            return status if words_of(folded.replace(phrase, "")) <= _STATE_FILLING else None
    return None


def names_a_collection(text: str) -> bool:
    """Whether a text names things of which there are several, as the heading of a list does: “News”, “Our events”."""
    return not _COLLECTION.isdisjoint(fold(text[:LONGEST]).split())


_FIRST_OF_OTHERS: Final = words_of(
    """
    related other others similar more further also latest recent featured upcoming next past previous earlier former
    forthcoming highlights
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
    if not words or len(words) > _MOST_WORDS_OF_OTHERS:
        return False
    if words[0] == "news":
        return _OF_OURS.isdisjoint(words)
    if not _NEVER_OTHERS.isdisjoint(words):
        return False
    if any(word.isdigit() and len(word) < 4 for word in words):
        return False  # it names a day: an entry of its own
    if words[0] in _ALONE and (len(words) == 1 or words[1] in _FOREIGN):
        return True
    if words != ["read", "more"] and " ".join(words).startswith(_LEADING_TO_OTHERS):
        return True
    if words[:2] in (["call", "for"], ["calls", "for"]):
        return _OURS_OF_CALLS.isdisjoint(words)
    return words[0] in _FIRST_OF_OTHERS and not _OTHERS.isdisjoint(words[1:])
