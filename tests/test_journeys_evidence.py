"""End-to-end tests of the evidence: stored with each reading, and always that of the page's newest content."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from cmr_watch.models.evidence import Evidence
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import open_database, upgrade
from tests.monitor.small import html
from tests.test_journeys import LYON, PAST, PRAGUE, Journey, journey
from tests.test_upgrade_of_parser import FOLDER, LIST, Upgraded

__all__ = ["journey"]


def evidence(journey: Journey) -> Evidence:
    """Return the evidence of the list's baseline."""
    checks = Checks(journey.database)
    baseline = checks.baseline(journey.settings.page.url)
    assert baseline is not None
    found = checks.snapshot(baseline.snapshot_id).evidence
    assert found is not None
    return found


def line_of(found: Evidence, record: str, field: str) -> str:
    """Return the text of the line that a field was read from."""
    texts = {use.line: use.text for use in found.lines}
    return texts[found.of(record)[field].line]


def test_each_reading_is_stored_with_its_evidence(journey: Journey) -> None:
    journey.check_lines(LYON, *PAST)
    assert line_of(evidence(journey), "editions[0]", "starts_on") == LYON.removeprefix("> ")
    journey.check_lines(PRAGUE, LYON, *PAST)
    assert line_of(evidence(journey), "editions[1]", "starts_on") == LYON.removeprefix("> ")


def test_the_evidence_is_that_of_the_newest_content_even_if_the_reading_stays_the_same(journey: Journey) -> None:
    journey.check_lines(LYON, *PAST)
    before = evidence(journey).of("editions[0]")["city"]
    page = html(" ;; ".join((LYON, *PAST))).replace("<h2>", "<p>This page was updated in May.</p><h2>", 1)
    journey.serve(page.encode())
    journey.check()
    found = evidence(journey)
    assert journey.outcome == "unchanged"
    assert len(Checks(journey.database).snapshots()) == 1
    assert found.of("editions[0]")["city"].line == before.line + 1
    assert line_of(found, "editions[0]", "city") == LYON.removeprefix("> ")


def test_a_page_that_was_not_read_again_keeps_its_evidence(journey: Journey) -> None:
    journey.check_lines(LYON, *PAST, etag='"1"')
    before = evidence(journey)
    journey.check()
    journey.check(minutes=60 * 25)
    assert evidence(journey) == before


def test_a_suspect_reading_has_its_evidence_too(journey: Journey) -> None:
    journey.check_lines(LYON, *PAST)
    journey.check_lines(LYON, *PAST, cut=-8)
    stored = Checks(journey.database).newest_suspect(journey.settings.page.url)
    assert stored is not None
    assert stored.evidence is not None
    assert stored.evidence.shares["entry"] == 4


def test_readings_of_an_older_version_get_evidence_when_they_are_read_again(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript((FOLDER / "parser-2.sql").read_text(encoding="utf-8"))
    upgrade(f"sqlite:///{file}")
    with closing(open_database(f"sqlite:///{file}")) as database:
        checks = Checks(database)
        assert {checks.snapshot(number).evidence for number in checks.snapshot_ids()} == {None}
        Upgraded(database).check()
        baseline = checks.baseline(LIST)
        assert baseline is not None
        found = checks.snapshot(baseline.snapshot_id).evidence
        assert found is not None
        assert {fact.record for fact in found.facts if fact.record.startswith("editions")} == {
            f"editions[{number}]" for number in range(len(baseline.snapshot.editions))
        }
