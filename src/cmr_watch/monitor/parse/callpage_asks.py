"""What a call page asks of applicants: where to apply, whom to ask, what to hand in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urldefrag, urlsplit

from lxml import html

from cmr_watch.monitor.parse.dates import find_dates
from cmr_watch.monitor.parse.entry import resolve
from cmr_watch.monitor.parse.headings import looks_like_heading
from cmr_watch.monitor.parse.lines import Line, Link

LONGEST_NEED: Final = 300
MOST_NEEDS: Final = 10
_LONGEST_LINE: Final = 4_000
_REACH: Final = 80
_LONGEST_ADDRESS: Final = 2_000

# ── where to apply ───────────────────────────────────────────────────────────────────────────────────────────────

_APPLY_NOW: Final = re.compile(r"\bapply\b(?!.{0,20}\b(?:guide|rules)\b)", re.I)
_FORM: Final = re.compile(
    r"\b(?:application|registration|expression[\s‐‑-]of[\s‐‑-]interest|eoi|online|interest) form\b"
    r"|\b(?:eu)?survey\b|\b(?:submit|express|send|fill)\b|\byour (?:application|interest|proposal)\b|\bapplication\b",
    re.I,
)
_PLAIN: Final = re.compile(
    r"\W*(?:click |via |at |by |on |in |using )*(?:this |the |our )?(?:here|link|form|page)\W*", re.I
)
_NEAR_APPLY: Final = re.compile(
    r"\bappl(?:y|ications?|icants?)\b|\bsubmi\w+\b|\bexpress\w*\b|\bform\b|\bsurvey\b", re.I
)
_OTHER_TEXT: Final = re.compile(
    r"\b(?:guid\w+|templates?|faqs?|how to|who can|terms|rules|conditions|privacy|criteria|example|download|leaflet"
    r"|presentation|results?)\b",
    re.I,
)
_DOCUMENT: Final = re.compile(r"\.(?:pdf|docx?|odt|rtf|xlsx?|pptx?|zip)$", re.I)
_SURVEY_HOST: Final = re.compile(r"/eusurvey/|(?:^|\.)(?:forms\.(?:office|gle|microsoft)|docs\.google)", re.I)


def apply_url(lines: Sequence[Line], base: str) -> str | None:
    """The link to apply: one that says so, then a survey's, then “here” beside such words; a document comes last."""
    ranked = [
        (rank, url)
        for line in lines
        for link in line.links
        if (url := _address(base, link.href)) and (rank := _rank(line.text, link, url)) is not None
    ]
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


def _address(base: str, href: str) -> str | None:
    """Where a link leads, or None: a mark in this page and a mail address are no way to apply."""
    url = resolve(base, href[:_LONGEST_ADDRESS])
    return url if url and urldefrag(url)[0] != urldefrag(base)[0] else None


def _rank(text: str, link: Link, url: str) -> int | None:
    said = text[link.start : link.end][:LONGEST_NEED]
    parts = urlsplit(url)
    rank = _rank_of_words(said, text[max(0, link.start - _REACH) : link.end + _REACH])
    if _SURVEY_HOST.search(parts.path) or _SURVEY_HOST.search(parts.netloc):
        rank = 1 if rank is None else min(rank, 1)
    if rank is None:
        return None
    return rank + 10 * bool(_DOCUMENT.search(parts.path)) + 5 * bool(_OTHER_TEXT.search(said))


def _rank_of_words(said: str, around: str) -> int | None:
    if _APPLY_NOW.search(said):
        return 0
    if _FORM.search(said):
        return 2
    is_beside = bool(_PLAIN.fullmatch(said) or said.startswith(("http", "www."))) and _NEAR_APPLY.search(around)
    return 3 if is_beside else None


_FORM_NAME: Final = re.compile(r"webform|appl(?:y|ication)|expression|\beoi\b|survey", re.I)
_OTHER_FORM: Final = re.compile(
    r"search|newsletter|log-?in|subscri|comment|contact|feedback|poll|user-|cookie|filter|exposed|vote|share|language",
    re.I,
)
_MOST_FORMS: Final = 40


def form_url(root: html.HtmlElement, base: str) -> str | None:
    """Where the article's own form to apply leads, or None. A form without an address leads to the page itself."""
    found = (form for part in ("article", "main") for box in list(root.iter(part))[:4] for form in box.iter("form"))
    for number, form in enumerate(found):
        if number < _MOST_FORMS and _is_to_apply(form):
            return resolve(base, (form.get("action") or "")[:_LONGEST_ADDRESS]) or base
    return None


def _is_to_apply(form: html.HtmlElement) -> bool:
    name = " ".join((form.get(key) or "")[:LONGEST_NEED] for key in ("id", "class", "action", "name"))
    return bool(_FORM_NAME.search(name)) and not _OTHER_FORM.search(name) and _has_input(form)


def _has_input(form: html.HtmlElement) -> bool:
    return any(field.get("type") not in ("hidden", "submit", "search") for field in form.iter("input"))


# ── whom to ask ──────────────────────────────────────────────────────────────────────────────────────────────────

_MAIL: Final = re.compile(
    r"(?<![\w.+-])[a-z0-9_][\w.+-]{0,63}(?:@|\s?[\[(]at[\])]\s?)[a-z0-9][\w-]{0,62}(?:\.[a-z0-9][\w-]{0,62}){1,4}(?<![\d_-])",
    re.I | re.A,
)
_AT: Final = re.compile(r"\s?[\[(]at[\])]\s?", re.I)
_LEADS_IN: Final = re.compile(
    r"\b(?:contact\w*|questions?|quer(?:y|ies)|enquir\w+|inquir\w+|help\w*|support team|information|clarifications?)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class _Mail:
    address: str
    led_in: bool


def contact(lines: Sequence[Line]) -> str | None:
    """The mail address of the article; of several the one that words like “contact” or “questions” lead in."""
    mails: list[_Mail] = []
    above = ""
    for line in lines:
        text = line.text[:_LONGEST_LINE]
        lead = above if len(text) <= LONGEST_NEED else ""
        mails += [_Mail(mail, bool(_LEADS_IN.search(f"{lead} {before}"))) for mail, before in _mails(line, text)]
        above = text if len(text) <= LONGEST_NEED and not mails else ""
    return next((mail.address for mail in [*filter(lambda mail: mail.led_in, mails), *mails]), None)


def _mails(line: Line, text: str) -> Iterator[tuple[str, str]]:
    """Each address with the words before it: what links lead to, then what the text spells."""
    for link in line.links:
        if link.href.lower().lstrip().startswith("mailto:"):
            target = _MAIL.match(unquote(link.href[:_LONGEST_LINE].strip()[7:]).strip())
            if target:
                yield target[0], f"{text[max(0, link.start - 2 * _REACH) : link.end]}"
    for match in _MAIL.finditer(text):
        yield _AT.sub("@", match[0]), text[max(0, match.start() - 2 * _REACH) : match.start()]


# ── what to hand in ──────────────────────────────────────────────────────────────────────────────────────────────

_PAPER: Final = re.compile(
    r"\bletters? of (?:support|commitment|intent|motivation|endorsement|interest)\b"
    r"|\b(?:support|commitment|motivation|endorsement|recommendation) (?:letters?|statements?)\b"
    r"|\b(?:supporting|motivational|signed) (?:letters?|documents?|statements?)\b|\bmotivation\b|\bcommitment\b"
    r"|\bproof of\b|\bdeclaration of\b",
    re.I,
)
_MUST: Final = re.compile(
    r"\b(?:must|should|shall|need(?:s|ed)?|have to|has to|required?|requested|asked|invited|expected)\b[^.;]{0,60}"
    r"\b(?:submit\w*|provide\w*|include\w*|attach\w*|upload\w*|enclose\w*|hand in|accompanied|contain\w*|documents?)\b",
    re.I,
)
_HEADS_ITEMS: Final = re.compile(
    r"\b(?:submit\w*|provide\w*|include\w*|attach\w*|upload\w*|enclose\w*|hand in|contain\w*|documents?|requirements?"
    r"|(?:what|how) to (?:submit|apply|prepare)|applications? (?:package|file))\b",
    re.I,
)
_SENTENCE: Final = re.compile(r"(?<=[a-z)][.!?;])\s+(?=[A-Z])")
_LONGEST_ITEM: Final = 200


def needs(lines: Sequence[Line]) -> tuple[str, ...]:
    """What applicants have to hand in, a line or a sentence each."""
    found: dict[str, None] = {}
    in_list = False
    for line in lines:
        text = line.shown[:_LONGEST_LINE]
        if in_list and _is_item(line, text):
            found[text[:LONGEST_NEED]] = None
            continue
        in_list = text.rstrip().endswith(":") and bool(_HEADS_ITEMS.search(text))
        if not looks_like_heading(line) and not in_list:
            found |= dict.fromkeys(part[:LONGEST_NEED] for part in _parts(text) if _is_need(part))
    return tuple(found)[:MOST_NEEDS]


def _is_item(line: Line, text: str) -> bool:
    """One of the things that a list names: short, no heading, neither a date nor whom to ask."""
    if looks_like_heading(line) or len(text) > _LONGEST_ITEM or _MAIL.search(text) or find_dates(text, single=True):
        return False
    is_sentence = text[:1].isupper() and text.endswith(".") and not _PAPER.search(text)
    return not is_sentence and not _LEADS_IN.search(text) and not _APPLY_NOW.search(text)


def _parts(text: str) -> list[str]:
    return [text] if len(text) <= LONGEST_NEED else _SENTENCE.split(text)


def _is_need(text: str) -> bool:
    return bool(_PAPER.search(text) or _MUST.search(text))
