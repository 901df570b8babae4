"""The links of an edition's own page: what each leads to (READING O3, E2). Pure, linear; no errors.

By the text of the link itself; where that says nothing (“here”, “PDF”, an address), by the surrounding words of its
sentence, else by the label or heading above it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple
from urllib.parse import unquote, urldefrag, urlsplit

from cmr_watch.models.readings import Material, MaterialKind
from cmr_watch.places import country_code
from cmr_watch.reading.dates import find_dates
from cmr_watch.reading.home import Home, Sentence, names_edition_after
from cmr_watch.reading.lexicon import MATERIAL_KINDS, PROSE, words_of
from cmr_watch.reading.lines import Link, Where
from cmr_watch.reading.links import resolve
from cmr_watch.reading.places import find_places
from cmr_watch.reading.tokens import Cue, Text, scan

_MOST_LINKS: Final = 200
_REACH: Final = 200
_LONGEST_TITLE: Final = 200
SAYS_NOTHING: Final = words_of(
    """
    please click go fill complete to use following read see find it on view open get download available directly the
    this via at link form page website pdf ppt mb kb form forms eventbrite eusurvey jotform typeform google
    microsoft lyyti pretix b2match ticketmaster weezevent cvent here now more file document button below day part
    session album for and all
    bg cs da de el en es et fi fr ga hr hu lt lv mt nl pl pt ro sk sl sv uk
    bulgarian croatian czech danish dutch english estonian finnish french german greek hungarian irish italian latvian
    lithuanian maltese polish portuguese romanian slovak slovene slovenian spanish swedish ukrainian
    """
)
"""Words that do not say what a link leads to."""
_FILES: Final = (".pdf", ".ppt", ".pptx", ".odp", ".key", ".zip")
_LONGEST_DOMAIN: Final = 6
_HOSTS: Final[dict[str, MaterialKind]] = {
    "youtube.com": "recording",
    "youtu.be": "recording",
    "vimeo.com": "recording",
    "flickr.com": "photos",
    "flic.kr": "photos",
}


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link that leads off the page, in its sentence."""

    link: Link
    url: str
    sentence: Sentence

    @property
    def text(self) -> Text:
        return self.sentence.text

    @property
    def where(self) -> Where:
        return Where(self.sentence.line, self.link.start, self.link.end)

    @property
    def words(self) -> str:
        return self.text.text[self.link.start : self.link.end]

    @property
    def is_bare(self) -> bool:
        """Whether its own words say nothing: “here”, “PDF”, “day 2”, an icon, an address."""
        return _is_empty(self.text, self.link.start, self.link.end) or _is_address(self.words)

    @property
    def is_named_by_label(self) -> bool:
        """Whether it is all that follows a label: a `dt`, a field's label, the head of a row or column."""
        return self.sentence.heads > 0 and self.sentence.line.is_link

    def neighbours(self) -> tuple[int, int]:
        """Where the link before it ends, and the link after it begins, or as far as words reach."""
        links = self.sentence.line.links
        before = [one.end for one in links if one.end <= self.link.start]
        after = [one.start for one in links if one.start >= self.link.end]
        return max([*before, self.link.start - _REACH, 0]), min([*after, self.link.end + _REACH, len(self.text.text)])


def _is_empty(text: Text, start: int, end: int) -> bool:
    tokens = text.within(start, end)
    return all(not token.word or token.word in SAYS_NOTHING or token.letter in "mw" for token in tokens)


def _is_address(words: str) -> bool:
    """“https://forms.example/1”, “forms.example.org”, “krakow.pl/cmr”."""
    word = words.strip().lower()
    last = word.rpartition(".")[2]
    is_host = "/" in word or (1 < len(last) <= _LONGEST_DOMAIN and last.isalpha())
    return " " not in word and "." in word.strip(".") and is_host


def anchors_of(sentences: Sequence[Sentence], base: str) -> Iterator[Anchor]:
    """All links that lead off the page by http(s), top to bottom."""
    for sentence in sentences:
        for link in sentence.line.links[:_MOST_LINKS]:
            url = None if link.href.lstrip().startswith("#") else resolve(base, link.href)
            if url and urldefrag(url).url.rstrip("/") != urldefrag(base).url.rstrip("/"):
                yield Anchor(link, url, sentence)


# ── what a link leads to ─────────────────────────────────────────────────────────────────────────────────────────────


def kind_in(text: Text, start: int = 0, end: int | None = None) -> MaterialKind | None:
    """The kind that is named first between two positions; none where it is said to be something else (“register”)."""
    if text.has("no material", start=start, end=end):
        return None
    cues = list(text.cues_of(*MATERIAL_KINDS, start=start, end=end))
    if not cues:
        return None
    joined = [cue for before, cue in pairwise(cues) if cue.first == before.last + 1]
    is_of_film = any(_kind_of(cue) == "recording" for cue in joined)  # “presentation videos”
    return "recording" if is_of_film else _kind_of(cues[0])


def _kind_of(cue: Cue) -> MaterialKind:
    return next(kind for kind in MATERIAL_KINDS if kind in cue.concepts)


def kind_of(anchor: Anchor) -> MaterialKind | None:
    """The kind of what a link leads to, or None."""
    link, text = anchor.link, anchor.text
    kind = kind_in(text, link.start, link.end)
    if kind or not anchor.is_bare:
        return kind or _kind_by_sentence(anchor)
    if text.has("no material"):
        return None
    start, end = anchor.neighbours()
    around = kind_in(text, link.end, _end_of_part(text, link.end, end)) or kind_in(text, start, link.start)
    return around or _kind_of_row(anchor) or _kind_of_labels(anchor) or _kind_of_host(anchor.url)


def _end_of_part(text: Text, start: int, end: int) -> int:
    stops = [token.start for token in text.within(start, end) if token.letter in ".;|,&"]
    return min([*stops, end])


def _kind_of_row(anchor: Anchor) -> MaterialKind | None:
    """“Photo gallery Day 1 | Day 2”: what introduces a row of links that only punctuation separates."""
    links = [one for one in anchor.sentence.line.links if one.end <= anchor.link.start] or [anchor.link]
    gaps = zip([one.end for one in links], [one.start for one in (*links[1:], anchor.link)], strict=True)
    is_row = all(_is_empty(anchor.text, start, end) for start, end in gaps)
    return kind_in(anchor.text, 0, links[0].start) if is_row else None


def _kind_of_labels(anchor: Anchor) -> MaterialKind | None:
    """Under “Presentations” a bare link is one; so it is under “Session 1” or a day in the part “Presentations”."""
    for number, label in enumerate(anchor.sentence.labels):
        kind = kind_in(label)
        if kind or (number >= anchor.sentence.heads and not _is_counted(label)):
            return kind
    return None


def _is_counted(label: Text) -> bool:
    return label.has("counted part") or any(token.letter in "mw" for token in label.tokens)


def _kind_by_sentence(anchor: Anchor) -> MaterialKind | None:
    """A link of other words: a file under “Presentations”, a film or photos where the label or sentence says so."""
    text, link, sentence = anchor.text, anchor.link, anchor.sentence
    if text.has("no material", start=link.start, end=link.end):
        return None
    lead = text.text[: sentence.line.links[0].start].rstrip()
    if lead.endswith(":") and (row := _kind_of_row(anchor)):
        return row  # “Presentations: Ann Lee, Bo Berg”
    label, host = _kind_of_labels(anchor), _kind_of_host(anchor.url)
    is_file = label == "slides" and urlsplit(anchor.url).path.lower().endswith(_FILES)
    if is_file or (anchor.is_named_by_label and kind_in(sentence.labels[0])):
        return label
    return host if host in (label, kind_in(text)) else None


def _kind_of_host(url: str) -> MaterialKind | None:
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return _HOSTS.get(host)


# ── materials ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _is_filed_elsewhere(anchor: Anchor, home: Home) -> bool:
    """Whether its address names another country: “event-summary-clusters-meet-regions-porto-portugal”."""
    words = scan(unquote(urlsplit(anchor.url).path.rpartition("/")[2]).replace("-", " ").replace("_", " "))
    last = next((token for token in reversed(words.tokens) if token.word not in ("pdf", "")), None)
    code = country_code(words.text[last.start : last.end]) if last and len(last.word) > 3 else None
    return code not in (None, home.place.country_code) and not home.is_named(words.text)


class Offer(NamedTuple):
    """A material, and the link that leads to it."""

    material: Material
    anchor: Anchor


def materials_of(anchors: Sequence[Anchor], home: Home) -> list[Offer]:
    """In page order, each address once; a text link takes precedence over an icon to the same page."""
    found: dict[str, Offer] = {}
    said = {one.url: kind for one in reversed(anchors) if (kind := kind_in(one.text, one.link.start, one.link.end))}
    for anchor in anchors:
        kind = kind_of(anchor)
        if kind is None or (anchor.is_bare and said.get(anchor.url, kind) != kind):
            continue
        is_new = anchor.url not in found or not found[anchor.url].material.title
        if is_new and not (_is_of_another(anchor, home) or _is_filed_elsewhere(anchor, home)):
            found[anchor.url] = Offer(Material(kind, anchor.url, _title(anchor, kind)), anchor)
    return list(found.values())


def _is_of_another(anchor: Anchor, home: Home) -> bool:
    """“The summary of the event in Iași, Romania” on the page of Kraków; a speaker's country does not count."""
    if home.is_under_another(anchor.sentence):
        return True
    text = anchor.text
    start, end = anchor.neighbours()
    part = scan(text.text[start:end])
    if home.is_named(part.text):
        return False
    if _is_of_another_place(scan(anchor.words)):
        return True
    if names_edition_after(text, "next edition") and home.is_of_another_place(anchor.sentence):
        return True  # “Next stop: Vienna, Austria (agenda)”
    return text.has("event", "series") and (home.is_another(anchor.sentence) or names_edition_of(part))


def _is_of_another_place(words: Text) -> bool:
    """“Event summary of Porto, Portugal”: a town with its country right after what it leads to."""
    rests = [scan(words.text[cue.end :]) for cue in words.cues_of(*MATERIAL_KINDS)]
    return any(
        place.is_known and rest.text[: place.start].strip() in ("of", "from")
        for rest in rests
        for place in find_places(rest, find_dates(rest))
    )


def names_edition_of(text: Text) -> bool:
    """“The Porto edition”, “the Naples workshop”, “the workshop in Porto”: an edition by a name in capitals."""
    return any(_is_named_before(text, cue) or is_named_behind(text, cue) for cue in text.cues_of("event"))


def _is_named_before(text: Text, event: Cue) -> bool:
    """In “Final Report of the Opening Workshop”, where all words are capitalised, none is a name."""
    noun = text.text[event.start : event.end]
    name = text.tokens[event.first - 1] if event.first else None
    if name is None or name.letter != "x" or any(cue.end == name.end for cue in text.cues_of("series")):
        return False
    written = text.text[name.start : name.end]
    if name.word in PROSE:
        return False
    if noun.lower().startswith("edition"):
        return written[0].isupper()
    return noun.islower() and written.istitle() and event.first > 1


def is_named_behind(text: Text, event: Cue) -> bool:
    after = text.tokens[event.last + 1 : event.last + 3]
    return len(after) == 2 and after[0].word == "in" and after[1].letter == "x" and text.text[after[1].start].isupper()


def _title(anchor: Anchor, kind: MaterialKind) -> str:
    """The link's words; the speaker's line where they only say “Download presentation” or “here”."""
    own = _tidy(anchor.words)
    words = scan(own).words(0, len(own))
    if kind == "slides" and (SAYS_NOTHING | _SLIDES).issuperset(words):
        return _speaker(anchor) or own
    half = len(own) // 2
    return own[:half].strip() if half > 2 and own[:half].strip() == own[-half:].strip() else own


_SLIDES: Final = words_of("presentation presentations slides his her their")


def _speaker(anchor: Anchor) -> str:
    start, end = anchor.neighbours()
    before = scan(anchor.text.text[start : anchor.link.start])
    cut = next((cue.start for cue in before.cues_of("slides")), len(before.text))
    lead = _tidy(before.text[:cut])
    if lead and not _is_empty(scan(lead), 0, 8):
        return lead
    if anchor.sentence.heads and anchor.sentence.whole.column:
        return _tidy(anchor.sentence.labels[0].text)  # the head of its row
    after = anchor.text.text[anchor.link.end : end]
    return "" if _is_empty(scan(after), 0, len(after)) else _tidy(after)


def _tidy(words: str) -> str:
    """The words as shown, without emoji, punctuation and spaces at the ends."""
    words = words.replace("\t", " ")[:_LONGEST_TITLE]
    if not any(character.isalnum() for character in words):
        return ""
    first = next(index for index, character in enumerate(words) if character.isalnum() or character in "“‘\"'«(")
    last = max(index for index, character in enumerate(words) if character.isalnum() or character in "”’\"'».!?)…")
    return words[first : last + 1].strip()
