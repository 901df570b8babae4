"""Every entry of the lexicon, by its example."""

from __future__ import annotations

from collections import Counter

import pytest

from cmr_watch.reading.lexicon import ENTRIES, Entry
from cmr_watch.reading.tokens import scan


@pytest.mark.parametrize("entry", ENTRIES, ids=[f"{entry.concept}: {' '.join(entry.phrase)}" for entry in ENTRIES])
def test_an_example_expresses_its_concept(entry: Entry) -> None:
    phrase = " ".join(entry.phrase)
    cues = [cue for cue in scan(entry.example).cues if entry.concept in cue.concepts]

    assert phrase in [entry.example[cue.start : cue.end].lower().replace("-", " ") for cue in cues]


def test_no_entry_stands_twice() -> None:
    counted = Counter((entry.concept, " ".join(entry.phrase)) for entry in ENTRIES)

    assert [entry for entry, count in counted.items() if count > 1] == []
