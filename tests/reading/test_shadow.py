"""The fixtures of the list, read by the new engine: every saved page as its expectation says.

`expected-new.json` stands beside `expected.json` where a rule changed with the new engine, and wins over it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cmr_watch.reading import read
from cmr_watch.serialization import reading_to_dict
from tests.compare import differences
from tests.shapes.states import Json

FIXTURES = Path(__file__).parent.parent / "fixtures"


def expected(folder: Path) -> Json:
    path = folder / "expected-new.json"
    loaded: Json = json.loads((path if path.exists() else folder / "expected.json").read_text(encoding="utf-8"))
    return loaded


FOLDERS = [
    path.parent for path in sorted(FIXTURES.glob("*/*/page.html")) if expected(path.parent)["page"] == "initiative"
]


@pytest.mark.parametrize("folder", FOLDERS, ids=[f"{folder.parent.name}/{folder.name}" for folder in FOLDERS])
def test_a_list_is_read_as_expected(folder: Path) -> None:
    reading = read("initiative", (folder / "page.html").read_bytes())

    lines = differences(expected(folder), reading_to_dict(reading.snapshot))
    assert not lines, "\n".join([folder.name, *lines])


@pytest.mark.parametrize("folder", FOLDERS, ids=[f"{folder.parent.name}/{folder.name}" for folder in FOLDERS])
def test_every_field_of_an_edition_has_evidence(folder: Path) -> None:
    reading = read("initiative", (folder / "page.html").read_bytes())

    for number, edition in enumerate(reading.snapshot.editions):
        facts = reading.evidence.of(f"editions[{number}]")
        assert {"city", "section", "status"} <= facts.keys()
        assert ("starts_on" in facts) == (edition.date_text is not None)


def test_there_are_enough_lists() -> None:
    assert len(FOLDERS) >= 300
