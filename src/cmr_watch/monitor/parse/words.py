"""The words beside place and date: remarks, states, and what a link in a line leads to."""

from __future__ import annotations

import re
from typing import Final

_I: Final = re.IGNORECASE


def set_of(text: str) -> frozenset[str]:
    """The words of a text, for a vocabulary that reads as one."""
    return frozenset(text.split())


# Words may be glued to the date before them: “October 2025CANCELLED”.
_START = r"(?<![^\W\d_])"
CANCELLED: Final = re.compile(rf"(?<!not )(?<!not been ){_START}(?:cancell?ed|called off)\b", _I)
POSTPONED: Final = re.compile(
    rf"(?<!previously )(?<!originally )(?<!formerly )(?<!not )(?<!not been ){_START}(?:postponed|on hold|delayed)\b", _I
)
SAVE_THE_DATE: Final = re.compile(rf"{_START}save[\s‐‑-]+the[\s‐‑-]+dates?\b", _I)
_TO_COME = r"t\.?b\.?[cad]\b\.?|to be (?:confirmed|announced|defined|decided|determined)"
TENTATIVE: Final = re.compile(
    rf"(?<!venue )(?<!place )(?<!location )(?<!agenda )(?<!programme )"
    rf"{_START}(?:{_TO_COME}|provisional(?:ly)?|tentative(?:ly)?)",
    _I,
)
SUMMARY: Final = re.compile(r"\bsummar(?:y|ies)\b", _I)
OTHER_MATERIAL: Final = re.compile(
    r"\b(?:agenda|programme|booklet|paper|proceedings|photos?|gallery|pictures|slides|presentations?|recordings?|videos?"
    r"|regist\w*|sign[ ‐‑-]up|apply|application|livestream|watch)\b",
    _I,
)
_STRONG = (
    r"save[\s‐‑-]+the[\s‐‑-]+dates?|cancell?ed|called off|postponed|rescheduled|moved (?:from|to)"
    r"|on hold|new (?:dates?|venue)"
    rf"|fully booked|sold out|{_TO_COME}|provisional\w*|tentative\w*|instead of|originally|previously"
    r"|regist(?:er|ration)\b|deadline|cut[\s‐‑-]?offs?\b|read (?:the|our|more|about)|event summary|more info\w*"
    r"|hybrid (?:event|format)|(?:and|[&+/]) (?:online|virtual|hybrid)|hosted by|organised by|date[s:]*$"
)
REMARK: Final = re.compile(rf"(?<!\w)(?:{_STRONG})", _I)
"""Begins what belongs to no place, wherever it stands."""

REMARK_PART: Final = re.compile(
    rf"\W*(?:(?:{_STRONG})|(?:moved|delayed|updated?|new|booked|booking|dates?|from|on|in|at|initially|formerly|apply"
    r"|hybrid|online|virtual|live|in[ ‐‑-]person|physical|read|see|watch|download|discover|explore|check|find|click"
    r"|learn|details|summary|summaries|agenda|programme|recordings?|photos?|slides|proceedings|presentations?|held"
    r"|took place|takes? place|will|is|was|by|until|between|for more|stay tuned|coming soon|soon|and|(?:the )?event"
    r"|under|unscr|venue|speakers|republic of$)\b(?!\s+(?-i:[A-Z]))|unscr|under unscr|\d)",
    _I,
)
"""Begins a part (after a comma or dash) that belongs to no place."""

LABEL: Final = re.compile(
    r"\b(?:place|location|city|town|country|region|venue|where|when|dates?|host(?:ing)? (?:region|city|country))\s*:",
    _I,
)
"""“City: Lyon, Country: France”."""

_SERIES = r"clusters?[\s‐‑-]+meets?[\s‐‑-]+regions?(?:[\s‐‑-]+['’]?(?:20)?\d\d)?|cmr(?:['’]?(?:20)?\d\d)?"
_NOUN = r"(?:edition|workshop|event|meeting)s?"
_STATE = (
    r"cancell?ed|postponed|rescheduled|fully booked|sold out|registration (?:is )?(?:now )?open|reminder|updated?"
    r"|tentative|provisional|hybrid(?: event)?|t\.?b\.?[ca]\.?"
)
PREFIX: Final = re.compile(
    rf"(?:[^\w'’]*(?:['’](?!s-))?(?:save[\s‐‑-]+the[\s‐‑-]+dates?|new (?:{_NOUN}|dates?)|new(?=\s*[:!‐‑‒–—―−-])"
    rf"|coming (?:up|soon)|next(?: up| edition)?"
    rf"|(?:the )?\d{{1,2}}(?:st|nd|rd|th)(?: edition| workshop)?(?: of)?(?: the)?"
    rf"|\d{{1,2}}[.)]|\d{{1,2}}(?=\t)|#?\d{{1,2}}(?=[:)])|#\d{{1,2}}|[a-z]\)|#?(?:{_SERIES})"
    rf"|{_NOUN}(?= in\b| at\b|\s*[:‐‑‒–—―−-])|place|location|city|venue|where|host (?:region|city)|in|at"
    rf"|(?:{_STATE})(?=\s*[:!)\]‐‑‒–—―−-]))(?!\w|['’]\w)(?:['’]|(?:\s*[:‐‑‒–—―−-])?)[^\w'’]*)+",
    _I,
)
"""Stands before a place and is not part of it."""

SHOUTED: Final = re.compile(
    r"\W*(?:NEW (?=\w*[a-z])|(?:CANCELL?ED|POSTPONED|RESCHEDULED|Cancell?ed|Postponed|Rescheduled) (?=[^\W\d_])"
    r"|[o§Ø] (?=[^\W\d_]))"
)
"""Stands before a place without anything between: a state, “NEW” before small letters, a bullet of a word processor."""

NOT_ITS_DATE: Final = re.compile(
    r"(?:\b(?:by|until|till|before|no later than|deadlines?|clos(?:es?|ing)|ends?|due|instead of|originally|initially"
    r"|previously|formerly|published|publication|updated|posted|submitted|created|modified|as of|was|were"
    r"|opens?|opening|launch(?:ed)?|starts?)"
    r"|\bcut[\s‐‑-]?offs?(?: dates?)?(?: \d)?"
    r"|\b(?:rescheduled|moved|postponed|changed|shifted|transferred|delayed)\b[^.;]{0,20}\bfrom)"
    r"(?:\s+(?:on|the|planned|scheduled|date|dates|for|is|was|at|from|foreseen))*[\s:(‐‑‒–—―−-]*$",
    _I,
)
"""Leads in a date that is not the edition's."""

NEW_DATE: Final = re.compile(
    r"(?:\bnew dates?|\bnow|\b(?:rescheduled|moved|postponed|changed|shifted|delayed)\b[^.;]{0,60}\bto|→|⇒|[-=]>)"
    r"(?:\s+(?:on|the|is|are|for))*[\s:(‐‑‒–—―−-]*$",
    _I,
)
"""Leads in the date that counts."""

FROM: Final = re.compile(r"\bfrom(?:\s+the)?[\s:(‐‑‒–—―−-]*$", _I)
