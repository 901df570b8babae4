"""Writes the catalogue of the text that readers see: `python -m tests.render.catalogue`. Requires Babel.

That is the text of messages and of the public site.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RENDER = ROOT / "src" / "cmr_watch" / "render"
SITE = ROOT / "src" / "cmr_watch" / "web" / "public"
CATALOGUE = RENDER / "locale" / "messages.pot"
_EXTRACT = (
    "extract",
    "-F",
    "pyproject.toml",
    "-k",
    "N_",
    "--no-location",
    "--omit-header",
    "--sort-output",
    "-w",
    "110",
)


def write(path: Path) -> None:
    """Extract all marked text, in order of the text, so that a moved line changes nothing."""
    command = (
        sys.executable,
        "-m",
        "babel.messages.frontend",
        "-q",
        *_EXTRACT,
        "-o",
        str(path),
        str(RENDER),
        str(SITE),
    )
    subprocess.run(command, check=True, cwd=ROOT)


if __name__ == "__main__":
    write(CATALOGUE)
