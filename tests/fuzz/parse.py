"""`make fuzz`: check that no input makes a parser raise anything but ParseError.

The first byte of an input selects the kind of page. Arguments are passed on to libFuzzer, for example
`make fuzz ARGS="-max_total_time=600"`, or the path of an input that crashed, to reproduce the crash.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # atheris must instrument the package before anything imports it
    from cmr_watch.models.readings import Snapshot

KINDS: Final = ("initiative", "call", "edition")
TESTS: Final = Path(__file__).parents[1]
FOLDERS: Final = (("initiative", 0), ("oddities", 0), ("call", 1), ("edition", 2))
CORPUS: Final = Path(__file__).parent / "corpus"
DEFAULTS: Final = {"-max_total_time": "60", "-max_len": "65536", "-timeout": "10", "-rss_limit_mb": "2048"}


def parse_input(data: bytes) -> Snapshot | None:
    """Parse a page of the kind that the first byte selects; None on ParseError. Any other exception is a bug."""
    from cmr_watch.exceptions import ParseError
    from cmr_watch.reading import read

    kind = KINDS[data[0] % len(KINDS)] if data else KINDS[0]
    try:
        return read(kind, data[1:]).snapshot  # type: ignore[arg-type]
    except ParseError:
        return None


def inputs() -> list[Path]:
    """The files of the committed corpus."""
    return sorted(path for path in CORPUS.iterdir() if path.suffix != ".md")


def write_seeds(folder: Path) -> None:
    """Write the initial corpus: every saved page, whole and from its article on, and the committed corpus."""
    for name, kind in FOLDERS:
        for path in sorted((TESTS / "fixtures").glob(f"{name}/*/page.html")):
            page = path.read_bytes()
            start = max(page.rfind(b"<article"), page.rfind(b'<section id="block-content"'), 0)
            (folder / f"{name}-{path.parent.name}").write_bytes(bytes([kind]) + page)
            (folder / f"{name}-{path.parent.name}-short").write_bytes(bytes([kind]) + page[start:])
    for path in inputs():
        (folder / f"corpus-{path.name}").write_bytes(path.read_bytes())


def options(arguments: list[str], corpus: str) -> list[str]:
    """The options of libFuzzer: the defaults that are not overridden, and the corpus unless files are given."""
    defaults = [
        f"{name}={value}"
        for name, value in DEFAULTS.items()
        if not any(argument.startswith(name) for argument in arguments)
    ]
    files = [argument for argument in arguments if not argument.startswith("-")]
    return [*defaults, *arguments, *([] if files else [corpus])]


def _fuzz_target(data: bytes) -> None:
    """Parse an input. libFuzzer requires a target without a result."""
    parse_input(data)


def main() -> None:
    import atheris

    with atheris.instrument_imports(include=["cmr_watch"]):
        from cmr_watch.reading import call, edition, initiative  # noqa: F401

    with tempfile.TemporaryDirectory(prefix="cmr-watch-fuzz-") as folder:
        write_seeds(Path(folder))
        atheris.Setup([sys.argv[0], *options(sys.argv[1:], folder)], _fuzz_target)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
