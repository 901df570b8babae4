"""The places of a text: runs of parts that name a city, its region and its country, in the page's own words (P1–P5).

A text is cut into *parts* at commas, brackets, dashes and the like (`parts`); the joints between them say which parts
make a run. Dates, times, remarks and words such as “in” end a run.

    find_places(scan(text), dates)      all runs that read as a place, left to right

Pure, linear; no errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import dropwhile
from typing import Final, NamedTuple, cast

from cmr_watch.places import code_itself, country_names, fold, is_online, region_names
from cmr_watch.reading.dates import DateSpan
from cmr_watch.reading.lexicon import CITY_STATES, HOME_NATIONS, PARTICLES, PROSE, words_of
from cmr_watch.reading.parts import ABBREVIATIONS, Part, begins_with_s, country_at, is_bullet, is_venue, parts_of
from cmr_watch.reading.tokens import Text, Token

_ARTICLES: Final = frozenset({"la", "le", "les", "el", "al", "den", "am", "de", "des", "du"})
"""Lower-case words that may begin a name."""
_MOST_WORDS: Final = 7


class Place(NamedTuple):
    """A place, and its position in its text. `country_code` is None if the word for its country is unknown.

    - `is_ambiguous`: several countries are named (P3).
    - `is_alone`: only the country, or only a name without a country, is there.
    """

    city: str
    region: str | None = None
    country: str | None = None
    country_code: str | None = None
    is_ambiguous: bool = False
    is_alone: bool = False
    start: int = 0
    end: int = 0

    @property
    def is_known(self) -> bool:
        """Whether it names a city of a known country, or one that is both (P4)."""
        return self.country_code is not None and not self.is_alone

    @property
    def is_online(self) -> bool:
        return is_online(self.city)


# ── what a part names ────────────────────────────────────────────────────────────────────────────────────────────────


class _Named(NamedTuple):
    """A part as a name, if it reads as one, and the country that ends it or is all of it."""

    part: Part
    start: int = 0
    end: int = 0
    name: str | None = None
    country: str | None = None
    code: str | None = None
    is_ambiguous: bool = False
    is_cut: bool = False
    """Prose was cut off before the name: “European Cluster Days” is a town only next to a country."""

    @property
    def is_empty(self) -> bool:
        return self.name is None and self.country is None

    @property
    def is_country(self) -> bool:
        """Whether it is a country and nothing else."""
        return self.name is None and self.country is not None


def _named(part: Part, text: Text) -> _Named:
    """What a part names: a country, a name, a name with a country at its end, or nothing."""
    tokens = _trimmed(part.tokens, text)
    if not tokens:
        return _Named(part)
    words = [token for token in tokens if token.word]
    found = _country_in(words, text, is_first=part.joint == "B" and not part.is_bracket)
    end = tokens[-1].end
    if found is None:
        is_cut = tokens[0] is not part.tokens[0] and any(token.word in PROSE for token in part.tokens)
        return _Named(part, tokens[0].start, end, _name(tokens, text), is_cut=is_cut)
    first, last, code, is_ambiguous = found
    start = words[first].start
    before = _trimmed([token for token in tokens if token.end <= start], text)
    name = _name(before, text)
    country = text.text[start : _with_stop(text, words[last].end)]
    return _Named(part, before[0].start if name else start, end, name, country, code, is_ambiguous)


def _with_stop(text: Text, end: int) -> int:
    """“Rep.” keeps its full stop."""
    word = text.text[:end].rsplit(" ", 1)[-1].lower()
    return end + 1 if word in ABBREVIATIONS and text.text[end : end + 1] == "." else end


def _trimmed(tokens: Sequence[Token], text: Text) -> list[Token]:
    """Without punctuation and small words at the ends, and without prose before a name: “our workshop Lyon”."""
    prose = [index for index, token in enumerate(tokens[:-1]) if token.word in PROSE and not _is_article(token, text)]
    kept = list(tokens[prose[-1] + 1 if prose else 0 :])
    while kept and kept[-1].letter in "-/'&tfo":
        kept.pop()
    return list(dropwhile(lambda token: _is_sign(token, text), kept))


def _is_article(token: Token, text: Text) -> bool:
    """“The” of “The Hague”."""
    return token.letter == "h" and text.text[token.start].isupper()


def _is_sign(token: Token, text: Text) -> bool:
    is_sign = is_bullet(token, text) or token.letter in "-/.&tfo'"
    return is_sign and not (token.letter == "'" and begins_with_s(text, token))


_Country = tuple[int, int, str, bool]
"""The first and last word of a country, its code, and whether another country is next to it."""


def _country_in(words: Sequence[Token], text: Text, *, is_first: bool) -> _Country | None:
    """The last country that a part names, with its article where that has a capital (P2)."""
    found = _last_group(_countries(words, text), words)
    if found is None:
        code = code_itself(text.text[words[0].start : words[0].end]) if len(words) == 1 and not is_first else None
        return (0, 0, code, False) if code else None
    if found[0] and _is_article(words[found[0] - 1], text):
        return found[0] - 1, *found[1:]
    is_region = bool(found[0]) and " ".join(token.word for token in words) in region_names()  # “Upper Austria”
    return found if not is_region and _is_country_of_part(words, found, is_first=is_first) else None


_Match = tuple[int, int, str]
"""The first and last word of a country's name, and its code."""


def _countries(words: Sequence[Token], text: Text) -> list[_Match]:
    """All countries that a part names, the longest names first."""
    plain = [token.word for token in words]
    found: list[_Match] = []
    index = 0
    while index < len(plain):
        match = country_at(plain, index)
        end = index + (match[0] if match else 1)
        if match and _is_written_as_country(words[index:end], text):
            found.append((index, end - 1, match[1]))
            index = end
        else:
            index += 1
    return found


def _last_group(found: Sequence[_Match], words: Sequence[Token]) -> _Country | None:
    """The last country counts; of several joined by “/”, “&” or “and” the first of them (P3)."""
    if not found:
        return None
    first = len(found) - 1
    while first and all(token.word == "and" for token in words[found[first - 1][1] + 1 : found[first][0]]):
        first -= 1
    return *found[first], first < len(found) - 1


def _is_written_as_country(words: Sequence[Token], text: Text) -> bool:
    """Countries are written with a capital; short forms such as “UK” in capitals alone."""
    written = text.text[words[0].start : words[-1].end]
    if len(written) <= 3:
        return written.isupper()
    return written[0].isupper() or words[0].letter == "h" or text.text.islower()


def _is_country_of_part(words: Sequence[Token], found: _Country, *, is_first: bool) -> bool:
    """A country ends its part; after the city it may begin it, before a theme: “Andorra la Vella” is a city."""
    first, last, _, is_ambiguous = found
    return is_ambiguous or last == len(words) - 1 or (first == 0 and not is_first)


def _name(tokens: Sequence[Token], text: Text) -> str | None:
    """A part as written, if it reads as a name and not as prose."""
    words = [token for token in tokens if token.word]
    if not words or len(words) > _MOST_WORDS:
        return None
    written = text.text[tokens[0].start : tokens[-1].end]
    own = words[words[0].letter == "h" and len(words) > 1 :]
    is_prose = not PROSE.isdisjoint(token.word for token in own)
    return written if is_online(written) or (not is_prose and _is_written_as_name(words, text)) else None


def _is_written_as_name(words: Sequence[Token], text: Text) -> bool:
    """Capitalised except for particles; where everything is in lower case, one word is a name."""
    if text.text.islower():
        return len(words) == 1
    first, *others = words
    begins = text.text[first.start].isupper() or first.word in _ARTICLES or first.word == "s"
    is_broken = any(text.text[token.start].islower() and token.word not in PARTICLES for token in others)
    return begins and not is_broken and any(token.end - token.start > 1 for token in words)


# ── runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def find_places(text: Text, dates: Sequence[DateSpan]) -> tuple[Place, ...]:
    """All runs of a text that read as a place, left to right. Years alone do not count as dates here."""
    whole = [date for date in dates if date.is_whole]
    key = ("places", *(date.start for date in whole))
    if key not in text.memo:
        text.memo[key] = tuple(_found(text, whole))
    return cast(tuple[Place, ...], text.memo[key])


def _found(text: Text, dates: Sequence[DateSpan]) -> Iterable[Place]:
    parts: Iterable[Part] = parts_of(text, dates)
    has_pairs = any(token.letter in "&/" for token in text.tokens)
    if has_pairs:
        parts = (piece for part in parts for piece in _pieces(part, text))
    named = list(_unquoted([_named(part, text) for part in parts]))
    places = [place for place in map(_place, _runs(named)) if place]
    return _without_seconds(places, text) if has_pairs else places


_AND: Final = ("and", "&", "/", "+")


def _pieces(part: Part, text: Text) -> Iterator[Part]:
    """“Belgium & Eindhoven” between two commas: the end of one place, and the beginning of another (P3)."""
    tokens, found = part.tokens, _countries(part.tokens, text)
    at = 0 if part.joint == ")" else found[0][1] + 1 if len(found) == 1 else len(tokens)
    is_region = " ".join(token.word for token in tokens) in region_names()  # “Eastern Macedonia and Thrace”
    if is_region or at >= len(tokens) - 1 or tokens[at].letter not in "&/":
        yield part
        return
    if at:
        yield part._replace(tokens=tokens[:at])
    yield part._replace(tokens=tokens[at + 1 :], joint="B")


def _without_seconds(places: Sequence[Place], text: Text) -> list[Place]:
    """Of “Antwerp, Belgium & Eindhoven, Netherlands” the first, which is then ambiguous (P3)."""
    kept: list[Place] = []
    for place in places:
        if kept and kept[-1].is_known and place.is_known and text.text[kept[-1].end : place.start].strip(" ()") in _AND:
            is_other = kept[-1].country_code != place.country_code
            kept[-1] = kept[-1]._replace(end=place.end, is_ambiguous=kept[-1].is_ambiguous or is_other)
        else:
            kept.append(place)
    return kept


def _unquoted(parts: Sequence[_Named]) -> Iterator[_Named]:
    """Text in quotes is a theme, but before a country it is a town: “"Oulu", Finland”, “"Oulu, Finland"”."""
    for index, one in enumerate(parts):
        is_theme = one.part.is_quoted and not one.country and not _is_before_country(parts[index + 1 : index + 3])
        yield one._replace(name=None) if is_theme else one


def _is_before_country(following: Sequence[_Named]) -> bool:
    """A country alone follows, or a region and its country in the same quotes: “"Bruges, West Flanders, Belgium"”."""
    if not following or following[0].part.joint not in ("q", ",", "("):
        return False
    after, *rest = following
    return after.is_country or (after.country is None and after.part.is_quoted and _is_before_country(rest))


def _runs(parts: Sequence[_Named]) -> Iterator[list[_Named]]:
    run: list[_Named] = []
    for index, one in enumerate(parts):
        following = parts[index + 1 :]
        if one.start == one.end or _is_aside(one, following):
            continue
        if run and not _joins(run, one, following):
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _is_aside(one: _Named, following: Sequence[_Named]) -> bool:
    """“Braga (INL campus), Portugal”: a bracket without a place, between the city and its country."""
    is_closed = bool(following) and not following[0].part.is_bracket and following[0].country is not None
    return one.part.is_bracket and one.is_empty and is_closed


def _joins(run: Sequence[_Named], one: _Named, following: Sequence[_Named]) -> bool:
    """Whether a part belongs to the run before it (P1): by comma or bracket, or by a dash before its country."""
    if run[-1].is_empty:
        return False
    has_country, joint = any(part.code and not _is_direction(part) for part in run), one.part.joint
    if _is_country_first(run, one):
        return True
    if joint in (",", "(", ")", "q"):
        return not has_country or one.code is not None or one.part.is_bracket
    return joint in ("-", "c") and not has_country and (one.is_country or _is_chain(run, one, following))


def _is_country_first(run: Sequence[_Named], one: _Named) -> bool:
    """“Belgium, Namur”, or both in cells of one row; after them only a known region (P2)."""
    is_country = run[0].is_country and run[0].code not in CITY_STATES
    if not is_country or one.part.joint not in (",", "c") or one.country is not None or one.name is None:
        return False
    return len(run) == 1 or (len(run) == 2 and fold(one.name) in region_names())


def _is_chain(run: Sequence[_Named], one: _Named, following: Sequence[_Named]) -> bool:
    """“Kittilä – Lapland – Finland”, or all three in cells: only dashes or edges between them."""
    if len(run) != 1 or not following or (one.country and not _is_direction(one)):
        return False
    is_short = one.part.joint == "c" or " " not in (run[0].name or " ")
    return is_short and following[0].part.joint == one.part.joint and following[0].is_country


def _place(run: Sequence[_Named]) -> Place | None:
    names = list(dropwhile(lambda one: one.is_empty, run))
    if not names:
        return None
    at = next((index for index in range(len(names) - 1, -1, -1) if names[index].code), None)
    place = _without_country(names) if at is None else _with_country(names, at)
    return place._replace(start=names[0].start, end=names[-1].end) if place else None


def _with_country(names: Sequence[_Named], at: int) -> Place | None:
    """City first, region between or in another bracket, country where it was found last."""
    country, code = str(names[at].country).removeprefix("the "), str(names[at].code)
    others = [name for one in names[: at + 1] for name in _names_in(one, is_last=one is names[at])]
    is_first = not others
    behind = [one.name for one in names[at + 1 :] if one.name and (one.part.is_bracket or is_first)]
    others += [name for name in behind if not is_online(name)]
    is_ambiguous = any(one.is_ambiguous for one in names)
    if not others:
        return Place(country, None, country, code, is_ambiguous, is_alone=code not in CITY_STATES)
    city, *between = _without_venues(others)
    regions = [name for name in between if not _is_other_name(name, code)]
    return Place(city, ", ".join(regions) or None, country, code, is_ambiguous)


def _without_venues(names: Sequence[str]) -> list[str]:
    """“ICC, Town Hall, Ghent” is in Ghent: a venue next to another name is neither city nor region (P5)."""
    kept = [name for name in names if not is_venue(name)]
    return kept or list(names)


def _names_in(one: _Named, *, is_last: bool) -> list[str]:
    """The names of a part, its country among them unless that is the place's."""
    if one.country and _is_direction(one) and not is_last:
        return [f"{one.name} {one.country}"]
    return [name for name in (one.name, None if is_last else one.country) if name]


def _is_direction(one: _Named) -> bool:
    """“Northern Netherlands” is a region where the country follows."""
    return one.name is not None and fold(one.name) in _DIRECTIONS


_DIRECTIONS: Final = words_of("north south east west northern southern eastern western central upper lower")


def _is_other_name(name: str, code: str) -> bool:
    """“Czechia (Czech Republic)”: a second name of the country is not a region; England is."""
    folded = fold(name)
    return country_names().get(folded) == code and folded not in HOME_NATIONS


def _without_country(names: Sequence[_Named]) -> Place | None:
    """A lone city, or a city and a word in the position of its country (P4)."""
    if names[0].is_cut:
        return None
    city, *others = [one.name for one in names if one.name]
    if is_online(city) or not others:
        return Place(city, is_alone=True)
    return Place(city, ", ".join(others[:-1]) or None, others[-1], None, is_alone=True)
