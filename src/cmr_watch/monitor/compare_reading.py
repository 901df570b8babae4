"""Compares a reading with what is known from its page and from the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cmr_watch.merge_pages import known_of_kind
from cmr_watch.models.readings import Change, Known
from cmr_watch.monitor.deduplicate import beyond_the_list, is_on_call_page, late_cutoffs, unreported, with_shared_keys
from cmr_watch.monitor.diff import CONFIRMED_AFTER, Comparison, compare_matched, merge_reading
from cmr_watch.monitor.edition_page_diff import compare_edition_page, first_changes
from cmr_watch.monitor.first_reading import is_later_link, was_first_seen
from cmr_watch.monitor.match import Matching, match_reading
from cmr_watch.monitor.page_reading import Reading
from cmr_watch.store.checks import Checks


def first_comparison(reading: Reading, checks: Checks) -> Comparison:
    """What is known after the first reading of a page, and what it announces: nothing, unless the page is new."""
    known = _first_known(reading, checks)
    if reading.page.kind == "call":
        if checks.is_later_page(reading.page.url, reading.at):
            listed = known_of_kind(checks.known_pages(), "initiative").calls
            compared = beyond_the_list(compare_reading(reading, Known(), checks), listed, reading.at)
            return without_duplicates(compared, reading, checks)
        return Comparison(tuple(_late_cutoffs(reading, known, checks)), known)
    compared = Comparison(tuple(_edition_news(reading, known, checks)), known)
    return without_duplicates(compared, reading, checks)


def _edition_news(reading: Reading, known: Known, checks: Checks) -> Iterator[Change]:
    """What the first reading of an edition's page announces, if the list has linked to it later than its baseline."""
    if reading.page.kind != "edition" or not known.editions:
        return
    (entry,) = known.editions
    on_list = checks.changes_on_other_pages(reading.page.url, {entry.key})
    in_round = checks.changes_in_round(reading.round_)
    if is_later_link(reading.page.url, on_list) and not was_first_seen(entry.key, in_round):
        listed = known_of_kind(checks.known_pages(), "initiative").editions
        owner = next(each for each in listed if each.key == entry.key)
        yield from first_changes(entry, reading.at, owner.edition)


def _first_known(reading: Reading, checks: Checks) -> Known:
    """What is known after the first reading of a page."""
    if reading.page.kind == "edition":
        return compare_reading(reading, Known(), checks).known
    merged = Comparison((), merge_reading(Known(), reading.snapshot, reading.at))
    return _with_shared_keys(reading, Known(), merged, checks).known


def compare_reading(reading: Reading, known: Known, checks: Checks, matching: Matching | None = None) -> Comparison:
    """Compare with what is known from the same page. An edition's page also needs the list, to find its edition.

    `matching`: of the reading with what is known, if it was made before.
    """
    if reading.page.kind == "edition":
        listed = known_of_kind(checks.known_pages(), "initiative").editions
        return compare_edition_page(known, reading.snapshot, reading.at, listed, reading.page.url)
    matching = matching or match_reading(known, reading.snapshot, reading.at)
    compared = compare_matched(known, matching, reading.at, CONFIRMED_AFTER)
    return _with_shared_keys(reading, known, compared, checks)


def _with_shared_keys(reading: Reading, known: Known, compared: Comparison, checks: Checks) -> Comparison:
    """With the keys that new calls have on the list, or on the call pages."""
    if len(compared.known.calls) == len(known.calls):
        return compared  # no new calls, so the other pages need not be loaded
    others = known_of_kind(checks.known_pages(), "call" if reading.page.kind == "initiative" else "initiative")
    return with_shared_keys(known, compared, others.calls)


def _late_cutoffs(reading: Reading, known: Known, checks: Checks) -> Iterator[Change]:
    """The cut-offs on the first reading of a call page whose call was announced, without them, in an earlier round."""
    in_round = {change.key for change in checks.changes_in_round(reading.round_)}
    keys = {entry.key for entry in known.calls} - in_round
    reported = checks.changes_on_other_pages(reading.page.url, keys)
    for entry in known.calls:
        if entry.key in keys:
            yield from late_cutoffs(entry.key, entry.call, reported, reading.at)


def without_duplicates(compared: Comparison, reading: Reading, checks: Checks) -> Comparison:
    """Without the changes that another page has already reported, or that are part of one of this round."""
    if not compared.changes:
        return compared
    compared = _beyond_the_call_page(compared, reading, checks)
    reported = checks.changes_on_other_pages(reading.page.url, {change.key for change in compared.changes})
    in_round = checks.changes_in_round(reading.round_)
    return replace(compared, changes=tuple(unreported(compared.changes, reported, in_round, reading.at)))


def _beyond_the_call_page(compared: Comparison, reading: Reading, checks: Checks) -> Comparison:
    """Without what the list says of cut-offs, if the call page already says so."""
    if reading.page.kind != "initiative" or not any(change.kind.startswith("call.") for change in compared.changes):
        return compared
    entries = known_of_kind(checks.known_pages(), "call").calls
    call_pages = {entry.key: entry.call for entry in entries if not entry.gone}
    kept = tuple(change for change in compared.changes if not is_on_call_page(change, call_pages))
    return replace(compared, changes=kept)
