"""Two states of a page, written blind: what differs is reported, and nothing else (tests/fixtures/README.md)."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import PageKind, Snapshot
from cmr_watch.monitor.edition_page_diff import compare_pages
from cmr_watch.places import fold
from cmr_watch.reading import read
from cmr_watch.serialization import change_to_dict

BLIND = Path(__file__).parent / "fixtures" / "blind"
FOLDERS = sorted(path.parent for path in BLIND.glob("*/*/before.html"))
STILL_WRONG: Final[dict[str, str]] = {}
"""Pair → why it is still misread; a pair that is right again must be taken out."""

Short = tuple[str, str | None, str | None]
"""The kind of a change, and the city (folded) and country code of its edition; None for a call."""


def named(folder: Path) -> str:
    return folder.relative_to(BLIND).as_posix()


def short(change: dict[str, Any]) -> Short:
    city = change["city"]
    return change["kind"], city and fold(city), change["country_code"]


@cache
def snapshot(kind: PageKind, file: Path) -> Snapshot:
    return read(kind, file.read_bytes()).snapshot


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_exactly_what_changed_is_reported(folder: Path, request: pytest.FixtureRequest) -> None:
    if reason := STILL_WRONG.get(named(folder)):
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    before, after = (snapshot(expected["page"], folder / name) for name in ("before.html", "after.html"))
    at = datetime.combine(date.fromisoformat(expected["at"]), time(12), BRUSSELS)

    changes = [change_to_dict(change, "") for change in compare_pages(before, after, at)]

    assert sorted(map(short, changes), key=str) == sorted(map(short, expected["changes"]), key=str)


def test_there_are_enough_pairs() -> None:
    assert len(FOLDERS) >= 400
    assert STILL_WRONG.keys() <= set(map(named, FOLDERS))
