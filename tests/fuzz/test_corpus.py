"""Inputs that once crashed a parser no longer do, and the fuzzer starts with every saved page."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.parse import CORPUS, options, parse_input, write_seeds


def test_inputs_that_once_crashed_are_parsed() -> None:
    for path in CORPUS.iterdir():  # the README as well, so that there is always an input
        parse_input(path.read_bytes())


def test_the_initial_corpus_contains_all_saved_pages(tmp_path: Path) -> None:
    write_seeds(tmp_path)

    assert len(list(tmp_path.iterdir())) >= 400
    assert {path.read_bytes()[0] for path in tmp_path.iterdir() if not path.name.startswith("crash")} == {0, 1, 2}


def test_an_empty_input_is_accepted() -> None:
    parse_input(b"")


def test_defaults_can_be_overridden_and_a_file_replaces_the_corpus() -> None:
    arguments = options(["-max_total_time=600"], "corpus")

    assert "-max_total_time=600" in arguments
    assert "-max_total_time=60" not in arguments
    assert arguments[-1] == "corpus"
    assert options(["crash-1"], "corpus")[-1] == "crash-1"
