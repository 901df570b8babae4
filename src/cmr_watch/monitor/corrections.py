"""Applies corrections to a reading: after the readers, before it is assessed and compared (READING, ADR 17). Pure.

    corrected = apply_corrections(snapshot, evidence, corrections)
    corrected.lapsed       those whose line is no longer on the page, word for word, each with the reason

A corrected field is evidence too: its rule is `correction`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from cmr_watch.exceptions import CorrectionRefused
from cmr_watch.models.corrections import Correction
from cmr_watch.models.evidence import Evidence, Fact, LineUse, Use
from cmr_watch.models.readings import Edition, Section, Snapshot
from cmr_watch.monitor.correction_values import (
    OF_CUTOFF,
    corrected_call,
    corrected_cutoff,
    corrected_edition,
    parse,
)

RULE: Final = "correction"
_WORD: Final = re.compile(r"\w+")


class Lapsed(NamedTuple):
    """A correction that can no longer be applied, and why."""

    correction: Correction
    reason: str


class Corrected(NamedTuple):
    """A reading after its corrections."""

    snapshot: Snapshot
    evidence: Evidence
    lapsed: tuple[Lapsed, ...] = ()


def apply_corrections(snapshot: Snapshot, evidence: Evidence, corrections: Iterable[Correction]) -> Corrected:
    """The reading with all corrections that can be applied."""
    lapsed: list[Lapsed] = []
    for correction in corrections:
        try:
            snapshot, evidence = apply_correction(snapshot, evidence, correction)
        except CorrectionRefused as refused:
            lapsed.append(Lapsed(correction, str(refused)))
    return Corrected(snapshot, evidence, tuple(lapsed))


def apply_correction(snapshot: Snapshot, evidence: Evidence, correction: Correction) -> tuple[Snapshot, Evidence]:
    """The reading with one correction; CorrectionRefused if it cannot be applied."""
    target = find_target(snapshot, evidence, correction.line)
    if correction.values is None:
        found = _without(snapshot, evidence, target)
    else:
        found = _with_values(snapshot, evidence, target, parse(snapshot.kind, correction.values))
    snapshot, evidence = found
    what: Use | None = "remark" if correction.values is None else None
    lines = tuple(_marked(use, what) if use.line in target.lines else use for use in evidence.lines)
    return _settled(snapshot, target), evidence._replace(lines=lines)


def _marked(use: LineUse, what: Use | None) -> LineUse:
    return use._replace(rule=RULE, what=what or ("entry" if use.what in ("not taken", "prose", "remark") else use.what))


# ── which line ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Target:
    """What a correction is about: the lines, the record that was read from them, and the cut-offs in them."""

    lines: tuple[int, ...]
    text: str
    record: str | None
    cutoffs: tuple[int, ...] = ()

    @property
    def index(self) -> int:
        assert self.record is not None, "only asked of a line with a record"
        return int(self.record.partition("[")[2].rstrip("]"))


def words_of(text: str) -> tuple[str, ...]:
    """The words and numbers of a text: a line with the same ones is the same, word for word."""
    return tuple(_WORD.findall(unicodedata.normalize("NFC", text).casefold()))


def find_target(snapshot: Snapshot, evidence: Evidence, line: str) -> Target:
    """The line with this text, or the entry of several lines; CorrectionRefused if there is none, or more than one."""
    wanted = words_of(line)
    found = [use for use in evidence.lines if wanted and words_of(use.text) == wanted]
    if len(found) > 1:
        numbers = " and ".join(str(use.line) for use in found)
        raise CorrectionRefused(f"the page has this line more than once (lines {numbers})")
    if not found:
        return _entry_with_text(snapshot, evidence, wanted)
    (use,) = found
    records = {fact.record for fact in evidence.facts if fact.line == use.line and _is_own(fact)}
    if len(records) > 1:
        raise CorrectionRefused(f"the line holds {len(records)} entries, so it cannot be corrected as one")
    cutoffs = {_number(fact.field) for fact in evidence.facts if fact.line == use.line and _is_cutoff(fact)}
    return Target((use.line,), use.text, next(iter(records), None) or _only_record(snapshot), tuple(sorted(cutoffs)))


def _entry_with_text(snapshot: Snapshot, evidence: Evidence, wanted: tuple[str, ...]) -> Target:
    """The entry whose lines together have this text."""
    texts = {f"editions[{number}]": edition.text for number, edition in enumerate(snapshot.editions)}
    texts |= {f"calls[{number}]": call.text for number, call in enumerate(snapshot.calls)}
    found = [record for record, text in texts.items() if wanted and words_of(text) == wanted]
    if len(found) != 1:
        raise CorrectionRefused("the page has no such line" if not found else "several entries have this text")
    lines = tuple(fact.line for fact in evidence.facts if fact.record == found[0] and fact.field == "text")
    return Target(lines, texts[found[0]], found[0])


def _is_own(fact: Fact) -> bool:
    """Whether a line with this fact is one of the record's own, and not a heading over it."""
    return fact.field == "text" or _is_cutoff(fact)


def _is_cutoff(fact: Fact) -> bool:
    return fact.field.startswith("cutoffs[")


def _number(field: str) -> int:
    return int(field.partition("[")[2].rstrip("]"))


def _only_record(snapshot: Snapshot) -> str | None:
    """A page of a call or an edition has one record, which each of its lines is about."""
    if snapshot.kind == "call" and snapshot.calls:
        return "calls[0]"
    return "editions[0]" if snapshot.kind == "edition" and snapshot.editions else None


# ── the right values ─────────────────────────────────────────────────────────────────────────────────────────────────


def _with_values(
    snapshot: Snapshot, evidence: Evidence, target: Target, values: Mapping[str, Any]
) -> tuple[Snapshot, Evidence]:
    if target.record is None:
        return _with_edition(snapshot, evidence, target, values)
    if target.record.startswith("calls"):
        return _with_call(snapshot, evidence, target, values)
    before = snapshot.editions[target.index]
    after = corrected_edition(before, values)
    editions = _replaced(snapshot.editions, target.index, after)
    names = [name for name in _NAMES if getattr(before, name) != getattr(after, name) or name in values]
    return replace(snapshot, editions=editions), _noted(evidence, target, target.record, names)


_NAMES: Final = tuple(Edition.__dataclass_fields__)


def _with_edition(
    snapshot: Snapshot, evidence: Evidence, target: Target, values: Mapping[str, Any]
) -> tuple[Snapshot, Evidence]:
    """A line that was not taken as an entry becomes one, in the section of the entry above it, else of the next."""
    if snapshot.kind != "initiative" or "city" not in values:
        raise CorrectionRefused("the line was not read as an entry; to make it one, give at least city=… and country=…")
    starts = [_first_line(evidence, f"editions[{number}]") for number in range(len(snapshot.editions))]
    at = sum(start < target.lines[0] for start in starts)
    section = _section_beside(snapshot, at)
    new = Edition("", section=section, status="held" if section == "past" else "scheduled", text=target.text)
    edition = corrected_edition(new, values)
    editions = (*snapshot.editions[:at], edition, *snapshot.editions[at:])
    evidence = evidence._replace(facts=tuple(_shifted(evidence.facts, at, 1)))
    names = [name for name in _NAMES if getattr(edition, name) not in (None, ())]
    return replace(snapshot, editions=editions), _noted(evidence, target, f"editions[{at}]", names)


def _section_beside(snapshot: Snapshot, at: int) -> Section | None:
    beside = snapshot.editions[at - 1 : at] or snapshot.editions[at : at + 1]
    return beside[0].section if beside else None


def _first_line(evidence: Evidence, record: str) -> int:
    return evidence.of(record)["text"].line


def _with_call(
    snapshot: Snapshot, evidence: Evidence, target: Target, values: Mapping[str, Any]
) -> tuple[Snapshot, Evidence]:
    assert target.record is not None, "the caller has looked"
    of_cutoff = {name: value for name, value in values.items() if name in OF_CUTOFF}
    others = {name: value for name, value in values.items() if name not in OF_CUTOFF}
    call = corrected_call(snapshot.calls[target.index], others)
    names = list(others)
    if of_cutoff:
        if len(target.cutoffs) > 1:
            raise CorrectionRefused(f"the line holds {len(target.cutoffs)} cut-offs, so it cannot be corrected as one")
        at = target.cutoffs[0] if target.cutoffs else len(call.cutoffs)
        before = call.cutoffs[at] if target.cutoffs else None
        call = replace(call, cutoffs=_replaced(call.cutoffs, at, corrected_cutoff(before, of_cutoff, target.text)))
        names.append(f"cutoffs[{at}]")
    calls = _replaced(snapshot.calls, target.index, call)
    return replace(snapshot, calls=calls), _noted(evidence, target, target.record, names)


def _replaced(items: Sequence[Any], at: int, item: Any) -> tuple[Any, ...]:
    return (*items[:at], item, *items[at + 1 :])


def _noted(evidence: Evidence, target: Target, record: str, names: Sequence[str]) -> Evidence:
    """The evidence in which these fields were read from the corrected line."""
    kept = [fact for fact in evidence.facts if fact.record != record or fact.field not in names]
    texts = {use.line: use.text for use in evidence.lines}
    new = [Fact(record, name, line, 0, len(texts[line]), RULE) for name in names for line in target.lines]
    return evidence._replace(facts=(*kept, *new))


# ── not an entry ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _without(snapshot: Snapshot, evidence: Evidence, target: Target) -> tuple[Snapshot, Evidence]:
    if target.cutoffs:
        return _without_cutoffs(snapshot, evidence, target)
    if target.record is None:
        return snapshot, evidence  # its warning goes
    if snapshot.kind != "initiative":
        raise CorrectionRefused("this page is about one call or edition, which cannot be removed")
    part, at = target.record.partition("[")[0], target.index
    facts = (fact for fact in evidence.facts if fact.record != target.record)
    evidence = evidence._replace(facts=tuple(_shifted(facts, at + 1, -1, part)))
    if part == "calls":
        return replace(snapshot, calls=(*snapshot.calls[:at], *snapshot.calls[at + 1 :])), evidence
    return replace(snapshot, editions=(*snapshot.editions[:at], *snapshot.editions[at + 1 :])), evidence


def _without_cutoffs(snapshot: Snapshot, evidence: Evidence, target: Target) -> tuple[Snapshot, Evidence]:
    call = snapshot.calls[target.index]
    kept = [number for number in range(len(call.cutoffs)) if number not in target.cutoffs]
    names = {f"cutoffs[{old}]": f"cutoffs[{new}]" for new, old in enumerate(kept)}
    facts = tuple(
        fact._replace(field=names.get(fact.field, fact.field)) if fact.record == target.record else fact
        for fact in evidence.facts
        if fact.record != target.record or not _is_cutoff(fact) or fact.field in names
    )
    call = replace(call, cutoffs=tuple(call.cutoffs[number] for number in kept))
    return replace(snapshot, calls=_replaced(snapshot.calls, target.index, call)), evidence._replace(facts=facts)


def _shifted(facts: Iterable[Fact], first: int, by: int, part: str = "editions") -> Iterable[Fact]:
    """The facts, with the records from `first` on renumbered."""
    for fact in facts:
        is_shifted = fact.record.startswith(part) and _number(fact.record) >= first
        yield fact._replace(record=f"{part}[{_number(fact.record) + by}]") if is_shifted else fact


def _settled(snapshot: Snapshot, target: Target) -> Snapshot:
    """Without the warnings of the line: the operator has decided."""
    wanted = words_of(target.text)
    kept = tuple(warning for warning in snapshot.warnings if words_of(warning.text) != wanted)
    unread = sum(one.code in ("line-unread", "section-unknown") for one in snapshot.warnings if one not in kept)
    outline = replace(snapshot.outline, unread_lines=max(0, snapshot.outline.unread_lines - unread))
    return replace(snapshot, warnings=kept, outline=outline)
