"""End-to-end tests of an edition's own page: what it says before the event, and what is left of that afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from cmr_watch.store.schema import incidents
from tests.test_journeys import PAST
from tests.test_journeys_site import DAY, LISTED, LYON, SiteJourney, document, journey, link, lyon_page

__all__ = ["journey"]

FIXTURES = Path(__file__).parent / "fixtures" / "edition"
PAGE = "/content/clusters-meet-regions-charleroi-belgium"
CHARLEROI = f"> [Charleroi, Belgium]({PAGE}) – 27-28 November 2024"


def recorded(state: str) -> bytes:
    return (FIXTURES / state / "page.html").read_bytes()


def problems(journey: SiteJourney) -> list[str]:
    """Return the details of everything that the operator was ever notified of."""
    with journey.database.read() as connection:
        return list(connection.execute(select(incidents.c.detail).order_by(incidents.c.id)).scalars())


@pytest.mark.parametrize("shape", ["bold-headings", "br", "list", "nested", "paragraphs", "table"])
def test_a_page_that_is_rewritten_after_the_event(journey: SiteJourney, shape: str) -> None:
    journey.now = datetime(2024, 11, 20, 9, tzinfo=UTC)
    journey.site.page(PAGE, recorded(f"charleroi-before-{shape}"))
    assert journey.check_lines(CHARLEROI, *PAST, minutes=16 * DAY) == []
    journey.site.page(PAGE, recorded(f"charleroi-after-{shape}"))
    mails = [*journey.check_lines(CHARLEROI.replace(">", "<"), *PAST, minutes=8 * DAY), *journey.check()]
    assert sorted(sentence for mail in mails for sentence in mail) == [
        "Charleroi, Belgium (27–28 November 2024) has taken place",
        "New materials: Charleroi, Belgium (27–28 November 2024)",
        "Summary published: Charleroi, Belgium (27–28 November 2024)",
    ]
    assert problems(journey) == []


def test_a_page_that_is_rewritten_before_the_list_says_that_it_was_held(journey: SiteJourney) -> None:
    journey.now = datetime(2024, 11, 20, 9, tzinfo=UTC)
    journey.site.page(PAGE, recorded("charleroi-before-list"))
    journey.check_lines(CHARLEROI, *PAST, minutes=9 * DAY)
    journey.site.page(PAGE, recorded("charleroi-after-list"))
    mails = [mail for _ in range(8) for mail in journey.check(minutes=DAY)]
    assert len(mails) == 1
    assert "Summary published: Charleroi, Belgium (27–28 November 2024)" in mails[0]
    assert problems(journey) == []


def test_a_registration_that_is_missing_once_does_not_open_again(journey: SiteJourney) -> None:
    open_page = lyon_page(link("Register here", "/register/lyon"))
    mails = []
    for page in (lyon_page(), open_page, lyon_page(), open_page, lyon_page(link("Register here", "/register/more"))):
        journey.site.page(LYON, page)
        mails.append(journey.check_lines(LISTED, *PAST, minutes=DAY))
    assert mails == [[], [["Registration open: Lyon, France (12–13 October 2023)"]], [], [], []]
    assert problems(journey) == []


@pytest.mark.parametrize(
    ("paragraphs", "problem"),
    [
        ((link("Agenda", "/1.pdf"),), "the number of links to materials fell from 3 to 1"),
        (
            ("Venue: Caf\ufffd Lumi\ufffdre", *(link("Slides", f"/{n}.pdf") for n in range(3))),
            "garbled characters in 1 line",
        ),
    ],
)
def test_a_page_that_lost_its_materials_is_suspect(
    journey: SiteJourney, paragraphs: tuple[str, ...], problem: str
) -> None:
    journey.site.page(LYON, lyon_page(*(link("Slides", f"/{n}.pdf") for n in range(3))))
    journey.check_lines(LISTED, *PAST, minutes=DAY)
    journey.site.page(LYON, lyon_page(*paragraphs))
    journey.check(minutes=DAY)
    (detail,) = problems(journey)
    assert detail.startswith(problem)


def test_a_page_without_its_days_is_suspect(journey: SiteJourney) -> None:
    journey.site.page(LYON, lyon_page())
    journey.check_lines(LISTED, *PAST, minutes=DAY)
    journey.site.page(LYON, document("Clusters meet Regions – Lyon, France", "See you in Lyon, France."))
    journey.check(minutes=DAY)
    (detail,) = problems(journey)
    assert detail.startswith("the dates of the edition in Lyon are missing")
