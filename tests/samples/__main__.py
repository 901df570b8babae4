"""Writes a sample of every message into a folder, with an index page."""

from __future__ import annotations

import argparse
from html import escape
from pathlib import Path

from tests.samples.contents import Sample, samples
from tests.samples.golden import GOLDEN, files

DEFAULT = Path("samples-output")
HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Samples of all messages</title>
<style>
body { font-family: Arial, sans-serif; margin: 24px; max-width: 60em; }
table { border-collapse: collapse; }
td, th { text-align: left; vertical-align: top; padding: 6px 14px 6px 0; border-bottom: 1px solid #ccc; }
</style>
</head>
<body>
<h1>Samples of all messages</h1>
<table>
<tr><th>Message</th><th>Subject</th><th>Mail</th><th>Chat</th></tr>
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.samples", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--golden", action="store_true", help="rewrite the golden files of tests/render")
    options = parser.parse_args()
    if options.golden:
        write_golden(GOLDEN)
        return
    write(options.folder, list(samples()))
    print(f"Open {options.folder / 'index.html'} in a browser.")


def write_golden(folder: Path) -> None:
    """Rewrite the golden files, and remove those of samples that no longer exist."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")


def write(folder: Path, all_samples: list[Sample]) -> None:
    """Write each sample as HTML and as text, and an index page."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for sample in all_samples:
        (folder / f"{sample.name}.html").write_text(sample.mail.html, encoding="utf-8")
        (folder / f"{sample.name}.txt").write_text(sample.mail.text, encoding="utf-8")
        (folder / f"{sample.name}.chat.txt").write_text(sample.chat.text, encoding="utf-8")
        rows.append(row(sample))
    (folder / "index.html").write_text(f"{HEAD}{''.join(rows)}</table>\n</body>\n</html>\n", encoding="utf-8")


def row(sample: Sample) -> str:
    name = sample.name
    mail = f'<a href="{name}.html">HTML</a> <a href="{name}.txt">text</a>'
    return (
        f"<tr><td>{escape(sample.title)}</td><td>{escape(sample.mail.subject)}</td>"
        f'<td>{mail}</td><td><a href="{name}.chat.txt">text</a></td></tr>\n'
    )


main()
