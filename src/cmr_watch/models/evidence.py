"""Where each fact of a reading stands on its page, which rule read it, and what became of each line.

Evidence lies beside the records, never in them: records are compared with `==`. A record is named by its place in the
snapshot: `editions[0]`, `calls[1]`. The rules are those of docs/reading.md, by their IDs.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal, NamedTuple

NOT_IN_ARTICLE = -1
"""The number of a title that stands outside of the article."""

Use = Literal[
    "entry",
    "call",
    "cut-off",
    "venue",
    "registration",
    "material",
    "application",
    "title",
    "heading",
    "label",
    "remark",
    "prose",
    "of others",
    "not taken",
]
"""What a line was taken for.

- `remark`: says more of the entry above it; `label`: introduces what follows.
- `of others`: of another event, another call, news (S3).
- `not taken`: no rule explains it; there is a warning.
"""


class Fact(NamedTuple):
    """One field of one record: the number of its line, the part of that line's text, and the rule.

    A field that was read from several lines has a fact for each; the first counts where only one can be shown.
    """

    record: str
    field: str
    line: int
    start: int
    end: int
    rule: str


class LineUse(NamedTuple):
    """A line of the article, what it was taken for, and by which rule."""

    line: int
    text: str
    what: Use
    rule: str


class Evidence(NamedTuple):
    """How a page was read.

    - `article`: how the article was found.
    - `lines`: all lines of the article, in page order, after a title that stands outside of it.
    """

    article: str = ""
    facts: tuple[Fact, ...] = ()
    lines: tuple[LineUse, ...] = ()

    def of(self, record: str) -> dict[str, Fact]:
        """The facts of one record, by field."""
        found: dict[str, Fact] = {}
        for fact in self.facts:
            if fact.record == record:
                found.setdefault(fact.field, fact)
        return found

    @property
    def shares(self) -> dict[Use, int]:
        """How many lines were taken for what, the most frequent first."""
        return dict(Counter(use.what for use in self.lines).most_common())
