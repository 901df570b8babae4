"""The words beside place and date: remarks, states, and what a link in a line leads to."""

from __future__ import annotations

import re
from typing import Final

_I: Final = re.IGNORECASE

CANCELLED: Final = re.compile(r"(?<!not )(?<!not been )\b(?:cancell?ed|called off)\b", _I)
POSTPONED: Final = re.compile(
    r"(?<!previously )(?<!originally )(?<!formerly )(?<!not )\b(?:postponed|on hold|delayed)\b", _I
)
SAVE_THE_DATE: Final = re.compile(r"\bsave[\s-]+the[\s-]+dates?\b", _I)
TENTATIVE: Final = re.compile(
    r"\b(?:t\.?b\.?[cad]\b\.?|to be (?:confirmed|announced|defined|decided|determined)|provisional(?:ly)?|tentative(?:ly)?)",
    _I,
)
SUMMARY: Final = re.compile(r"\bsummar(?:y|ies)\b", _I)
OTHER_MATERIAL: Final = re.compile(
    r"\b(?:agenda|programme|booklet|paper|proceedings|photos?|gallery|pictures|slides|presentations?|recordings?|videos?"
    r"|regist\w*|sign[ -]up|apply|application|livestream|watch)\b",
    _I,
)
_STRONG = (
    r"save[\s-]+the[\s-]+dates?|cancell?ed|called off|postponed|rescheduled|moved (?:from|to)|on hold|new (?:dates?|venue)"
    r"|fully booked|sold out|t\.?b\.?[cad]\b|to be (?:confirmed|announced|defined|decided|determined)|provisional\w*"
    r"|tentative\w*|instead of|originally|previously|regist(?:er|ration)\b|deadline|read (?:the|our|more|about)"
    r"|event summary|more info\w*|hybrid (?:event|format)|and online|date[s:]*$"
)
REMARK: Final = re.compile(rf"\b(?:{_STRONG})", _I)
"""Begins what belongs to no place, wherever it stands."""

REMARK_PART: Final = re.compile(
    rf"\W*(?:(?:{_STRONG})|(?:moved|delayed|updated?|new|booked|booking|dates?|from|on|in|at|initially|formerly|apply|hybrid"
    r"|online|virtual|live|in[ -]person|physical|read|see|watch|download|discover|explore|check|find|click|details|learn"
    r"|summary|summaries|agenda|programme|recordings?|photos?|slides|proceedings|presentations?|held|took place"
    r"|takes? place|will|is|was|by|until|between|for more|stay tuned|coming soon|soon|and|the event|event)\b(?!\s+[A-Z])"
    r"|\d)",
    _I,
)
"""Begins a part (after a comma or dash) that belongs to no place."""

PREFIX: Final = re.compile(
    r"(?:\W*(?:save[\s-]+the[\s-]+dates?|new (?:edition|dates?)|new(?=\s*[:!–—-])|coming (?:up|soon)|next(?: up| edition)?|(?:the )?\d{1,2}(?:st|nd|rd|th)"
    r"(?: edition| workshop)?(?: of)?(?: the)?|\d{1,2}[.)]|#\d{1,2}|clusters?[\s-]+meets?[\s-]+regions?(?:\s+20\d\d)?|(?:edition|workshop"
    r"|event)s?(?= in\b| at\b|\s*[:–—-])|place|location|city|venue|where|host (?:region|city)|in|at|(?:cancell?ed|postponed|rescheduled|fully booked|sold out|registration (?:is )?(?:now )?open|reminder|updated?"
    r"|tentative|provisional|t\.?b\.?[ca]\.?)(?=\s*[:!)\]–—-]))(?![\w’'])"
    r"(?:\s*[:–—-])?\W*)+",
    _I,
)
"""Stands before a place and is not part of it."""

NOT_ITS_DATE: Final = re.compile(
    r"(?:\b(?:by|until|till|before|no later than|deadlines?|clos(?:es?|ing)|ends?|due|instead of|originally|initially"
    r"|previously|formerly|published|updated|posted|submitted|created|modified|as of|was|were|opens?|starts?)"
    r"|\b(?:rescheduled|moved|postponed|changed|shifted|transferred|delayed)\b[^.;]{0,20}\bfrom)"
    r"(?:\s+(?:on|the|planned|scheduled|date|dates|for|is|was|at|from|foreseen))*[\s:(–—-]*$",
    _I,
)
"""Leads in a date that is not the edition's."""

NEW_DATE: Final = re.compile(
    r"(?:\bnew dates?|\bnow|\b(?:rescheduled|moved|postponed|changed|shifted|delayed)\b[^.;]{0,60}\bto|→|⇒|[-=]>)"
    r"(?:\s+(?:on|the|is|are|for))*[\s:(–—-]*$",
    _I,
)
"""Leads in the date that counts."""

FROM: Final = re.compile(r"\bfrom(?:\s+the)?[\s:(–—-]*$", _I)
