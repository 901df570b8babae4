"""How to register for an edition, and until when, as its own page tells it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from cmr_watch.monitor.parse.calls import mentions_call
from cmr_watch.monitor.parse.dates import find_dates
from cmr_watch.monitor.parse.home import NEXT, Home
from cmr_watch.monitor.parse.materials import Anchor, leads_to_another
from cmr_watch.monitor.parse.sentences import Sentence

_REGISTER: Final = re.compile(
    r"\bregist(?:er|ration|rations)\b|\bsign[ ‐‑-]?up\b"
    r"|\b(?:i|we)(?: want|'d like|’d like| would like) to (?:participate|attend|join|take part)\b"
    r"|\b(?:book|reserve|secure|save) (?:your|my|a) (?:place|seat|spot)\b",
    re.I,
)
_OTHER_REGISTER: Final = re.compile(
    r"\b(?:newsletter|profile|platform|transparency|commercial|mailing list|b2b|matchmaking"
    r"|webinar|call for|to host)\b",
    re.I,
)
_ABOUT: Final = re.compile(r"\b(?:regist\w+|sign[ ‐‑-]?up|signing up|book your (?:place|seat)|attend)\b", re.I)
_NOT_OPEN: Final = re.compile(
    r"\bregist\w+[^.;]{0,60}?(?:"
    r"(?<!will be )(?<!to be )(?<!not )(?<!not be )(?<!not yet )(?<!be )\bclosed\b(?! to\b)"
    r"|\b(?:is|are|now) (?:\w+ )?(?:full|over)\b"
    r"|\b(?:has|have) (?:\w+ )?(?:ended|closed|expired)\b|\bno longer\b"
    r"|\bwill (?:\w+ )?(?:open|be (?:\w+ )?(?:open(?:ed)?|available|launched|possible))\b"
    r"|\bopens?\b[^.;]{0,12}\b(?:soon|shortly|in|on)\b"
    r"|\bopening (?:soon|shortly)\b|\bcoming soon\b|\bnot (?:yet )?(?:been )?(?:open|possible|available)\w*"
    r"|\bto (?:be opened|follow)\b)"
    r"|\b(?:fully booked|sold out|no (?:more )?places (?:left|available)"
    r"|(?:event|workshop) is full\b|all places are taken)",
    re.I,
)
_OPEN_BESIDE: Final = re.compile(
    r"\b(?:still|can also|may still) (?:be )?(?:regist\w+|sign[ ‐‑-]?up|possible|join online)\b", re.I
)
"""One way to take part is closed, another is not: “you can still register to follow online”."""
_STILL_OPEN: Final = re.compile(r"\bregist\w+ (?:is|are) (?:now |still )?open\b|\bregister now\b", re.I)


def registration_url(anchors: Sequence[Anchor], sentences: Sequence[Sentence], home: Home) -> str | None:
    """The first link that says register; None where the page says that registration is closed, full or to come."""
    own = [sentence.text for sentence in sentences if not home.is_another(sentence.text)]
    if any(map(_says_not_open, own)) and not any(map(_OPEN_BESIDE.search, own)):
        return None
    return next((anchor.url for anchor in anchors if _leads_to_registration(anchor, home)), None)


def _says_not_open(text: str) -> bool:
    return bool(_NOT_OPEN.search(text)) and not _STILL_OPEN.search(text)


def _leads_to_registration(anchor: Anchor, home: Home) -> bool:
    around = f"{anchor.before}{anchor.words}{anchor.after}"
    if _OTHER_REGISTER.search(anchor.words) or home.is_another(anchor.sentence.text) or leads_to_another(anchor):
        return False
    if _follows_the_next(anchor, home) or home.is_of_another_place(anchor.sentence.text):
        return False
    if _REGISTER.search(anchor.words):
        return True
    if not anchor.is_bare or _OTHER_REGISTER.search(around) or mentions_call(around):
        return False
    beside = f"{anchor.before} {anchor.after[:_NEAR]} {_said_before(anchor)}"
    return bool(_REGISTER.search(beside) or _REGISTER.search(anchor.sentence.under))


def _said_before(anchor: Anchor) -> str:
    """“Registration is now open! Click here”: the sentence before one that says nothing but “click here”."""
    sentence = anchor.sentence
    return sentence.line.text[: sentence.start][-_NEAR:] if anchor.stands_alone else ""


_NEAR: Final = 40


def _follows_the_next(anchor: Anchor, home: Home) -> bool:
    """“The next workshop will be in Prague. Register here!”"""
    sentence = anchor.sentence
    above = sentence.line.text[max(0, sentence.start - _REACH) : sentence.start]
    return bool(NEXT.search(above)) and home.is_another(above)


_REACH: Final = 200


# ── until when ───────────────────────────────────────────────────────────────────────────────────────────────────

_DEADLINE: Final = re.compile(r"\b(?:dead[\s‐‑-]?lines?|cut[\s‐‑-]?offs?|last day|closing date)\b", re.I)
_LED_IN: Final = re.compile(
    r"\b(?:until|till|by|before|not? later than|at the latest|clos(?:es?|ing|ed)|ends?|due"
    r"|extended (?:from [^.;:]{0,40} )?(?:to|until|till)|latest|up to"
    r"|dead[\s‐‑-]?lines?(?: (?:for|of|to) [^.;:]{0,40})?|cut[\s‐‑-]?offs?"
    r"|last day(?: (?:for|of|to) [^.;:]{0,40})?|closing date)"
    r"(?:\s+(?:on|the|is|was|at|midnight|end of|date|registration|this|next"
    r"|\d{1,2}[:.h]\d\d|CES?T|new|\w{3,6}day))*[\s:,(‐‑‒–—―−\t-]*$",
    re.I,
)
_LEAD: Final = 80
_UNDER: Final = re.compile(r"\b(?:regist\w+|sign[ ‐‑-]?up|how to (?:join|attend|participate))\b", re.I)


def registration_closes_on(sentences: Sequence[Sentence], home: Home, starts_on: date | None) -> date | None:
    """The first day until which the page takes registrations; a day without a year is the last one before the event."""
    for above, sentence in zip((None, *sentences), sentences, strict=False):
        about = _is_about_registration(sentence) or _continues(sentence, above)
        if about and not home.is_another(sentence.text):
            text = _with_label(sentence, above)
            days = [day for day in _days(text, starts_on) if starts_on is None or day <= starts_on]
            if days:
                return days[-1]
    return None


_OTHER_DEADLINE: Final = re.compile(
    r"\b(?:hotel|accommodation|rooms?|abstracts?|b2b|matchmaking)\b(?![^.;]{0,60}\b(?:and|workshop)\b)", re.I
)


def _is_about_registration(sentence: Sentence) -> bool:
    text = sentence.text
    if mentions_call(text) or _OTHER_DEADLINE.search(text):
        return False
    if _ABOUT.search(text):
        return True
    return bool(_UNDER.search(sentence.under) or _ABOUT.search(sentence.line.text[: sentence.start][-_LEAD:])) and bool(
        _DEADLINE.search(text) or re.search(r"\b(?:open|clos\w+|until|by|before)\b", text, re.I)
    )


_ONLY_A_DEADLINE: Final = re.compile(r"\W*(?:dead[\s‐‑-]?line|closing date|open until|until|by|before)\b[^a-z]", re.I)
_LABEL: Final = re.compile(
    r"\W*(?:dead[\s‐‑-]?line (?:for|of|to) regist\w+"
    r"|regist\w+ (?:dead[\s‐‑-]?line|closing date|closes(?: on)?|until))\W*",
    re.I,
)


def _continues(sentence: Sentence, above: Sentence | None) -> bool:
    """“Deadline: 10 November” in the line below the form, or a day below the line “Registration deadline”."""
    if above is None or mentions_call(above.text) or not _ABOUT.search(above.text):
        return False
    return bool(_ONLY_A_DEADLINE.match(sentence.text) or _LABEL.fullmatch(above.text))


def _with_label(sentence: Sentence, above: Sentence | None) -> str:
    return f"{above.text} {sentence.text}" if above and _LABEL.fullmatch(above.text) else sentence.text


def _days(text: str, starts_on: date | None) -> list[date]:
    """The days of a sentence that are led in as an end."""
    found = find_dates(text, starts_on.year if starts_on else None, single=True)
    ends = [one for one in found if _LED_IN.search(text[max(0, one.start - _LEAD) : one.start])]
    if not ends and _PERIOD.search(text):
        spans = find_dates(text, starts_on.year if starts_on else None)
        return [one.ends_on for one in spans if one.ends_on and one.ends_on != one.starts_on]
    return [_in_time(one.starts_on, text[one.start : one.end], starts_on) for one in ends if one.starts_on]


_PERIOD: Final = re.compile(r"\bregist\w+ (?:period|window|dates?|phase|(?:is |are |will be )?(?:now )?open)\b", re.I)
"""“Registration is open from 10 January to 10 February” ends with its last day."""


_STATES_ITS_YEAR: Final = re.compile(r"\d{4}|\d[./-]\d{1,2}[./-]\d|['’]\d\d")


def _in_time(day: date, words: str, starts_on: date | None) -> date:
    """“by 20 December” for an event in January is of the year before."""
    if starts_on is None or day <= starts_on or _STATES_ITS_YEAR.search(words) or (day.month, day.day) == (2, 29):
        return day
    return day.replace(year=day.year - 1)
