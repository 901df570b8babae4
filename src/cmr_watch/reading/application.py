"""What a call page asks of applicants: where to apply, whom to ask, what to submit (READING O2). Pure; no errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from urllib.parse import unquote

from cmr_watch.reading.clauses import sentences_of
from cmr_watch.reading.dates import ANY_YEAR, find_days
from cmr_watch.reading.document import Document
from cmr_watch.reading.lexicon import words_of
from cmr_watch.reading.lines import Line, Where
from cmr_watch.reading.tokens import DASHES, Text, scan

LONGEST_NEED: Final = 300
MOST_NEEDS: Final = 20
_LONGEST_ITEM: Final = 300
_REACH: Final = 80
_LONGEST_ADDRESS: Final = 2_000

# ── forms of the page itself ─────────────────────────────────────────────────────────────────────────────────────────

_MOST_FORMS: Final = 40
_FORM_NAMES: Final = ("webform", "apply", "application", "expression", "eoi", "survey")
_OTHER_FORMS: Final = words_of(
    """
    search newsletter login subscri comment contact feedback poll user- cookie filter exposed vote share language video
    youtube vimeo map
    """
)


def form_addresses(document: Document) -> Iterator[str]:
    """The addresses, empty for the page itself, of the forms to apply that stand in the article (C6)."""
    for form in islice(document.root.iter("form", "iframe"), _MOST_FORMS):
        name = " ".join((form.get(key) or "")[:300] for key in ("id", "class", "action", "name", "src", "title"))
        is_in_article = any(box.tag in ("article", "main") for box in form.iterancestors())
        has_input = any(field.get("type") not in ("hidden", "submit", "search") for field in form.iter("input"))
        if is_in_article and (has_input or form.tag == "iframe") and _is_to_apply(name.lower()):
            yield (form.get("action") or form.get("src") or "")[:_LONGEST_ADDRESS]


def _is_to_apply(name: str) -> bool:
    return any(one in name for one in _FORM_NAMES) and not any(one in name for one in _OTHER_FORMS)


# ── whom to ask ──────────────────────────────────────────────────────────────────────────────────────────────────────

_PUNCTUATION: Final = ".,;:!?()[]<>“”„\"'’"
_SPELT: Final = ("[at]", "(at)")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail address, where it stands, and whether words like “contact” lead it in."""

    address: str
    is_led_in: bool
    where: Where


def contact(lines: Sequence[Line]) -> Mail | None:
    """The mail address of the article; of several the one that words like “contact” or “questions” lead in."""
    mails: list[Mail] = []
    above = False
    for line in lines:
        own = list(_mails_of(line, is_led_in=above))
        mails += own
        above = not own and line.scan.has("question", "contact") and len(line.text) <= LONGEST_NEED
    return next((mail for mail in (*(mail for mail in mails if mail.is_led_in), *mails)), None)


def _mails_of(line: Line, *, is_led_in: bool) -> Iterator[Mail]:
    for link in line.links:
        if link.href.lower().startswith("mailto:"):
            address = unquote(link.href[len("mailto:") :].partition("?")[0]).strip()
            if _is_mail(address):
                is_led = is_led_in or line.scan.has("question", "contact", end=link.end)
                yield Mail(address, is_led, Where(line, link.start, link.end))
    text = line.text
    for sign in _SPELT:
        text = text.replace(f" {sign} ", "@").replace(sign, "@")
    position, is_spelt = 0, text != line.text
    for word in text.split():
        position = text.find(word, position)
        if "@" in word and _is_mail(word.strip(_PUNCTUATION)):
            lead = scan(text[:position])
            where = Where(line, 0, len(line.text)) if is_spelt else Where(line, position, position + len(word))
            yield Mail(word.strip(_PUNCTUATION), is_led_in or lead.has("question", "contact"), where)


def _is_mail(address: str) -> bool:
    name, at, host = address.partition("@")
    return bool(name and at and address.isascii()) and "." in host.strip(".") and "@" not in host and host[0].isalnum()


# ── what to submit ───────────────────────────────────────────────────────────────────────────────────────────────────


def needs(lines: Sequence[Line]) -> tuple[tuple[str, Where], ...]:
    """What applicants have to submit: the whole list under its heading, and each sentence that asks for something."""
    found: dict[str, Where] = {}
    head: Line | None = None
    first: Line | None = None
    for line in lines:
        if head and not line.is_heading and not _is_marked(line) and line.text.rstrip().endswith(":"):
            continue  # “Please send us:” leads in the list under its heading
        if head and _is_item(line, head, first):
            first = first or line
            found.setdefault(_without_bullet(line.shown)[:LONGEST_NEED], Where(line, 0, len(line.text)))
            continue
        head, first = line if _heads_items(line) else None, None
        if head is None and not line.is_heading:
            for span in sentences_of(line.scan):
                if _is_need(scan(span.of(line.scan))):
                    found.setdefault(span.of(line.scan)[:LONGEST_NEED], Where(line, span.start, span.end))
    return tuple(found.items())[:MOST_NEEDS]


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


def _is_need(text: Text) -> bool:
    return text.has("need") or any(
        text.has("submit", start=must.end, end=must.end + _REACH) for must in text.cues_of("must")
    )
