"""Cut-off dates: the instant until which applications are taken, from prose or from a list."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from cmr_watch.clock import BRUSSELS
from cmr_watch.models import Cutoff, ReadingWarning
from cmr_watch.monitor.parse import words
from cmr_watch.monitor.parse.cutoff_times import END_OF_DAY, IN_BRUSSELS, ZONE, instant_of, time_of
from cmr_watch.monitor.parse.dates import Found, find_dates

_CUT_OFF: Final = r"(?:dead[\s‐‑-]?lines?|cut[\s‐‑–-]?offs?)"
SPEAKS_OF_CUTOFF: Final = re.compile(
    rf"\b(?:{_CUT_OFF}|closing dates?|due dates?|submission dates?|collection dates?|last day to apply)\b", re.I
)
_LED_IN: Final = re.compile(
    r"(?:\b(?:until|till|by|before|(?:no|not) (?:later|longer) than|at the latest|up to|clos(?:es?|ing)(?: on)?"
    r"|will be closed(?: on)?"
    r"|extended to|due|ends?(?: on)?)"
    rf"|\b{_CUT_OFF}\b[^.;]{{0,60}})"
    r"(?:\s+(?:on|the|is|are|at|midnight|noon|\d{1,2}(?:[:.h]\d\d)?(?:\s?[ap]\.?m\b\.?|\s?h\b)?|\(?[CG][A-Z]{2,3}\)?"
    r"|\(?Brussels(?: local)? time\)?|\w+day|end of(?: \w+)?|and|incl\.|including),?)*"
    r"[\s:,(‐‑‒–—―−-]*$",
    re.I,
)
_OTHER_EVENT: Final = re.compile(
    r"\b(?:from|since|starting|starts?|begin\w*|open(?:s|ed|ing)?|launch\w*|publish\w*|publication|held|results?|announced"
    r"|between|updated|posted|instead of|originally|previously|initially|formerly|was)\b"
    r"(?:\s+(?:on|the|in|is|are|at|by))*[\s:,(‐‑‒–—―−-]*$",
    re.I,
)
_OTHER_SUBJECT: Final = re.compile(
    r"\b(?:results?|notif\w+|inform\w*|announc\w+|evaluat\w+|selected|feedback|held|takes? place|took place)\b", re.I
)
"""What happens until such a day is no application, unless the same words speak of a cut-off."""
_OF_THE_PAGE: Final = re.compile(r"^\W*(?:submitted|posted|published) by\b[^.;]{0,80}\bon\W*$", re.I)
_UPDATE: Final = re.compile(r"^\W*(?:update[sd]?|news|edit|note)\b(?: (?:of|on|from))?\W*$", re.I)
_SAYS_MORE: Final = re.compile(r"\s?[)\]]?\s?[:‐‑‒–—―−-]\s?[^\W\d_]")
_TO_APPLY: Final = re.compile(
    r"\b(?:appl\w+|submi\w+|sen[dt]|interest|form|survey|fill|return|proposals?|candidates?)\b", re.I
)
_EVENTS: Final = re.compile(
    r"\b(?:take place|taking place|hosted|hosting|organi[sz]ed|implemented|contracts?|rankings?|reserve list"
    r"|(?:is|are|remains?) valid|kept|stored|retained)\b",
    re.I,
)
_SESSION: Final = re.compile(
    r"\b(?:webinars?|info(?:rmation)?[\s‐‑-](?:sessions?|days?)|summits?|conferences?)\b", re.I
)
_QUESTIONS: Final = re.compile(
    r"(?:\b(?:questions?|quer(?:y|ies)|clarifications?)\b[^.;]{0,60}"
    r"\b(?:sen[dt]|submit\w*|ask\w*|addressed|received|posed|accepted|answered|raised|contact|write)\b"
    r"|\b(?:sen[dt]|submit|ask|raise|address)\b[^.;]{0,40}\b(?:questions?|quer(?:y|ies)|clarifications?)\b)"
    r"(?!.{0,99}\bappl(?:y|ications?)\b)",
    re.I,
)
_LONG_AGO: Final = re.compile(
    r"\b(?:applied|hosted|participated|took part|founded|established|created|dated|issued)\b[^.;]{0,40}"
    r"\b(?:before|until|by)(?:\s+the)?\s*$",
    re.I,
)
"""“Regions that applied before 1 January”."""
_REGISTER: Final = re.compile(r"\W*(?:please )?(?:regist|sign[ ‐‑-]up)(?![^.;]{0,40}\binterest)", re.I)
_FORMER: Final = re.compile(rf"\b(?:original|old|former) (?:\w+ )?(?:{_CUT_OFF}|closing date)[^.;]{{0,40}}$", re.I)
_AT_LATEST: Final = re.compile(r"[^.;\n]{0,40}\bat (?:the )?(?:very )?latest\b", re.I)
_NO_CUTOFF: Final = re.compile(
    r"\W*(?:the )?(?:results?|notif\w+|announc\w+|evaluat\w+|publicat\w+|published|opens|opening|launch\w*|start\w*"
    r"|webinars?|info(?:rmation)? (?:sessions?|days?)|kick[\s‐‑-]?off|workshops?|events?)\b",
    re.I,
)
"""What a day of a list is when it is no cut-off: “15 July: results”, “Info day: 3 March”."""
_ASIDE: Final = re.compile(
    r"\W*\([^)]*$|\W*(?:for )?(?:the )?(?:events?|workshops?) (?:in|from|between|after|until|taking|to be)\b", re.I
)
"""What a day of a list is followed by when its round has more days: “31 May (results by …”, “31 May → events in …”."""
_MOVES: Final = r"\b(?:extended|prolonged|postponed|moved|changed|shifted|rescheduled|delayed)\b"
_REPLACED: Final = re.compile(
    rf"{_MOVES}[^.;]{{0,40}}(?:\b(?:to|until|till)\b|[:→])[^.;]{{0,20}}$|(?:→|⇒|[-=]>)\W{{0,9}}$"
    rf"|\bnew (?:date|{_CUT_OFF})\b[^.;]{{0,20}}$",
    re.I,
)
"""Between a day and the one that takes its place: “31 May extended to 14 June”."""
_MOVED_FROM: Final = re.compile(rf"{_MOVES}[^.;]{{0,40}}\bfrom(?:\s+(?:the|\w+day,?))*\s*$", re.I)
"""Before a day that another takes the place of: “moved from 31 May to …”."""
_PUTS_OFF: Final = re.compile(
    rf"[^.;\d]{{0,80}}?{_MOVES}(?![^.;]{{0,40}}\bfrom\b)[^.;\d]{{0,40}}\b(?:to|until|till)\b", re.I
)
_CLOSED: Final = re.compile(
    r"(?<!be )(?<!not )\b(?:closed|expired|passed|no longer open)\b|(?:\b(?:is|are|now)|[(‐‑‒–—―−-])\s?over\b", re.I
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
    for sentence in _without_registrations(_sentences(text)):
        spoken = bool(SPEAKS_OF_CUTOFF.search(sentence)) or (spoken and bool(_GOES_ON.match(sentence)))
        days = _standing(_with_shared_times(_days(sentence, year)))
        if cutoffs and days and puts_off(sentence):
            cutoffs.pop()
        for dated in _that_count(days, listed=listed, spoken=spoken):
            cutoff, right_zone = _cutoff(dated)
            cutoffs.append(cutoff)
            warnings += [] if right_zone else [ReadingWarning("cutoff-zone", cutoff.text)]
    return tuple(cutoffs), warnings


def _without_registrations(sentences: Sequence[str]) -> list[str]:
    """Without “Register by 12 April” right after a sentence on a webinar or another event."""
    pairs = zip(["", *sentences], sentences, strict=False)
    return [sentence for above, sentence in pairs if not (_SESSION.search(above) and _REGISTER.match(sentence))]


def _that_count(days: Sequence[_Dated], *, listed: bool, spoken: bool) -> list[_Dated]:
    """The days of a sentence that are cut-offs."""
    found: list[_Dated] = []
    for dated in days:
        goes_on = spoken or bool(found and _NEXT_ONE.fullmatch(dated.lead))
        if _is_listed(dated) if listed else _is_cutoff(dated, spoken=goes_on):
            found.append(dated)
    return found


def puts_off(sentence: str) -> bool:
    """Whether a sentence gives the day above it a later one: “The deadline is extended to 14 June”."""
    return bool(_PUTS_OFF.match(sentence))


def _standing(days: list[_Dated]) -> list[_Dated]:
    """Days without those that the next one takes the place of."""
    return [day for day in days[:-1] if not _REPLACED.search(day.tail) and not _MOVED_FROM.search(day.lead)] + days[-1:]


_NEXT_ONE: Final = re.compile(
    r"\W*(?:and )?(?:the )?(?:second|third|fourth|next|last|other)(?: (?:one|round))?"
    r"(?: (?:is|closes|closing))?(?: on| by)?\W*",
    re.I,
)
"""Between the days of “the first closing on 31 May, the second on 30 September”."""
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
    periods = deque(span for span in spans if _is_period(span, sentence))
    days = [day for day in find_dates(sentence, year, single=True) if day.precision == "day"]
    parts = [(day, _part_of(_reaching(periods, day), day, sentence)) for day in days]
    return _with_words([(day, part == "end") for day, part in parts if part != "inside"], sentence)


def _is_period(span: Found, sentence: str) -> bool:
    """“31 May and 30 September” and “Round 1 – 31 May” are days, “between 1 March and 31 May” is a time."""
    before = sentence[max(0, span.start - 30) : span.start]
    if _NUMBERED.search(before) and _NUMBER.match(sentence, span.start):
        return False
    return not _AND.search(sentence, span.start, span.end) or bool(_BETWEEN.search(before))


_NUMBERED: Final = re.compile(
    rf"(?:#|\b(?:{_CUT_OFF}(?:\s+dates?)?|rounds?|waves?|phases?|batch|no|nr)\b[\s.#]*)$", re.I
)
_NUMBER: Final = re.compile(r"\d\d?\s*[‐‑‒–—―−-]\s*\d")
_BETWEEN: Final = re.compile(r"\bbetween(?:\s+(?:the|\w+day,?))*\s*$", re.I)


def _reaching(periods: deque[Found], day: Found) -> Found | None:
    """The first period that is not over before a day. Days come in order, so what is over is over for good."""
    while periods and periods[0].end <= day.start:
        periods.popleft()
    return periods[0] if periods else None


def _own_year(sentence: str) -> int | None:
    """The one year that stands at some day of a list, and counts for its other days; else the one of “In 2024, …”."""
    years = {day.starts_on.year for day in find_dates(sentence, single=True) if day.starts_on}
    if not years:
        years = {int(year) for year in _IN_YEAR.findall(sentence)}
    return years.pop() if len(years) == 1 else None


_IN_YEAR: Final = re.compile(r"(?:\b(?:in|for) |^\W{0,9})(20\d\d)(?![\d/‐‑‒–—―−-])", re.I)


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
_TAKEN_FROM: Final = re.compile(
    r"\b(?:open|apply|appl\w+|submi\w+|accepted|taken|runs?|extended|extension)\b[^.;]{0,30}$", re.I
)


def _part_of(period: Found | None, day: Found, sentence: str) -> Literal["outside", "inside", "end"]:
    """Where a day stands: at the `end` of the time to apply (“open from … to …”), `inside` it or any other period."""
    if period is None or day.start < period.start:
        return "outside"
    before = sentence[max(0, period.start - _REACH_OF_SUBJECT) : period.start]
    if _OF_EVENTS.search(before) and not _OF_CALL.search(before):
        return "inside"
    to_apply = _UNTIL.search(sentence, period.start, period.end) or _TAKEN_FROM.search(before)
    return "end" if to_apply and day.end >= period.end else "inside"


_REACH_OF_SUBJECT: Final = 80
_OF_EVENTS: Final = re.compile(r"\b(?:events?|workshops?|implementation)\b", re.I)
_OF_CALL: Final = re.compile(r"\b(?:appl\w+|submi\w+|calls?|open|interest)\b", re.I)
_LIST_SIGNS: Final = re.compile(r"[\s,&/|•·‐‑‒–—―−-]*(?:and|or)?[\s,&/]*", re.I)


def _with_shared_times(days: list[_Dated]) -> list[_Dated]:
    """“31 May, 30 September and 20 December at 18:00 CET”: days of a list share the time that stands once."""
    shared = list(days)
    for index in reversed(range(len(days) - 1)):
        shared[index] = _shared_after(shared[index], shared[index + 1])
    for index in range(1, len(days)):
        shared[index] = _shared_before(shared[index], shared[index - 1])
    return shared


def _shared_after(day: _Dated, after: _Dated) -> _Dated:
    if time_of(day.near_lead) or not _LIST_SIGNS.fullmatch(day.tail):
        return day
    shared = after.shared or after.tail
    return replace(day, shared=shared) if time_of(shared) else day


def _shared_before(day: _Dated, before: _Dated) -> _Dated:
    if day.shared or time_of(day.tail) or not _LIST_SIGNS.fullmatch(day.lead):
        return day
    return replace(day, shared=before.shared or before.near_lead)


_REACH_OF_TIME: Final = 40


_DEPENDING: Final = re.compile(r"\bdepending on\b[^,;]{0,80}", re.I)


def _dated(sentence: str, day: Found, start: int, end: int) -> _Dated:
    assert day.starts_on is not None, "only whole days come here"
    lead, tail = _DEPENDING.sub("", sentence[start : day.start]), sentence[day.end : end]
    text = re.sub(r"\s+(?:and|or|&)$", "", f"{sentence[day.start : day.end]}{tail}".strip(" ,;‐‑‒–—―−-"))
    return _Dated(day.starts_on, lead, tail, text)


def _is_listed(dated: _Dated) -> bool:
    """Each day of a list is a cut-off, unless the words beside it say what else happens then."""
    lead = re.split(r"[,;)]", dated.near_lead)[-1] if len(dated.lead) > _REACH_OF_TIME else dated.lead
    if _FORMER.search(lead) or _is_of_the_page(dated):
        return False
    if SPEAKS_OF_CUTOFF.search(lead) or _OPEN_MARK.fullmatch(dated.lead):
        return True
    is_other = any(pattern.search(lead) for pattern in (_OTHER_EVENT, _OTHER_SUBJECT, _QUESTIONS, _LONG_AGO))
    if is_other or _NO_CUTOFF.match(lead) or _is_of_another(dated.lead):
        return False
    if _is_afterwards(dated.tail):
        return False
    if SPEAKS_OF_CUTOFF.search(dated.tail) or _ASIDE.match(dated.tail):
        return True
    return not _NO_CUTOFF.match(dated.tail)


def _is_afterwards(tail: str) -> bool:
    """“30 June – results of the first cut-off”."""
    return bool(_AFTERWARDS.match(tail)) and not _ASIDE.match(tail)


_OPEN_MARK: Final = re.compile(r"\W*(?:OPEN|[(\[](?:now |still )?[Oo]pen[)\]])\W*")
_AFTERWARDS: Final = re.compile(r"\W*(?:the )?(?:results?|notif\w+|announc\w+|evaluat\w+|inform\w+|assess\w+)\b", re.I)


def _is_of_the_page(dated: _Dated) -> bool:
    """When the page was written or what follows was added: “UPDATE 12/03/2024: the deadline …”."""
    is_update = _UPDATE.match(dated.lead[:_REACH_OF_TIME]) and _SAYS_MORE.match(dated.tail)
    return bool(is_update or _OF_THE_PAGE.search(dated.lead))


def _is_of_another(lead: str) -> bool:
    """“Workshops take place until …”, “Join the webinar by …”, where no word after it speaks of applying."""
    ends = [event.end() for pattern in (_EVENTS, _SESSION) for event in pattern.finditer(lead)]
    return bool(ends) and not _TO_APPLY.search(lead, max(ends))


def _is_said_of_another(lead: str) -> bool:
    """Whether a day is that of events, of results or of questions, and no word calls it a cut-off."""
    if SPEAKS_OF_CUTOFF.search(lead):
        return False
    others = [subject.end() for subject in _OTHER_SUBJECT.finditer(lead)]
    is_other = bool(others) and not _HANDED_IN.search(lead, others[-1])
    return is_other or _is_of_another(lead) or bool(_QUESTIONS.search(lead) or _LONG_AGO.search(lead))


_HANDED_IN: Final = re.compile(r"\b(?:received|submitted|handed in)\b", re.I)


def _is_cutoff(dated: _Dated, *, spoken: bool) -> bool:
    if _is_of_the_page(dated) or _FORMER.search(dated.lead) or _is_said_of_another(dated.lead):
        return False
    if dated.ends_period or _LED_IN.search(dated.lead) or _AT_LATEST.match(dated.tail):
        return True
    return spoken and not _OTHER_EVENT.search(dated.lead) and not _is_afterwards(dated.tail)


def _cutoff(dated: _Dated) -> tuple[Cutoff, bool]:
    """The cut-off of a day, and whether its zone name is right there and then."""
    at_time = time_of(dated.tail) or time_of(dated.near_lead) or time_of(dated.shared) or END_OF_DAY
    around = f"{_zone_before(dated)} {dated.tail} {dated.shared}"
    at, right_zone = instant_of(dated.day, at_time, around)
    tentative = bool(words.TENTATIVE.search(dated.tail) or _TENTATIVE.search(dated.lead))
    return Cutoff(at, dated.text, bool(_CLOSED.search(dated.tail)), tentative), right_zone


def _zone_before(dated: _Dated) -> str:
    """The words before a day that may name its zone; where one stands after it, theirs is that of the day before."""
    lead = dated.lead[-60:]
    return "" if ZONE.search(dated.tail) and not IN_BRUSSELS.search(lead) else lead


# ── the time of all ──────────────────────────────────────────────────────────────────────────────────────────────


def common_time(text: str) -> str | None:
    """The words on the time of all cut-offs: “always at 18:00 Brussels time”. None where they give no time of day."""
    match = _CLEAR_TIME.search(text)
    if not match or not _OF_CUTOFFS.search(text) or _SESSION.search(text) or time_of(match[0]) is None:
        return None
    return text[match.start() :]


_CLEAR_TIME: Final = re.compile(
    r"\b\d{1,2}\s?[:h]\s?\d\d\b(?!\s?[‐‑‒–—―−-])|\b\d\d\.\d\d\b(?!\.)|\b\d{1,2} ?[ap]\.?m\b|\bnoon\b", re.I
)
_OF_CUTOFFS: Final = re.compile(
    rf"{_CUT_OFF}|\bfollowing dates\b|\b(?:calls?|rounds?|form|applications?)\b[^.;]{{0,30}}\bclos(?:es?|ing)\b", re.I
)


def at_common_time(cutoff: Cutoff, words_of_time: str) -> tuple[Cutoff, bool]:
    """A cut-off that names no time at that of all, and whether the zone named there is right on its day."""
    local = cutoff.at.astimezone(BRUSSELS)
    if local.time() != END_OF_DAY:
        return cutoff, True
    at, right_zone = instant_of(local.date(), time_of(words_of_time) or END_OF_DAY, words_of_time)
    return replace(cutoff, at=at), right_zone
