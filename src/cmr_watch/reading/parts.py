"""The parts of a text that are searched for places: the text between commas, brackets and dashes (P1, P5).

A joint says how a part is linked to the one before. Dates, times, remarks and words such as “in” are breaks; a remark
in brackets, or “hybrid”, does not count at all. Pure, linear; no errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import dropwhile, groupby, pairwise
from typing import Final, NamedTuple

from cmr_watch.places import country_names, fold, region_names
from cmr_watch.reading.dates import DateSpan, find_dates
from cmr_watch.reading.lexicon import HOUSES, PARTICLES, VENUES, Concept, words_of
from cmr_watch.reading.tokens import DASHES, Cue, Text, Token, outside

_INTRODUCING: Final = frozenset({"in", "on", "at", "from", "near", "for"})
ABBREVIATIONS: Final = frozenset({"st", "ste", "rep", "n", "s", "mt", "bad", "fed"})
"""Words whose full stop belongs to a name."""
_MOST_COUNTRY_WORDS: Final = 6


class Part(NamedTuple):
    """Tokens between two joints.

    `joint` is the sign before it: `,` `(` `)` `-` cell `c`, comma or bracket after a quote `q`, a break `B`.
    """

    tokens: tuple[Token, ...]
    joint: str
    is_quoted: bool = False
    is_bracket: bool = False


_BREAKS: Final = "dynTzimwqD:;|"
"""Letters of numbers, dates and signs: none of them is part of a place."""
_PLAIN_ROLES: Final = {**{letter: letter for letter in ",()c"}, **dict.fromkeys(_BREAKS, "B")}
_STATES: Final = frozenset({"cancelled", "postponed", "save the date", "tentative", "series", "date label", "moved"})
_ASIDES: Final = frozenset({"remark", "register", "summary", "cutoff", "former", "until", "of the page", "result"})


class _Extent(NamedTuple):
    """How far a cue with one of some concepts reaches if a condition holds, and the role of its tokens there.

    - `where`: `:` before a colon, `(` in a bracket, `()` alone in one, `new` as a badge, or always.
    - `until`: the roles before which it ends; without any it is the cue alone.
    """

    concepts: frozenset[Concept]
    where: str
    role: str
    until: str = ""


_EXTENTS: Final = (
    _Extent(frozenset({"mode"}), "", " "),  # “… (hybrid)”
    _Extent(frozenset({"country remark"}), "()", " "),  # “Moldova (Republic of)”
    _Extent(frozenset({"place label"}), ":", " "),  # “City: Ghent”
    _Extent(frozenset({"badge"}), "new", "B"),
    _Extent(frozenset({"speakers", "venue label"}), ":", "B", "c"),  # “Hosts: Flanders Make, Belgium; VTT, Finland”
    _Extent(_ASIDES | _STATES, "(", " ", ")"),
    _Extent(_ASIDES, "", "B", "B()c-"),
    _Extent(_STATES, "", "B"),  # what follows may be a place
)
"""Which cues are not part of a place; the first matching row decides."""
_TELLING: Final = frozenset[Concept]().union(*(row.concepts for row in _EXTENTS))


def parts_of(text: Text, dates: Sequence[DateSpan]) -> Iterator[Part]:
    counted = [(role, token) for role, token in zip(_roles(text, dates), text.tokens, strict=True) if role != " "]
    signs, quotes, in_bracket = "B", 0, False
    for is_part, group in groupby(counted, key=lambda pair: pair[0] == "x"):
        roles, tokens = zip(*group, strict=True)
        if is_part:
            yield Part(tokens, _joint(signs), quotes % 2 == 1, in_bracket)
            continue
        signs = "".join(roles)
        quotes += signs.count("'")
        if "(" in signs or ")" in signs:
            in_bracket = signs.rfind("(") > signs.rfind(")")


def _joint(signs: str) -> str:
    """The joint of the signs between two parts: a break is the strongest, then a dash, then the last one."""
    if signs in ("',", "'("):
        return "q"
    if "B" in signs or "'" in signs:
        return "B"
    return "-" if "-" in signs else signs[-1]


def _roles(text: Text, dates: Sequence[DateSpan]) -> list[str]:
    """What each token is here: `x` a word, a joint, `B` a break, or a blank where it does not count."""
    roles = [_PLAIN_ROLES.get(token.letter) or _role(text, index) for index, token in enumerate(text.tokens)]
    for date in dates:
        roles[date.first : date.last + 1] = "B" * (date.last + 1 - date.first)
    for cue in text.cues:
        if not _TELLING.isdisjoint(cue.concepts) and (extent := _extent_of(cue, text, roles)):
            _fill(roles, cue.first, *extent)
    _pass_over_addresses(text, roles)
    return roles


def _pass_over_addresses(text: Text, roles: list[str]) -> None:
    """“Turin, Via Roma 2, Italy”: before the country, a part with a number after its words is an address (P5)."""
    commas = [index for index, role in enumerate(roles) if role == ","]
    for before, end in pairwise(commas):
        inner = ["d" if text.tokens[at].letter in "dn" else roles[at] for at in range(before + 1, end)]
        if set(inner) == {"x", "d"} and inner[0] == "x" and _begins_country(text, end + 1):
            _fill(roles, before + 1, end, " ")


def _role(text: Text, index: int) -> str:
    """The role of a word, or of a sign that may belong to a name."""
    token = text.tokens[index]
    if token.letter in "'-.":
        return _role_of_sign(text, index)
    if _is_sign(token):
        before = next((one for one in reversed(text.tokens[max(0, index - 3) : index]) if not _is_sign(one)), None)
        return " " if before and before.letter == "c" else "B"  # the bullet of a line, or any sign
    return "B" if token.word in _INTRODUCING and not _is_code(text, index) else "x"


def _is_sign(token: Token) -> bool:
    return token.letter == "x" and not token.word


def _is_code(text: Text, index: int) -> bool:
    """Whether a word is a country's code in capitals, alone between punctuation marks: “Graz (AT)”, “Pune, IN” (P2)."""
    token = text.tokens[index]
    is_code = token.end - token.start == 2 and text.text[token.start : token.end].isupper()
    after = text.tokens[index + 1].letter if index + 1 < len(text.tokens) else ")"
    return is_code and index > 0 and text.tokens[index - 1].letter in "(," and after in "),-" + _BREAKS


def _role_of_sign(text: Text, index: int) -> str:
    """Apostrophes, hyphens and full stops within a name are part of it."""
    token, word = text.tokens[index], text.tokens[index - 1].word if index else ""
    if token.letter == ".":
        return "x" if word in ABBREVIATIONS else "B"
    is_inside = text.text[token.start - 1 : token.start].isalpha() and text.text[token.end : token.end + 1].isalpha()
    if token.letter == "'":
        return "x" if is_inside or begins_with_s(text, token) else "'"
    return "x" if is_inside and (word in PARTICLES or not _begins_country(text, index + 1)) else "-"


def begins_with_s(text: Text, apostrophe: Token) -> bool:
    """“’s-Hertogenbosch” keeps its apostrophe."""
    after = text.text[apostrophe.end : apostrophe.end + 2].lower()
    return after[:1] == "s" and after[1:] in tuple(DASHES)


@cache
def _first_words() -> frozenset[str]:
    return frozenset(name.split(" ", 1)[0] for name in country_names())


def country_at(words: Sequence[str], start: int) -> tuple[int, str] | None:
    """The longest country's name that begins at a word: the number of its words, and its code."""
    if words[start] not in _first_words():
        return None
    for count in range(min(_MOST_COUNTRY_WORDS, len(words) - start), 0, -1):
        code = country_names().get(" ".join(words[start : start + count]))
        if code:
            return count, code
    return None


def _begins_country(text: Text, index: int) -> bool:
    """Whether the words from a token to the next sign are a country: “Lyon–France”."""
    words = []
    for token in text.tokens[index : index + _MOST_COUNTRY_WORDS]:
        if not token.word:
            break
        words.append(token.word)
    return len("".join(words)) > 3 and " ".join(words) in country_names()


def _extent_of(cue: Cue, text: Text, roles: Sequence[str]) -> tuple[int, str] | None:
    """Up to which token a cue reaches, and the role that its tokens have here; None where they are words."""
    after = text.tokens[cue.last + 1].letter if cue.last + 1 < len(text.tokens) else ""
    end = cue.last + 1 + (after == ":")
    bracket = "(" if cue.first > 0 and roles[cue.first - 1] == "(" else "-"
    holds = {"", after if after == ":" else "", bracket, bracket + after, "new" if _is_badge(cue, text, after) else ""}
    fitting = (row for row in _EXTENTS if row.where in holds and not row.concepts.isdisjoint(cue.concepts))
    row = next(fitting, None)
    if row is None or not row.until:
        return (end, row.role) if row else None
    badge = _end_of_badge(text, cue) if not row.where else None
    return badge or _next(roles, row.until, end), row.role


def _fill(roles: list[str], first: int, end: int, role: str) -> None:
    roles[first:end] = role * (min(end, len(roles)) - first)


def _next(signs: Sequence[str], wanted: str, start: int) -> int:
    """The index of the next sign that is wanted, or where they end."""
    return next((index for index in range(start, len(signs)) if signs[index] in wanted), len(signs))


def _is_badge(cue: Cue, text: Text, after: str) -> bool:
    """“New: Ghent”, “NEW Ghent”, a badge of its own; “New Delhi” and “NEW DELHI” are names (P4)."""
    following = text.text[cue.end :].lstrip()[:2]
    if after in (":", "-", ")") or cue.end in text.edges or following[:1] in ("!", "|"):
        return True
    return text.text[cue.start : cue.end].isupper() and following[:1].isupper() and not following.isupper()


def _end_of_badge(text: Text, cue: Cue) -> int | None:
    """An aside that begins a badge or a link ends with it: “<span>Registration closed</span> Ghent”."""
    edge = next((edge for edge in text.edges if edge >= cue.end), None) if cue.start in text.edges else None
    if edge is None:
        return None
    return next((index for index, token in enumerate(text.tokens) if token.start >= edge), len(text.tokens))


def is_venue(name: str) -> bool:
    """Whether a name is a venue's, which is neither a city nor a region next to one (P5)."""
    folded = fold(name)
    if folded in region_names():
        return False  # “Centre-Val de Loire”
    return (name.isupper() and name.isalpha() and len(name) <= 3) or not VENUES.isdisjoint(folded.split())


def is_bullet(token: Token, text: Text) -> bool:
    """“o Ghent, Belgium”: a bullet of a word processor, or a bar, pasted as a letter."""
    return text.text[token.start : token.end + 1] in ("o ", "Ø ", "x ", "I ")


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────────


class AddressPart(NamedTuple):
    """A part of an address. `town` is without a postcode."""

    start: int
    end: int
    text: str
    town: str
    has_number: bool = False


def address_parts(text: Text, start: int = 0, end: int | None = None) -> list[AddressPart]:
    """The text between the commas, brackets, bars and dashes of an address; dates are not part of it (E2)."""
    dates = [date for date in find_dates(text) if date.is_whole]
    tokens = text.within(start, len(text.text) if end is None else end)
    outer = {id(token) for token in outside(tokens, dates) if not _parts_address(text, token)}
    groups = groupby(tokens, key=lambda token: id(token) in outer)
    found = (_address_part(text, list(group)) for is_part, group in groups if is_part)
    return [part for part in found if part]


def _parts_address(text: Text, token: Token) -> bool:
    is_spaced = text.text[token.end : token.end + 1].isspace() and text.text[token.start - 1 : token.start].isspace()
    return token.letter in ",;|()c" or (token.letter == "-" and is_spaced) or text.text[token.start] in "📅🗓🕘🕒⏰🎟"


_NO_PART: Final = words_of(
    """
    on from at in see the map maps google link directions here view how to get there online hybrid virtual virtually via
    zoom webex teams microsoft ms meet webinar livestream streaming platform
    """
)
_LEADING: Final = frozenset({"the", "in", "at"})
_SHORT_FORMS: Final = words_of("str st rd ave av blvd bld bldg sq pl ul nr tr dr ln strasse no fl dept univ")


def _address_part(text: Text, tokens: Sequence[Token]) -> AddressPart | None:
    """Without punctuation and small words at its ends; “on”, “see map”, “(the room will be announced)” do not count."""
    tokens = list(dropwhile(lambda token: not (token.word or token.letter in "dny'"), tokens))
    if tokens and _is_remark(text, tokens):
        return None
    tokens = list(dropwhile(lambda one: one.word in _LEADING and text.text[one.start].islower(), tokens))
    own = [token for token in tokens if token.word or token.letter in "dnyi" or _is_number(token)]
    if _NO_PART.issuperset(token.word for token in own):
        return None
    start, end = tokens[0].start, own[-1].end
    end += own[-1].word in _SHORT_FORMS and text.text[end : end + 1] == "."
    return AddressPart(start, end, text.text[start:end], _town_in(text, own), any(one.letter in "dn" for one in own))


def _town_in(text: Text, own: Sequence[Token]) -> str:
    """The words of a part without its postcode."""
    words = [token for token in own if token.word and token.letter not in "dn"]
    leading = {token.start - 1 for token in own if token.letter in "dn"}
    names = [token for token in words if not _is_of_postcode(text, token, is_led=token.end in leading)] or words
    return text.text[names[0].start : names[-1].end] if names else ""


def _is_remark(text: Text, tokens: Sequence[Token]) -> bool:
    """Words in a bracket that begin without a capital; “(building 3)” belongs to an address."""
    in_bracket = text.text[: tokens[0].start].rstrip().endswith(("(", "["))
    return in_bracket and text.text[tokens[0].start].islower() and not any(map(_is_number, tokens))


def _is_of_postcode(text: Text, token: Token, *, is_led: bool) -> bool:
    """“DK-5000 Odense C”, “20124 Milano MI”, “Valletta VLT 1645”. `is_led`: a number follows."""
    written = text.text[token.start : token.end]
    return (len(written) <= 2 + is_led and written.isupper()) or written.upper() == "CEDEX"


def _is_number(token: Token) -> bool:
    """A number; “32H” is not a time of day."""
    return token.letter in "dn" or (token.letter == "T" and token.value < 0)


def is_of_house(text: Text, part: AddressPart) -> bool:
    """“Botermarkt 1”, “Varvsgatan 6A”, “Ghent University”; not “120 participants”, nor “Industry 5.0”."""
    tokens = text.within(part.start, part.end)
    names = [token for token in tokens if token.word and text.text[token.start].isupper()]
    if len(tokens) > 1 and len(tokens[-1].word) == 1:
        tokens.pop()
    has_number = any(_is_house_number(text, token) for token in (tokens[0], tokens[-1]))
    return bool(names) and (has_number or not HOUSES.isdisjoint(token.word for token in names))


def _is_house_number(text: Text, token: Token) -> bool:
    """Not the number in “EU27” or “5.0”."""
    is_decimal = "." in text.text[token.start : token.end]
    return _is_number(token) and not is_decimal and not text.text[token.start - 1 : token.start].isalpha()
