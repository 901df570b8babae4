"""The values of a correction: `city=Ghent`, `starts_on=2026-03-12`, `at=2026-05-31T18:00`. Pure.

An empty value means that the page does not say it: `region=`. Raises CorrectionRefused, with a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any, Final, get_args
from urllib.parse import urlsplit

from cmr_watch.clock import BRUSSELS
from cmr_watch.exceptions import CorrectionRefused
from cmr_watch.models.readings import CallNotice, CallStatus, Cutoff, Edition, EditionStatus, PageKind, Section
from cmr_watch.places import country_code

_END_OF_DAY: Final = time(23, 59)


def _text(value: str) -> str | None:
    return value or None


def _day(value: str) -> date | None:
    return date.fromisoformat(value) if value else None


def _address(value: str) -> str | None:
    if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname):
        raise ValueError
    return value or None


def _years(value: str) -> tuple[int, ...]:
    return tuple(sorted({int(year) for year in value.split(",")})) if value else ()


def _is_yes(value: str) -> bool:
    return {"yes": True, "no": False}[value]


def _instant(value: str) -> datetime:
    """A time without an offset is Brussels time, a day without a time its end (C4)."""
    at = datetime.fromisoformat(value) if len(value) > len("2026-05-31") else None
    at = at or datetime.combine(date.fromisoformat(value), _END_OF_DAY)
    return (at if at.tzinfo else at.replace(tzinfo=BRUSSELS)).astimezone(UTC)


def _one_of(type_: Any) -> Callable[[str], str]:
    return lambda value: str({name: name for name in get_args(type_)}[value])


def _code(value: str) -> str | None:
    if value and not (len(value) == 2 and value.isascii() and value.isupper()):
        raise ValueError
    return value or None


Field = tuple[Callable[[str], Any], str]
"""Converts a value, and says what is expected."""

_TEXT: Final[Field] = (_text, "text")
_DAY: Final[Field] = (_day, "a day such as 2026-03-12")
_URL: Final[Field] = (_address, "an address that begins with http:// or https://")
OF_EDITION: Final[dict[str, Field]] = {
    "city": _TEXT,
    "region": _TEXT,
    "country": _TEXT,
    "country_code": (_code, "two capital letters such as BE"),
    "starts_on": _DAY,
    "ends_on": _DAY,
    "section": (_one_of(Section), "upcoming or past"),
    "status": (_one_of(EditionStatus), "scheduled, save_the_date, postponed, cancelled or held"),
    "url": _URL,
    "summary_url": _URL,
}
OF_EDITION_PAGE: Final[dict[str, Field]] = {
    **{name: field for name, field in OF_EDITION.items() if name != "url"},
    "venue": _TEXT,
    "registration_url": _URL,
    "registration_closes_on": _DAY,
}
OF_CALL: Final[dict[str, Field]] = {
    "status": (_one_of(CallStatus), "announced, open or closed"),
    "hosting_years": (_years, "years such as 2027,2028"),
    "apply_url": _URL,
    "contact": _TEXT,
}
OF_CUTOFF: Final[dict[str, Field]] = {
    "at": (_instant, "a day and time such as 2026-05-31T18:00 (Brussels time)"),
    "closed": (_is_yes, "yes or no"),
    "tentative": (_is_yes, "yes or no"),
}


def fields_of(kind: PageKind) -> dict[str, Field]:
    """All fields that can be corrected on a page of a kind."""
    if kind == "edition":
        return OF_EDITION_PAGE
    calls = {**OF_CALL, **OF_CUTOFF}
    return calls if kind == "call" else {**calls, **OF_EDITION, "status": _STATUS}


def _status(value: str) -> str:
    return str({name: name for name in (*get_args(EditionStatus), *get_args(CallStatus))}[value])


_STATUS: Final[Field] = (_status, "a status of an edition or a call")


def parse(kind: PageKind, values: Mapping[str, str]) -> dict[str, Any]:
    """The values, converted; CorrectionRefused for a field that cannot be corrected, or a value that is not valid."""
    return {name: _parsed(name, value, fields_of(kind)) for name, value in values.items()}


def _parsed(name: str, value: str, fields: Mapping[str, Field]) -> Any:
    if name not in fields:
        raise CorrectionRefused(f'"{name}" cannot be corrected here; expected one of: {", ".join(fields)}')
    convert, expected = fields[name]
    try:
        return convert(value)
    except (ValueError, KeyError):
        raise CorrectionRefused(f'found {name}="{value}", expected {expected}') from None


def corrected_edition(edition: Edition, values: Mapping[str, Any]) -> Edition:
    """An edition with these values. Fields that follow from them are filled in: the code, the last day, the status."""
    wrong = values.keys() - OF_EDITION.keys() - OF_EDITION_PAGE.keys()
    if wrong:
        raise CorrectionRefused(f'an edition has no "{min(wrong)}"')
    if "city" in values and not values["city"]:
        raise CorrectionRefused("an edition needs a city; if the line is not an entry, use --not-an-entry")
    found = replace(edition, **values)
    if "country" in values and "country_code" not in values:
        found = replace(found, country_code=_code_of(found.country))
    if "starts_on" in values or "ends_on" in values:
        found = _with_days(found, values)
    return _with_status(edition, found, values)


def _code_of(country: str | None) -> str | None:
    code = country_code(country) if country else None
    if country and code is None:
        raise CorrectionRefused(f'"{country}" is not a known country; if it is one, give its code: country_code=…')
    return code


def _with_days(found: Edition, values: Mapping[str, Any]) -> Edition:
    first, last = found.starts_on, found.ends_on
    if first is None:
        return replace(found, starts_on=None, ends_on=None, date_precision="unknown", period=None)
    if "ends_on" not in values and (last is None or last < first):
        last = first
    if last is None or last < first:
        raise CorrectionRefused(f"an edition cannot end on {last} if it starts on {first}")
    return replace(found, ends_on=last, date_precision="day", period=None)


def _with_status(before: Edition, found: Edition, values: Mapping[str, Any]) -> Edition:
    """An edition in the past section is held, one that is moved out of it scheduled, unless a status is given (D6)."""
    if "status" in values or found.section == before.section:
        return found
    if found.section == "past" and found.status in ("scheduled", "save_the_date"):
        return replace(found, status="held")
    return replace(found, status="scheduled") if found.status == "held" else found


def corrected_call(call: CallNotice, values: Mapping[str, Any]) -> CallNotice:
    """A call with these values."""
    wrong = values.keys() - OF_CALL.keys()
    if wrong:
        raise CorrectionRefused(f'a call has no "{min(wrong)}"')
    if values.get("status") not in (None, *get_args(CallStatus)):
        raise CorrectionRefused(f'found status="{values["status"]}", expected {OF_CALL["status"][1]}')
    return replace(call, **values)


def corrected_cutoff(cutoff: Cutoff | None, values: Mapping[str, Any], text: str) -> Cutoff:
    """A cut-off with these values, or a new one."""
    if cutoff is None and "at" not in values:
        raise CorrectionRefused("the line has no cut-off; to add one, give its time: at=2026-05-31T18:00")
    return replace(cutoff, **values) if cutoff else Cutoff(**{"text": text, **values})
