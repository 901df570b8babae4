"""End-to-end tests of corrections: from the operator's command to what subscribers do and do not receive."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cmr_watch.exceptions import CorrectionRefused
from cmr_watch.models.readings import PageRef
from cmr_watch.monitor.check import check_page
from cmr_watch.monitor.correct import CorrectionPreview, preview_correction, preview_drop
from cmr_watch.store.checks import Checks
from tests.fakes.fetcher import FakeFetcher
from tests.monitor.small import html
from tests.test_journeys import PAST, PRAGUE, Journey, journey
from tests.test_journeys_edition_pages import problems

__all__ = ["journey"]

MISREAD = "> Lyon, France – 12-13 October 2023 (tbd 19-20 October)"
LINE = MISREAD.removeprefix("> ")
DAYS = {"starts_on": "2023-10-19", "ends_on": "2023-10-20"}


def page(journey: Journey) -> PageRef:
    return PageRef(journey.settings.page.url, "initiative")


def preview(journey: Journey, line: str, values: Mapping[str, str] | None) -> CorrectionPreview:
    return preview_correction(page(journey), line, values, Checks(journey.database), lambda: journey.now)


def correct(journey: Journey, line: str, values: Mapping[str, str] | None, *, notify: bool = False) -> list[list[str]]:
    """Correct a line, and return the mails."""
    journey.app.correct(preview(journey, line, values), notify=notify)
    return journey.new_mails()


def known(journey: Journey) -> dict[str, str]:
    """Return the first day of each upcoming edition, by key."""
    editions = Checks(journey.database).known(page(journey).url).editions
    return {entry.key: str(entry.edition.starts_on) for entry in editions if entry.edition.section == "upcoming"}


def test_a_correction_is_silent_and_holds_while_the_line_stays(journey: Journey) -> None:
    journey.check_lines(MISREAD, *PAST)
    assert correct(journey, LINE, DAYS) == []
    assert known(journey) == {"lyon-fr-2023-10": "2023-10-19"}
    assert journey.check() == [], "the same bytes"
    assert journey.check_lines(PRAGUE, MISREAD, *PAST) == [["New edition: Prague, Czechia (23–24 October 2023)"]]
    assert known(journey)["lyon-fr-2023-10"] == "2023-10-19"
    assert problems(journey) == []


def test_a_correction_is_notified_if_the_operator_wants_it(journey: Journey) -> None:
    journey.check_lines(MISREAD, *PAST)
    ((sentence,),) = correct(journey, LINE, DAYS, notify=True)
    assert sentence.startswith("Rescheduled: Lyon, France")
    assert [journey.check_lines(MISREAD, *PAST), journey.check()] == [[], []]


def test_a_preview_changes_nothing(journey: Journey) -> None:
    journey.check_lines(MISREAD, *PAST)
    shown = preview(journey, LINE, DAYS)
    assert [change.kind.value for change in shown.changes] == ["edition.rescheduled"]
    assert known(journey) == {"lyon-fr-2023-10": "2023-10-12"}
    assert Checks(journey.database).corrections.list_all() == ()


def test_it_lapses_when_the_line_changes_and_the_operator_is_notified(journey: Journey) -> None:
    journey.check_lines(MISREAD, *PAST)
    correct(journey, LINE, DAYS)
    assert journey.check_lines("> Lyon, France – 19-20 October 2023", *PAST) == []
    (detail,) = problems(journey)
    assert detail == f"correction 1 of “{LINE}”: the page has no such line"
    (correction,) = Checks(journey.database).corrections.list_all()
    assert correction.end_reason == "lapsed"
    journey.check_lines("> Lyon, France – 19-20 October 2023", *PAST, minutes=60)
    assert problems(journey) == [detail], "only once"


def test_a_line_that_is_misread_again_after_its_correction_has_ended_is_no_news(journey: Journey) -> None:
    line = "> Arlon, Luxembourg – 12-13 October 2023"
    journey.check_lines(line, *PAST)
    correct(journey, line.removeprefix("> "), {"region": "Luxembourg", "country": "Belgium"})
    assert [journey.check_lines(f"{line} (hybrid)", *PAST, minutes=60) for _ in range(3)] == [[]] * 3
    assert len(problems(journey)) == 1
    assert known(journey) == {"arlon-lu-2023-10": "2023-10-12"}


def test_a_line_that_is_read_right_after_its_correction_has_ended_is_no_news(journey: Journey) -> None:
    line = "> Arlon, Luxembourg – 12-13 October 2023"
    journey.check_lines(line, *PAST)
    correct(journey, line.removeprefix("> "), {"region": "Luxembourg", "country": "Belgium"})
    right = "> Arlon, Luxembourg, Belgium – 12-13 October 2023"
    assert [journey.check_lines(right, *PAST, minutes=60) for _ in range(3)] == [[]] * 3
    assert known(journey) == {"arlon-lu-2023-10": "2023-10-12"}


def test_a_suspect_reading_ends_no_correction(journey: Journey) -> None:
    journey.check_lines(MISREAD, *PAST)
    correct(journey, LINE, DAYS)
    journey.check_lines(PRAGUE, *PAST, cut=-8)
    assert journey.outcome == "suspect"
    assert [one.end_reason for one in Checks(journey.database).corrections.list_all()] == [None]
    assert journey.check_lines(MISREAD, *PAST) == []
    assert known(journey)["lyon-fr-2023-10"] == "2023-10-19"


def test_other_signs_and_spaces_are_the_same_line(journey: Journey) -> None:
    journey.check_lines(MISREAD, *PAST)
    correct(journey, LINE, DAYS)
    assert journey.check_lines(MISREAD.replace(" – ", " - "), *PAST) == []
    assert known(journey) == {"lyon-fr-2023-10": "2023-10-19"}


def test_it_can_be_dropped(journey: Journey) -> None:
    journey.check_lines(MISREAD, *PAST)
    correct(journey, LINE, DAYS)
    checks = Checks(journey.database)
    (correction,) = checks.corrections.active(page(journey).url)
    journey.app.correct(preview_drop(correction, checks, lambda: journey.now), notify=False)
    assert known(journey) == {"lyon-fr-2023-10": "2023-10-12"}
    assert [one.end_reason for one in checks.corrections.list_all()] == ["dropped"]
    assert [journey.check_lines(MISREAD, *PAST), journey.new_mails()] == [[], []]


def test_a_newer_correction_of_the_line_replaces_the_older(journey: Journey) -> None:
    journey.check_lines(MISREAD, *PAST)
    correct(journey, LINE, DAYS)
    correct(journey, LINE, {"starts_on": "2023-10-20", "ends_on": "2023-10-21"})
    assert known(journey) == {"lyon-fr-2023-10": "2023-10-20"}
    assert [one.end_reason for one in Checks(journey.database).corrections.list_all()] == ["replaced", None]


def test_a_line_that_is_not_an_entry_is_forgotten(journey: Journey) -> None:
    journey.check_lines(MISREAD, PRAGUE, *PAST)
    assert correct(journey, LINE, None) == []
    assert list(known(journey)) == ["prague-cz-2023-10"]
    assert [journey.check_lines(MISREAD, PRAGUE, *PAST, minutes=60) for _ in range(3)] == [[]] * 3


def test_a_missed_line_becomes_an_edition(journey: Journey) -> None:
    odd = "> Something odd on 2 November 2023"
    journey.check_lines(PRAGUE, odd, *PAST)
    values = {"city": "Graz", "country": "Austria", "starts_on": "2023-11-02"}
    assert correct(journey, odd.removeprefix("> "), values, notify=True) == [
        ["New edition: Graz, Austria (2 November 2023)"]
    ]
    assert [journey.check_lines(PRAGUE, odd, *PAST) for _ in range(2)] == [[], []]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"city": "Bonn", "country": "Germany"}, "another edition of it: Bonn, Germany, 2023-10-12 instead of Lyon"),
        ({"city": "Prague", "country": "Czechia", "starts_on": "2023-10-23"}, "another edition of it: Prague"),
        ({"starts_on": "2027-01-02", "section": "past"}, "another edition of it"),
    ],
)
def test_values_that_would_make_another_edition_are_refused(
    journey: Journey, values: dict[str, str], reason: str
) -> None:
    journey.check_lines(MISREAD, PRAGUE, *PAST)
    with pytest.raises(CorrectionRefused, match=reason):
        preview(journey, LINE, values)


def test_a_misread_country_is_the_same_edition(journey: Journey) -> None:
    line = "> Arlon, Luxembourg – 12-13 October 2023"
    journey.check_lines(line, *PAST)
    values = {"region": "Luxembourg", "country": "Belgium"}
    assert preview(journey, line.removeprefix("> "), values).is_silent_only, "M1 keeps two countries apart"
    assert correct(journey, line.removeprefix("> "), values) == []
    assert [journey.check_lines(line, PRAGUE, *PAST), journey.check()] == [
        [["New edition: Prague, Czechia (23–24 October 2023)"]],
        [],
    ]
    assert known(journey) == {"arlon-lu-2023-10": "2023-10-12", "prague-cz-2023-10": "2023-10-23"}


def test_a_check_that_was_running_when_the_correction_was_made_applies_it(journey: Journey) -> None:
    journey.check_lines(MISREAD, *PAST)
    fetcher = FakeFetcher(lambda: journey.now, html(" ;; ".join((PRAGUE, MISREAD, *PAST))))
    fetcher.meanwhile = lambda: correct(journey, LINE, DAYS)
    result = check_page(page(journey), fetcher, Checks(journey.database), lambda: journey.now)
    assert [recorded.change.kind.value for recorded in result.changes] == ["edition.announced"]
    assert known(journey)["lyon-fr-2023-10"] == "2023-10-19"
