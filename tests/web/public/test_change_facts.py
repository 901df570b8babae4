"""The facts in which the sides of a change differ."""

from __future__ import annotations

from datetime import UTC, date, datetime

from cmr_watch.models.readings import ChangeKind, Cutoff, Material
from cmr_watch.web.public.change_facts import CALL_STATUSES, EDITION_STATUSES, MAX_CUTOFFS, fact_rows
from tests.factories import call, change, edition
from tests.web.public.make import HOSTILE, LONG_LINE, every_kind

K = ChangeKind


def rows(kind: ChangeKind, before, after, **values) -> list[tuple[str, str, str]]:
    made = fact_rows(change(kind, after, before=before, **values))
    return [(row.label, row.before, row.after) for row in made]


def cutoff(day: int, month: int = 5, **values) -> Cutoff:
    return Cutoff(datetime(2024, month, day, 16, 0, tzinfo=UTC), **values)


def test_every_field_that_differs_has_a_row() -> None:
    before = edition(status="save_the_date", url="https://example.eu/old")
    after = edition(
        "Turin",
        region="Piedmont",
        country="Italy",
        country_code="IT",
        starts_on=date(2024, 11, 2),
        ends_on=date(2024, 11, 3),
        url="https://example.eu/new",
        venue="Lingotto",
        registration_url="https://example.eu/register",
        registration_closes_on=date(2024, 10, 1),
        summary_url="https://example.eu/summary",
        section="past",
    )
    assert rows(K.EDITION_UPDATED, before, after) == [
        ("Place", "Lyon, France", "Turin, Piedmont, Italy"),
        ("Dates", "12–13 October 2024", "2–3 November 2024"),
        ("Status", "save the date", "scheduled"),
        ("Venue", "", "Lingotto"),
        ("Registration", "", "https://example.eu/register"),
        ("Registration closes on", "", "1 October 2024"),
        ("Event summary", "", "https://example.eu/summary"),
        ("Edition page", "https://example.eu/old", "https://example.eu/new"),
        ("Listed under", "upcoming editions", "past editions"),
    ]


def test_a_country_code_is_told_only_if_the_place_does_not_say_it() -> None:
    made = rows(K.EDITION_UPDATED, edition(country_code=None), edition())
    assert made == [("Country code", "", "FR")]


def test_an_edition_without_days_is_to_be_confirmed() -> None:
    made = rows(
        K.EDITION_ANNOUNCED, None, edition(starts_on=None, ends_on=None, date_precision="month", period="2024-10")
    )
    assert ("Status", "", "date to be confirmed") in made


def test_the_words_of_a_link_if_there_is_one() -> None:
    one, pdf = "https://example.eu/s", "https://example.eu/s.PDF"
    words = [
        [row.link_words for row in fact_rows(change(K.EDITION_UPDATED, after, before=before))]
        for before, after in (
            (edition(), edition(summary_url=one)),
            (edition(summary_url=pdf), edition()),
            (edition(summary_url=one), edition(summary_url=pdf)),
            (edition(), edition(venue="Wawel")),
        )
    ]
    assert words == [["Event summary"], ["Event summary (PDF)"], [""], [""]]


def test_materials_are_those_that_came_and_went() -> None:
    kept, old, new = (Material("agenda", f"https://example.eu/{name}", name.title()) for name in ("kept", "old", "new"))
    made = rows(K.EDITION_MATERIALS_PUBLISHED, edition(materials=(kept, old)), edition(materials=(kept, new)))
    assert made == [("Materials", "Old", "New")]


def test_the_cutoff_of_the_change_comes_first_and_the_others_follow() -> None:
    old, new, kept, gone, added = cutoff(1), cutoff(2), cutoff(3), cutoff(4), cutoff(5, tentative=True)
    before, after = call(cutoffs=(old, kept, gone)), call(cutoffs=(new, kept, added))
    assert rows(K.CALL_CUTOFF_MOVED, before, after, cutoff_before=old, cutoff_after=new) == [
        ("Cut-off", "1 May 2024, 18:00 (Brussels time)", "2 May 2024, 18:00 (Brussels time)"),
        ("Cut-off", "4 May 2024, 18:00 (Brussels time)", ""),
        ("Cut-off", "", "5 May 2024, 18:00 (Brussels time), to be confirmed"),
    ]


def test_a_cutoff_that_is_closed_differs() -> None:
    made = rows(K.CALL_UPDATED, call(cutoffs=(cutoff(1),)), call(cutoffs=(cutoff(1, closed=True),)))
    assert made == [
        ("Cut-off", "1 May 2024, 18:00 (Brussels time)", "1 May 2024, 18:00 (Brussels time), closed"),
    ]


def test_the_facts_of_a_call() -> None:
    before = call(needs=("A form.", "An agenda."), contact="old@example.eu")
    after = call(
        status="closed",
        hosting_years=(2026,),
        title="The call",
        contact="new@example.eu",
        needs=("A form.", "A letter."),
    )
    assert rows(K.CALL_UPDATED, before, after) == [
        ("Status", "open", "closed"),
        ("Hosting years", "2024–2025", "2026"),
        ("Title", "", "The call"),
        ("Questions to", "old@example.eu", "new@example.eu"),
        ("What to submit", "An agenda.", "A letter."),
    ]


def test_of_a_new_entry_every_fact_is_new_and_its_heading_is_none() -> None:
    made = rows(K.EDITION_ANNOUNCED, None, edition())
    assert [(label, before) for label, before, _after in made] == [
        ("Place", ""),
        ("Dates", ""),
        ("Status", ""),
    ]


def test_every_kind_of_change_has_rows() -> None:
    assert {kind for kind, one in every_kind().items() if not fact_rows(one)} == set()
    assert set(every_kind()) == set(ChangeKind)


def test_every_status_has_words() -> None:
    assert set(EDITION_STATUSES) == {"scheduled", "save_the_date", "postponed", "cancelled", "held"}
    assert set(CALL_STATUSES) == {"announced", "open", "closed"}


def test_hostile_values_are_cleaned_and_their_links_are_none() -> None:
    bad = edition(HOSTILE, venue=LONG_LINE, registration_url="javascript:alert(1)", url="https://example.eu/ok")
    made = fact_rows(change(K.EDITION_UPDATED, bad, before=edition()))
    for row in made:
        assert len(row.after) <= 300
        assert row.after.isprintable()
    urls = {row.label: row.after_url for row in made}
    assert urls["Registration"] == ""
    assert urls["Edition page"] == "https://example.eu/ok"


def test_thousands_of_cutoffs_are_not_all_shown() -> None:
    many = tuple(Cutoff(datetime(2024, 1, 1, 0, minute, tzinfo=UTC)) for minute in range(60))
    assert len(rows(K.CALL_OPENED, call(), call(cutoffs=many))) == MAX_CUTOFFS
