"""Writes the tables of dates, numbers, lists and names of all languages: `python -m tests.render.cldr`. Requires Babel.

They are from the Unicode CLDR, which Babel contains. What the service writes differently is in `_OWN`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final
from zoneinfo import available_timezones

from babel import Locale

from cmr_watch.places import country_codes

LOCALE: Final = Path(__file__).parents[2] / "src" / "cmr_watch" / "render" / "locale"
LOCALES: Final = {"en": "en_GB", "de": "de", "es": "es", "fr": "fr", "it": "it", "pl": "pl"}
_SHORT: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_OWN: Final[dict[str, dict[str, Any]]] = {
    # as this service has always written it
    "en": {
        "short_months": _SHORT,
        "short_months_alone": _SHORT,
        "weekday_and_day": "{weekday} {day}",
        "group": "",
        "countries": {},
        "cities": {},
    },
    # the CLDR does not have these
    "de": {"weekday_in_range": "{weekday}, {day}", "time": "{time} Uhr"},
    "fr": {"first": "1er", "day_and_time": "{day} à {time}"},
    # the CLDR has it, but not Babel (minimumGroupingDigits)
    "es": {"ungrouped": 2},
    "it": {"first": "1º", "ungrouped": 2},
    "pl": {"ungrouped": 2},
}
_FIELDS: Final = {"d": "{day}", "MMMM": "{month}", "MMM": "{month}", "LLLL": "{month}", "y": "{year}"}
_FIELD: Final = re.compile(r"'([^']*)'|([A-Za-z]+)")


def table(language: str) -> dict[str, Any]:
    """The table of a language."""
    locale = Locale.parse(LOCALES[language])
    months, days = locale.months, locale.days
    day = _pattern(locale.datetime_skeletons["MMMMd"].pattern)
    made = {
        "months": _in_order(months["format"]["wide"]),
        "months_alone": _in_order(months["stand-alone"]["wide"]),
        "short_months": _in_order(months["format"]["abbreviated"]),
        "short_months_alone": _in_order(months["stand-alone"]["abbreviated"]),
        "weekdays": _in_order(days["format"]["wide"]),
        "short_weekdays": _in_order(days["format"]["abbreviated"]),
        "first": "1",
        "ordinal": "." if day.startswith("{day}.") else "",
        "day": day,
        "short_day": _pattern(locale.datetime_skeletons["MMMd"].pattern),
        "day_in_year": _pattern(locale.date_formats["long"].pattern),
        "month_in_year": _pattern(locale.datetime_skeletons["yMMMM"].pattern),
        "weekday_and_day": "{weekday}, {day}" if "," in locale.date_formats["full"].pattern else "{weekday} {day}",
        "weekday_in_range": "{weekday} {day}",
        "time": "{time}",
        "day_and_time": "{day}, {time}",
        "group": locale.number_symbols["latn"]["group"],
        "ungrouped": 1,
        "two_and": locale.list_patterns["standard"]["end"],
        "two_or": locale.list_patterns["or"]["end"],
        "countries": {code: locale.territories[code] for code in sorted(country_codes())},
        "cities": _cities(locale),
    }
    return {**made, **_OWN.get(language, {})}


def text(language: str) -> str:
    """The table of a language as JSON."""
    return json.dumps(table(language), ensure_ascii=False, indent=1) + "\n"


def _in_order(names: Any) -> list[str]:
    return [names[number] for number in sorted(names)]


def _pattern(pattern: str) -> str:
    """`d 'de' MMMM` as `{day} de {month}`."""
    return _FIELD.sub(lambda match: match[1] if match[1] is not None else _FIELDS[match[2]], pattern)


def _cities(locale: Locale) -> dict[str, str]:
    """The cities that name time zones, where they are not called as in English."""
    zones = {key: key.rpartition("/")[2].replace("_", " ") for key in sorted(available_timezones()) if "/" in key}
    named = {key: locale.time_zones[key]["city"] for key in zones if "city" in locale.time_zones.get(key, {})}
    return {key: city for key, city in named.items() if city != zones[key]}


def main() -> None:
    """Write all tables."""
    for language in LOCALES:
        path = LOCALE / language / "cldr.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text(language), encoding="utf-8")


if __name__ == "__main__":
    main()
