"""The vocabulary of the pages, ready for lookup: words of dates, phrases with their concepts, words of prose.

The phrases themselves are data in `phrases` and `page_phrases`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from cmr_watch.reading.page_phrases import MATERIAL_TABLE, PAGE_PHRASE_TABLE
from cmr_watch.reading.phrases import PHRASE_TABLE

Concept = str
"""The name of a concept: a key of `PHRASE_TABLE`."""


def words_of(text: str) -> frozenset[str]:
    """The words of a text, for a vocabulary written as one."""
    return frozenset(text.split())


class Entry(NamedTuple):
    """One phrase of a concept, with a text in which it expresses it."""

    concept: Concept
    phrase: tuple[str, ...]
    example: str


# ── single words of dates: the letter of their token and its value ───────────────────────────────────────────────────

_MONTHS: Final = """
jan january|feb febr february|mar march|apr april|may|jun june|jul july|aug august|sep sept september|oct october
nov november|dec december
"""
_WEEKDAYS: Final = """
mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday sun sunday
"""
_DATE_WORDS: Final = {
    "&": "and or et und",
    "t": "to until till through",
    "f": "from",
    "o": "of",
    "s": "spring summer autumn fall winter",
    "q": "quarter trimester semester half",
    "v": "early mid late end begin beginning start first second third fourth one two three",
    "r": "rescheduled moved postponed changed shifted transferred delayed",
    "k": "week",
    "D": "day",
    "a": "at",
    "h": "the",
}
TIME_WORDS: Final = {"noon": 720, "midday": 720, "midnight": 1440}
"""Minutes since the day began; midnight ends the named day (READING C4)."""
ZONES: Final = {"CEST": 2, "CET": 1, "GMT": 0, "UTC": 0, "BST": 1, "WEST": 1, "WET": 0, "EEST": 3, "EET": 2}
"""Time zone abbreviations, and their offsets from UTC in hours."""


def _date_words() -> dict[str, tuple[str, int]]:
    months = enumerate(_MONTHS.strip().replace("\n", "|").split("|"), 1)
    found = {name: ("m", number) for number, names in months for name in names.split()}
    found |= dict.fromkeys(_WEEKDAYS.split(), ("w", 0))
    found |= {word: (letter, 0) for letter, words in _DATE_WORDS.items() for word in words.split()}
    found |= {word: ("T", minutes) for word, minutes in TIME_WORDS.items()}
    return found | {zone.lower(): ("z", hours) for zone, hours in ZONES.items()}


DATE_WORDS: Final = _date_words()
"""Word → (letter of its token, value)."""

PROSE: Final = words_of(
    """
    the this that these our we us you your it they will is are was were be been has have had can may please join
    follow stay next previous upcoming past forthcoming edition editions workshop workshops event events conference
    webinar call calls participants register registration contact information platform clusters cluster with about
    published updated date dates deadline potentially possibly took take takes taking place held hosted hosting
    organised more when apply read see find download click watch no there deadlines cut each all which who soon
    currently union commission unfortunately regrettably sorry attention
    """
)
"""Words that are never part of a place's name: a part that contains one is prose."""


def _entries() -> tuple[Entry, ...]:
    rows = (
        (concept, row.strip())
        for table in (PHRASE_TABLE, PAGE_PHRASE_TABLE, MATERIAL_TABLE)
        for concept, rows in table.items()
        for row in rows.splitlines()
        if row.strip()
    )
    return tuple(entry for concept, row in rows for entry in _entries_of(concept, row))


def _entries_of(concept: Concept, row: str) -> Iterator[Entry]:
    phrases, sign, example = row.partition(": ")
    if not sign:
        raise ValueError(f"The row {row!r} of {concept!r} has no example: add “: ” and a line with ~ for the phrase.")
    for form in phrases.split(" | "):
        for phrase in sorted({form.replace("(s)", ""), form.replace("(s)", "s")}):
            yield Entry(concept, tuple(phrase.split()), example.replace("~", phrase))


ENTRIES: Final = _entries()


def by_first_word(entries: Iterable[Entry]) -> dict[str, tuple[tuple[tuple[str, ...], frozenset[Concept]], ...]]:
    """First word → (the other words, the concepts) of each phrase, the longest first."""
    concepts: dict[tuple[str, ...], set[Concept]] = {}
    for entry in entries:
        concepts.setdefault(entry.phrase, set()).add(entry.concept)
    found: dict[str, list[tuple[tuple[str, ...], frozenset[Concept]]]] = {}
    for phrase in sorted(concepts, key=len, reverse=True):
        found.setdefault(phrase[0], []).append((phrase[1:], frozenset(concepts[phrase])))
    return {word: tuple(rests) for word, rests in found.items()}


MATERIAL_KINDS: Final = tuple(MATERIAL_TABLE)
"""The kinds of material (O3), each a concept."""

PHRASES: Final = by_first_word(ENTRIES)

PARTICLES: Final = words_of(
    """
    de la le les du des sur en y i di da do dos del della al el am an auf bei der den dem die im ob of the and og
    och na nad pod pri op aan bij sous sul nel u van von zu zum zur upon under lès aan ter e ja a s d l nell
    vas mesto loka gora polje selo breg gradec
    """
)
"""Lower-case words that may appear within a name."""

HOUSES: Final = words_of(
    "centre center hall hotel campus university palace museum park arena stadium theatre theater castle house hub"
)
"""Words that identify an address (P5, E2)."""
VENUES: Final = HOUSES | words_of(
    """
    expo building room library school institute chamber congress venue airport station street square avenue auditorium
    forum fair
    """
)
"""Words of a venue's name, which is neither a city nor a region next to one (P5)."""

HOME_NATIONS: Final = frozenset({"england", "scotland", "wales", "northern ireland", "n ireland"})
CITY_STATES: Final = frozenset({"AD", "DJ", "GI", "HK", "KW", "LU", "MC", "MO", "MT", "PA", "SG", "SM", "VA"})
"""Countries with a city of the same name (P4)."""
