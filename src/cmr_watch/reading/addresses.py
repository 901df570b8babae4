"""The parts of an address: what stands between its commas, brackets, bars and dashes (READING E2, P5). Pure, linear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cmr_watch.reading.dates import find_dates
from cmr_watch.reading.lexicon import HOUSES, words_of
from cmr_watch.reading.tokens import Text, Token


@dataclass(frozen=True, slots=True)
class AddressPart:
    """A part of an address between commas and the like, without a postcode in `town`."""

    start: int
    end: int
    text: str
    town: str
    has_postcode: bool


def address_parts(text: Text, start: int, end: int | None = None) -> list[AddressPart]:
    """The parts of an address; dates in it are none."""
    dates = [date for date in find_dates(text) if date.is_whole]
    found: list[AddressPart] = []
    tokens: list[Token] = []
    for token in (*text.tokens, None):
        is_past = token is None or (end is not None and token.start >= end)
        is_date = token is not None and any(date.start <= token.start < date.end for date in dates)
        if is_past or is_date or (token is not None and _parts_address(text, token)):
            piece = _piece(text, tokens)
            found += [piece] if piece else []
            tokens = []
        elif token is not None and token.start >= start and (tokens or token.word or token.letter in "dny'"):
            tokens.append(token)
        if is_past:
            break
    return found


def _parts_address(text: Text, token: Token) -> bool:
    is_spaced = text.text[token.end : token.end + 1].isspace() and text.text[token.start - 1 : token.start].isspace()
    return token.letter in ",;|()c" or (token.letter == "-" and is_spaced) or text.text[token.start] in "📅🗓🕘🕒⏰🎟"


def _is_whole(text: Text, number: Token) -> bool:
    """Not the number in “EU27” or “5.0”."""
    is_decimal = "." in text.text[number.start : number.end]
    return not is_decimal and not text.text[number.start - 1 : number.start].isalpha()


_NO_PART: Final = words_of(
    """
    on from at in see the map maps google link directions here view how to get there online hybrid virtual virtually via
    zoom webex teams microsoft ms meet webinar livestream streaming platform
    """
)


def _piece(text: Text, tokens: Sequence[Token]) -> AddressPart | None:
    """A part of an address; “on”, “see map”, “(the room will be announced)” are none."""
    if tokens and _is_remark(text, tokens):
        return None
    while tokens and tokens[0].word in _LEADING and text.text[tokens[0].start].islower():
        tokens = tokens[1:]
    own = [token for token in tokens if token.word or token.letter in "dnyi" or _is_number(token)]
    if not own or all(token.word in _NO_PART for token in own):
        return None
    start, end = tokens[0].start, own[-1].end
    if text.text[end : end + 1] == "." and (own[-1].word in _SHORT_FORMS or text.text[end + 1 : end + 2] in _GOES_ON):
        end += 1
    written = text.text[start:end]
    words = [token for token in own if token.word and token.letter not in "dn"]
    ends = {token.start - 1 for token in own if token.letter in "dn"}
    names = [token for token in words if not _is_of_postcode(text, token, is_led=token.end in ends)] or words
    town = text.text[names[0].start : names[-1].end] if names else ""
    return AddressPart(start, end, written, town, any(token.letter in "dn" for token in own))


def _is_remark(text: Text, tokens: Sequence[Token]) -> bool:
    """Words in a bracket that begin without a capital; “(building 3)” belongs to an address."""
    in_bracket = text.text[: tokens[0].start].rstrip().endswith(("(", "["))
    return in_bracket and text.text[tokens[0].start].islower() and not any(map(_is_number, tokens))


_LEADING: Final = frozenset({"the", "in", "at"})
_SHORT_FORMS: Final = words_of("str st rd ave av blvd bld bldg sq pl ul nr tr dr ln strasse no fl dept univ")
_GOES_ON: Final = frozenset(",;)|")
"""Signs before which a stop is that of a short form."""


def _is_of_postcode(text: Text, token: Token, *, is_led: bool) -> bool:
    """“DK-5000 Odense C”, “20124 Milano MI”, “Valletta VLT 1645”. `is_led`: a number follows."""
    written = text.text[token.start : token.end]
    return (len(written) <= 2 + is_led and written.isupper()) or written.upper() == "CEDEX"


def _is_number(token: Token) -> bool:
    """A number; “32H” is no time of day."""
    return token.letter in "dn" or (token.letter == "T" and token.value < 0)


def is_of_house(text: Text, part: AddressPart) -> bool:
    """“Botermarkt 1”, “20 Place Sainte-Anne”, “Ghent University”; no “120 participants”, no “Industry 5.0”."""
    tokens = [token for token in text.tokens if part.start <= token.start < part.end]
    names = [token for token in tokens if token.word and text.text[token.start].isupper()]
    if len(tokens) > 1 and tokens[-1].word and tokens[-1].end - tokens[-1].start == 1:
        tokens = tokens[:-1]  # “Varvsgatan 6A”
    has_number = any(_is_number(token) and _is_whole(text, token) for token in (tokens[0], tokens[-1]))
    return bool(names) and (has_number or not HOUSES.isdisjoint(token.word for token in names))
