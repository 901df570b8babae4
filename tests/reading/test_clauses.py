"""Sentences, and what a day in them is about."""

from __future__ import annotations

import pytest

from cmr_watch.reading.clauses import Relation, relation_of, sentences_of, subject_of, subject_of_words
from cmr_watch.reading.dates import find_days
from cmr_watch.reading.tokens import scan

SENTENCES = [
    ("The call is open. Apply by 3 May 2026.", 2),
    ("Deadline: 3 May 2026, 4.00 p.m. Brussels time", 1),
    ("Deadline: 3 May 2026, 18.00 CET. Results follow.", 2),
    ("St. Gallen, Switzerland – 12. October 2026", 1),
    ("Ghent, Belgium – 12 Oct. 2026; Porto, Portugal – 3 May 2026", 2),
    ("Is it open? Yes!", 2),
    ("“The call is open.” Apply now.", 2),
    ("", 1),
]
RELATIONS = [
    ("apply by 3 May 2026", Relation.UNTIL),
    ("apply by 18:00 on 3 May 2026", Relation.UNTIL),
    ("no later than Friday, 3 May 2026", Relation.UNTIL),
    ("the call closes on 3 May 2026", Relation.UNTIL),
    ("open since 3 May 2026", Relation.SINCE),
    ("the series began on 3 May 2026", Relation.SINCE),
    ("instead of 3 May 2026", Relation.FORMER),
    ("(was: 3 May 2026)", Relation.FORMER),
    ("rescheduled from 3 May 2026", Relation.FORMER),
    ("extended to 3 May 2026", Relation.NEW),
    ("new date: 3 May 2026", Relation.NEW),
    ("published on 3 May 2026", Relation.OF_PAGE),
    ("version of 3 May 2026", Relation.OF_PAGE),
    ("Ghent, Belgium on 3 May 2026", Relation.AT),
]
SUBJECTS = [
    ("Deadline: 3 May 2026", "cutoff"),
    ("Apply until 3 May 2026", "apply"),
    ("Results by 3 May 2026", "result"),
    ("Info session on 3 May 2026", "session"),
    ("3 May 2026: results", None),
    ("The call is open. Registration closes on 3 May 2026", "register"),
    ("3 May 2026", None),
]
LABELS = [
    ("Deadlines", "cutoff"),
    ("Deadline for questions", "question"),
    ("Results of the first cut-off", "result"),
    ("Deadline for applications", "cutoff"),
    ("Evaluation and cut-off dates", "cutoff"),
    ("How to apply", "apply"),
    ("Contact", None),
]


@pytest.mark.parametrize(("text", "count"), SENTENCES)
def test_sentences(text: str, count: int) -> None:
    found = sentences_of(scan(text))

    assert len(found) == count
    assert found[0].start == 0
    assert found[-1].end == len(text)


@pytest.mark.parametrize(("words", "relation"), RELATIONS)
def test_relations(words: str, relation: Relation) -> None:
    text = scan(words)

    assert relation_of(text, find_days(text)[0].start) == relation


@pytest.mark.parametrize(("words", "concept"), SUBJECTS)
def test_the_nearest_subject_to_the_left(words: str, concept: str | None) -> None:
    text = scan(words)
    (day,) = find_days(text)

    assert subject_of(text, day.start) == concept


@pytest.mark.parametrize(("words", "concept"), LABELS)
def test_what_a_label_is_about(words: str, concept: str | None) -> None:
    assert subject_of_words(scan(words)) == concept
