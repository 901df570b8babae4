"""Checks the SPF record of a domain (RFC 7208)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cmr_watch.doctor.finding import Finding
from cmr_watch.doctor.name_server import Names

_MOST_LOOK_UPS: Final = 10  # RFC 7208 §4.6.4
_ALL: Final = re.compile(r"(?:^|\s)([+?~-]?)all(?=\s|$)", re.IGNORECASE)
_LOOKING_UP: Final = re.compile(
    r"(?:^|\s)(?:[+?~-]?(include|exists|ptr|mx|a)(?=[:/\s]|$):?|(redirect)=)(\S*)", re.IGNORECASE
)
_SEE: Final = "See “SPF” in docs/deliverability.md."


@dataclass(frozen=True, slots=True)
class _LookUps:
    """How many look-ups an evaluation takes (counting stops after the limit), and which domains lack what it needs."""

    count: int
    broken: tuple[str, ...]


def check_spf(domain: str, names: Names) -> Finding:
    """What the receiving servers make of the record. Raises NamesUnavailable."""
    records = _records(domain, names)
    if not records:
        text = f"{domain} has no SPF record, so nobody can tell which servers may send its mail"
        return Finding("spf", None, text, f"Publish one that includes your mail server. {_SEE}")
    if len(records) > 1:
        text = f"{domain} has {len(records)} SPF records, which counts as an error"
        return Finding("spf", False, text, f"Merge them into one. {_SEE}")
    return _check_record(domain, records[0], names)


def _check_record(domain: str, record: str, names: Names) -> Finding:
    look_ups = _look_ups(record, names)
    if look_ups.broken:
        text = f"the SPF record of {domain} refers to {look_ups.broken[0]}, which does not have exactly one"
        return Finding("spf", False, f"{text}: {record}", f"Correct or remove that part. {_SEE}")
    if look_ups.count > _MOST_LOOK_UPS:
        text = f"the SPF record of {domain} takes more than {_MOST_LOOK_UPS} look-ups, which counts as an error"
        return Finding("spf", False, f"{text}: {record}", f"Remove what does not send mail for you. {_SEE}")
    end = _ALL.search(record)
    if end and end[1] in ("", "+"):
        text = f"the SPF record of {domain} allows every server to send its mail: {record}"
        return Finding("spf", False, text, f"Let it end with ~all or -all. {_SEE}")
    return Finding("spf", True, f"{domain} has one, with {look_ups.count} of {_MOST_LOOK_UPS} look-ups: {record}")


def _records(domain: str, names: Names) -> list[str]:
    return [text for text in names.records(domain, "TXT") if re.match(r"v=spf1(?: |$)", text, re.IGNORECASE)]


def _look_ups(record: str, names: Names) -> _LookUps:
    """Count the terms that look something up, also in the records that are included."""
    count, broken, waiting = 0, [], [record]
    while waiting and count <= _MOST_LOOK_UPS:
        for target in _looking_up(waiting.pop()):
            count += 1
            if target is None or count > _MOST_LOOK_UPS:
                continue
            included = _records(target, names)
            waiting += included[:1]
            if len(included) != 1:
                broken.append(target)
    return _LookUps(count, tuple(broken))


def _looking_up(record: str) -> Iterator[str | None]:
    """For each term that looks something up, the domain whose record counts as well, if there is one."""
    for mechanism, redirect, target in _LOOKING_UP.findall(record):
        if redirect and _ALL.search(record):  # ignored (RFC 7208 §6.1)
            continue
        is_included = redirect or mechanism.lower() == "include"
        yield target if is_included and "%" not in target else None  # the value of a macro depends on the mail
