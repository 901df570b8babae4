"""Updates the catalogues of the text that readers see: `python -m tests.render.catalogue`. Requires Babel.

That is the text of messages and of the public site. The template (.pot) is made from the code, each language (.po) gets
what is new in it, untranslated, and loses what is gone; and is compiled (.mo), which is what the program reads.
"""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).parents[2]
RENDER: Final = ROOT / "src" / "cmr_watch" / "render"
SITE: Final = ROOT / "src" / "cmr_watch" / "web" / "public"
LOCALE: Final = RENDER / "locale"
CATALOGUE: Final = LOCALE / "messages.pot"
WIDTH: Final = 110
_EXTRACT: Final = ("extract", "-F", "pyproject.toml", "-k", "N_", "--no-location", "--omit-header", "--sort-output")
_HEADER: Final = 'msgid ""\nmsgstr ""\n'


class _Compiled(Catalog):
    """A catalogue with no more in its header than gettext needs, so that nothing but its text changes it."""

    def __init__(self, language: str, forms: str) -> None:
        super().__init__(locale=language)
        self._forms = forms

    @property  # type: ignore[misc]
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", self.locale_identifier or ""),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=UTF-8"),
            ("Plural-Forms", self._forms),
        ]


def write(path: Path) -> None:
    """Extract all marked text, in order of the text, so that a moved line changes nothing."""
    tool = (sys.executable, "-m", "babel.messages.frontend", "-q")
    command = (*tool, *_EXTRACT, "-w", str(WIDTH), "-o", str(path), str(RENDER), str(SITE))
    subprocess.run(command, check=True, cwd=ROOT)


def sources() -> dict[str, Path]:
    """The catalogues (.po), by language."""
    return {path.parts[-3]: path for path in sorted(LOCALE.glob("*/LC_MESSAGES/messages.po"))}


def read(path: Path, language: str | None = None) -> Catalog:
    """A catalogue."""
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(path: Path, language: str) -> str:
    """The catalogue with the messages of the template; what is new is not translated. Its header stays as it is."""
    text = path.read_text(encoding="utf-8")
    start = text.index(_HEADER)
    header = text[: text.index("\n\n", start) + 2]
    catalogue = read(path, language)
    catalogue.update(read(CATALOGUE), no_fuzzy_matching=True)
    made = BytesIO()
    options = {"no_location": True, "omit_header": True, "sort_output": True, "ignore_obsolete": True}
    write_po(made, catalogue, width=WIDTH, **options)
    return header + made.getvalue().decode().lstrip("\n")


def compiled(path: Path, language: str) -> bytes:
    """The catalogue as the program reads it."""
    source = read(path, language)
    catalogue, made = _Compiled(language, source.plural_forms), BytesIO()
    for message in source:
        if message.id and message.string and not message.fuzzy:
            catalogue.add(message.id, message.string, context=message.context)
    write_mo(made, catalogue)
    return made.getvalue()


def main() -> None:
    """Update all files."""
    write(CATALOGUE)
    for language, path in sources().items():
        path.write_text(updated(path, language), encoding="utf-8")
        path.with_suffix(".mo").write_bytes(compiled(path, language))


if __name__ == "__main__":
    main()
