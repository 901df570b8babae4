"""One line of a list: what kind of line it is, and the edition that it names (READING P, D1–D6).

`read_entry` answers for one line or several joined ones.
Pure, linear; no errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, cast

from cmr_watch.models.readings import EditionStatus, Precision, Section
from cmr_watch.reading.clauses import Relation, relation_of, subject_of
from cmr_watch.reading.dates import ANY_YEAR, DateSpan, find_dates
from cmr_watch.reading.evidence import EvidenceLog
from cmr_watch.reading.lexicon import Concept, words_of
from cmr_watch.reading.lines import Line
from cmr_watch.reading.links import MATERIALS
from cmr_watch.reading.places import Place, find_places
from cmr_watch.reading.tokens import Cue, Text, Token, outside

LONGEST: Final = 1_000
"""Characters; a longer line is prose, whatever it contains."""
_LONGEST_PLACE: Final = 160
_RANK: Final[dict[Precision, int]] = {"day": 0, "unknown": 0, "month": 1, "season": 2, "year": 3}
_NOT_ITS: Final = (Relation.UNTIL, Relation.FORMER, Relation.OF_PAGE)
_VERBS: Final = words_of(
    """
    is are was were be been has have had will can could would may might must shall began begins started starts took
    takes met brought gathers gathered welcomed welcomes
    """
)
_SILENT: Final = words_of("has have had was were began started took met brought gathered welcomed")
_LOOKING_BACK: Final = words_of("after at during following building thanks inspired encouraged based since")
_SMALL: Final = words_of("on in at from the to and of by between date dates when new next edition event workshop day")

Kind = Literal["edition", "place", "date", "unread", "other"]


class Entry(NamedTuple):
    """A line as understood.

    - `kind`: `place` without a date, `date` without a place, `unread`: a date, and no place that can be read.
    - `is_sentence`: its place or date is part of a sentence, which is prose (S4).
    - `is_bare_name`: its place is only a name of no known country.
    """

    kind: Kind
    line: Line
    place: Place | None = None
    date: DateSpan | None = None
    dates: tuple[DateSpan, ...] = ()
    is_sentence: bool = False

    @property
    def is_known(self) -> bool:
        """Whether it is an edition beyond doubt: a city of a known country, or online, and a date."""
        return self.kind == "edition" and self.has_known_place

    @property
    def start(self) -> int:
        """Where its place or its date begins."""
        return min((one.start for one in (self.place, self.date) if one), default=0)

    @property
    def has_known_place(self) -> bool:
        return self.place is not None and (self.place.is_known or self.place.is_online)


def read_entry(line: Line, year: int | None) -> Entry:
    """What a line of a list is. `year` is the nearest heading's."""
    if year not in line.memo:
        line.memo[year] = _read(line, year)
    return cast(Entry, line.memo[year])


def _read(line: Line, year: int | None) -> Entry:
    text = line.scan
    dates = find_dates(text, year)
    if len(line.text) > LONGEST:
        return Entry("other", line, dates=dates, is_sentence=True)
    chosen = choose_date(text, dates)
    places = find_places(text, dates)
    if chosen is None or not chosen.is_whole:
        return _without_days(line, chosen, dates, places)
    place = _place_of(text, places, chosen, dates)
    if place is None or (not place.is_known and _is_labelled(text) and not (place.is_online and place.start == 0)):
        return _without_place(line, chosen, dates, places)
    if _is_sentence(text, min(place.start, chosen.start), max(place.start, chosen.start)):
        kind: Kind = "other" if _is_past_tense(text, place) or not place.is_known else "unread"
        return Entry(kind, line, None, chosen, dates, is_sentence=True)
    return Entry("edition", line, place, chosen, dates)


# ── its date ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def choose_date(text: Text, dates: Sequence[DateSpan]) -> DateSpan | None:
    """The first date that nothing else introduces; one that replaces another before it (D2)."""
    rated = []
    for date in dates:
        relation = relation_of(text, date.start)
        if relation in _NOT_ITS or _is_of_registration(text, date, relation) or _is_followed_up(text, date):
            continue
        is_new = relation is Relation.NEW and date.is_whole
        rated.append((not is_new, relation is Relation.SINCE, _RANK[date.precision], date.start, date))
    return min(rated, key=lambda row: row[:4])[4] if rated else None


def _is_of_registration(text: Text, date: DateSpan, relation: Relation) -> bool:
    """“Registration opens on 3 March”: only small words between a word of registration and the day."""
    if relation is not Relation.SINCE:
        return False
    return any(date.start - cue.end <= _REACH for cue in text.cues_of("register", "cutoff", "apply", end=date.start))


_REACH: Final = 30


def _is_followed_up(text: Text, date: DateSpan) -> bool:
    """“Following up the workshop of 3 May”: the first date after such words is another event's (D2)."""
    start = max((one.end for one in find_dates(text, ANY_YEAR) if one.end <= date.start), default=0)
    return text.has("follow up", start=start, end=date.start)


# ── its place ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _place_of(text: Text, places: Sequence[Place], chosen: DateSpan, dates: Sequence[DateSpan]) -> Place | None:
    """The place nearest to the date (P1); a name alone only where everything else is a remark (P5)."""
    place = place_beside(places, chosen)
    if place is None or place.is_known or place.is_online:
        return place
    first = _first_of(dates)
    before = [one for one in places if one.end <= first and not _is_of(text, one)]
    if before or has_words(text, 0, chosen.start):
        return min(before, key=lambda one: (one.country_code is None, one.start), default=None)
    return next((one for one in places if one.start >= chosen.end), None)


def _first_of(dates: Sequence[DateSpan]) -> int:
    """Where the first date begins that is more than a year."""
    return min(date.start for date in dates if date.is_whole)


def place_beside(places: Sequence[Place], date: DateSpan) -> Place | None:
    """The place that belongs to a date: the nearest of a known country, else the nearest; the one before first (P1)."""
    return min(
        places, key=lambda place: (not place.is_known, place.country_code is None, _distance(place, date)), default=None
    )


def _distance(place: Place, date: DateSpan) -> tuple[int, bool]:
    if place.end <= date.start:
        return date.start - place.end, False
    return max(0, place.start - date.end), True


def _is_of(text: Text, place: Place) -> bool:
    """“Recordings of 12 March 2026”: what looks like a town belongs to that day."""
    after = next((token for token in text.tokens if token.start >= place.end), None)
    return after is not None and after.letter == "o"


_NO_WORDS: Final = (
    *("badge", "save the date", "cancelled", "postponed", "tentative", "mode", "series", "remark"),
    *("date label", "place label", "new date"),
)
"""Cues that say nothing about a place or a date: states, badges, labels and the series' name."""


def has_words(text: Text, start: int, end: int) -> bool:
    """Whether there are words other than small words, badges or weekdays."""
    cues = list(text.cues_of(*_NO_WORDS, start=start, end=end))
    words = [token for token in text.within(start, end) if token.letter in "xr" and token.word not in _SMALL]
    return any(token.word for token in outside(words, cues))


def _is_sentence(text: Text, first: int, last: int) -> bool:
    """Whether place and date are part of a sentence: a verb precedes the first of them, or is between them (S4)."""
    cues = list(text.cues_of(*_MAY_HOLD_VERBS))
    found = [token for token in text.tokens if token.word in _VERBS and token.letter == "x" and token.start < last]
    verbs = [token for token in outside(found, cues) if not _is_code(text, token)]
    return _looks_back(text, first) or any(not _is_of_state(text, token, first) for token in verbs)


def _looks_back(text: Text, first: int) -> bool:
    """“After the success of the workshop in Tampere, Finland, on 12-13 May 2024, we are …”: the verb comes late."""
    lead = [token.word for token in text.tokens if token.word and token.start < first]
    return len(lead) > 3 and lead[0] in _LOOKING_BACK


def _is_code(text: Text, token: Token) -> bool:
    """“Reykjavik (IS)”."""
    return text.text[token.start : token.end].isupper() and not text.text.isupper()


_MAY_HOLD_VERBS: Final = (
    *("badge", "register", "remark", "mode", "cancelled", "postponed", "tentative", "new date", "moved"),
    *("closed", "open", "to come", "series", "save the date"),
)
"""Cues whose verbs do not turn an entry into a sentence: “to be confirmed”, “registration is open”."""


def _is_of_state(text: Text, verb: Token, first: int) -> bool:
    """“Ghent, Belgium: has been postponed to 12 March”, “…, moved from 3 May: it takes place on 12 March”."""
    cues = text.cues_of("cancelled", "postponed", "moved", "former", start=first)
    return verb.start >= first and any(cue.start - verb.start <= _REACH for cue in cues)


def _is_past_tense(text: Text, place: Place) -> bool:
    """“The series began in Malaga, Spain …” is about the past; “will take place in” may be new."""
    return _looks_back(text, place.start) or any(
        token.word in _SILENT for token in text.tokens if token.start < max(place.start, 1)
    )


def _without_place(line: Line, chosen: DateSpan, dates: tuple[DateSpan, ...], places: Sequence[Place]) -> Entry:
    text = line.scan
    if _is_labelled(text):
        return Entry("other", line, None, chosen, dates)
    if not has_words(text, 0, _first_of(dates)):
        return Entry("date", line, None, chosen, dates)
    names_country = any(place.country_code for place in places)
    is_sentence = not names_country and _is_sentence(text, len(text.text), len(text.text))
    return Entry("other" if is_sentence else "unread", line, None, chosen, dates, is_sentence)


def _is_labelled(text: Text) -> bool:
    """“Hosts: …”, “Deadline: …”, “Registration: …”: the line says itself that it is something else."""
    concepts = ("speakers", "cutoff", "register", "of the page", "session", "call for", *MATERIALS)
    return text.begins_with(*concepts)


# ── a place without days ─────────────────────────────────────────────────────────────────────────────────────────────


def _without_days(line: Line, year: DateSpan | None, dates: tuple[DateSpan, ...], places: Sequence[Place]) -> Entry:
    """A line without days or a month: a place alone counts when only remarks follow it."""
    text = line.scan
    place = next((one for one in places if one.is_known or one.is_online), places[0] if places else None)
    if place is None or _is_labelled(text) or _is_sentence(text, place.start, place.start):
        return Entry("other", line, dates=dates, is_sentence=place is not None)
    if year and place.end <= year.start and _is_broken_date(text, place, year):
        return Entry("edition", line, place, None, dates)
    return Entry("place", line, place, year, dates)


def _is_broken_date(text: Text, place: Place, year: DateSpan) -> bool:
    """Days, and a word that should be a month: “12-13 Ocotber 2026” is more than a year, and not understood."""
    letters = "".join(token.letter for token in text.within(place.end, year.start)).rstrip(".,-")
    return "dx" in letters and letters.endswith("x")


def stands_alone(entry: Entry) -> bool:
    """Whether a place without a date is an edition: its country is known, or it says that its date is to come."""
    place = entry.place
    if place is None or len(entry.line.text) > _LONGEST_PLACE:
        return False
    text = entry.line.scan
    if place.is_known or place.is_online:
        return not (_is_led_in(text, place) or _is_sentence(text, len(text.text), len(text.text)))
    return text.has("tentative")


def _is_led_in(text: Text, place: Place) -> bool:
    """“Main Street 1, 9000 Ghent, Belgium”, “Clusters of Ghent, Belgium”: the words before it change its meaning."""
    before = [token for token in text.tokens if token.start < place.start]
    return any(token.letter in "dny" for token in before[1:]) or has_words(text, 0, place.start)


# ── its state ────────────────────────────────────────────────────────────────────────────────────────────────────────


def said_status(text: Text, *, has_date: bool = True) -> EditionStatus | None:
    """The state that a text gives, or None. Postponed to another date is scheduled (D2).

    `has_date`: there is a date in it, or near it, that is not the former one.
    """
    if any(is_of_edition(text, cue) for cue in text.cues_of("cancelled")):
        return "cancelled"
    postponed = (cue for cue in text.cues_of("postponed") if is_of_edition(text, cue))
    if any(not (has_date and _has_new_date(text, cue)) for cue in postponed):
        return "postponed"
    return "save_the_date" if text.has("save the date") else None


_HAVE_STATES: Final = (
    *("event", "series", "register", "cutoff", "session", "programme item", "stay", "visit", "call", "call for"),
)


def is_of_edition(text: Text, state: Cue) -> bool:
    """Whether a state is said of the edition, not of a part of it: “The visit to the lab is cancelled” (D6)."""
    return subject_of(text, state.start, _HAVE_STATES) in (None, "event", "series")


_CONCEPTS: Final[dict[EditionStatus, Concept]] = {
    "cancelled": "cancelled",
    "postponed": "postponed",
    "save_the_date": "save the date",
}


class Said(NamedTuple):
    """A state, and the line that gives it."""

    status: EditionStatus
    line: Line


def note_state(log: EvidenceLog, record: str, said: Said) -> None:
    """Note the words that give a state."""
    cue = next(said.line.scan.cues_of(_CONCEPTS[said.status]), None)
    log.note(record, "status", said.line, *((cue.start, cue.end) if cue else ()))


def _has_new_date(text: Text, postponed: Cue) -> bool:
    """“Postponed to 12-13 October”, “postponed from … to …”, “(postponed from …)”."""
    following = [token for token in text.tokens[postponed.last + 1 : postponed.last + 4] if token.letter not in "h-"]
    is_joined = any(token.word in ("to", "from", "until", "till") for token in following[:1])
    return is_joined and any(token.letter in "dmsywqvi" for token in following[1:2])


def status_of(said: EditionStatus | None, section: Section | None) -> EditionStatus:
    """Cancelled or postponed where said; else held under a past heading; else save the date; else scheduled (D6)."""
    if said in ("cancelled", "postponed"):
        return said
    if section == "past":
        return "held"
    return said or "scheduled"
