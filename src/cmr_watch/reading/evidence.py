"""Where each fact of a reading stands on the page, and which rule took it. It lies beside the records, never in them.

A record is named by its place in the snapshot: `editions[0]`, `calls[1]`. Rule ids are those of docs/reading.md.
Pure data; no errors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

RULE_OF_FIELD: Final = {
    "city": "P2",
    "region": "P2",
    "country": "P2",
    "country_code": "P4",
    "starts_on": "D1",
    "ends_on": "D1",
    "date_precision": "D3",
    "section": "S1",
    "status": "D6",
    "url": "O2",
    "summary_url": "O2",
    "apply_url": "O2",
    "hosting_years": "O4",
    "cutoffs": "C3",
}
"""The rule that usually decides a field, where a reader names no other."""


class Fact(NamedTuple):
    """One field of one record: its line's number, the part of that line's text, and the rule.

    `line` is the number in the article's outline; `start` and `end` count characters of its text.
    """

    record: str
    field: str
    line: int
    start: int
    end: int
    rule: str


class LineUse(NamedTuple):
    """What became of one line: the rule that took it, or why none did. `what`: entry, heading, call, prose, …"""

    line: int
    text: str
    what: str
    rule: str


class Evidence(NamedTuple):
    """All that is known of how a page was read.

    - `article`: how the article was found (`document.Candidate.why`).
    - `lines`: in page order, one for each line of the article.
    """

    article: str = ""
    facts: tuple[Fact, ...] = ()
    lines: tuple[LineUse, ...] = ()

    def of(self, record: str) -> dict[str, Fact]:
        """The facts of one record, by field."""
        return {fact.field: fact for fact in self.facts if fact.record == record}


@dataclass(slots=True)
class EvidenceLog:
    """Gathers evidence while a page is read."""

    facts: list[Fact] = field(default_factory=list)
    uses: dict[int, LineUse] = field(default_factory=dict)

    def use(self, line: int, text: str, what: str, rule: str) -> None:
        """Note what became of a line; the last word counts."""
        self.uses[line] = LineUse(line, text, what, rule)

    def facts_of(self, record: str, names: Iterable[str], line: int, start: int, end: int) -> None:
        """Note where several fields were read, by their usual rules."""
        self.facts += [Fact(record, name, line, start, end, RULE_OF_FIELD[name]) for name in names]

    def fact(self, record: str, name: str, line: int, start: int = 0, end: int = 0, rule: str = "") -> None:
        """Note where a field was read."""
        self.facts.append(Fact(record, name, line, start, end, rule or RULE_OF_FIELD.get(name, "")))

    def finish(self, article: str) -> Evidence:
        """The evidence, in page order."""
        return Evidence(article, tuple(self.facts), tuple(self.uses[number] for number in sorted(self.uses)))
