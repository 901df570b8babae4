"""End-to-end tests of a list that looks different: a redesign, which is no problem, and damage, which is one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from cmr_watch.monitor.accept import NothingToAccept
from cmr_watch.store.checks import Checks
from cmr_watch.store.schema import incidents
from tests.fakes.site import Response
from tests.monitor.small import html
from tests.test_journeys import LYON, PAST, PATH, PRAGUE, WITHDRAWN, Journey, journey

__all__ = ["journey"]

LINES = (LYON, PRAGUE, *PAST)
OSLO = "> Oslo, Norway – 3 May 2024"
NEXT = "<h2>Next “Clusters meet Regions” editions</h2>"
PREVIOUS = "<h2>Previous “Clusters meet Regions” editions</h2>"
RESCHEDULED = ["Rescheduled: Prague, Czechia, from 23–24 October 2023 to 25–26 October 2023"]
CANCELLED = ["Cancelled: Lyon, France (12–13 October 2023)"]


def problems(journey: Journey) -> list[str]:
    """Return the kind of everything that the operator was ever notified of."""
    with journey.database.read() as connection:
        return list(connection.execute(select(incidents.c.kind).order_by(incidents.c.id)).scalars())


def details(journey: Journey) -> str:
    with journey.database.read() as connection:
        return "\n".join(connection.execute(select(incidents.c.detail).order_by(incidents.c.id)).scalars())


def check_page(journey: Journey, page: str, minutes: float = 30) -> list[list[str]]:
    journey.serve(page.encode())
    return journey.check(minutes)


def redesigned(*lines: str) -> str:
    """The past editions first, under headings with other words."""
    page = html(" ;; ".join(lines))
    head, rest = page.split(NEXT)
    upcoming, past = rest.split(PREVIOUS)
    past, end = past.split("</article>")
    return f"{head}<h2>Past editions</h2>{past}<h2>Upcoming editions</h2>{upcoming}</article>{end}"


# ── redesigns ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_after_a_redesign_news_goes_on_and_the_operator_is_told_once(journey: Journey) -> None:
    journey.check_lines(*LINES)
    assert check_page(journey, redesigned(*LINES)) == []
    assert (journey.outcome, problems(journey)) == ("unchanged", ["layout-changed"])
    assert "before: upcoming (next), past (previous); now: past (past), upcoming (upcoming)" in details(journey)
    assert check_page(journey, redesigned(f"{LYON} CANCELLED", *LINES[1:])) == [CANCELLED]
    assert check_page(journey, redesigned(f"{LYON} CANCELLED", *PAST)) == []
    assert check_page(journey, redesigned(f"{LYON} CANCELLED", *PAST)) == [WITHDRAWN]
    assert problems(journey) == ["layout-changed"]


def test_after_a_redesign_an_unknown_line_waits_until_the_operator_accepts(journey: Journey) -> None:
    of_series = "> Clusters meet Regions – Bonn, Germany – 4 May 2024"
    journey.check_lines(*LINES)
    assert check_page(journey, redesigned(*LINES, OSLO, of_series)) == [["New edition: Bonn, Germany (4 May 2024)"]]
    assert "Waiting: “Oslo, Norway – 3 May 2024”" in details(journey)
    assert check_page(journey, redesigned(*LINES, OSLO, of_series)) == []
    assert check_page(journey, redesigned(*LINES, OSLO, of_series, "> Bari, Italy – 5 May 2024")) == []
    assert problems(journey) == ["layout-changed", "layout-changed"], "once, and once for the line that came later"
    preview, _ = journey.app.preview_accept()
    assert [change.key for change in preview.changes] == ["oslo-no-2024-05", "bari-it-2024-05"]
    journey.app.accept()
    (mail,) = journey.new_mails()
    assert sorted(mail) == ["New edition: Bari, Italy (5 May 2024)", "New edition: Oslo, Norway (3 May 2024)"]
    more = redesigned(*LINES, OSLO, of_series, "> Bari, Italy – 5 May 2024", "> Riga, Latvia – 6 May 2024")
    assert check_page(journey, more) == [["New edition: Riga, Latvia (6 May 2024)"]]
    assert problems(journey) == ["layout-changed", "layout-changed"]
    with pytest.raises(NothingToAccept):
        journey.app.preview_accept()


def test_a_redesign_that_is_taken_back_leaves_nothing_waiting(journey: Journey) -> None:
    journey.check_lines(*LINES)
    check_page(journey, redesigned(*LINES, OSLO))
    assert journey.check_lines(*LINES, OSLO) == [["New edition: Oslo, Norway (3 May 2024)"]]
    assert problems(journey) == ["layout-changed"]
    with pytest.raises(NothingToAccept):
        journey.app.preview_accept()


def test_an_unknown_line_that_links_to_a_page_of_the_series_is_announced(journey: Journey) -> None:
    """B4: neither the line nor the address names the series, but the page's title does, or not."""
    pages = {"/bonn": "<title>Clusters meet Regions in Bonn</title>", "/bari": "<h1>Food fair</h1>", "/graz": None}
    for path, head in pages.items():
        if head:
            journey.site.page(path, f"<!DOCTYPE html><html><body>{head}</body></html>".encode())
    links = [
        f"> [{city}]({journey.site.url(path)}) – 4 May 2024"
        for city, path in zip(("Bonn, Germany", "Bari, Italy", "Graz, Austria"), pages, strict=True)
    ]
    journey.check_lines(*LINES)
    assert check_page(journey, redesigned(*LINES, *links)) == [["New edition: Bonn, Germany (4 May 2024)"]]
    assert "Waiting: “Bari, Italy – 4 May 2024”, “Graz, Austria – 4 May 2024”" in details(journey)
    asked = len(requests(journey, "/bari")), len(requests(journey, "/graz"))
    assert check_page(journey, redesigned(*LINES, *links)) == []
    assert (len(requests(journey, "/bari")), len(requests(journey, "/graz"))) == asked, "asked once"
    assert problems(journey).count("layout-changed") == 1


def requests(journey: Journey, path: str) -> list[str]:
    return [request.path for request in journey.site.requests if request.path == path]


@pytest.mark.parametrize("lost", [PREVIOUS, NEXT])
def test_one_heading_lost(journey: Journey, lost: str) -> None:
    journey.check_lines(*LINES)
    page = html(" ;; ".join(LINES)).replace(lost, "")
    assert check_page(journey, page) == []
    assert (journey.outcome, problems(journey)) == ("unchanged", ["layout-changed"])
    cancelled = page.replace("12-13 October 2023", "12-13 October 2023 CANCELLED")
    assert check_page(journey, cancelled) == [CANCELLED]
    assert check_page(journey, cancelled.replace("23-24", "25-26")) == [RESCHEDULED]
    assert problems(journey) == ["layout-changed"]
    assert journey.check_lines(f"{LYON} CANCELLED", PRAGUE.replace("23-24", "25-26"), *PAST) == []


def test_a_call_that_is_gone_with_a_heading_is_not_withdrawn(journey: Journey) -> None:
    call = "! The call for hosts of events in 2024 is open. Deadline: 31 May 2024."
    journey.check_lines(*LINES, call)
    page = html(" ;; ".join(LINES)).replace(PREVIOUS, "")
    assert [check_page(journey, page) for _ in range(3)] == [[], [], []]
    assert [journey.check_lines(*LINES), journey.check_lines(*LINES)] == [
        [],
        [["Call for hosts 2024: removed from the page"]],
    ]


@pytest.mark.parametrize("heading", ["", '<h2><img src="/t.png" alt=""></h2>', "<h2>Good to know</h2>"])
def test_without_section_headings_changes_are_told_and_nothing_else(journey: Journey, heading: str) -> None:
    journey.check_lines(*LINES)
    page = html(" ;; ".join(LINES)).replace(NEXT, heading).replace(PREVIOUS, heading)
    assert [check_page(journey, page) for _ in range(3)] == [[], [], []]
    assert (journey.outcome, problems(journey)) == ("unchanged", ["layout-changed"])
    cancelled = page.replace("12-13 October 2023", "12-13 October 2023 CANCELLED")
    assert check_page(journey, cancelled) == [CANCELLED]
    call = "<p>The call for hosts of events in 2024 is open. Deadline: 31 May 2024.</p>"
    with_call = cancelled.replace("</h1>", f"</h1>{call}")
    assert check_page(journey, with_call) == [["Call for hosts 2024: now open"]]
    assert check_page(journey, with_call.replace("<p>Prague, Czechia – 23-24 October 2023</p>", "")) == []
    assert check_page(journey, with_call.replace("23-24", "25-26")) == [RESCHEDULED]
    assert problems(journey) == ["layout-changed"]


# ── damage ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_damage_is_suspect(journey: Journey) -> None:
    whole = html(" ;; ".join(LINES))
    french = whole.replace("<html>", '<html lang="fr">')
    damaged = {
        "the page lists no editions": html(""),
        "2 upcoming editions are missing": html(" ;; ".join(PAST)),
        "3 of 3 past editions are missing": html(" ;; ".join((LYON, PRAGUE))),
        "a past edition, is listed as upcoming": whole.replace(NEXT, "…")
        .replace(PREVIOUS, NEXT)
        .replace("…", PREVIOUS),
        "garbled characters in 1 line": whole.replace("Lyon", "LyÃ³n"),
        "the language of the page is fr": french,
        "the main heading of the page is “Log in”": whole.replace("<h1>Clusters meet Regions</h1>", "<h1>Log in</h1>"),
        "the heading of the past editions is gone": html(" ;; ".join((LYON, PAST[0], PAST[2]))).replace(PREVIOUS, ""),
    }
    check_page(journey, whole.replace("<html>", '<html lang="en">'))
    for problem, page in damaged.items():
        page = page if page is french else page.replace("<html>", '<html lang="en">')
        assert check_page(journey, page) == []
        assert journey.outcome == "suspect", problem
        last = Checks(journey.database).last_check(journey.settings.page.url)
        assert last is not None
        assert problem in last.detail
    assert problems(journey) == ["reading-suspect"]
    assert check_page(journey, whole.replace("<html>", '<html lang="en-GB">')) == []
    assert journey.outcome == "unchanged"


def test_a_page_at_another_address_is_suspect(journey: Journey) -> None:
    journey.check_lines(*LINES)
    journey.site.script(PATH, Response(302, headers=(("Location", "/welcome"),)))
    journey.site.page("/welcome", html(" ;; ".join((*LINES, OSLO))).encode())
    assert journey.check() == [["New edition: Oslo, Norway (3 May 2024)"]], "a line read whole needs no more"
    assert journey.outcome == "suspect"
    assert "the page was found at another address: 127.0.0.1/welcome" in details(journey)
    assert journey.check_lines(*LINES, OSLO) == []
    assert journey.outcome == "unchanged"


def test_an_old_copy_of_the_page_is_suspect_until_it_is_confirmed(journey: Journey) -> None:
    journey.check_lines(LYON, *PAST)
    journey.check_lines(*LINES)
    assert journey.check_lines(LYON, *PAST, minutes=20) == []
    assert journey.outcome == "suspect"
    assert "lacks prague-cz-2023-10" in details(journey)
    assert journey.check_lines(*LINES) == []
    assert journey.outcome == "unchanged"
    outcomes = []
    for _ in range(3):
        assert journey.check_lines(LYON, *PAST, minutes=20) == []
        outcomes.append(journey.outcome)
    assert outcomes == ["suspect", "suspect", "unchanged"], "the page was set back"
    journey.now += timedelta(minutes=20)
    assert journey.check_lines(LYON, *PAST) == [WITHDRAWN]


def test_the_operator_is_reminded_once_after_seven_days(journey: Journey) -> None:
    journey.check_lines(*LINES)
    for _ in range(20):
        journey.check_lines(*PAST, minutes=60 * 24)
    assert problems(journey) == ["reading-suspect", "reading-still-suspect"]


def test_the_same_bytes_in_another_charset_are_read_again(journey: Journey) -> None:
    body = html(" ;; ".join((*PAST, "> Plzeň, Czechia – 3 May 2024"))).encode("windows-1250")
    journey.site.script(PATH, Response(200, body, "text/html; charset=windows-1250"))
    journey.check()
    journey.site.script(PATH, Response(200, body, "text/html; charset=windows-1252"))
    journey.check()
    baseline = Checks(journey.database).baseline(journey.settings.page.url)
    assert baseline is not None
    assert (baseline.charset, baseline.snapshot.editions[0].city) == ("windows-1252", "Plzeò")
