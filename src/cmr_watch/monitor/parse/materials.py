"""The links of an edition's own page, and those of them that lead to something to read or to watch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urldefrag, urlsplit

from cmr_watch.models import Material, MaterialKind
from cmr_watch.monitor.parse.entry import is_summary, resolve
from cmr_watch.monitor.parse.home import ANOTHER, Home
from cmr_watch.monitor.parse.lines import Line, Link
from cmr_watch.monitor.parse.sentences import Sentence

_MOST_LINKS: Final = 200
"""In one line; no person writes more."""
_REACH: Final = 200
_LONGEST_TITLE: Final = 200


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link with its words, and the words around it in its line.

    `before` and `after` reach to the line's neighbouring links; `sentence` is the one that the link stands in.
    """

    words: str
    url: str
    before: str
    after: str
    sentence: Sentence
    line: Line
    link: Link

    @property
    def is_bare(self) -> bool:
        """Whether its own words tell nothing: “here”, “link”, an icon, an address."""
        return bool(_BARE.fullmatch(self.words))

    @property
    def stands_alone(self) -> bool:
        """Whether its whole sentence tells nothing but that there is a link."""
        return bool(_BARE.fullmatch(self.sentence.text[:_REACH]))


_BARE: Final = re.compile(
    r"\W*(?:(?:please|click|read|see|find|it|on|view|open|get|download|available|directly|the|this|via|at|link|form"
    r"|page|website|pdf|here|now|more|file|document|button|below"
    r"|(?:day|part|session|album) \d{1,2}|\d)\b\W*){0,8}|(?:https?://|www\.)\S*|[\w.-]{1,60}\.[a-z]{2,6}/\S*",
    re.I,
)


def anchors_of(sentences: Sequence[Sentence], base: str) -> Iterator[Anchor]:
    """All links that lead off the page by http(s), top to bottom."""
    for sentence in sentences:
        end = sentence.start + len(sentence.text)
        for number, link in enumerate(sentence.line.links[:_MOST_LINKS]):
            url = _off_the_page(base, link.href) if sentence.start <= link.start < end else None
            if url:
                yield _anchor(sentence, number, url)


def _off_the_page(base: str, href: str) -> str | None:
    url = None if href.lstrip().startswith("#") else resolve(base, href)
    return url if url and urldefrag(url).url.rstrip("/") != urldefrag(base).url.rstrip("/") else None


def _anchor(sentence: Sentence, number: int, url: str) -> Anchor:
    line = sentence.line
    link = line.links[number]
    first = line.links[number - 1].end if number else 0
    last = line.links[number + 1].start if number + 1 < len(line.links) else len(line.text)
    before = line.text[max(first, sentence.start, link.start - _REACH) : link.start]
    after = line.text[link.end : min(last, link.end + _REACH)]
    return Anchor(_once(tidy(line.text[link.start : link.end])), url, before, after, sentence, line, link)


_EDGE: Final = re.compile(r"^[^\w“‘\"'«(]+|[^\w”’\"'».!?)…]+$")


def tidy(words: str) -> str:
    """A link's words as shown, without emoji and spaces at their ends."""
    words = words[:_LONGEST_TITLE].replace("\t", " ")
    return _EDGE.sub("", words) if re.search(r"\w", words) else ""


def _once(words: str) -> str:
    """“Agenda Agenda”: two links side by side to one address are one, and its words are said once."""
    half = len(words) // 2
    return words[:half].strip() if half > 2 and words[:half].strip() == words[-half:].strip() else words


# ── what a link leads to ─────────────────────────────────────────────────────────────────────────────────────────

_KINDS: Final[tuple[tuple[MaterialKind, str], ...]] = (
    ("summary", r"\bsummar(?:y|ies)\b"),
    ("proceedings", r"\bproceedings?\b"),
    (
        "recording",
        r"\b(?:presentations?|session|photos?|slides) (?:recordings?|videos?)\b|\brecordings?\b|\brecorded\b"
        r"|\bvideos?\b"
        r"|\b(?:re-?)?watch\b(?! (?:the )?live)|\byoutube\b|\breplay\b|\baftermovie\b",
    ),
    ("photos", r"\bphoto(?:s|graphs?)?\b|\b(?:photo )?galler(?:y|ies)\b|\bpictures?\b|\bflickr\b"),
    ("booklet", r"\bbooklets?\b"),
    ("paper", r"\b(?:input|background|concept|discussion|issue)[ -](?:papers?|notes?)\b"),
    ("slides", r"\bslides?(?: ?decks?)?\b|\bpresentations?\b|\bpower ?points?\b|\bppt\b"),
    (
        "agenda",
        r"(?<!innovation )(?<!skills )(?<!urban )(?<!digital )(?<!green )(?<!policy )(?<!territorial )(?<!research )"
        r"(?<!2030 )\bagenda\b(?! 20\d\d)"
        r"|(?:^|\b(?:the|full|draft|final|detailed|preliminary|provisional|event|workshop|day|our|download|see|read"
        r"|check|view|complete|updated|tentative|and|two-day|conference))\W*\bprogram(?:me)?\b"
        r"(?! (?:committee|manager|of the eu))",
    ),
)
_ANY_KIND: Final = tuple((kind, re.compile(pattern, re.I)) for kind, pattern in _KINDS)
_NO_MATERIAL: Final = re.compile(
    r"\b(?:live ?-?stream\w*|live stream|teaser|trailer|promo\w*|invitation|call for|submit|upload|send|subscribe"
    r"|follow us|channel|regist(?:er|ration)\b|sign[ -]?up)\b",
    re.I,
)
_CHANNEL: Final = re.compile(r"youtube\.com/(?:@|c/|channel/|user/)|flickr\.com/(?:people/[^/]+|photos/[^/]+)/?$", re.I)
_WATCHED: Final = re.compile(r"(?:^|\.)(?:youtube\.com|youtu\.be|vimeo\.com)$", re.I)
_SEEN: Final = re.compile(r"(?:^|\.)flickr\.com$|^flic\.kr$", re.I)


_HYPHENS: Final = re.compile("[‐‑‒–—―−]")


def kind_of_words(words: str) -> MaterialKind | None:
    """The kind that is named first: “Read the Input Paper on photo voltaics” is a paper."""
    words = _HYPHENS.sub("-", words).replace("_", " ")  # in a file's name
    if _NO_MATERIAL.search(words):
        return None
    found = [
        (match.start(), rank, kind) for rank, (kind, regex) in enumerate(_ANY_KIND) if (match := regex.search(words))
    ]
    return min(found)[2] if found else None


def kind_of(anchor: Anchor) -> MaterialKind | None:
    """By the link's words; where they tell nothing, by the words around it, the heading above, the host."""
    if _CHANNEL.search(anchor.url) or leads_to_another(anchor):
        return None
    kind = kind_of_words(anchor.words)
    if kind:
        return kind
    if is_summary(anchor.line.text, anchor.link):
        return "summary"
    if not anchor.is_bare:
        return _kind_by_both(anchor)
    before, after = kind_of_words(anchor.before), kind_of_words(_up_to_the_next(anchor.after))
    around = (after or before) if _leads_in(anchor) else (before or after)
    return around or _kind_of_label(anchor) or _kind_of_heading(anchor) or _kind_of_host(anchor.url)


def _leads_in(anchor: Anchor) -> bool:
    """“Here for the agenda, and here for the booklet”: the first link's words stand behind it, so do the others'."""
    start = anchor.sentence.start
    first = next(link.start for link in anchor.line.links if link.start >= start)
    return first < anchor.link.start and kind_of_words(anchor.line.text[start:first][-_REACH:]) is None


def _kind_of_label(anchor: Anchor) -> MaterialKind | None:
    """“Photo gallery Day 1 | Day 2”: what leads in a row of links, where nothing but signs parts them."""
    links = [link for link in anchor.line.links[:_MOST_LINKS] if anchor.sentence.start <= link.start]
    if not links or anchor.link.start - links[0].end > _REACH:
        return None
    between = anchor.line.text[links[0].end : anchor.link.start]
    for link in links:
        if link.end <= anchor.link.start:
            between = between.replace(anchor.line.text[link.start : link.end], "", 1)
    label = anchor.line.text[anchor.sentence.start : links[0].start][-_REACH:]
    return kind_of_words(label) if not re.search(r"\w{4}", between) else None


def _up_to_the_next(after: str) -> str:
    return re.split(r"[.;|,•]", after, maxsplit=1)[0]


def _kind_of_heading(anchor: Anchor) -> MaterialKind | None:
    """Under “Presentations” a bare link is one, unless its words speak of something else."""
    around = f"{anchor.before} {anchor.after}"
    if _NO_MATERIAL.search(around):
        return None
    return kind_of_words(anchor.sentence.under) or kind_of_words(anchor.sentence.part)


def _kind_of_host(url: str) -> MaterialKind | None:
    host = urlsplit(url).hostname or ""
    if _WATCHED.search(host):
        return "recording"
    return "photos" if _SEEN.search(host) else None


_FILE: Final = re.compile(r"\.(?:pdf|pptx?|odp|key|zip)$", re.I)


def _kind_by_both(anchor: Anchor) -> MaterialKind | None:
    """A link of other words: a file in the part “Presentations”; a film or photos where heading or sentence say so."""
    if _NO_MATERIAL.search(anchor.words):
        return None
    heading = kind_of_words(anchor.sentence.under) or kind_of_words(anchor.sentence.part)
    if heading == "slides" and _FILE.search(urlsplit(anchor.url).path):
        return heading
    host = _kind_of_host(anchor.url)
    return host if host in (heading, kind_of_words(anchor.sentence.text[:_REACH])) else None


_LIST_PAGE: Final = re.compile(r"/(?:events/organised-by-eccp/clusters-meet-regions|content/call-[\w-]+)/?$")
_EDITION_PAGE: Final = re.compile(r"/content/(?:clusters?-meets?-regions?|cmr)\b(?P<rest>[^/]*)/?$")
_FILE_WORDS: Final = re.compile(
    r"summary|proceedings|agenda|programme|photo|gallery|recording|presentation|paper|booklet"
)


def leads_to_another(anchor: Anchor) -> bool:
    """Whether it leads to the list, the call, or another edition; or is told to be of another edition."""
    path = urlsplit(anchor.url).path.lower()
    edition = _EDITION_PAGE.search(path)
    if _LIST_PAGE.search(path) or (edition and not _FILE_WORDS.search(edition["rest"])):
        return True
    return bool(ANOTHER.search(anchor.words) or ANOTHER.search(f"{anchor.before} {anchor.words} {anchor.after}"))


_EVENT: Final = re.compile(r"\b(?:workshops?|events?|editions?|meetings?|regions)\b", re.I)


def _is_of_another(anchor: Anchor, home: Home) -> bool:
    """“The summary of the event in Iași, Romania” on the page of Kraków; a speaker's country is none of it."""
    text = anchor.sentence.text
    return bool(_EVENT.search(text)) and home.is_another(text)


def materials_of(anchors: Sequence[Anchor], home: Home) -> tuple[Material, ...]:
    """In page order, each address once for each kind; words win over an icon that leads to the same place."""
    found: dict[tuple[MaterialKind, str], Material] = {}
    told = {anchor.url: kind for anchor in reversed(anchors) if (kind := kind_of_words(anchor.words))}
    for anchor in anchors:
        kind = None if _is_of_another(anchor, home) else kind_of(anchor)
        if kind is None or (anchor.is_bare and told.get(anchor.url, kind) != kind):
            continue
        title = _title(anchor, kind)
        known = found.get((kind, anchor.url))
        if known is None or not known.title:
            found[kind, anchor.url] = Material(kind, anchor.url, title)
    return tuple(found.values())


_ONLY_SLIDES: Final = re.compile(
    r"\W*(?:(?:download|read|see|view|open|the|his|her|their|presentations?|slides?|pdf|ppt|here|link)\b\W*)+", re.I
)


def _title(anchor: Anchor, kind: MaterialKind) -> str:
    """The link's words; the speaker's line where they only say “Download presentation” or “here”."""
    own = anchor.words
    if kind == "slides" and (anchor.is_bare or _ONLY_SLIDES.fullmatch(own)):
        return _speaker(anchor) or own
    return own


def _speaker(anchor: Anchor) -> str:
    lead = re.sub(r"\W*\b(?:download|presentations?|slides|see|view)\b[^\w]*$", "", tidy(anchor.before), flags=re.I)
    return _without_signs(anchor.after) if not tidy(lead) or _ORDER.match(lead) else tidy(lead)


_ORDER: Final = re.compile(r"\W*(?:find|download|see|you|the|all|please|click|read|view|access|check)\b", re.I)
"""Begins a sentence about links, which names no speaker."""


def _without_signs(after: str) -> str:
    text = tidy(after)
    return "" if _BARE.fullmatch(text) else text
