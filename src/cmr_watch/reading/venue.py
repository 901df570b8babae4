"""Where an edition's own page says that it meets (READING E2). Pure, linear; no errors.

spots_of(sentences, title)           the lines that give an address, with its venue and the place at its end
venue_in_prose(sentences, title)     the sentence that does
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile, pairwise, takewhile
from typing import Final

from cmr_watch.places import code_itself, country_code, fold, is_region, is_same_city
from cmr_watch.reading.clauses import Span, between_bars
from cmr_watch.reading.home import Home, Sentence
from cmr_watch.reading.lexicon import PARTICLES, words_of
from cmr_watch.reading.lines import Line, Where, joined
from cmr_watch.reading.parts import AddressPart, address_parts, country_at, is_of_house
from cmr_watch.reading.places import Place
from cmr_watch.reading.tokens import Text, Token, outside, scan

_PINS: Final = "📍🏢🏛"
ASIDE: Final = ("stay", "speakers", "visit", "contact", "travel")
"""Subjects of an address that is not where the event is."""
_LABELS: Final = ("venue label", "place label")
_LONGEST: Final = 200
_MOST_JOINED: Final = 8
_MOST_TOKENS_OF_LABEL: Final = 12


@dataclass(frozen=True, slots=True)
class Spot:
    """A line with an address: the venue, its position, and the place at its end if it has a country or postcode."""

    line: Line
    venue: str | None = None
    place: Place | None = None
    start: int = 0
    end: int = 0

    @property
    def where(self) -> Where:
        return Where(self.line, self.start, self.end)


def spots_of(sentences: Sequence[Sentence], title: Place | None) -> Iterator[Spot]:
    """The lines that give the venue: those with a label, else those next to the days."""
    yield from _labelled_spots(sentences, title)
    home = Home(title) if title and not is_region(title.city) else None
    for above, sentence in zip((None, *sentences), sentences, strict=False):
        span = _beside_days(sentence, above)
        if span and not (home and (home.is_another(sentence) or home.is_of_another_place(sentence))):
            yield _spot(sentence.line, span, title)


# ── labels ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _labelled_spots(sentences: Sequence[Sentence], title: Place | None) -> Iterator[Spot]:
    """The lines marked with a pin or a label, and the first one under such a heading."""
    headed: set[int] = set()
    for number, sentence in enumerate(sentences):
        line, head = sentence.whole, id(sentence.labels[0]) if sentence.labels else 0
        if not sentence.is_first or (line.is_heading and _is_only_label(line.scan)) or _is_aside(sentence):
            continue
        start = _end_of_mark(line.scan)
        is_headed = _is_under_venue(sentence)
        if start is None and is_headed and head not in headed:
            start, line = 0, _with_rest(line, sentences[number + 1 : number + 1 + _MOST_JOINED])
        if start is not None:
            headed |= {head} if is_headed else set()
            yield _spot(line, Span(start, _end_of_address(line.scan, start)), title)


def _is_under_venue(sentence: Sentence) -> bool:
    return bool(sentence.labels) and _heads_venue(sentence.labels[0])


def _with_rest(line: Line, below: Sequence[Sentence]) -> Line:
    """A line below a heading with those that continue it: up to a blank line, a label, a heading or a sentence."""
    rest = takewhile(lambda one: one.whole.block == line.block and _is_of_address(one.whole), below)
    return joined([line, *(one.whole for one in rest if one.is_first)])


def _is_of_address(line: Line) -> bool:
    is_prose = line.text.rstrip().endswith((".", "!")) or len(line.text) > _LONGEST
    return not (line.gap or line.is_heading or line.is_link or is_prose or ":" in line.text)


def _is_aside(sentence: Sentence) -> bool:
    """“Travel: coach station, Turu 2”, an address under “Accommodation”."""
    text = sentence.text
    is_labelled = text.begins_with(*ASIDE) and ":" in text.text
    return is_labelled or (sentence.is_under(*ASIDE) and not _is_under_venue(sentence))


def _is_only_label(text: Text, end: int | None = None) -> bool:
    """“Venue”, “Date and place”, “The location of the event”, up to a position."""
    end = len(text.text) if end is None else end
    cues = list(text.cues_of(*_LABELS, "date label", "event", end=end))
    others = [token.word for token in outside(text.within(0, end), cues) if token.word]
    return text.has(*_LABELS, end=end) and _SMALL.issuperset(others)


_SMALL: Final = words_of(
    """
    the and of date main conference directions when new updated changed change update our exact full where is are it we
    will be takes take place held meet find us to you for this
    """
)
"""Words that may accompany the noun of a venue's label."""


def _heads_venue(label: Text) -> bool:
    """“Venue”, also in “Venue and accommodation”: the line directly below belongs to the first."""
    cue = next(label.cues_of(*_LABELS), None)
    after = label.tokens[cue.last + 1 : cue.last + 2] if cue else []
    end = after[0].start if after and after[0].letter in "&,/" else len(label.text)
    return _is_only_label(label, end) and not label.has(*ASIDE, end=end)


def _end_of_mark(text: Text) -> int | None:
    """Where the pin or label that begins a line ends, or None: “📍 …”, “Date and venue: …”, “Venue – …”."""
    signs = (token for token in text.tokens[:_MOST_TOKENS_OF_LABEL] if _ends_label(text, token))
    end = next((sign.end for sign in signs if _is_only_label(text, sign.start)), None)
    return text.tokens[0].end if end is None and text.text[:1] in tuple(_PINS) else end


def _ends_label(text: Text, token: Token) -> bool:
    is_spaced = token.letter == "-" and text.text[token.end : token.end + 1].isspace()
    return token.letter in ":c|" or text.text[token.start] == "?" or is_spaced


def _end_of_address(text: Text, start: int) -> int:
    """“Venue: Town Hall. Date: …”, “Venue: Town Hall (previously Old Hall)”: where something else begins."""
    after_first = next((token.end for token in text.within(start, len(text.text)) if token.word), start)
    ends = [cue.start for cue in text.cues_of("date label", "register", "theme label", "former", start=start)]
    ends += [cue.start for cue in text.cues_of("mode", start=after_first)]
    ends += [cue.start for cue in text.cues_of(*_LABELS, start=start) if text.text[cue.end : cue.end + 1] == ":"]
    ends += [token.start for token in text.within(start, len(text.text)) if token.letter == "|"]
    return min(ends, default=len(text.text))


# ── next to the days ─────────────────────────────────────────────────────────────────────────────────────────────────

_NOT_BESIDE: Final = (
    *("speakers", "visit", "contact", "travel", "register", "cutoff", "until", "of the page", "session"),
    *("counted part", "is prose"),
)
"""The subjects of a line next to the days that is not an address."""


def _beside_days(sentence: Sentence, above: Sentence | None) -> Span | None:
    """The address in the line of the days, after a comma, a bar or a dash, or in the line directly below (E2)."""
    text = sentence.text
    is_of_agenda = any(label.has("agenda") for label in sentence.labels)
    if is_of_agenda or text.text.endswith((".", "!", "?")) or _is_aside(sentence):
        return None
    days = [(date.start, date.end) for date in sentence.dates if date.precision == "day"]
    bars = [(token.start, token.end) for token in text.tokens if token.letter in "|c"]
    if not days and (above is None or any(token.letter in "T:" for token in text.tokens) or not _tells_days(above)):
        return None
    gaps = sorted([*days, *bars]) if days else []
    edges = pairwise([(0, 0), *gaps, (len(text.text), len(text.text))])
    first, *others = [Span(before[1], after[0]) for before, after in edges]
    return next((span for span in (*others, first) if _is_address(text, span)), None)


def _tells_days(sentence: Sentence) -> bool:
    """A line of days and place alone: “12-13 March 2027”, “Hybrid event in Ghent, Belgium – 12-13 March 2027”."""
    text = sentence.text
    rest = outside(outside(text.tokens, sentence.dates), [*sentence.places, *text.cues_of(*_BESIDE_DAYS)])
    words = [token.word for token in rest if token.letter == "x" and token.word]
    return sentence.is_first and bool(sentence.dates) and _AROUND.issuperset(words)


_BESIDE_DAYS: Final = ("mode", "remark", "badge", "save the date", "event", "series", "date label", "tentative")
_AROUND: Final = frozenset({"in", "on"})


def _is_address(text: Text, span: Span) -> bool:
    """A house or a street; “Dinner: Brasserie, Main Street 2” is none."""
    start, end = between_bars(text, span.start)
    is_of_other = text.has(*_NOT_BESIDE, start=start, end=end) or text.has("stay", start=start, end=text.text.find(":"))
    return not is_of_other and any(is_of_house(text, part) for part in address_parts(text, *span))


# ── the venue, and the place after it ────────────────────────────────────────────────────────────────────────────────


def _spot(line: Line, span: Span, title: Place | None) -> Spot:
    """The address in a part of a line: its venue without its own town, code and country; its place."""
    parts = _up_to_country(address_parts(line.scan, *span), title)
    country = parts.pop() if len(parts) > 1 and _is_country(parts[-1], title) else None
    if len(parts) > 1 and _is_code(parts[-1].text) and _is_own(parts[-2], title):
        parts.pop()  # “70132 Bari (BA), Italy”
    place = _place_of(parts, country, title)
    if place and (title is None or is_region(title.city)):
        parts.pop()
    return _with_venue(Spot(line, None, place), parts, title)


def _place_of(parts: Sequence[AddressPart], country: AddressPart | None, title: Place | None) -> Place | None:
    """The town at the end of an address, with its country, or by its postcode in the region that the title names."""
    last = parts[-1] if parts else None
    if last is None or not last.town:
        return None
    start, end = last.start, (country or last).end
    if country and title and is_same_city(title.city, last.town):
        return title._replace(start=start, end=end)
    if country:
        return Place(last.town, None, country.text, _code_of(country.text), start=start, end=end)
    if title and is_region(title.city) and len(parts) > 1 and last.has_number:
        return Place(last.town, None, title.country, title.country_code, start=start, end=end)
    return None


def _up_to_country(parts: list[AddressPart], title: Place | None) -> list[AddressPart]:
    """“Town Hall, Malmö, Sweden The region of …”: more text follows, the address ends with its own town."""
    for number, (town, part) in enumerate(pairwise(parts) if title else (), 1):
        words = fold(part.text).split()
        found = country_at(words, 0) if words else None
        if title and found and is_same_city(title.city, town.town):
            written = " ".join(part.text.split()[: found[0]])
            return [*parts[:number], AddressPart(part.start, part.start + len(written), written, written)]
    return parts


def _code_of(country: str) -> str | None:
    return country_code(country) or code_itself(country)


def _is_country(part: AddressPart, title: Place | None) -> bool:
    """A country by its name, or by the code of the title's."""
    code = code_itself(part.text)
    return country_code(part.text) is not None or (code is not None and (title is None or code == title.country_code))


def _is_code(written: str) -> bool:
    return len(written) <= _LONGEST_CODE and written.isupper()


_LONGEST_CODE: Final = 3


def _is_own(part: AddressPart, title: Place | None) -> bool:
    """Whether it is the page's own town or region."""
    names = [title.city, *(title.region or "").split(", ")] if title else []
    return any(name and is_same_city(part.town, name) for name in names)


def _with_venue(spot: Spot, parts: Sequence[AddressPart], title: Place | None) -> Spot:
    """With the venue, without the town at its end; prose (“will be announced soon”) is not a venue."""
    own = list(dropwhile(lambda part: _is_own(part, title), reversed(parts)))[::-1]
    if not own:
        return spot
    start, end = own[0].start, own[-1].end
    venue = spot.line.text[start:end]
    if any(sign in venue for sign in "()|;\t"):
        venue = ", ".join(part.text for part in own)
    if venue.lower().startswith("the "):
        venue, start = venue[4:], start + 4
    is_prose = scan(venue).has("tentative", "is prose") or len(venue) > _LONGEST
    return spot if is_prose else replace(spot, venue=venue, start=start, end=end)


# ── prose ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def venue_in_prose(sentences: Sequence[Sentence], title: Place) -> Spot | None:
    """“The workshop will take place at the Hôtel de Région”, “… in Ghent. Venue: ICC”: no separate line gives it."""
    home = Home(title)
    own = (one for one in sentences if not (home.is_another(one) or one.is_under(*ASIDE)))
    spots = (spot for sentence in own for spot in _spots_in_prose(sentence, title))
    return next((spot for spot in spots if spot.venue), None)


def _spots_in_prose(sentence: Sentence, title: Place) -> Iterator[Spot]:
    text = sentence.text
    start = _end_of_sentence_label(text)
    if start is not None:
        yield _spot(sentence.line, Span(start, _end_of_address(text, start)), title)
    if name := _behind_at(sentence):
        yield _with_venue(Spot(sentence.line), _address_from(text, name), title)


_OF_EVENT: Final = frozenset({"of", "for", "the", "this", "our", "event", "workshop", "meeting", "edition"})
_VERBS: Final = frozenset({"is", "will", "be", "the", "at"})


def _end_of_sentence_label(text: Text) -> int | None:
    """“The venue of the event is ICC Ghent”; an announcement to come is not a name."""
    cue = next(text.cues_of("venue label"), None)
    after = dropwhile(lambda token: token.word in _OF_EVENT, text.tokens[cue.last + 1 :] if cue else ())
    verb = next(after, None)
    first = next((token for token in after if token.word and token.word not in _VERBS), None)
    is_label = verb is not None and (verb.letter == ":" or verb.word in ("is", "will"))
    return first.start if is_label and first and not text.text[first.start].islower() else None


_BEFORE_AT: Final = ("stay", "visit", "session", "register", "cutoff")


def _behind_at(sentence: Sentence) -> Span | None:
    """The name after “at” in a sentence that says that the event takes place there, or on which days."""
    text = sentence.text
    for index, token in enumerate(text.tokens):
        if token.letter != "a" or text.has(*_BEFORE_AT, end=token.start):
            continue
        has_days = any(date.precision == "day" and date.end <= token.start for date in sentence.dates)
        takes_place = has_days or text.has("taking place", "meet", "was held", end=token.start)
        name = _name_from(text, index + 1)
        if name and takes_place and text.has("event", "series", "meet", end=token.start):
            return name
    return None


def _name_from(text: Text, index: int) -> Span | None:
    """The capitalised words from a token, with the small words between them, up to punctuation or “in”, “on” …"""
    tokens = text.tokens[index:]
    if tokens and tokens[0].letter == "h":
        tokens = tokens[1:]
    own = list(takewhile(lambda token: _is_of_name(text, token), tokens))
    while own and text.text[own[-1].start].islower():
        own.pop()
    if not own or not text.text[own[0].start].isupper():
        return None
    name = Span(own[0].start, own[-1].end)
    return name if len(name.of(text)) > 2 else None


_AFTER_NAME: Final = frozenset({"in", "on", "from", "where", "with", "within", "for", "to"})


def _is_of_name(text: Text, token: Token) -> bool:
    if token.word in _AFTER_NAME or token.letter in ",.;:()c" or (token.letter == "d" and not token.word):
        return False
    return not text.text[token.start].islower() or token.word in PARTICLES


def _address_from(text: Text, name: Span) -> list[AddressPart]:
    """A name with the parts of its address after it: “Navitas, Inge Lehmanns Gade 10, in Aarhus”."""
    sign = text.text[name.end :].lstrip()[:1]
    parts = address_parts(text, name.end) if sign in (",", "(") else []
    rest = list(takewhile(lambda part: is_of_house(text, part) or (sign == "," and _is_name(part.text)), parts))
    if rest and _code_of(rest[-1].text):
        rest.pop()
    return [AddressPart(name.start, name.end, name.of(text), name.of(text)), *rest]


def _is_name(written: str) -> bool:
    """“Rua Nova da Alfândega”: capitalised words, with the small words of a name between them."""
    words = written.split()
    return written[:1].isupper() and all(word[0].isupper() or word.lower() in PARTICLES for word in words)
