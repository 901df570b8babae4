"""Cut-off dates: the instant until which applications are taken, from prose or from a list."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final, Literal
from zoneinfo import ZoneInfo

from cmr_watch.models import Cutoff, ReadingWarning
from cmr_watch.monitor.parse import words
from cmr_watch.monitor.parse.dates import Found, find_dates

BRUSSELS: Final = ZoneInfo("Europe/Brussels")
END_OF_DAY: Final = time(23, 59)
"""The time of a cut-off that names none."""

_CUT_OFF: Final = r"(?:dead[\s-]?lines?|cut[\s\u2010\u2011–-]?offs?)"
SPEAKS_OF_CUTOFF: Final = re.compile(
    rf"\b(?:{_CUT_OFF}|closing dates?|due dates?|submission dates?|collection dates?|last day to apply)\b", re.I
)
_LED_IN: Final = re.compile(
    r"(?:\b(?:until|till|by|before|no later than|not later than|up to|clos(?:es?|ing)(?: on)?|extended to|due"
    r"|ends?(?: on)?)"
    rf"|\b{_CUT_OFF}\b[^.;]{{0,60}})"
    r"(?:\s+(?:on|the|is|are|at|midnight|\d{1,2}[:.h]\d\d|[CG][A-Z]{2,3}|\w+day|end of))*[\s:,(–—-]*$",
    re.I,
)
_OTHER_EVENT: Final = re.compile(
    r"\b(?:from|since|starting|starts?|begin\w*|open(?:s|ed|ing)?|launch\w*|publish\w*|publication|held|results?|announced"
    r"|between|updated|posted|instead of|originally|previously|was)\b(?:\s+(?:on|the|in|is|are|at|by))*[\s:,(–—-]*$",
    re.I,
)
_OTHER_SUBJECT: Final = re.compile(
    r"\b(?:results?|notif\w+|inform\w*|announc\w+|evaluat\w+|selected|feedback|held|takes? place|took place)\b", re.I
)
"""What happens until such a day is no application, unless the same words speak of a cut-off."""
_OF_THE_PAGE: Final = re.compile(r"^\W*(?:submitted|posted|published) by\b[^.;]{0,80}\bon\W*$", re.I)
_TO_APPLY: Final = re.compile(r"\b(?:appl\w+|submi\w+|sen[dt]|interest)\b", re.I)
_EVENTS: Final = re.compile(r"\b(?:take place|taking place|hosted|hosting|organi[sz]ed|implemented)\b", re.I)
_NO_CUTOFF: Final = re.compile(
    r"\W*(?:the )?(?:results?|notif\w+|announc\w+|evaluat\w+|publicat\w+|published|opens|opening|launch\w*|start\w*"
    r"|webinars?|info(?:rmation)? (?:sessions?|days?)|kick[\s-]?off|workshops?|events?)\b",
    re.I,
)
"""What a day of a list is when it is no cut-off: “15 July: results”, “Info day: 3 March”."""
_MOVES: Final = r"\b(?:extended|prolonged|postponed|moved|changed|shifted|rescheduled|delayed)\b"
_REPLACED: Final = re.compile(
    rf"{_MOVES}[^.;]{{0,40}}(?:\b(?:to|until|till)\b|[:→])[^.;]{{0,20}}$|(?:→|⇒|[-=]>)\W{{0,9}}$"
    rf"|\bnew (?:date|{_CUT_OFF})\b[^.;]{{0,20}}$",
    re.I,
)
"""Between a day and the one that takes its place: “31 May extended to 14 June”."""
_PUTS_OFF: Final = re.compile(
    rf"[^.;\d]{{0,80}}?{_MOVES}(?![^.;]{{0,40}}\bfrom\b)[^.;\d]{{0,40}}\b(?:to|until|till)\b", re.I
)
_TIME: Final = re.compile(
    r"(?P<hour>\d{1,2})(?:\s*[:.h]\s*(?P<minute>\d\d)(?:\s*(?P<half>[ap]\.?m\b\.?))?"
    r"|\s*(?P<only>[ap]\.?m\b\.?|h\b|hours?\b|hrs?\b|o['’]clock))"
    r"|\b(?P<word>noon|midday|midnight)\b",
    re.I,
)
_ZONE: Final = re.compile(
    r"(?<![A-Za-z])(?P<name>(?i:CEST|CET|GMT|UTC)|BST|WEST|WET|EEST|EET)(?:\s?(?P<hours>[+-]\d{1,2})(?::?(?P<minutes>\d\d))?)?"
    r"(?![A-Za-z])|(?<=\d)\s?(?P<offset>[+]\d\d):?(?P<rest>\d\d)(?!\d)"
)
_OFFSETS: Final = {"CEST": 2, "CET": 1, "GMT": 0, "UTC": 0, "BST": 1, "WEST": 1, "WET": 0, "EEST": 3, "EET": 2}
_WHERE: Final = {
    **dict.fromkeys(("CET", "CEST"), BRUSSELS),
    **dict.fromkeys(("EET", "EEST"), ZoneInfo("Europe/Helsinki")),
    **dict.fromkeys(("WET", "WEST"), ZoneInfo("Europe/Lisbon")),
    "BST": ZoneInfo("Europe/London"),
}
_BRUSSELS: Final = re.compile(
    r"\b(?:brussels|brussel|bruxelles)(?:\s+local)?\s+time\b|\btime(?:\s+in)?\s+brussels\b|\bCES?T\s?/\s?CES?T\b|\bCE\(S\)T",
    re.I,
)
_CLOSED: Final = re.compile(
    r"(?<!be )(?<!not )\b(?:closed|expired|passed|no longer open)\b|(?:\b(?:is|are|now)|[(–—-])\s?over\b", re.I
)
_TENTATIVE: Final = re.compile(
    rf"\bpotentially\b(?! interested)|\bpossibly\b"
    rf"|\b(?:potential|possible) (?:\w+ )?(?:{_CUT_OFF}|closing|dates?)\b|\b(?:potential|possible)\W{{0,9}}$",
    re.I,
)
_SENTENCE_END: Final = re.compile(r"(?<=[a-zA-Z)\d][.!?])\s+(?=[A-Z📅⏰🔔])|[;\n]")


@dataclass(frozen=True, slots=True)
class _Dated:
    """One day in a text, with the words before it and after it."""

    day: date
    lead: str
    tail: str
    text: str
    shared: str = ""
    ends_period: bool = False

    @property
    def near_lead(self) -> str:
        """The words right before it, where its time may stand."""
        return self.lead[-_REACH_OF_TIME:]


def read_cutoffs(
    text: str, year: int | None, *, listed: bool = False
) -> tuple[tuple[Cutoff, ...], list[ReadingWarning]]:
    """The cut-offs that a text names, in its order, and a warning for each zone name that is wrong on its day.

    `listed`: the text stands under words that speak of cut-offs, so that each of its days is one.
    """
    cutoffs: list[Cutoff] = []
    warnings: list[ReadingWarning] = []
    spoken = False
    for sentence in _sentences(text):
        spoken = bool(SPEAKS_OF_CUTOFF.search(sentence)) or (spoken and bool(_GOES_ON.match(sentence)))
        days = _standing(_with_shared_times(_days(sentence, year)))
        if cutoffs and days and puts_off(sentence):
            cutoffs.pop()
        for dated in days:
            if _is_listed(dated) if listed else _is_cutoff(dated, spoken=spoken):
                cutoff, right_zone = _cutoff(dated)
                cutoffs.append(cutoff)
                warnings += [] if right_zone else [ReadingWarning("cutoff-zone", cutoff.text)]
    return tuple(cutoffs), warnings


def puts_off(sentence: str) -> bool:
    """Whether a sentence gives the day above it a later one: “The deadline is extended to 14 June”."""
    return bool(_PUTS_OFF.match(sentence))


def _standing(days: list[_Dated]) -> list[_Dated]:
    """Days without those that the next one takes the place of."""
    return [day for day in days[:-1] if not _REPLACED.search(day.tail)] + days[-1:]


_GOES_ON: Final = re.compile(
    r"[^\w]*(?:(?:and|potential\w*|possibly|then|next|first|second|third|last|final)\b|\d)", re.I
)
"""Begins a sentence that goes on with a list of cut-offs."""


def _sentences(text: str) -> list[str]:
    return [sentence for sentence in _SENTENCE_END.split(text) if sentence.strip()]


def _days(sentence: str, year: int | None) -> list[_Dated]:
    """The single days of a sentence; a range is an event's period and no cut-off."""
    year = _own_year(sentence) or year
    spans = [found for found in find_dates(sentence, year) if found.starts_on != found.ends_on]
    periods = deque(span for span in spans if not _AND.search(sentence, span.start, span.end))
    days = [day for day in find_dates(sentence, year, single=True) if day.precision == "day"]
    parts = [(day, _part_of(_reaching(periods, day), day, sentence)) for day in days]
    return _with_words([(day, part == "end") for day, part in parts if part != "inside"], sentence)


def _reaching(periods: deque[Found], day: Found) -> Found | None:
    """The first period that is not over before a day. Days come in order, so what is over is over for good."""
    while periods and periods[0].end <= day.start:
        periods.popleft()
    return periods[0] if periods else None


def _own_year(sentence: str) -> int | None:
    """The one year that stands at some day of a list, and counts for its other days."""
    years = {day.starts_on.year for day in find_dates(sentence, single=True) if day.starts_on}
    return years.pop() if len(years) == 1 else None


def _with_words(days: list[tuple[Found, bool]], sentence: str) -> list[_Dated]:
    """Each day with the words that reach to its neighbours."""
    ends = [*(day.start for day, _ in days), len(sentence)][1:]
    starts = [0, *(day.end for day, _ in days)][: len(days)]
    return [
        replace(_dated(sentence, day, start, end), ends_period=ends_period)
        for (day, ends_period), start, end in zip(days, starts, ends, strict=True)
    ]


_AND: Final = re.compile(r"\band\b|&")
_UNTIL: Final = re.compile(r"\b(?:until|till)\b", re.I)
_TAKEN_FROM: Final = re.compile(r"\b(?:open|apply|appl\w+|submi\w+|accepted|taken|runs?|extended)\b[^.;]{0,30}$", re.I)


def _part_of(period: Found | None, day: Found, sentence: str) -> Literal["outside", "inside", "end"]:
    """Where a day stands: at the `end` of the time to apply (“open from … to …”), `inside` it or any other period."""
    if period is None or day.start < period.start:
        return "outside"
    to_apply = _UNTIL.search(sentence, period.start, period.end) or _TAKEN_FROM.search(sentence[: period.start][-80:])
    return "end" if to_apply and day.end >= period.end else "inside"


_LIST_SIGNS: Final = re.compile(r"[\s,&/–—-]*(?:and|or)?[\s,&/]*", re.I)


def _with_shared_times(days: list[_Dated]) -> list[_Dated]:
    """“31 May, 30 September and 20 December at 18:00 CET”: days of a list share the time that stands once."""
    shared = list(days)
    for index in reversed(range(len(days) - 1)):
        shared[index] = _shared_after(shared[index], shared[index + 1])
    for index in range(1, len(days)):
        shared[index] = _shared_before(shared[index], shared[index - 1])
    return shared


def _shared_after(day: _Dated, after: _Dated) -> _Dated:
    if _time(day.near_lead) or not _LIST_SIGNS.fullmatch(day.tail):
        return day
    shared = after.shared or after.tail
    return replace(day, shared=shared) if _time(shared) else day


def _shared_before(day: _Dated, before: _Dated) -> _Dated:
    if day.shared or _time(day.tail) or not _LIST_SIGNS.fullmatch(day.lead):
        return day
    return replace(day, shared=before.shared or before.near_lead)


_REACH_OF_TIME: Final = 40


_DEPENDING: Final = re.compile(r"\bdepending on\b[^,;]{0,80}", re.I)


def _dated(sentence: str, day: Found, start: int, end: int) -> _Dated:
    assert day.starts_on is not None, "only whole days come here"
    lead, tail = _DEPENDING.sub("", sentence[start : day.start]), sentence[day.end : end]
    text = re.sub(r"\s+(?:and|or|&)$", "", f"{sentence[day.start : day.end]}{tail}".strip(" ,;–-"))
    return _Dated(day.starts_on, lead, tail, text)


def _is_listed(dated: _Dated) -> bool:
    """Each day of a list is a cut-off, unless the words beside it say what else happens then."""
    lead = re.split(r"[,;)]", dated.near_lead)[-1] if len(dated.lead) > _REACH_OF_TIME else dated.lead
    if SPEAKS_OF_CUTOFF.search(lead) or SPEAKS_OF_CUTOFF.search(dated.tail):
        return True
    is_other = _OTHER_EVENT.search(lead) or _OTHER_SUBJECT.search(lead) or _NO_CUTOFF.match(lead)
    return not (is_other or _NO_CUTOFF.match(dated.tail) or _OF_THE_PAGE.search(dated.lead))


def _is_of_an_event(lead: str) -> bool:
    """“Workshops take place until …”, where no word after it speaks of applying."""
    ends = [event.end() for event in _EVENTS.finditer(lead)]
    return bool(ends) and not _TO_APPLY.search(lead, ends[-1])


def _is_cutoff(dated: _Dated, *, spoken: bool) -> bool:
    if _OF_THE_PAGE.search(dated.lead):
        return False
    if _is_of_an_event(dated.lead) and not SPEAKS_OF_CUTOFF.search(dated.lead):
        return False
    if _OTHER_SUBJECT.search(dated.lead) and not SPEAKS_OF_CUTOFF.search(dated.lead):
        return False
    if dated.ends_period or _LED_IN.search(dated.lead):
        return True
    return spoken and not _OTHER_EVENT.search(dated.lead)


def _cutoff(dated: _Dated) -> tuple[Cutoff, bool]:
    """The cut-off of a day, and whether its zone name is right there and then."""
    at_time = _time(dated.tail) or _time(dated.near_lead) or _time(dated.shared) or END_OF_DAY
    around = f"{_zone_before(dated)} {dated.tail} {dated.shared}"
    at, right_zone = _instant(dated.day, at_time, around)
    tentative = bool(words.TENTATIVE.search(dated.tail) or _TENTATIVE.search(dated.lead))
    return Cutoff(at, dated.text, bool(_CLOSED.search(dated.tail)), tentative), right_zone


def _zone_before(dated: _Dated) -> str:
    """The words before a day that may name its zone; where one stands after it, theirs is that of the day before."""
    lead = dated.lead[-60:]
    return "" if _ZONE.search(dated.tail) and not _BRUSSELS.search(lead) else lead


def _time(text: str) -> time | None:
    match = _TIME.search(text)
    if match is None:
        return None
    if match["word"]:
        return END_OF_DAY if match["word"].lower() == "midnight" else time(12)
    hour, minute = _of_24_hours(match), int(match["minute"] or 0)
    if (hour, minute) == (24, 0):
        return END_OF_DAY
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _of_24_hours(match: re.Match[str]) -> int:
    hour, half = int(match["hour"]), (match["half"] or match["only"] or "").lower()[:1]
    return hour % 12 + (12 if half == "p" else 0) if half in ("a", "p") and hour <= 12 else hour


def _instant(day: date, at_time: time, words_around: str) -> tuple[datetime, bool]:
    """The earlier of the offset that is stated and Brussels on that day: nobody is told a later hour than is safe."""
    brussels = datetime.combine(day, at_time, BRUSSELS)
    zone = _ZONE.search(words_around)
    if _BRUSSELS.search(words_around) or not zone:
        return brussels.astimezone(UTC), True
    name = (zone["name"] or "UTC").upper()
    offset = timedelta(
        hours=_OFFSETS[name] + int(zone["hours"] or zone["offset"] or 0),
        minutes=int(zone["minutes"] or zone["rest"] or 0),
    )
    if not timedelta(hours=-12) <= offset <= timedelta(hours=14):
        return brussels.astimezone(UTC), False
    stated = datetime.combine(day, at_time, timezone(offset))
    right = name not in _WHERE or datetime.combine(day, at_time, _WHERE[name]).utcoffset() == offset
    return min(brussels, stated).astimezone(UTC), right
