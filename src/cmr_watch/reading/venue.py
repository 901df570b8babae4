"""Where an edition's own page says that it meets (READING E2). Pure, linear; no errors.

spots_of(sentences, title)           the lines that tell an address, with its venue and the place at its end
venue_in_prose(sentences, title)     the sentence that does
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Final

from cmr_watch.places import code_itself, country_code, is_region, is_same_city
from cmr_watch.reading.addresses import AddressPart, address_parts, is_of_house
from cmr_watch.reading.clauses import Span, between_bars
from cmr_watch.reading.dates import find_dates
from cmr_watch.reading.home import Home, Sentence
from cmr_watch.reading.lexicon import PARTICLES, words_of
from cmr_watch.reading.lines import Line, Where, joined
from cmr_watch.reading.places import Place
from cmr_watch.reading.tokens import Text, outside, scan

_PINS: Final = "📍🏢🏛"
ASIDE: Final = ("stay", "speakers", "visit", "contact", "travel")
"""What stands beside an address that is not where the event is."""
_LABELS: Final = ("venue label", "place label")
_LONGEST: Final = 200
_MOST_JOINED: Final = 8
_MOST_WORDS_OF_LABEL: Final = 6


@dataclass(frozen=True, slots=True)
class Spot:
    """A line with an address: the venue, where it stands, and the place at its end if it has a country or postcode."""

    line: Line
    venue: str | None = None
    place: Place | None = None
    start: int = 0
    end: int = 0

    @property
    def where(self) -> Where:
        return Where(self.line, self.start, self.end)


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────────


def spots_of(sentences: Sequence[Sentence], title: Place | None) -> Iterator[Spot]:
    """The lines that tell the venue: those with a label, else those beside the days."""
    yield from _labelled_spots(sentences, title)
    home = Home(title) if title and not is_region(title.city) else None
    for above, sentence in zip((None, *sentences), sentences, strict=False):
        span = _beside_days(sentence, above)
        if span and not (home and (home.is_another(sentence) or home.is_of_another_place(sentence))):
            yield _spot(sentence.whole, span.start, title, span.end)


def _labelled_spots(sentences: Sequence[Sentence], title: Place | None) -> Iterator[Spot]:
    """The lines marked with a pin or a label, and the first one under such a heading."""
    headed: set[int] = set()
    for number, sentence in enumerate(sentences):
        line = sentence.whole
        if not sentence.is_first or (line.is_heading and _is_only_label(line.scan)) or _is_aside(sentence):
            continue
        start = _end_of_mark(line.scan)
        head = id(sentence.labels[0]) if sentence.labels and _heads_venue(sentence.labels[0]) else None
        is_told = start is not None or (head is not None and head not in headed and not _is_only_date(line.scan))
        if is_told:
            headed |= {head} if head is not None else set()
            below = sentences[number + 1 : number + 1 + _MOST_JOINED]
            yield _spot(line if start is not None else _with_rest(line, below), start or 0, title)


def _with_rest(line: Line, below: Sequence[Sentence]) -> Line:
    """A line below a heading with those that go on with it: up to a blank line, a label, a heading or a sentence."""
    rest = takewhile(lambda one: one.whole.block == line.block and _is_of_address(one.whole), below)
    return joined([line, *(one.whole for one in rest if one.is_first)])


def _is_of_address(line: Line) -> bool:
    is_prose = line.text.rstrip().endswith((".", "!")) or len(line.text) > _LONGEST
    return not (line.gap or line.is_heading or line.is_link or is_prose or ":" in line.text)


def _is_aside(sentence: Sentence) -> bool:
    """“Dinner venue: …”, an address under “Accommodation”."""
    text = sentence.whole.scan
    return _is_under_aside(sentence) or _is_labelled_aside(text, Span(0, len(text.text)))


def _is_under_aside(sentence: Sentence) -> bool:
    return bool(sentence.labels) and not _heads_venue(sentence.labels[0]) and sentence.is_under(*ASIDE)


def _is_labelled_aside(text: Text, part: Span) -> bool:
    colon = next((token.start for token in text.within(*part) if token.letter == ":"), part.start)
    return text.has(*ASIDE, start=part.start, end=colon)


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
"""Words that may stand beside the noun of a venue's label."""


def _heads_venue(label: Text) -> bool:
    return _is_only_label(label, _end_of_first(label)) and not label.has(*ASIDE, end=_end_of_first(label))


def _end_of_first(label: Text) -> int:
    """“Venue and accommodation”: what stands directly below is of what comes first."""
    cue = next(label.cues_of(*_LABELS), None)
    after = label.tokens[cue.last + 1 : cue.last + 2] if cue else []
    return after[0].start if after and after[0].letter in "&,/" else len(label.text)


def _end_of_mark(text: Text) -> int | None:
    """Where the pin or label that begins a line ends, or None: “📍 …”, “Date and venue: …”, “Venue – …”."""
    for token in text.tokens[: 2 * _MOST_WORDS_OF_LABEL]:
        is_spaced = token.letter == "-" and text.text[token.end : token.end + 1].isspace()
        if (token.letter in ":c|" or text.text[token.start] == "?" or is_spaced) and _is_only_label(text, token.start):
            return token.end
    first = text.tokens[0] if text.tokens else None
    return first.end if first and text.text[first.start] in _PINS else None


def _is_only_date(text: Text) -> bool:
    return not any(token.letter == "x" and token.word for token in outside(text.tokens, find_dates(text)))


_NOT_BESIDE: Final = (
    *("speakers", "visit", "contact", "travel", "register", "cutoff", "until", "of the page", "session"),
    *("counted part", "is prose"),
)
"""What a line beside the days is about that is no address."""
_NO_ADDRESS: Final = ("meet", "was held")
"""Words of no address; before a bar or the days they may stand: “Join us on 3 May 2026 | Town Hall”."""


def _beside_days(sentence: Sentence, above: Sentence | None) -> Span | None:
    """The address in the line of the days, behind a comma, a bar or a dash, or in the line directly below (E2)."""
    text = sentence.text
    is_line = sentence.is_first and len(text.text) == len(sentence.whole.text) <= _LONGEST
    if not is_line or text.text.endswith((".", "!", "?")) or _is_under_aside(sentence):
        return None
    if any(label.has("agenda") for label in sentence.labels):
        return None
    days = [date for date in sentence.dates if date.precision == "day"]
    if not days:
        is_below = above is not None and above.is_first and _tells_only_when_and_where(above)
        is_more = any(token.letter in "T:" for token in text.tokens)
        whole = Span(0, len(text.text))
        return whole if is_below and not is_more and _is_address(text, whole) else None
    bars = [token.start for token in text.tokens if token.letter in "|c"]
    ends = sorted({*bars, *(day.start for day in days), len(text.text)})
    starts = sorted({0, *(bar + 1 for bar in bars), *(day.end for day in days)})
    spans = [Span(start, next(end for end in ends if end >= start)) for start in starts]
    spans = [*(span for span in spans if span.start), spans[0]]
    return next((span for span in spans if _is_address(text, span)), None)


def _tells_only_when_and_where(sentence: Sentence) -> bool:
    """“12-13 March 2027”, “Hybrid event in Ghent, Belgium – 12-13 March 2027”."""
    text = sentence.text
    rest = outside(outside(text.tokens, sentence.dates), sentence.places)
    rest = outside(rest, list(text.cues_of(*_BESIDE_DAYS)))
    return bool(sentence.dates) and all(token.word in _AROUND for token in rest if token.letter == "x" and token.word)


_BESIDE_DAYS: Final = ("mode", "remark", "badge", "save the date", "event", "series", "date label", "tentative")
_AROUND: Final = frozenset({"in", "on"})


def _is_address(text: Text, span: Span) -> bool:
    whole = between_bars(text, span.start)
    is_prose = text.has(*_NO_ADDRESS, start=span.start, end=span.end)
    is_of_other = text.has(*_NOT_BESIDE, start=whole.start, end=whole.end) or _is_labelled_aside(text, whole)
    return (
        not is_prose
        and not is_of_other
        and any(is_of_house(text, part) for part in address_parts(text, span.start, span.end))
    )


def _spot(line: Line, start: int, title: Place | None, end: int | None = None) -> Spot:
    text = line.scan
    parts = _up_to_its_country(address_parts(text, start, _end_of_address(text, start) if end is None else end), title)
    parts = _without_code(parts, title)
    country = parts[-1].text if parts and _code_of(parts[-1].text) else None
    if country and len(parts) > 1:
        end = parts[-1].end
        *parts, last = parts[:-1]
        place = title if title and is_same_city(title.city, last.town) else _place(last.town, country)
        place = place._replace(start=last.start, end=end) if place else None
        is_own = title is None or is_same_city(title.city, last.town) or is_region(title.city)
        return _with_venue(Spot(line, None, place), parts if is_own else [*parts, last], title)
    if title and len(parts) > 1 and is_region(title.city) and parts[-1].has_postcode and parts[-1].town:
        *parts, last = parts
        place = Place(last.town, None, title.country, title.country_code, start=last.start, end=last.end)
        return _with_venue(Spot(line, None, place), parts, title)
    return _with_venue(Spot(line), parts, title)


def _code_of(country: str) -> str | None:
    return country_code(country) or code_itself(country)


def _place(town: str, country: str) -> Place | None:
    return Place(town, None, country, _code_of(country)) if town else None


def _without_code(parts: list[AddressPart], title: Place | None) -> list[AddressPart]:
    """“70132 Bari (BA), Italy”: without the code of the province behind the town."""
    at = len(parts) - (2 if parts and _code_of(parts[-1].text) and len(parts[-1].text) > 2 else 1)
    if at < 1 or title is None or not _is_code(parts[at].text) or _code_of(parts[at].text) == title.country_code:
        return parts
    is_town = parts[at - 1].has_postcode or is_same_city(title.city, parts[at - 1].town)
    return [*parts[:at], *parts[at + 1 :]] if is_town else parts


def _is_code(written: str) -> bool:
    return len(written) <= _LONGEST_CODE and written.isalpha() and written.isupper()


_LONGEST_CODE: Final = 3


def _end_of_address(text: Text, start: int) -> int | None:
    """“Venue: Town Hall. Date: …”, “Venue: Town Hall (previously Old Hall)”: where something else begins."""
    cues = text.cues_of("date label", "register", "theme label", "former", "mode", start=start + 1)
    ends = [cue.start for cue in cues if "mode" not in cue.concepts or text.text[start : cue.start].strip()]
    labels = text.cues_of(*_LABELS, start=start + 1)
    ends += [
        cue.start for cue in labels if [token.letter for token in text.tokens[cue.last + 1 : cue.last + 2]] == [":"]
    ]
    ends += [token.start for token in text.within(start + 1, len(text.text)) if token.letter == "|"]
    return min(ends, default=None)


def _up_to_its_country(parts: list[AddressPart], title: Place | None) -> list[AddressPart]:
    """“Town Hall, Malmö, Sweden The region of …”: more text runs on, the address ends with its own town."""
    for number, part in enumerate(parts[1:] if title else (), 1):
        words = part.text.split()
        country = next((" ".join(words[:n]) for n in (4, 3, 2, 1) if country_code(" ".join(words[:n]))), None)
        if title and country and is_same_city(title.city, parts[number - 1].town):
            return [*parts[:number], AddressPart(part.start, part.start + len(country), country, country, False)]
    return parts


def _with_venue(spot: Spot, parts: Sequence[AddressPart], title: Place | None) -> Spot:
    """With the venue, without the town at its end; prose (“will be announced soon”) is no venue."""
    own = list(parts)
    names = [name for name in (title.city, *(title.region or "").split(", ")) if name] if title else []
    while own and any(is_same_city(own[-1].town, name) for name in names):
        own.pop()
    if not own:
        return spot
    text, start, end = spot.line.scan, own[0].start, own[-1].end
    whole = text.text[start:end]
    dates = any(own[0].start < date.start < own[-1].end for date in find_dates(text) if date.is_whole)
    is_whole = not dates and not any(sign in whole for sign in "()|;\t")
    venue = whole if is_whole else ", ".join(part.text for part in own)
    if venue.lower().startswith("the "):
        venue, start = venue[4:], start + 4
    scanned = scan(venue)
    is_prose = scanned.has("tentative", "is prose") or len(venue) > _LONGEST
    is_name = not is_prose and any(len(token.word) > 1 for token in scanned.tokens)
    return replace(spot, venue=venue, start=start, end=end) if is_name else spot


# ── prose ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def venue_in_prose(sentences: Sequence[Sentence], title: Place) -> Spot | None:
    """“The workshop will take place at the Hôtel de Région”, “… in Ghent. Venue: ICC”: no line of its own tells it."""
    home = Home(title)
    for sentence in sentences:
        text = sentence.text
        if home.is_another(sentence) or sentence.is_under(*ASIDE):
            continue
        start = _end_of_mark(text) if not sentence.is_first else _end_of_sentence_label(text)
        if start is not None:
            spot = _spot(sentence.line, start, title)
            if spot.venue:
                return spot
        name = _behind_at(sentence)
        if name:
            return _with_venue(Spot(sentence.line), _address_from(text, name), title)
    return None


_OF_EVENT: Final = frozenset({"of", "for", "the", "this", "our", "event", "workshop", "meeting", "edition"})
_VERBS: Final = frozenset({"is", "will", "be", "the", "at"})


def _end_of_sentence_label(text: Text) -> int | None:
    """“The venue of the event is ICC Ghent”; what will be announced is no name."""
    for cue in text.cues_of("venue label"):
        after = [token for token in text.tokens[cue.last + 1 :] if token.word not in _OF_EVENT]
        if after and (after[0].letter == ":" or after[0].word in ("is", "will")):
            first = next((token for token in after if token.word not in _VERBS and token.word), None)
            return first.start if first and not text.text[first.start].islower() else None
    return None


def _behind_at(sentence: Sentence) -> Span | None:
    """The name behind “at” in a sentence that says that the event takes place there, or on which days."""
    text = sentence.text
    for index, token in enumerate(text.tokens):
        if token.letter != "a" or text.has("stay", "visit", "session", "register", "cutoff", end=token.start):
            continue
        takes_place = text.has("taking place", "meet", "was held", end=token.start)
        has_days = any(date.precision == "day" and date.end <= token.start for date in sentence.dates)
        name = _name_from(text, index + 1)
        if name and (takes_place or has_days) and text.has("event", "series", "meet", end=token.start):
            return name
    return None


def _name_from(text: Text, index: int) -> Span | None:
    """The words in capitals from a token, with the small words between them, up to a sign or “in”, “on” …"""
    tokens = text.tokens[index:]
    if tokens and tokens[0].letter == "h":
        tokens = tokens[1:]
    if not tokens or not tokens[0].word or not text.text[tokens[0].start].isupper():
        return None
    end = tokens[0].start
    for token in tokens:
        is_small = token.word != "" and text.text[token.start].islower()
        is_end = token.word in _AFTER_NAME or token.letter in ",.;:()c" or (token.letter == "d" and not token.word)
        if is_end or (is_small and token.word not in PARTICLES):
            break
        end = end if is_small else token.end
    name = Span(tokens[0].start, end)
    return name if len(name.of(text)) > 2 else None


def _address_from(text: Text, name: Span) -> list[AddressPart]:
    """A name with the parts of its address behind it: “Navitas, Inge Lehmanns Gade 10, in Aarhus”."""
    sign = text.text[name.end :].lstrip()[:1]
    parts = address_parts(text, name.end) if sign in (",", "(") else []
    rest = list(takewhile(lambda part: is_of_house(text, part) or (sign == "," and _is_name(part.text)), parts))
    if rest and _code_of(rest[-1].text):
        rest.pop()
    return [AddressPart(name.start, name.end, name.of(text), name.of(text), False), *rest]


def _is_name(written: str) -> bool:
    """“Rua Nova da Alfândega”: words in capitals, with the small words of a name between them."""
    words = written.split()
    return written[:1].isupper() and all(word[0].isupper() or word.lower() in PARTICLES for word in words)


_AFTER_NAME: Final = frozenset({"in", "on", "from", "where", "with", "within", "for", "to"})
