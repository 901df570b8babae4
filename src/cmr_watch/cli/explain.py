"""What `parse --explain` prints: each line of the article, what it was taken for, and the fields read from it.

Rule ids are those of the reading rules: O output, S sections, P places, D dates, C calls, E edition pages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from cmr_watch.reading import Evidence, Reading
from cmr_watch.reading.evidence import Fact, LineUse
from cmr_watch.serialization import reading_to_dict


def explanation(reading: Reading) -> Iterator[str]:
    """The evidence as lines of text: the number, the rule and the use of each line, with its fields below it."""
    evidence, values = reading.evidence, reading_to_dict(reading.snapshot)
    facts = _facts_by_line(evidence)
    yield f"{values['page']} page; the article was found as: {evidence.article or 'nothing'}"
    outside = sorted(facts.keys() - {use.line for use in evidence.lines})
    titles = (LineUse(number, "(the title, outside of the article)", "title", "E1") for number in outside)
    for use in (*titles, *evidence.lines):
        yield from _described(use, facts[use.line], values)
    for warning in values["warnings"]:
        yield f"warning {warning['code']}: {warning['text']}"


def evidence_to_dict(reading: Reading) -> dict[str, Any]:
    """The evidence as JSON. `start` and `end` count characters of the line's text."""
    evidence = reading.evidence
    return {
        "page": reading.snapshot.kind,
        "article": evidence.article,
        "lines": [use._asdict() for use in evidence.lines],
        "facts": [fact._asdict() for fact in evidence.facts],
    }


def _facts_by_line(evidence: Evidence) -> defaultdict[int, list[Fact]]:
    found: defaultdict[int, list[Fact]] = defaultdict(list)
    for fact in evidence.facts:
        found[fact.line].append(fact)
    return found


def _described(use: LineUse, facts: Sequence[Fact], values: dict[str, Any]) -> Iterator[str]:
    number = str(use.line) if use.line >= 0 else "–"
    yield f"{number:>4}  {use.rule:<3} {use.what}: {use.text}"
    for fact in facts:
        words = use.text[fact.start : fact.end] if use.line >= 0 else ""
        quoted = f" ← “{words}”" if words and words != use.text else ""
        yield f"{'':10}{fact.rule:<3} {fact.record}.{fact.field} = {_shown(_value(values, fact))}{quoted}"


def _value(values: dict[str, Any], fact: Fact) -> Any:
    """The value of a field, by its path: `editions[0]` and `city`, or `materials[1]`."""
    found: Any = values
    for name in f"{fact.record}.{fact.field}".split("."):
        key, _, index = name.rstrip("]").partition("[")
        found = found.get(key) if isinstance(found, dict) else None
        if index:
            found = found[int(index)] if isinstance(found, list) and int(index) < len(found) else None
    return found


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("at") or value.get("url") or value)
    return "none" if value is None else str(value)
