"""Records where each fact of a reading is on the page, and which rule took it. Pure; no errors.

    log.use(line, "entry", "P1")                           how a line was classified
    log.note("editions[0]", "city", line, start, end)      where a field was read, by its usual rule
    log.finish(why, lines)                                 the evidence

A line that was split or joined keeps track of the lines it comes from (`Line.spans`): evidence always names those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cmr_watch.models.evidence import NOT_IN_ARTICLE, Evidence, Fact, LineUse, Use
from cmr_watch.reading.lines import Line, Where

RULE_OF_FIELD: Final = {
    "city": "P2",
    "region": "P2",
    "country": "P2",
    "country_code": "P4",
    "starts_on": "D1",
    "ends_on": "D1",
    "date_text": "D1",
    "date_precision": "D3",
    "period": "D3",
    "section": "S1",
    "status": "D6",
    "url": "O2",
    "summary_url": "O2",
    "apply_url": "O2",
    "hosting_years": "O4",
    "title": "O4",
    "text": "O1",
    "venue": "E2",
    "registration_url": "E3",
    "registration_closes_on": "E3",
    "contact": "O1",
}
"""The rule that usually decides a field, where a reader names no other."""
_WEAK: Final = frozenset({"prose", "remark"})
"""Classes of a piece that do not change the class of the whole line: “Ghent, Belgium, 3 May 2026; with lunch”."""


class Source(NamedTuple):
    """What a field was read from, and by which rule, unless by the usual one."""

    field: str
    where: Where
    rule: str = ""


def numbered(field: str, places: Iterable[Where], rule: str) -> Iterator[Source]:
    """The sources of a field of several values."""
    return (Source(f"{field}[{number}]", where, rule) for number, where in enumerate(places))


@dataclass(slots=True)
class EvidenceLog:
    """Gathers evidence while a page is read."""

    facts: list[Fact] = field(default_factory=list)
    uses: dict[int, tuple[Use, str]] = field(default_factory=dict)

    def use(self, line: Line, what: Use, rule: str) -> None:
        """Note how a line was classified. The last call counts, but a remark after an entry leaves it an entry."""
        for number in line.numbers:
            if what not in _WEAK or self.uses.get(number, (what, rule))[0] != "entry":
                self.uses[number] = what, rule

    def note(
        self,
        record: str,
        names: str | Iterable[str],
        line: Line,
        start: int = 0,
        end: int | None = None,
        rule: str = "",
    ) -> None:
        """Note where one or more fields were read: in the whole line, or a part of its text."""
        group = (names,) if isinstance(names, str) else names
        for number, first, last in line.spans(start, end):
            self.facts += [Fact(record, name, number, first, last, rule or RULE_OF_FIELD[name]) for name in group]

    def note_all(self, record: str, sources: Iterable[Source]) -> None:
        """Note where each of several fields was read."""
        for name, (line, start, end), rule in sources:
            self.note(record, name, line, start, end, rule)

    def finish(self, article: str, lines: Iterable[Line], title: Line | None = None) -> Evidence:
        """The evidence for an article with these lines; `title`: one that may be outside it."""
        outside = title is not None and title.number == NOT_IN_ARTICLE
        found = [LineUse(NOT_IN_ARTICLE, title.text, "title", "E1")] if title and outside else []
        found += [LineUse(line.number, line.text, *self.uses.get(line.number, ("not taken", "O5"))) for line in lines]
        return Evidence(article, tuple(self.facts), tuple(found))
