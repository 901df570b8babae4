"""The reading engine beside the parser that it replaced, in one run: `python -m bench reading`.

The former parser is taken from the repository's history. Each figure is the median of processes that take turns.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from bench import pages

FORMER: Final = "925524e"
"""The last commit with the former parser alone."""
ROOT: Final = Path(__file__).parent.parent
TURNS: Final = 5
LONGEST: Final = 20
"""Seconds after which the former parser is ended on one of the pages that take it too long."""

_CHILD: Final = """
import os, sys, time
way, path = sys.argv[1:]
page = open(path, "rb").read()
start = time.process_time()
if "FORMER" in os.environ:
    from cmr_watch.monitor.parse.initiative import read_initiative as read
else:
    from cmr_watch.reading import read as read_page
    read = lambda content: read_page("initiative", content)
loaded = time.process_time() - start

def again(number):
    start = time.process_time()
    try:
        read(page.replace(b"TOKEN", b"token-%d" % number))
    except Exception as error:
        assert type(error).__name__ == "ParseError", error
    return time.process_time() - start

first = again(0)
if way == "again":
    first = sorted(again(number) for number in range(1, 16))[7]
print(loaded if way == "import" else loaded + first if way == "both" else first)
"""


class Case(NamedTuple):
    """What is measured on which page; `goal`: the ratio that is aimed at."""

    label: str
    page: str
    way: str
    goal: str


def cases() -> list[Case]:
    recorded = pages.with_token(pages.around(120_000), "TOKEN")
    notices = "".join(f"<p>The call for hosts of events in {2000 + n} is open. Apply!</p>" for n in range(2_500))
    return [
        Case("120 KB, the same article with a new token", recorded, "again", "0.6"),
        Case("120 KB, the first page of a process", recorded, "first", ""),
        Case("120 KB of editions, the first page of a process", pages.inside(120_000), "first", ""),
        Case("importing the reader of the list", recorded, "import", "0.4"),
        Case("importing it and reading one page", recorded, "both", ""),
        Case("2,500 notices", f"<h2>Next editions</h2>{notices}", "first", "0.1"),
        Case("50,000 links", "<h2>Next editions</h2><p>" + "<a href=/x>y</a> " * 50_000, "first", "0.1"),
        Case("1.7 million <p>", "<h2>Next editions</h2>" + "<p>" * 1_700_000, "first", "0.1"),
    ]


def measure() -> None:
    print("\nreading, CPU: the engine beside the parser that it replaced")
    with tempfile.TemporaryDirectory() as folder:
        former = Path(folder, "former")
        if not _extract(former):
            print(f"  skipped: commit {FORMER} is not in this clone's history")
            return
        for case in cases():
            path = Path(folder, "page.html")
            path.write_text(case.page, encoding="utf-8")
            _row(case, former, path)


def _extract(folder: Path) -> bool:
    folder.mkdir()
    archive = subprocess.run(["git", "-C", ROOT, "archive", FORMER, "src"], capture_output=True)
    if archive.returncode:
        return False
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    return True


def _row(case: Case, former: Path, page: Path) -> None:
    engine, parser = [], []
    for _ in range(TURNS):
        parser.append(_seconds(case.way, page, former / "src", is_former=True))
        engine.append(_seconds(case.way, page, ROOT / "src", is_former=False))
        if parser[-1] >= LONGEST / 4:
            break  # once is enough to see the difference
    one, other = statistics.median(engine), statistics.median(parser)
    over = ">" if other >= LONGEST else " "
    goal = f"goal {case.goal} ×" if case.goal else ""
    print(f"  {case.label:<50}{one * 1000:>9.1f} ms {over}{other * 1000:>9.1f} ms   {one / other:.2f} ×   {goal}")


def _seconds(way: str, page: Path, source: Path, *, is_former: bool) -> float:
    environment = {**os.environ, "PYTHONPATH": str(source), **({"FORMER": "1"} if is_former else {})}
    command = [sys.executable, "-c", _CHILD, way, str(page)]
    try:
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return LONGEST
    return float(done.stdout)
