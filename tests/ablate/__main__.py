"""`make ablate`: switch off each word and each rule in turn, and list what no saved page needs. Exit code 1 if any.

Each cut is an import of the engine from a changed syntax tree, or a changed lookup of phrases (`engine`). It then reads
again the saved pages on which the cut thing matched, until one of them is misread. Phrases and words are looked for in
the text of the pages; for functions and conditions one reading of all pages records where they hold.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import html
import json
import re
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from cmr_watch.places import fold
from cmr_watch.serialization import reading_to_dict
from tests.ablate import cuts
from tests.ablate.cuts import Cut
from tests.ablate.engine import changed, trees, without_phrases
from tests.compare import differences
from tests.reading.test_blind import STILL_WRONG

FIXTURES = Path(__file__).parents[1] / "fixtures"
KINDS = {"phrases": cuts.phrases, "rows": cuts.rows, "functions": cuts.functions, "conditions": cuts.conditions}
RECORD = "_record_a_match"
SECONDS = 5
"""A page that takes longer, as what ended a loop was cut, is misread."""
_ONLY = [""]
"""A part of the names of the pages to look at."""


class Page(NamedTuple):
    """A saved page: its bytes, what is expected of it, its words with a space around each."""

    name: str
    content: bytes
    expected: Any
    words: str


@cache
def pages() -> tuple[Page, ...]:
    """All saved pages that are read right, the smallest first."""
    paths = sorted(FIXTURES.rglob("page.html"), key=lambda path: path.stat().st_size)
    found = (_page(path) for path in paths if _ONLY[0] in path.parent.relative_to(FIXTURES).as_posix())
    return tuple(page for page in found if page.name.removeprefix("blind/") not in STILL_WRONG)


def _page(path: Path) -> Page:
    content = path.read_bytes()
    expected = json.loads((path.parent / "expected.json").read_text(encoding="utf-8"))
    return Page(path.parent.relative_to(FIXTURES).as_posix(), content, expected, _words(content))


_TAG = re.compile(r"<[^>]*>")


def _words(content: bytes) -> str:
    """Its words as the engine may part them: with tags as spaces, without them, and with “t.b.c.” as one."""
    text = html.unescape(content.decode("utf-8", errors="replace"))
    forms = (_TAG.sub(" ", text), _TAG.sub("", text), text.replace(".", ""))
    return f" {' '.join(fold(form) for form in forms)} {' '.join(re.findall('[a-z]+', text.lower()))} "


# ── which pages, and are they read right? ────────────────────────────────────────────────────────────────────────────


@cache
def matches(kind: str) -> dict[tuple[str, int], list[int]]:
    """(Module, rule) → the pages on which a function or a condition holds."""
    watch = cuts.watched if kind == "functions" else cuts.watched_conditions
    found: dict[tuple[str, int], list[int]] = defaultdict(list)
    number = 0

    def record(module: str, rule: int, value: object) -> object:
        if (value or kind == "conditions") and (not (known := found[module, rule]) or known[-1] != number):
            known.append(number)
        return value

    setattr(builtins, RECORD, record)
    with changed({name: watch(name, tree, RECORD) for name, tree in trees().items()}) as read:
        for number, page in enumerate(pages()):  # noqa: B007
            read(page.expected["page"], page.content)
    return found


def _pages_of(kind: str, cut: Cut) -> Iterator[Page]:
    if cut.rule is not None:
        yield from (pages()[number] for number in matches(kind)[cut.module, cut.rule])
    else:
        phrases = [f" {fold(one)} " for one in cut.words] or [""]
        yield from (page for page in pages() if any(phrase in page.words for phrase in phrases))


def _is_misread(read: Callable[..., Any], page: Page) -> bool:
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        return bool(differences(page.expected, reading_to_dict(read(page.expected["page"], page.content).snapshot)))
    except Exception:  # noqa: BLE001 - whatever it is, the page needs what was cut
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _stop(*_: object) -> None:
    raise TimeoutError


def is_needed(kind: str, number: int) -> bool:
    """Whether a saved page is misread without something."""
    signal.signal(signal.SIGALRM, _stop)
    cut = all_cuts(kind)[number]
    try:
        with _engine_without(cut) as read:
            return any(_is_misread(read, page) for page in _pages_of(kind, cut))
    except Exception:  # noqa: BLE001 - the engine cannot even be imported without it
        return True


def _engine_without(cut: Cut) -> AbstractContextManager[Callable[..., Any]]:
    if cut.concept:
        return without_phrases(cut.concept, cut.words)
    return changed({cut.module: cut.tree(_trees()[cut.module])})


@cache
def _trees() -> dict[str, ast.Module]:
    return trees()


@cache
def all_cuts(kind: str) -> tuple[Cut, ...]:
    return tuple(cut for name, tree in _trees().items() for cut in KINDS[kind](name, tree))


# ── what is shown ────────────────────────────────────────────────────────────────────────────────────────────────────


def _is_wanted(cut: Cut, module: str | None, concepts: Sequence[str] | None) -> bool:
    return module in (None, cut.module) and (not concepts or cut.concept in concepts)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make ablate", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("kinds", nargs="*", help=f"of {', '.join(KINDS)}; without any, all but conditions")
    parser.add_argument("--module", help="only what this module holds")
    parser.add_argument("--concept", action="append", help="only phrases of this concept; several times for several")
    parser.add_argument("--pages", default="", help="look only at pages with this in their name: “oddities/words-”")
    options = parser.parse_args(arguments)
    _ONLY[0] = options.pages  # before the processes part
    kinds = options.kinds or ("phrases", "rows", "functions")
    useless = 0
    for kind in {"functions", "conditions"} & set(kinds):
        matches(kind)  # before the processes part, so that each of them knows it
    with ProcessPoolExecutor(2) as pool:
        for kind in kinds:
            start = time.monotonic()
            wanted = [n for n, cut in enumerate(all_cuts(kind)) if _is_wanted(cut, options.module, options.concept)]
            needed = list(pool.map(is_needed, [kind] * len(wanted), wanted, chunksize=8))
            missed = [all_cuts(kind)[n] for n, is_one in zip(wanted, needed, strict=True) if not is_one]
            print(
                f"{kind}: {len(missed)} of {len(wanted)} are not needed ({time.monotonic() - start:.0f} s)",
                flush=True,
            )
            for cut in missed:
                print(f"  {cut.module}: {cut.name}", flush=True)
            useless += len(missed)
    return 1 if useless else 0


if __name__ == "__main__":
    sys.exit(main())
