"""What the fuzzer once found stays mended, and the harness takes every saved page."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.parse import CORPUS, options, seeds, try_to_read


def test_what_once_crashed_is_read() -> None:
    for path in CORPUS.iterdir():
        try_to_read(path.read_bytes())


def test_the_fuzzer_begins_with_all_saved_pages(tmp_path: Path) -> None:
    seeds(tmp_path)

    assert len(list(tmp_path.iterdir())) >= 400
    assert {path.read_bytes()[0] for path in tmp_path.iterdir() if not path.name.startswith("kept")} == {0, 1, 2}


def test_an_empty_input_is_a_page_too() -> None:
    try_to_read(b"")


def test_its_bounds_can_be_changed_and_a_file_tried_again() -> None:
    asked = options(["-max_total_time=600"], "corpus")

    assert "-max_total_time=600" in asked
    assert "-max_total_time=60" not in asked
    assert asked[-1] == "corpus"
    assert options(["crash-1"], "corpus")[-1] == "crash-1"
