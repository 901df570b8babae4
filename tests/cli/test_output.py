from __future__ import annotations

import io
import sys
import unicodedata

import pytest

from cmr_watch.cli.output import fit, print_json, print_table, printable, width, wrap


@pytest.mark.parametrize(
    ("text", "columns"),
    [("Kraków", 6), (unicodedata.normalize("NFD", "Kraków"), 6), ("日本", 4), ("📑", 2), ("a\u200bb", 2), ("", 0)],
)
def test_width(text, columns):
    assert width(text) == columns


@pytest.mark.parametrize(
    ("text", "columns", "fitted"),
    [
        ("Lyon", 6, "Lyon  "),
        ("Donostia / San Sebastián", 9, "Donostia…"),
        ("日本日本", 5, "日本…"),
        ("日本", 4, "日本"),
    ],
)
def test_fit(text, columns, fitted):
    assert fit(text, columns) == fitted
    assert width(fitted) <= columns


def test_wrap():
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("https://example.org/long two", 7) == ["https://example.org/long", "two"]
    assert wrap("", 7) == [""]


def test_a_table_is_at_most_80_columns_wide(capsys):
    print_table(("ID", "WHAT"), [("1", "word " * 40), ("2", "日本 " * 40)])
    out = capsys.readouterr().out
    assert max(width(line) for line in out.splitlines()) <= 80
    assert out.startswith("ID  WHAT\n1   word word")
    assert "\n    word" in out


def test_control_characters_are_not_printed(capsys):
    assert printable("a\x1b[31mb\r\nc\x9bd\u202ee") == "a [31mb  c d e"
    print_table(("A", "B"), [("\x1b[31m", "\x07")])
    assert "\x1b" not in capsys.readouterr().out


def test_json_is_ascii_if_stdout_is_not_utf_8(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    with monkeypatch.context() as patched:
        patched.setitem(sys.__dict__, "stdout", stream)
        print_json({"city": "Iași"})
    stream.flush()
    assert stream.buffer.getvalue() == b'{"city": "Ia\\u0219i"}\n'  # type: ignore[attr-defined]
