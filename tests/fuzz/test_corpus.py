"""The parsers accept every input of the corpus, and the fuzzer starts with the corpus and every saved page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cmr_watch.serialization import reading_to_dict
from tests.fuzz.parse import KINDS, inputs, options, parse_input, write_seeds

READABLE = ("list-", "call-", "edition-")
"""Inputs whose names begin so have malformed parts, but also an edition or a call that is written correctly."""


@pytest.mark.parametrize("path", inputs(), ids=lambda path: path.name)
def test_no_parser_fails_on_an_input(path: Path) -> None:
    for kind in range(len(KINDS)):
        snapshot = parse_input(bytes([kind]) + path.read_bytes()[1:])
        if snapshot is not None:
            json.dumps(reading_to_dict(snapshot), ensure_ascii=False).encode()  # fails on lone surrogates


@pytest.mark.parametrize(
    "path", [path for path in inputs() if path.name.startswith(READABLE)], ids=lambda path: path.name
)
def test_malformed_parts_do_not_hide_the_rest_of_a_page(path: Path) -> None:
    snapshot = parse_input(path.read_bytes())

    assert snapshot is not None
    assert snapshot.calls if path.name.startswith("call-") else snapshot.editions


def test_there_are_readable_inputs_of_every_kind() -> None:
    assert {path.name.partition("-")[0] + "-" for path in inputs()} >= set(READABLE)


def test_the_initial_corpus_contains_all_saved_pages_and_the_committed_inputs(tmp_path: Path) -> None:
    write_seeds(tmp_path)

    names = {path.name for path in tmp_path.iterdir()}
    assert len(names) >= 400
    assert {f"corpus-{path.name}" for path in inputs()} <= names
    assert {path.read_bytes()[0] for path in tmp_path.iterdir() if not path.name.startswith("corpus-")} == {0, 1, 2}


def test_an_empty_input_is_accepted() -> None:
    assert parse_input(b"") is not None


def test_defaults_can_be_overridden_and_a_file_replaces_the_corpus() -> None:
    arguments = options(["-max_total_time=600"], "corpus")

    assert "-max_total_time=600" in arguments
    assert "-max_total_time=60" not in arguments
    assert arguments[-1] == "corpus"
    assert options(["crash-1"], "corpus")[-1] == "crash-1"
