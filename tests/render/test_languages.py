"""Dates, numbers, lists and names in the six languages, against the CLDR."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal

from cmr_watch.places import country_codes, country_name
from cmr_watch.render import datetimes
from cmr_watch.render.cldr import cldr
from cmr_watch.render.countries import alphabetical, country_words
from cmr_watch.render.i18n import translated
from cmr_watch.render.joining import and_words, or_words
from tests.render.cldr import LOCALE, LOCALES, text
from tests.render.make import NOTHING

DAYS = [date(2026, 1, 1) + timedelta(days=number) for number in range(730)]
FIRST = {"fr": "1er", "it": "1º"}
"""The first of a month, which the CLDR writes like the other days."""
MAY = date(2026, 5, 31)


@pytest.mark.parametrize("language", LOCALES)
def test_the_tables_are_up_to_date(language):
    """If this fails, run `make cldr`."""
    assert (LOCALE / language / "cldr.json").read_text(encoding="utf-8") == text(language)


@pytest.mark.parametrize("language", LOCALES)
def test_days_are_written_as_the_cldr_says(language):
    locale = Locale.parse(LOCALES[language])
    with translated(NOTHING, language):
        for day in DAYS:
            long, full = format_date(day, "long", locale), format_date(day, "full", locale)
            if day.day == 1 and language in FIRST:
                first = FIRST[language]
                long, full = long.replace("1 ", f"{first} "), full.replace(" 1 ", f" {first} ")
            if language == "en":
                full = full.replace(",", "")
            assert datetimes.day_words(day) == long
            assert datetimes.full_day(day) == full
            assert datetimes.month_and_year(day) == format_skeleton("yMMMM", day, locale=locale)


SHAPES = {
    "en": "31 May|12–13 May 2026|30 April – 1 May 2026|Friday 1|Saturday 2 May 2026|11–12 May|1 Sep",
    "de": "31. Mai|12.–13. Mai 2026|30. April – 1. Mai 2026|Freitag, 1.|Samstag, 2. Mai 2026|11.–12. Mai|1. Sept.",
    "es": "31 de mayo|12–13 de mayo de 2026|30 de abril – 1 de mayo de 2026|viernes 1|sábado 2 de mayo de 2026"
    "|11–12 may|1 sept",
    "fr": "31 mai|12–13 mai 2026|30 avril – 1er mai 2026|vendredi 1er|samedi 2 mai 2026|11–12 mai|1er sept.",
    "it": "31 maggio|12–13 maggio 2026|30 aprile – 1º maggio 2026|venerdì 1º|sabato 2 maggio 2026|11–12 mag|1º set",
    "pl": "31 maja|12–13 maja 2026|30 kwietnia – 1 maja 2026|piątek 1|sobota 2 maja 2026|11–12 maj|1 wrz",
}


@pytest.mark.parametrize("language", LOCALES)
def test_each_shape(language):
    with translated(NOTHING, language):
        shapes = [
            datetimes.short_day(MAY, MAY),
            datetimes.day_range(date(2026, 5, 12), date(2026, 5, 13)),
            datetimes.day_range(date(2026, 4, 30), date(2026, 5, 1)),
            *datetimes.full_range(date(2026, 5, 1), date(2026, 5, 2)),
            datetimes.short_range(date(2026, 5, 11), date(2026, 5, 12)),
            datetimes.day_and_short_month(date(2026, 9, 1)),
        ]
    assert shapes == SHAPES[language].split("|")


def test_a_row_of_a_table_has_a_short_weekday():
    at = datetime(2026, 5, 29, 16, tzinfo=UTC)
    with translated(NOTHING, "de"):
        assert datetimes.cutoff_row(at, ZoneInfo("Europe/Brussels")) == "Fr., 29. Mai 2026, 18:00 Uhr"
    with translated(NOTHING, "pl"):
        assert datetimes.cutoff_row(at, ZoneInfo("Europe/Brussels")) == "pt., 29 maja 2026, 18:00"
    with translated(NOTHING, "fr"):
        assert datetimes.cutoff_row(at, ZoneInfo("Europe/Brussels")) == "ven. 29 mai 2026 à 18:00"


def test_cities_of_time_zones_have_their_name_in_the_language():
    with translated(NOTHING, "it"):
        assert datetimes.zone_words(ZoneInfo("Europe/London")) == "Londra time"
        assert datetimes.zone_words(ZoneInfo("Europe/Oslo")) == "Oslo time"
        assert datetimes.zone_words(ZoneInfo("UTC")) == "UTC"


@pytest.mark.parametrize("language", sorted(set(LOCALES) - {"en"}))
def test_numbers_are_grouped_as_the_cldr_says(language):
    grouped_from = 10_000 if language in ("es", "it", "pl") else 1_000
    for number in (0, 7, 999, 1_250, 12_345, 1_234_567):
        expected = format_decimal(number, locale=language) if number >= grouped_from else str(number)
        assert cldr(language).number(number) == expected


def test_english_numbers_stay_as_they_were():
    assert cldr("en").number(12_345) == "12345"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "a, b and c"),
        ("de", "a, b und c"),
        ("es", "a, b y c"),
        ("fr", "a, b et c"),
        ("it", "a, b e c"),
        ("pl", "a, b i c"),
    ],
)
def test_lists(language, expected):
    with translated(NOTHING, language):
        assert and_words(["a", "b", "c"]) == expected
        assert and_words(["a"]) == "a"
        assert and_words([]) == ""


def test_lists_of_alternatives():
    with translated(NOTHING, "de"):
        assert or_words(["a", "b", "c"]) == "a, b oder c"


@pytest.mark.parametrize("language", LOCALES)
def test_every_country_has_a_name(language):
    with translated(NOTHING, language):
        names = {code: country_words(code) for code in country_codes()}
    assert all(name != code for code, name in names.items())
    if language == "en":
        assert names == {code: country_name(code) for code in country_codes()}
    else:
        assert names["DE"] == Locale.parse(language).territories["DE"]


def test_countries_are_sorted_by_the_alphabet_of_the_language():
    names = ["Zypern", "Österreich", "Ungarn", "Ägypten", "Andorra", "Oman", "Azoren"]
    with translated(NOTHING, "de"):
        expected = ["Ägypten", "Andorra", "Azoren", "Oman", "Österreich", "Ungarn", "Zypern"]
        assert sorted(names, key=alphabetical) == expected
    with translated(NOTHING, "pl"):
        shuffled = ["Łotwa", "Tczew", "Luksemburg", "Macedonia", "Świętno", "Lwów"]
        assert sorted(shuffled, key=alphabetical) == ["Luksemburg", "Lwów", "Łotwa", "Macedonia", "Świętno", "Tczew"]
    with translated(NOTHING, "es"):
        assert sorted(["nz", "ñu", "oa", "Álava", "az"], key=alphabetical) == ["Álava", "az", "nz", "ñu", "oa"]
