"""All samples are as they were approved. To rewrite the golden files: make samples ARGS=--golden."""

from __future__ import annotations

import re

import pytest

from tests.render.make import check_document
from tests.samples.contents import Sample, samples
from tests.samples.golden import GOLDEN, files

SAMPLES = list(samples())
FILES = files()


@pytest.mark.parametrize("name", FILES)
def test_golden_file(name: str) -> None:
    assert (GOLDEN / name).read_text(encoding="utf-8") == FILES[name]


def test_there_are_no_other_golden_files() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(FILES)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_every_sample_keeps_the_rules(sample: Sample) -> None:
    check_document(sample.mail.html)
    for text in (sample.mail.subject, sample.mail.text, sample.chat.text):
        assert not re.search(r"\(\+\d+\)|\bin \d+ days\b|None|\{\w*\}", text)
    assert "\n\n\n" not in sample.mail.text
    assert "\n\n\n" not in sample.chat.text
    assert len(sample.mail.subject) <= 140
