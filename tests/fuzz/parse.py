"""`make fuzz`: no input makes a parser raise anything but ParseError.

The first byte says what kind of page the rest is taken for. Everything after the options of this program goes to
libFuzzer: `make fuzz ARGS="-max_total_time=600"`, or the path of a file that crashed, to see it crash again.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

KINDS: Final = ("initiative", "call", "edition")
TESTS: Final = Path(__file__).parents[1]
FOLDERS: Final = (("initiative", 0), ("oddities", 0), ("call", 1), ("edition", 2))
CORPUS: Final = Path(__file__).parent / "corpus"
DEFAULTS: Final = {"-max_total_time": "60", "-max_len": "65536", "-timeout": "10", "-rss_limit_mb": "2048"}


def try_to_read(data: bytes) -> None:
    """Read a page of the kind that the first byte names. Only what is a fault of the parser rises."""
    from cmr_watch.exceptions import ParseError
    from cmr_watch.monitor.parse import read

    kind = KINDS[data[0] % len(KINDS)] if data else KINDS[0]
    try:
        read(kind, data[1:])  # type: ignore[arg-type]
    except ParseError:
        return


def seeds(folder: Path) -> None:
    """The saved pages, as the fuzzer begins with them: what is cut out of their article, too, for short inputs."""
    for name, kind in FOLDERS:
        for path in sorted((TESTS / "fixtures").glob(f"{name}/*/page.html")):
            page = path.read_bytes()
            start = max(page.rfind(b"<article"), page.rfind(b'<section id="block-content"'), 0)
            (folder / f"{name}-{path.parent.name}").write_bytes(bytes([kind]) + page)
            (folder / f"{name}-{path.parent.name}-short").write_bytes(bytes([kind]) + page[start:])
    for path in sorted(CORPUS.iterdir()):
        if path.suffix != ".md":
            (folder / f"kept-{path.name}").write_bytes(path.read_bytes())


def options(asked: list[str], folder: str) -> list[str]:
    """What libFuzzer is told: our bounds, unless others are asked for; and its corpus, unless a file is to be tried."""
    bounds = [f"{name}={value}" for name, value in DEFAULTS.items() if not any(one.startswith(name) for one in asked)]
    files = [one for one in asked if not one.startswith("-")]
    return [*bounds, *asked, *([] if files else [folder])]


def main() -> None:
    import atheris

    with atheris.instrument_imports(include=["cmr_watch"]):
        from cmr_watch.monitor.parse import callpage, editionpage, initiative  # noqa: F401

    with tempfile.TemporaryDirectory(prefix="cmr-watch-fuzz-") as folder:
        seeds(Path(folder))
        atheris.Setup([sys.argv[0], *options(sys.argv[1:], folder)], try_to_read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
