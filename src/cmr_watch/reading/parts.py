"""The parts of a text in which places are looked for: what stands between commas, brackets and dashes (P1, P5).

A joint says how a part hangs on the one before. Dates, times, remarks and words such as “in” are breaks; a remark in
brackets, or “hybrid”, does not count at all. Pure, linear; no errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

from cmr_watch.places import country_names, fold, region_names
from cmr_watch.reading.dates import DateSpan
from cmr_watch.reading.lexicon import PARTICLES, VENUES
from cmr_watch.reading.tokens import DASHES, Cue, Text, Token

_INTRODUCING: Final = frozenset({"in", "on", "at", "from", "near", "for"})
ABBREVIATIONS: Final = frozenset({"st", "ste", "rep", "n", "s", "mt", "bad", "fed"})
"""Words whose stop belongs to a name."""
_MOST_COUNTRY_WORDS: Final = 6


class Part(NamedTuple):
    """Tokens between two joints.

    `joint` is the sign before it: `,` `(` `)` `-` cell `c`, comma or bracket behind a quote `q`, a break `B`.
    """

    tokens: tuple[Token, ...]
    joint: str
    is_quoted: bool = False
    is_bracket: bool = False


_BREAKS: Final = "dynTzimwqD:;|"
"""Letters of numbers, dates and signs: none of them is part of a place."""
_PLAIN_ROLES: Final = {**{letter: letter for letter in ",()c"}, **dict.fromkeys(_BREAKS, "B")}
_STATES: Final = frozenset({"cancelled", "postponed", "save the date", "tentative", "series", "date label", "moved"})
"""Cues that are no part of a place, though what follows them may be."""
_ASIDES: Final = frozenset({"remark", "register", "summary", "cutoff", "former", "until", "of the page", "result"})
"""Cues after which no place follows up to the next break."""
_LABELLED: Final = frozenset({"speakers", "venue label"})
"""Cues that, with a colon, name something else than the place."""


def parts_of(text: Text, dates: Sequence[DateSpan]) -> Iterator[Part]:
    roles = _roles(text, dates)
    tokens: list[Token] = []
    joint, quotes, depth = "B", 0, 0
    for index, token in enumerate(text.tokens):
        role = roles[index]
        if role == "x":
            tokens.append(token)
            continue
        if role == " ":
            continue
        if tokens:
            yield Part(tuple(tokens), "B" if joint == "'" else joint, quotes % 2 == 1, depth > 0)
            joint = ""
        tokens = []
        quotes += role == "'"
        depth = max(0, depth + (role == "(") - (role == ")"))
        joint = _stronger(joint, "," if role == "'" and joint else role)
    if tokens:
        yield Part(tuple(tokens), "B" if joint == "'" else joint)


def _stronger(joint: str, role: str) -> str:
    """The joint of two signs in a row: a break is the strongest, then a dash, then what came last."""
    if joint == "'" and role in (",", "("):
        return "q"
    if role == "'" and not joint:
        return role
    if joint in ("B", "'") or role in ("B", "'"):
        return "B"
    return "-" if "-" in (joint, role) else role


def _roles(text: Text, dates: Sequence[DateSpan]) -> list[str]:
    """What each token is here: `x` a word, a joint, `B` a break, or a blank where it does not count."""
    roles = [_PLAIN_ROLES.get(token.letter) or _role(text, index) for index, token in enumerate(text.tokens)]
    for date in dates:
        roles[date.first : date.last + 1] = "B" * (date.last + 1 - date.first)
    for cue in text.cues:
        _mark(cue, text, roles)
    _pass_over_addresses(text, roles)
    return roles


def _pass_over_addresses(text: Text, roles: list[str]) -> None:
    """“Turin, Via Roma 2, Italy”: before the country, a part with a number behind its words is an address (P5)."""
    commas = [index for index, role in enumerate(roles) if role == ","]
    for before, end in pairwise(commas):
        inner = range(before + 1, end)
        has_number = any(text.tokens[at].letter in "dn" and roles[at] == "B" for at in inner)
        is_plain = all(roles[at] == "x" or text.tokens[at].letter in "dn" for at in inner)
        if has_number and is_plain and roles[inner[0]] == "x" and _begins_country(text, end + 1):
            _fill(roles, before + 1, end, " ")


def _role(text: Text, index: int) -> str:
    """The role of a word, or of a sign that may belong to a name."""
    token = text.tokens[index]
    if token.letter in "'-.":
        return _role_of_sign(text, index)
    if (token.letter == "x" and not token.word) or (token.word in _INTRODUCING and not _is_code(text, index)):
        return "B"
    return "x"


def _is_code(text: Text, index: int) -> bool:
    """Whether a word is a country's code in capitals, alone between signs: “Graz (AT)”, “Pune, IN” (P2)."""
    token = text.tokens[index]
    if token.end - token.start != 2 or not text.text[token.start : token.end].isupper() or index == 0:
        return False
    after = text.tokens[index + 1].letter if index + 1 < len(text.tokens) else ")"
    return text.tokens[index - 1].letter in "(," and (after in "),-" + _BREAKS)


def _role_of_sign(text: Text, index: int) -> str:
    """Apostrophes, hyphens and stops within a name are part of it."""
    token = text.tokens[index]
    before, after = text.text[token.start - 1 : token.start], text.text[token.end : token.end + 1]
    word = text.tokens[index - 1].word if index else ""
    if token.letter == ".":
        return "x" if word in ABBREVIATIONS and before.isalpha() else "B"
    if token.letter == "-":
        is_hyphen = before.isalpha() and after.isalpha()
        return "x" if is_hyphen and (word in PARTICLES or not _begins_country(text, index + 1)) else "-"
    is_inside = after.isalpha() and (before.isalpha() or begins_with_s(text, token))
    return "x" if is_inside else "'"


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


def _mark(cue: Cue, text: Text, roles: list[str]) -> None:
    """Give the tokens of a cue, and of what belongs to it, the roles that they have here."""
    after = text.tokens[cue.last + 1].letter if cue.last + 1 < len(text.tokens) else ""
    in_bracket = cue.first > 0 and roles[cue.first - 1] == "("
    if _does_not_count(cue, after, in_bracket=in_bracket):
        _fill(roles, cue.first, cue.last + 1 + ("place label" in cue.concepts), " ")
    elif "badge" in cue.concepts and _is_badge(cue, text, after):
        _fill(roles, cue.first, cue.last + 1, "B")
    elif after == ":" and not cue.concepts.isdisjoint(_LABELLED):
        _fill(roles, cue.first, _end_of_labelled(text, cue.last), "B")
    else:
        _mark_aside(cue, text, roles, after, in_bracket=in_bracket)


def _does_not_count(cue: Cue, after: str, *, in_bracket: bool) -> bool:
    """“City: …”, “… (hybrid)”, “Moldova (Republic of)”."""
    is_label = "place label" in cue.concepts and after == ":"
    is_remark = "country remark" in cue.concepts and in_bracket and after == ")"
    return is_label or is_remark or "mode" in cue.concepts


def _mark_aside(cue: Cue, text: Text, roles: list[str], after: str, *, in_bracket: bool) -> None:
    """In a bracket an aside or a state is passed over; outside it is a break."""
    is_aside, is_state = not cue.concepts.isdisjoint(_ASIDES), not cue.concepts.isdisjoint(_STATES)
    if in_bracket and (is_aside or is_state):
        _fill(roles, cue.first, _end_of_bracket(text, cue.last), " ")
    elif is_aside:
        _fill(roles, cue.first, _end_of_badge(text, cue) or _end_of_aside(roles, cue.last + (after == ":")), "B")
    elif is_state:
        _fill(roles, cue.first, cue.last + 1, "B")


def _fill(roles: list[str], first: int, end: int, role: str) -> None:
    roles[first:end] = role * (min(end, len(roles)) - first)


def _is_badge(cue: Cue, text: Text, after: str) -> bool:
    """“New: Ghent”, “NEW Ghent”, a badge of its own; “New Delhi” and “NEW DELHI” are names (P4)."""
    following = text.text[cue.end :].lstrip()[:2]
    if after in (":", "-", ")") or cue.end in text.edges or following[:1] in ("!", "|"):
        return True
    return text.text[cue.start : cue.end].isupper() and following[:1].isupper() and not following.isupper()


def _end_of_labelled(text: Text, last: int) -> int:
    """“Hosts: Flanders Make, Belgium; VTT, Finland” reaches to the cell's edge."""
    ends = (index for index in range(last, len(text.tokens)) if text.tokens[index].letter == "c")
    return next(ends, len(text.tokens))


def _end_of_bracket(text: Text, last: int) -> int:
    ends = (index for index in range(last, len(text.tokens)) if text.tokens[index].letter == ")")
    return next(ends, len(text.tokens))


def _end_of_badge(text: Text, cue: Cue) -> int | None:
    """An aside that begins a badge or a link ends with it: “<span>Registration closed</span> Ghent”."""
    edge = next((edge for edge in text.edges if edge >= cue.end), None) if cue.start in text.edges else None
    if edge is None:
        return None
    return next((index for index, token in enumerate(text.tokens) if token.start >= edge), len(text.tokens))


def _end_of_aside(roles: Sequence[str], last: int) -> int:
    """An aside reaches to the next dash, bracket, cell, date or stop."""
    ends = (index for index in range(last + 1, len(roles)) if roles[index] in "B()c-")
    return next(ends, len(roles))


def is_venue(name: str) -> bool:
    """Whether a name is a venue's, which is no city and no region beside one (P5)."""
    folded = fold(name)
    if folded in region_names():
        return False  # “Centre-Val de Loire”
    return (name.isupper() and name.isalpha() and len(name) <= 3) or not VENUES.isdisjoint(folded.split())


def is_bullet(token: Token, text: Text) -> bool:
    """“o Ghent, Belgium”: a bullet of a word processor, or a bar, pasted as a letter."""
    return text.text[token.start : token.end + 1] in ("o ", "Ø ", "x ", "I ")
