"""What `--explain` prints: each line of the article, what it was taken for, and the fields read from it.

Rule IDs are those of the reading rules: O output, S sections, P places, D dates, C calls, E edition pages, M matching.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from cmr_watch.models.evidence import Evidence, Fact, LineUse
from cmr_watch.models.readings import Snapshot
from cmr_watch.plural import counted
from cmr_watch.serialization import snapshot_to_dict


def explanation(snapshot: Snapshot, evidence: Evidence) -> Iterator[str]:
    """The evidence as lines of text: the number, the rule and the use of each line, with its fields below it."""
    values = snapshot_to_dict(snapshot)
    facts = _facts_by_line(evidence)
    yield f"{snapshot.kind} page; the article was found as: {evidence.article or 'nothing'}"
    yield shares_line(evidence)
    for use in evidence.lines:
        yield from _described(use, facts[use.line], values)
    for warning in snapshot.warnings:
        yield f"warning {warning.code}: {warning.text}"


def shares_line(evidence: Evidence) -> str:
    """How many lines were taken for what: `14 lines: 8 entry, 3 heading, 2 prose, 1 not taken`."""
    shares = ", ".join(f"{number} {what}" for what, number in evidence.shares.items())
    return f"{counted(len(evidence.lines), 'line')}: {shares or 'none'}"


def evidence_to_dict(snapshot: Snapshot, evidence: Evidence) -> dict[str, Any]:
    """The evidence as JSON. `start` and `end` count characters of the line's text."""
    return {
        "page": snapshot.kind,
        "article": evidence.article,
        "shares": evidence.shares,
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
    shared: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for fact in facts:
        words = use.text[fact.start : fact.end]
        quoted = f" ← “{words}”" if words != use.text else ""
        shared[fact.rule, fact.field, f"{_shown(_value(values, fact))}{quoted}"].append(fact.record)
    for (rule, field, value), records in shared.items():
        yield f"{'':10}{rule:<3} {_span_of(records)}.{field} = {value}"


def _span_of(records: Sequence[str]) -> str:
    """`editions[0]`; of several that share a heading, `editions[0] … editions[14]`."""
    return records[0] if len(records) == 1 else f"{records[0]} … {records[-1]}"


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
