"""One scan of a text by one tokeniser: tokens with a letter and a value, and cues, the lexicon's phrases in it.

A token's letter says what it is:

    d  number of one or two digits, ordinal   y  year   n  another number   i  ISO date   T  time of day (minutes)
    m  month   w  weekday   s  season   q  quarter or half   k  week   v  early, mid, late…   D  the word “day”
    -  any dash or arrow   /  .  ,  :  ;  |  (  )   &  and, or, et, +   t  to, until   f  from   o  of   a  at   h  the
    r  a word of moving (“rescheduled”)   z  time zone   c  edge of a table cell   '  quote   x  a word or sign

`scan(text)` costs about 15 µs a line, time grows with the length of the text. Pure; no errors.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import Final, NamedTuple, Protocol

from cmr_watch.reading.lexicon import DATE_WORDS, PHRASES, PROSE, Concept
from cmr_watch.spelling import SHORTEST, respelt

DASHES: Final = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d~"
"""Every sign that is read as a dash."""
CELL: Final = "\t"
"""Separates cells, and lines of one entry, within a text."""

_FOUR_DIGITS: Final = (
    r"(?:(?<=\d{4},\s)|(?!19|20))(?:[01]\d|2[0-4])[0-5]\d"
    r"(?=\s?\(?(?:CES?T|CE\(S\)T|EES?T|WES?T|BST|GMT|UTC|Brussels)\b)"
)
"""“1800 CEST”; what may be a year, only after one: “31 May 2027, 2000 CEST”."""
_DASH: Final = f"[{re.escape(DASHES)}]"
_SCAN: Final = re.compile(
    rf"""
    (?P<quarter>[QqHh][1-4](?!\w))
    |(?P<abbreviation>[A-Za-z](?:\.[A-Za-z])+\b\.?)
    |(?P<mixed>[A-Za-z]\d[A-Za-z](?!\w))
    |(?P<word>[^\W\d_]+)
    |(?P<iso>(?:19|20)\d\d(?:-\d{{1,2}}-|/\d{{1,2}}/|\.\d{{1,2}}\.)\d{{1,2}}(?!\d))
    |(?P<time>
        \d{{1,2}}(?:\s?(?::|h)\d\d(?::\d\d)?(?!\d)|\.[0-5]\d(?=\s?[ap]\.?m\b))(?:\s?[apAP]\.?[mM]\b\.?|h\b)?
        |(?<![\d.])(?:[01]?\d|2[0-4])\.[0-5]\d
            (?!\d|\.\d|\.?\s?(?:{_DASH}|t?o?)\s?\d{{1,2}}\.\d{{1,2}}\.|\.\s?{_DASH}|\.?\s\d{{1,2}}\.\d\d?\.)
        |\d{{1,2}}\s?(?:[apAP]\.?[mM]\b\.?|[hH](?:rs?|ours?)?\b|o['’]clock)
        |(?:(?:[01]\d|2[0-4])[0-5]\d(?=\s?[hH](?:rs?|ours?)?\b)|{_FOUR_DIGITS})(?:\s?[hH](?:rs?|ours?)?\b)?
     )
    |(?P<decimal>(?<![\d.])\d\.\d(?![\d.]|\s*{_DASH}\s*\d{{1,2}}\.\d))
    |(?P<ordinal>\d{{1,2}}(?:(?i:st|nd|rd|th)|\s{{1,2}}(?:st|nd|rd|th))(?![^\W\d_]))
    |(?P<short>['’]\d\d(?!\d))
    |(?P<number>\d+)
    |(?P<cell>\t)
    |(?P<sign>[^\w\s])
    """,
    re.VERBOSE,
)
_SIGNS: Final = {
    **dict.fromkeys(DASHES, "-"),
    **dict.fromkeys("→⇒➔➜➝", "-"),
    **dict.fromkeys("&+", "&"),
    **dict.fromkeys("([", "("),
    **dict.fromkeys(")]", ")"),
    **dict.fromkeys("\"'“”„«»‘’`´", "'"),
    **{sign: sign for sign in "/.,:;|"},
    "•": ";",
    "·": "|",
    "…": ".",
}
_PASSED_OVER: Final = frozenset("-'/")
"""Letters of tokens that may occur within a phrase: “cut-off”, “isn’t”."""
_MOST_WORDS_OF_NEGATION: Final = 3


class Token(NamedTuple):
    """A token: its letter, its number (0 for most), its position, and its word in lower case (“” for a sign)."""

    letter: str
    value: int
    start: int
    end: int
    word: str


class Cue(NamedTuple):
    """A phrase of the lexicon: its concepts, its position in the text, and its first and last token's index.

    `negated`: a word such as “not” or “previously” comes right before it.
    """

    concepts: frozenset[Concept]
    start: int
    end: int
    first: int
    last: int
    negated: bool = False


class Spanned(Protocol):
    """Anything with a position in a text: a cue, a date."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


def outside(tokens: Iterable[Token], spans: Sequence[Spanned]) -> list[Token]:
    """The tokens outside some spans."""
    return [token for token in tokens if not any(span.start <= token.start < span.end for span in spans)]


_START: Final = attrgetter("start")


@dataclass(slots=True)
class Text:
    """A text with its tokens and cues, both in order.

    `edges`: where a link or a badge begins or ends.

    `memo`: what later modules found in it, so that each text is searched once.
    """

    text: str
    tokens: list[Token]
    cues: list[Cue] = field(default_factory=list)
    edges: tuple[int, ...] = ()
    memo: dict[object, tuple[object, ...]] = field(default_factory=dict)

    def has(self, *concepts: Concept, start: int = 0, end: int | None = None) -> bool:
        """Whether one of the concepts is expressed, and not negated, between two positions."""
        last = len(self.text) if end is None else end
        for cue in self.cues:
            if start <= cue.start and cue.end <= last and not cue.negated and not cue.concepts.isdisjoint(concepts):
                return True
        return False

    def within(self, start: int, end: int) -> list[Token]:
        """The tokens that begin between two positions."""
        first = bisect_left(self.tokens, start, key=_START)
        return self.tokens[first : bisect_left(self.tokens, end, first, key=_START)]

    def words(self, start: int, end: int) -> list[str]:
        """The words between two positions, in lower case."""
        return [token.word for token in self.within(start, end) if token.word]

    def begins_with(self, *concepts: Concept) -> bool:
        """Whether its first words express one of the concepts; bullets and emoji may precede them."""
        first = next((index for index, token in enumerate(self.tokens) if token.word), 0)
        return any(cue.first == first for cue in self.cues_of(*concepts))

    def cues_of(self, *concepts: Concept, start: int = 0, end: int | None = None) -> Iterator[Cue]:
        """The cues of these concepts between two positions, without the negated ones."""
        last = len(self.text) if end is None else end
        for cue in self.cues:
            if not cue.negated and start <= cue.start and cue.end <= last and not cue.concepts.isdisjoint(concepts):
                yield cue


@lru_cache(maxsize=512)
def scan(text: str, edges: tuple[int, ...] = ()) -> Text:
    """The tokens and cues of a text. `edges`: positions at which a word ends without a space.

    Cached: a page that is read again has mostly the same lines.
    """
    tokens = [_token(match) for match in _SCAN.finditer(text)]
    _respell(tokens)
    for edge in edges:
        _split_at(tokens, edge, text)
    return Text(text, tokens, _cues(tokens), edges)


def _token(match: re.Match[str]) -> Token:
    kind, text = match.lastgroup, match.group()
    if kind == "word":
        word = text.lower() if text.isascii() else _of_name(text)
        letter, value = DATE_WORDS.get(word, _WORD)
        if letter == "z" and not text.isupper() and word not in _ZONES_IN_SMALL_LETTERS:
            letter, value = _WORD  # “West Flanders”
    elif kind == "sign":
        letter, value = _SIGNS.get(text, "x"), 0
        word = "and" if text == "&" else ""
    else:
        letter, value, word = _OTHERS[str(kind)](text)
    return Token(letter, value, match.start(), match.end(), word)


_WORD: Final = ("x", 0)
_ZONES_IN_SMALL_LETTERS: Final = frozenset({"utc", "gmt", "cet", "cest"})
_NEAR_NUMBERS: Final = frozenset(word for word, (letter, _) in DATE_WORDS.items() if letter in "mw")
_STATES: Final = frozenset({"cancelled", "postponed"})
_AMERICAN: Final = frozenset({"canceled"})
"""Itself one slip away from its British form, but its misspellings may be two away."""


def _respell(tokens: list[Token]) -> None:
    """Correct misspelt months and weekdays next to a number, and misspelt words of state (O6)."""
    numbers = {index for index, token in enumerate(tokens) if token.letter in "dy"}
    for index, token in enumerate(tokens):
        if token.letter == "x" and len(token.word) >= SHORTEST - 1 and token.word not in PHRASES:
            is_near = not numbers.isdisjoint((index - 1, index + 1, index + 2))
            word = respelt(respelt(token.word, _AMERICAN), _NEAR_NUMBERS | _STATES if is_near else _STATES)
            if word != token.word:
                letter, value = DATE_WORDS.get(word, _WORD)
                tokens[index] = token._replace(letter=letter, value=value, word=word)


_OTHER_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "ŧ": "t", "ß": "ss"}
)


def _of_name(text: str) -> str:
    """A word with diacritics, plain; no word of English prose has any: “Åre” is no “are”, “Ör” no “or”."""
    word = plain(text)
    return text.casefold() if word in PROSE or word in DATE_WORDS else word


def plain(word: str) -> str:
    """A word in lower case and without diacritics."""
    lower = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    return "".join(letter for letter in lower if not unicodedata.combining(letter)).translate(_OTHER_LETTERS)


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_DIGITS: Final = re.compile(r"\d+")
_Classified = tuple[str, int, str]


def _number(text: str) -> _Classified:
    if len(text) <= 2:
        return "d", int(text), ""
    if len(text) == 4 and text[:2] in ("19", "20"):
        return "y", int(text), ""
    return "n", 0, ""


def _iso(text: str) -> _Classified:
    return "i", int("".join(part.zfill(2) for part in _DIGITS.findall(text))), ""


_LAST_HOUR: Final = 99


def _time(text: str) -> _Classified:
    """Minutes since the day began; 24:00 is 1440, “15 pm” 15:00; -1 if it is not a time."""
    hour, minute, *_ = (*map(int, _DIGITS.findall(text)), 0)
    if hour > _LAST_HOUR:  # “1800”
        hour, minute = divmod(hour, 100)
    tail = text.lower().replace(".", "").replace(" ", "")
    if hour <= 12 and tail.endswith("m"):
        hour = hour % 12 + 12 * tail.endswith("pm")
    minutes = hour * 60 + minute
    return "T", minutes if minutes <= 1440 and minute < 60 else -1, ""


_OTHERS: Final[dict[str, Callable[[str], _Classified]]] = {
    "number": _number,
    "ordinal": lambda text: ("d", int(_DIGITS.findall(text)[0]), "th"),
    "time": _time,
    "iso": _iso,
    "short": lambda text: ("y", 2000 + int(text[1:]), ""),
    "decimal": lambda _: ("n", 0, ""),
    "mixed": lambda text: ("x", 0, text.lower()),
    "quarter": lambda _: ("q", 0, ""),
    "cell": lambda _: ("c", 0, ""),
    "abbreviation": lambda text: ("x", 0, text.replace(".", "").lower()),
}

# ── edges ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _split_at(tokens: list[Token], edge: int, text: str) -> None:
    """Split a word that crosses an edge, where a capital begins: “Belgium|Event”, but not “Fran|ce”."""
    index = next((number for number, token in enumerate(tokens) if token.start < edge < token.end), None)
    if index is None or not tokens[index].word or not (text[edge].isupper() and text[edge - 1].islower()):
        return
    token = tokens[index]
    ends = ((token.start, edge), (edge, token.end))
    parts = [_SCAN.match(text, start, end) for start, end in ends]
    tokens[index : index + 1] = [_token(part) for part in parts if part]


# ── cues ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _cues(tokens: list[Token]) -> list[Cue]:
    cues: list[Cue] = []
    until = 0
    for index, token in enumerate(tokens):
        if index >= until and _word_of(token) in PHRASES:
            cue = _cue_at(tokens, index, cues)
            if cue:
                cues.append(cue)
                until = cue.last + 1
    return cues


def _cue_at(tokens: list[Token], index: int, before: list[Cue]) -> Cue | None:
    for rest, concepts in PHRASES[_word_of(tokens[index])]:
        last = _end_of(tokens, index, rest)
        if last is not None:
            negated = bool(before) and "negation" in before[-1].concepts and _is_near(tokens, before[-1], index)
            return Cue(concepts, tokens[index].start, tokens[last].end, index, last, negated)
    return None


def _end_of(tokens: list[Token], index: int, rest: tuple[str, ...]) -> int | None:
    """The index of a phrase's last token, or None if other words follow the first one."""
    for word in rest:
        index += 1
        while index < len(tokens) and tokens[index].letter in _PASSED_OVER:
            index += 1
        if index >= len(tokens) or _word_of(tokens[index]) != word:
            return None
    return index


def _word_of(token: Token) -> str:
    """A token's word, or its year: “Agenda 2030”."""
    return token.word or (str(token.value) if token.letter == "y" else "")


def _is_near(tokens: list[Token], negation: Cue, index: int) -> bool:
    """Whether there are only a few words between a negation and the token."""
    between = tokens[negation.last + 1 : index]
    return len(between) < _MOST_WORDS_OF_NEGATION and all(token.word for token in between)
