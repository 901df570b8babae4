"""The fixtures of call pages and of editions' own pages, read by the new engine: every saved page as expected.

`expected-new.json` stands beside `expected.json` where a rule changed with the new engine, and wins over it; it stands
alone where the parser before this engine misread the page.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from cmr_watch.models import PageKind
from cmr_watch.reading import read
from cmr_watch.serialization import reading_to_dict
from tests.compare import differences
from tests.reading.test_shadow import FIXTURES, expected

FOLDERS = [path.parent for kind in ("call", "edition") for path in sorted(FIXTURES.glob(f"{kind}/*/page.html"))]
NAMES = [f"{folder.parent.name}/{folder.name}" for folder in FOLDERS]


def kind_of(folder: Path) -> PageKind:
    return "call" if folder.parent.name == "call" else "edition"


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_a_page_is_read_as_expected(folder: Path) -> None:
    reading = read(kind_of(folder), (folder / "page.html").read_bytes())

    lines = differences(expected(folder), reading_to_dict(reading.snapshot))
    assert not lines, "\n".join([folder.name, *lines])


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_every_field_has_evidence(folder: Path) -> None:
    reading = read(kind_of(folder), (folder / "page.html").read_bytes())

    for edition in reading.snapshot.editions:
        facts = reading.evidence.of("editions[0]")
        assert ("starts_on" in facts) == (edition.date_text is not None)
        assert ("venue" in facts) == (edition.venue is not None)
        assert ("registration_url" in facts) == (edition.registration_url is not None)
        assert all(f"materials[{number}]" in facts for number in range(len(edition.materials)))
    for call in reading.snapshot.calls:
        facts = reading.evidence.of("calls[0]")
        assert all(f"cutoffs[{number}]" in facts for number in range(len(call.cutoffs)))


def test_there_are_enough_pages() -> None:
    assert len(FOLDERS) >= 220
