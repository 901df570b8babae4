"""What a call page asks of applicants: where to apply, whom to ask, what to submit (READING O2). Pure; no errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple
from urllib.parse import unquote, urldefrag, urlsplit

from cmr_watch.reading.clauses import sentences_of
from cmr_watch.reading.dates import ANY_YEAR, find_days
from cmr_watch.reading.document import Document
from cmr_watch.reading.entries import resolve
from cmr_watch.reading.lexicon import Concept, words_of
from cmr_watch.reading.lines import Line, Link
from cmr_watch.reading.tokens import DASHES, Text, scan

LONGEST_NEED: Final = 300
MOST_NEEDS: Final = 20
_LONGEST_ITEM: Final = 300
_REACH: Final = 80
_LONGEST_ADDRESS: Final = 2_000

# ── where to apply ───────────────────────────────────────────────────────────────────────────────────────────────────

_DOCUMENTS: Final = (".pdf", ".doc", ".docx", ".odt", ".rtf", ".xls", ".xlsx", ".ppt", ".pptx", ".zip")
_PLAIN: Final = words_of("click via at by on in using this the our here link form page open")
_DOCUMENT_LATER, _GUIDE_LATER = 10, 5


class FoundLink(NamedTuple):
    """A link of a call, with its line and the address that it leads to."""

    line: Line
    link: Link
    url: str


@dataclass(frozen=True, slots=True)
class ApplyLink:
    """A link to apply, its line, and whether it is one only because there is no other link."""

    url: str
    line: Line
    is_only_link: bool = False


def links_of(lines: Sequence[Line], base: str) -> list[FoundLink]:
    """The links of lines that lead to another page."""
    found = ((line, link, _address(base, link.href)) for line in lines for link in line.links)
    return [FoundLink(line, link, url) for line, link, url in found if url]


def apply_link(links: Sequence[FoundLink]) -> ApplyLink | None:
    """The link to apply (O2): one that says so, a survey's, one of an application or form, “here” beside such words.

    Guides, templates and documents come last; else the only link counts, unless it leads to what the law asks for.
    """
    ranked = [(rank, number) for number, one in enumerate(links) if (rank := _rank(*one)) is not None]
    if ranked:
        best = links[min(ranked)[1]]
        return ApplyLink(best.url, best.line)
    if len({one.url for one in links}) == 1 and not _says(links[0], "legal"):
        return ApplyLink(links[0].url, links[0].line, is_only_link=True)
    return None


def _address(base: str, href: str) -> str | None:
    """Where a link leads, or None: a mark in this page and a mail address are no way to apply."""
    url = resolve(base, href[:_LONGEST_ADDRESS])
    return url if url and urldefrag(url)[0] != urldefrag(base)[0] else None


def _rank(line: Line, link: Link, url: str) -> int | None:
    rank = _rank_of_words(line.scan, link)
    if rank is None:
        return None
    is_document = urlsplit(url).path.lower().endswith(_DOCUMENTS)
    is_guide = _says(FoundLink(line, link, url), "about applying", "legal")
    return rank + _DOCUMENT_LATER * is_document + _GUIDE_LATER * is_guide


def _rank_of_words(text: Text, link: Link) -> int | None:
    words = {token.word for token in text.tokens if link.start <= token.start < link.end and token.word}
    if "apply" in words:
        return 0
    if text.has("apply", "survey", start=link.start, end=link.end):
        return 2
    is_bare = words <= _PLAIN or text.text[link.start : link.end].startswith(("http", "www."))
    near = text.has("apply", "survey", start=max(0, link.start - _REACH), end=link.end + _REACH)
    return 3 if is_bare and near else None


def says_apply(line: Line) -> bool:
    """Whether one of its links says that it leads to an application."""
    return any(_rank_of_words(line.scan, link) is not None for link in line.links)


def _says(one: FoundLink, *concepts: Concept) -> bool:
    return one.line.scan.has(*concepts, start=one.link.start, end=one.link.end)


# ── forms of the page itself ─────────────────────────────────────────────────────────────────────────────────────────

_MOST_FORMS: Final = 40
_FORM_NAMES: Final = ("webform", "apply", "application", "expression", "eoi", "survey")
_OTHER_FORMS: Final = words_of(
    "search newsletter login subscri comment contact feedback poll user- cookie filter exposed vote share language"
)


def form_addresses(document: Document) -> Iterator[str]:
    """The addresses, empty for the page itself, of the article's own forms to apply (C6)."""
    for form in islice(document.root.iter("form"), _MOST_FORMS):
        if not any(box.tag in ("article", "main") for box in form.iterancestors()):
            continue
        name = " ".join((form.get(key) or "")[:300] for key in ("id", "class", "action", "name")).lower()
        has_input = any(field.get("type") not in ("hidden", "submit", "search") for field in form.iter("input"))
        if has_input and any(one in name for one in _FORM_NAMES) and not any(one in name for one in _OTHER_FORMS):
            yield (form.get("action") or "")[:2_000]


# ── whom to ask ──────────────────────────────────────────────────────────────────────────────────────────────────────

_PUNCTUATION: Final = ".,;:!?()[]<>“”„\"'’"
_SPELT: Final = ("[at]", "(at)")


@dataclass(frozen=True, slots=True)
class _Mail:
    address: str
    is_led_in: bool


def contact(lines: Sequence[Line]) -> str | None:
    """The mail address of the article; of several the one that words like “contact” or “questions” lead in."""
    mails: list[_Mail] = []
    above = False
    for line in lines:
        own = list(_mails_of(line, is_led_in=above))
        mails += own
        above = not own and line.scan.has("question", "contact") and len(line.text) <= LONGEST_NEED
    return next((mail.address for mail in (*(mail for mail in mails if mail.is_led_in), *mails)), None)


def _mails_of(line: Line, *, is_led_in: bool) -> Iterator[_Mail]:
    for link in line.links:
        if link.href.lower().startswith("mailto:"):
            address = unquote(link.href[len("mailto:") :].partition("?")[0]).strip()
            if _is_mail(address):
                yield _Mail(address, is_led_in or line.scan.has("question", "contact", end=link.end))
    text = line.text
    for sign in _SPELT:
        text = text.replace(f" {sign} ", "@").replace(sign, "@")
    position = 0
    for word in text.split():
        position = text.find(word, position)
        if "@" in word and _is_mail(word.strip(_PUNCTUATION)):
            lead = scan(text[:position])
            yield _Mail(word.strip(_PUNCTUATION), is_led_in or lead.has("question", "contact"))


def _is_mail(address: str) -> bool:
    name, at, host = address.partition("@")
    return bool(name and at and address.isascii()) and "." in host.strip(".") and "@" not in host and host[0].isalnum()


# ── what to submit ───────────────────────────────────────────────────────────────────────────────────────────────────


def needs(lines: Sequence[Line]) -> tuple[str, ...]:
    """What applicants have to submit: the whole list under its heading, and each sentence that asks for something."""
    found: dict[str, None] = {}
    head: Line | None = None
    first: Line | None = None
    for line in lines:
        if head and not line.is_heading and not _is_marked(line) and line.text.rstrip().endswith(":"):
            continue  # “Please send us:” leads in the list under its heading
        if head and _is_item(line, head, first):
            first = first or line
            found[_without_bullet(line.shown)[:LONGEST_NEED]] = None
            continue
        head, first = line if _heads_items(line) else None, None
        if head is None and not line.is_heading:
            found |= dict.fromkeys(part[:LONGEST_NEED] for part in _parts(line) if _is_need(scan(part)))
    return tuple(found)[:MOST_NEEDS]


def _heads_items(line: Line) -> bool:
    """“Applicants should submit:”, or a heading “What to submit”."""
    asks = line.scan.has("submit", "need")
    return asks and (line.text.rstrip().endswith(":") or line.is_heading)


def _is_item(line: Line, head: Line, first: Line | None) -> bool:
    """One of the things that a list names: no heading, no day, not whom to ask, and marked as its first item is."""
    text = line.scan
    if line.is_heading or len(line.text) > _LONGEST_ITEM or find_days(text, ANY_YEAR) or "@" in line.text:
        return False
    if (text.has("question", "contact") and not text.has("need")) or (line.is_link and text.has("apply")):
        return False
    if first and _is_marked(first):
        return _is_marked(line)
    return _is_marked(line) or head.is_heading or not _is_sentence(line) or line.block == head.block or text.has("need")


def _is_marked(line: Line) -> bool:
    return line.item is not None or _bullet_of(line.text) != ""


def _is_sentence(line: Line) -> bool:
    return line.text[:1].isupper() and line.text.rstrip().endswith((".", "!"))


def _bullet_of(text: str) -> str:
    """The dash, dot or number that begins an item: “– ”, “• ”, “1. ”, “2) ”."""
    rest = text.lstrip(f"{DASHES}•·*o☐✓✔ \u00a0")
    bullet = text[: len(text) - len(rest)]
    if bullet.strip() in ("", "o") and bullet != "o ":
        head, _, tail = text.partition(" ")
        is_number = head[:-1].isdigit() and head[-1:] in (".", ")") and bool(tail)
        return f"{head} " if is_number else ""
    return bullet


def _without_bullet(text: str) -> str:
    return text[len(_bullet_of(text)) :].strip()


def _parts(line: Line) -> list[str]:
    return [span.of(line.scan) for span in sentences_of(line.scan)]


def _is_need(text: Text) -> bool:
    return text.has("need") or any(
        text.has("submit", start=must.end, end=must.end + _REACH) for must in text.cues_of("must")
    )
