"""Sentences and clauses, and what a day in them is about."""

from __future__ import annotations

import pytest

from cmr_watch.reading.clauses import Relation, clauses_of, relation_of, sentences_of, span_around, subject_of
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
    ("Deadline: 3 May 2026", "cutoff", "left"),
    ("Apply until 3 May 2026", "apply", "left"),
    ("Results by 3 May 2026", "result", "left"),
    ("Info session on 3 May 2026", "session", "left"),
    ("3 May 2026: results", "result", "right"),
    ("The call is open. Registration closes on 3 May 2026", "register", "left"),
    ("3 May 2026", "cutoff", "heading"),
]


@pytest.mark.parametrize(("text", "count"), SENTENCES)
def test_sentences(text: str, count: int) -> None:
    found = sentences_of(scan(text))

    assert len(found) == count
    assert found[0].start == 0
    assert found[-1].end == len(text)


def test_clauses_are_smaller() -> None:
    text = scan("The call is closed, the next one opens in May (stay tuned).")

    assert [clause.of(text) for clause in clauses_of(text)] == [
        "The call is closed,",
        "the next one opens in May (",
        "stay tuned)",
        ".",
    ]


@pytest.mark.parametrize(("words", "relation"), RELATIONS)
def test_relations(words: str, relation: Relation) -> None:
    text = scan(words)

    assert relation_of(text, find_days(text)[0].start) == relation


@pytest.mark.parametrize(("words", "concept", "where"), SUBJECTS)
def test_subjects(words: str, concept: str, where: str) -> None:
    text = scan(words)
    (day,) = find_days(text)

    subject = subject_of(text, day.start, day.end, span_around(sentences_of(text), day.start), None, [scan("Cut-offs")])

    assert subject is not None
    assert (subject.concept, subject.where) == (concept, where)
