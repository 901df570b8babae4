"""What a call page tells applicants: where to apply, whom to contact, what to submit (READING O2). Pure; no errors."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple
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


def form_address(document: Document) -> str | None:
    """The address, empty for the page itself, of the application form in the article (C6)."""
    for form in islice(document.root.iter("form", "iframe"), _MOST_FORMS):
        name = " ".join(form.get(key, "")[:300] for key in ("id", "class", "action", "name", "src", "title"))
        is_in_article = any(box.tag in ("article", "main") for box in form.iterancestors())
        has_input = any(field.get("type") not in ("hidden", "submit", "search") for field in form.iter("input"))
        if is_in_article and (has_input or form.tag == "iframe") and _is_to_apply(name.lower()):
            return str(form.get("action", form.get("src", "")))[:_LONGEST_ADDRESS]
    return None


def _is_to_apply(name: str) -> bool:
    return any(one in name for one in _FORM_NAMES) and not any(one in name for one in _OTHER_FORMS)


# ── contact ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_PUNCTUATION: Final = ".,;:!?()[]<>“”„\"'’"
_SPELT: Final = ("[at]", "(at)")


class Mail(NamedTuple):
    """A mail address, and its position."""

    address: str
    where: Where


def contact(lines: Sequence[Line]) -> Mail | None:
    """The mail address of the article; of several, the one introduced by words like “contact” or “questions”."""
    led: list[Mail] = []
    others: list[Mail] = []
    above = False
    for line in lines:
        own = [*_linked_mails(line), *_written_mails(line)]
        for mail in own:
            (led if above or line.scan.has("question", "contact", end=mail.where.end) else others).append(mail)
        above = not own and line.scan.has("question", "contact") and len(line.text) <= LONGEST_NEED
    return next(iter([*led, *others]), None)


def _linked_mails(line: Line) -> Iterator[Mail]:
    for link in line.links:
        scheme, _, rest = link.href.partition(":")
        address = unquote(rest.partition("?")[0]).strip()
        if scheme.lower() == "mailto" and _is_mail(address):
            yield Mail(address, Where(line, link.start, link.end))


def _written_mails(line: Line) -> Iterator[Mail]:
    """The addresses in its text, including “a [at] example.org”."""
    text = line.text
    for sign in _SPELT:
        text = text.replace(f" {sign} ", "@").replace(sign, "@")
    end, is_spelt = 0, text != line.text
    for word in text.split():
        start = text.index(word, end)
        end = start + len(word)
        if _is_mail(word.strip(_PUNCTUATION)):
            yield Mail(
                word.strip(_PUNCTUATION), Where(line, 0, len(line.text)) if is_spelt else Where(line, start, end)
            )


def _is_mail(address: str) -> bool:
    name, at, host = address.partition("@")
    return bool(name and at and address.isascii()) and "." in host.strip(".") and "@" not in host and host[0].isalnum()


# ── what to submit ───────────────────────────────────────────────────────────────────────────────────────────────────


def needs(lines: Sequence[Line]) -> tuple[tuple[str, Where], ...]:
    """What applicants have to submit: the whole list under its heading, and each sentence that asks for something."""
    found: dict[str, Where] = {}
    for need, where in _needs(deque(lines)):
        found.setdefault(need[:LONGEST_NEED], where)
    return tuple(found.items())[:MOST_NEEDS]


def _needs(waiting: deque[Line]) -> Iterator[tuple[str, Where]]:
    while waiting:
        line = waiting.popleft()
        if _heads_items(line):
            yield from _items_of(line, waiting)
        elif not line.is_heading:
            spans = [span for span in sentences_of(line.scan) if _is_need(scan(span.of(line.scan)))]
            yield from ((span.of(line.scan), Where(line, *span)) for span in spans)


def _items_of(head: Line, waiting: deque[Line]) -> Iterator[tuple[str, Where]]:
    first: Line | None = None
    while waiting and (_leads_in(waiting[0]) or _is_item(waiting[0], head, first)):
        line = waiting.popleft()
        if not _leads_in(line):
            first = first or line
            yield line.shown[len(_bullet_of(line.text)) :].strip(), Where(line, 0, len(line.text))


def _leads_in(line: Line) -> bool:
    """“Please send us:” introduces the list under its heading."""
    return not line.is_heading and not _is_marked(line) and line.text.rstrip().endswith(":")


def _heads_items(line: Line) -> bool:
    """“Applicants should submit:”, or a heading “What to submit”."""
    asks = line.scan.has("submit", "need")
    return asks and (line.text.rstrip().endswith(":") or line.is_heading)


def _is_item(line: Line, head: Line, first: Line | None) -> bool:
    """One item of a list: not a heading, a day or a contact, and marked like the first item."""
    text = line.scan
    is_of_asking = text.has("question", "contact") and not text.has("need")
    is_other = is_of_asking or "@" in line.text or (line.is_link and text.has("apply"))
    if line.is_heading or is_other or len(line.text) > _LONGEST_ITEM or find_days(text, ANY_YEAR):
        return False
    is_marked = _is_marked(line)
    return is_marked if first and _is_marked(first) else is_marked or _is_unmarked_item(line, head)


def _is_unmarked_item(line: Line, head: Line) -> bool:
    is_sentence = line.text[:1].isupper() and line.text.rstrip().endswith((".", "!"))
    return head.is_heading or not is_sentence or line.block == head.block or line.scan.has("need")


def _is_marked(line: Line) -> bool:
    return line.item is not None or _bullet_of(line.text) != ""


def _bullet_of(text: str) -> str:
    """The dash, dot or number that begins an item: “– ”, “• ”, “1. ”, “2) ”."""
    rest = text.lstrip(f"{DASHES}•·*o☐✓✔ \u00a0")
    bullet = text[: len(text) - len(rest)]
    if bullet.strip() in ("", "o") and bullet != "o ":
        head, _, tail = text.partition(" ")
        is_number = head[:-1].isdigit() and head[-1:] in (".", ")") and bool(tail)
        return f"{head} " if is_number else ""
    return bullet


def _is_need(text: Text) -> bool:
    return text.has("need") or any(
        text.has("submit", start=must.end, end=must.end + _REACH) for must in text.cues_of("must")
    )
