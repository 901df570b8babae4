"""What a language calls months, weekdays, countries and cities, and how it writes dates, numbers and lists. Pure.

From the Unicode CLDR: `make cldr` writes a table for each language, which is read when it is first used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

TABLE: Final = "cldr.json"
_GROUP: Final = 3  # digits


@dataclass(frozen=True, slots=True)
class Cldr:
    """A language, as the CLDR describes it.

    - `months`, `short_months`: in a date; in Polish they have another form alone (`months_alone`).
    - `first`: the number of the first day of a month; `ordinal`: what follows the number of a day, such as a full stop.
    - `day`, `short_day`, `day_in_year`, `month_in_year`: patterns of dates. `weekday_and_day`: of a weekday and what
      follows it.
    - `weekday_in_range`: the same for the first and the last day of a range. `time`: of hours and minutes.
      `day_and_time`: of a day and its time.
    - `group`: between thousands, in numbers that have `ungrouped` digits more than three.
    - `two_and`, `two_or`: patterns of the last two parts of a list.
    - `countries`: by code; empty for English. `cities`: those of time zones that are not called as in English.
    """

    months: Sequence[str]
    months_alone: Sequence[str]
    short_months: Sequence[str]
    short_months_alone: Sequence[str]
    weekdays: Sequence[str]
    short_weekdays: Sequence[str]
    first: str
    ordinal: str
    day: str
    short_day: str
    day_in_year: str
    month_in_year: str
    weekday_and_day: str
    weekday_in_range: str
    time: str
    day_and_time: str
    group: str
    ungrouped: int
    two_and: str
    two_or: str
    countries: Mapping[str, str]
    cities: Mapping[str, str]

    def number(self, number: int) -> str:
        """`1.250`; without a mark if it has too few digits for one."""
        if not self.group or abs(number) < 10 ** (_GROUP + self.ungrouped - 1):
            return str(number)
        return f"{number:,}".replace(",", self.group)


@cache
def cldr(language: str) -> Cldr:
    """The table of a language."""
    path = files("cmr_watch.render") / "locale" / language / TABLE
    return Cldr(**json.loads(path.read_text(encoding="utf-8")))
