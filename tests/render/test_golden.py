"""All samples are as they were approved. To rewrite the golden files: make samples ARGS=--golden."""

from __future__ import annotations

import re

import pytest

from cmr_watch.languages import ENGLISH, LANGUAGES
from cmr_watch.render.i18n import in_language
from tests.render.make import check_document
from tests.samples.contents import Sample, samples
from tests.samples.golden import GOLDEN, MAIN, TRANSLATED, files

SAMPLES = list(samples())
FILES = files()
OPERATOR = ("operator-", "test-message")


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


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != ENGLISH])
def test_every_sample_keeps_the_rules_in_each_language(language: str) -> None:
    with in_language(language):
        shown = [sample for sample in samples() if not sample.name.startswith(OPERATOR)]
    for sample in shown:
        check_document(sample.mail.html)
        assert f'<html lang="{language}"' in sample.mail.html
        for text in (sample.mail.subject, sample.mail.text, sample.chat.text):
            assert not re.search(r"None|\{\w*\}|%\(", text), sample.name
        assert "\n\n\n" not in sample.mail.text
        assert len(sample.mail.subject) <= 140


def test_main_kinds_have_golden_files_in_two_languages() -> None:
    assert {sample.name for sample in SAMPLES} > set(MAIN)
    assert all(f"{language}-{name}.txt" in FILES for language in TRANSLATED for name in MAIN)
