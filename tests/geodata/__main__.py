"""python -m tests.geodata: regenerate the places and the outlines of the public site from their sources."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.geodata import sources
from tests.geodata.outlines import outlines_text
from tests.geodata.places import places_text

DATA: Final = Path(__file__).parents[2] / "src" / "cmr_watch" / "web" / "public" / "data"


def main() -> None:
    """Write both files."""
    with TemporaryDirectory() as folder:
        outlines = outlines_text(sources.atlas(Path(folder)), sources.country_codes())
    for name, text in (("places.txt", places_text(sources.cities())), ("outlines.txt", outlines)):
        (DATA / name).write_text(text, encoding="utf-8")
        print(f"{name}: {len(text.encode()):,} bytes")


if __name__ == "__main__":
    main()
