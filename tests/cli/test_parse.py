from __future__ import annotations

import io
import json
import sys

import pytest

from tests.cli.conftest import FIXTURES, STATES


@pytest.mark.parametrize("state", STATES)
def test_it_prints_the_content_of_a_page(watch, state):
    file = FIXTURES / f"{state}-list" / "page.html"
    result = watch.run("parse", str(file), config=False)
    expected = json.loads((file.parent / "expected.json").read_text(encoding="utf-8"))
    assert (result.code, result.err) == (0, "")
    assert result.json == [{"source": str(file), **expected}]


def test_the_source_is_as_given(watch, monkeypatch):
    monkeypatch.chdir(FIXTURES / "2023-09-list")
    assert [row["source"] for row in watch.run("parse", "./page.html", "page.html").json] == [
        "./page.html",
        "page.html",
    ]


def test_an_unreadable_file_does_not_affect_the_others(watch):
    page = str(FIXTURES / "2023-09-list" / "page.html")
    result = watch.run("parse", "nowhere.html", str(watch.folder), page)
    assert (result.code, len(result.json)) == (1, 1)
    assert result.err.splitlines() == [
        "cmr-watch: nowhere.html: cannot be read: No such file or directory",
        f"cmr-watch: {watch.folder}: cannot be read: Is a directory",
    ]


def test_it_needs_no_configuration_and_no_database(watch):
    watch.config.write_text("this is [not TOML")
    assert watch.run("parse", str(FIXTURES / "2023-09-list" / "page.html")).code == 0
    assert not watch.database.exists()


def test_standard_input(watch, monkeypatch):
    content = (FIXTURES / "2023-09-list" / "page.html").read_bytes()
    monkeypatch.setitem(sys.__dict__, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    (reading,) = watch.run("parse", "-").json
    assert (reading["source"], len(reading["editions"])) == ("-", 14)


@pytest.mark.parametrize("page", ["call", "edition"])
def test_each_page_kind_has_its_own_parser(watch, page, tmp_path):
    (tmp_path / "x.html").write_text("<html><body><article><h1>Something else</h1></article></body></html>")
    (reading,) = watch.run("parse", "--page", page, str(tmp_path / "x.html")).json
    assert (reading["page"], reading["editions"], reading["calls"]) == (page, [], [])


def test_an_unknown_page_kind(watch):
    result = watch.run("parse", "--page", "feed", "x.html")
    assert result.code == 2
    assert "initiative" in result.err


@pytest.mark.parametrize("page", ["initiative", "call", "edition"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Lorem ipsum",
        b'{"a": 1}',
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        b"<html></html>",
        b"<html><body><div id='app'>Loading</div><script>start()</script></body></html>",
        b"<html><body><ul><li></li></ul><p> </p><nav><p>Home</p></nav></body></html>",
    ],
    ids=["empty", "text", "JSON", "PNG", "no body", "script only", "blank parts"],
)
def test_a_file_without_any_part_that_could_be_its_content(watch, tmp_path, page, content):
    file = tmp_path / "file.html"
    file.write_bytes(content)
    result = watch.run("parse", "--page", page, str(file), config=False)
    assert (result.code, result.out) == (1, "")
    assert result.err == (f"cmr-watch: {file}: has no content that could be read: no heading, list or paragraph\n")


@pytest.mark.parametrize("element", ["<h2>Events</h2>", "<p>Down for maintenance</p>", "<ul><li>Sitemap</li></ul>"])
def test_a_page_about_something_else_is_read(watch, tmp_path, element):
    (tmp_path / "x.html").write_text(f"<html><body>{element}</body></html>")
    result = watch.run("parse", str(tmp_path / "x.html"), config=False)
    assert (result.code, result.err, len(result.json)) == (0, "", 1)


PAGE = """<html><body><article><h1>Clusters meet Regions</h1><h2>Next editions in 2026</h2>
<p>Ghent, Belgium – 12-13 March 2026</p><p>Something odd on 12 March 2026</p>
<h2>Past editions</h2><p>Lyon, France – 3-4 May 2025</p><h3>Other events</h3><p>Porto, Portugal – 1 May 2025</p>
</article></body></html>"""


def test_each_line_and_each_value_is_explained(watch, tmp_path):
    (tmp_path / "x.html").write_text(PAGE, encoding="utf-8")
    result = watch.run("parse", "--explain", str(tmp_path / "x.html"), config=False)
    assert result.code == 0
    assert result.out.splitlines()[:11] == [
        f"{tmp_path / 'x.html'}:",
        "initiative page; the article was found as: article",
        "8 lines: 3 heading, 2 entry, 1 prose, 1 not taken, 1 of others",
        "   0  S4  prose: Clusters meet Regions",
        "   1  S1  heading: Next editions in 2026",
        "          S1  editions[0].section = upcoming",
        "   2  P1  entry: Ghent, Belgium – 12-13 March 2026",
        "          P2  editions[0].city = Ghent ← “Ghent, Belgium”",
        "          P2  editions[0].region = none ← “Ghent, Belgium”",
        "          P2  editions[0].country = Belgium ← “Ghent, Belgium”",
        "          P4  editions[0].country_code = BE ← “Ghent, Belgium”",
    ]
    for line in (
        "          D1  editions[0].starts_on = 2026-03-12 ← “12-13 March 2026”",
        "   3  O5  not taken: Something odd on 12 March 2026",
        "   6  S3  heading: Other events",
        "   7  S3  of others: Porto, Portugal – 1 May 2025",
        "warning line-unread: Something odd on 12 March 2026",
    ):
        assert line in result.out.splitlines()


def test_an_explanation_as_json(watch, tmp_path):
    (tmp_path / "x.html").write_text(PAGE, encoding="utf-8")
    (row,) = watch.run("parse", "--explain", "--json", str(tmp_path / "x.html"), config=False).json
    assert (row["page"], row["article"]) == ("initiative", "article")
    assert row["lines"][3] == {"line": 3, "text": "Something odd on 12 March 2026", "what": "not taken", "rule": "O5"}
    (city,) = [fact for fact in row["facts"] if (fact["record"], fact["field"]) == ("editions[1]", "city")]
    assert city == {"record": "editions[1]", "field": "city", "line": 5, "start": 0, "end": 12, "rule": "P2"}


@pytest.mark.parametrize("folder", ["call/2024-05-list", "edition/malmo-after-br", "call/kinds-opens-on"])
def test_pages_of_every_kind_are_explained(watch, folder):
    file = FIXTURES.parent / folder / "page.html"
    kind = folder.partition("/")[0]
    (row,) = watch.run("parse", "--page", kind, "--explain", "--json", str(file), config=False).json
    lines = watch.run("parse", "--page", kind, "--explain", str(file), config=False).out.splitlines()
    shown = {f"{use['line']:>4}" for use in row["lines"] if use["line"] >= 0}
    assert [line[:4] for line in lines[3:] if line[:4].strip().isdigit()] == sorted(shown, key=int)
    fields = {(fact["record"], fact["field"]) for fact in row["facts"]}
    assert all(any(f"{record}.{field} = " in line for line in lines) for record, field in fields)
    assert sum(row["shares"].values()) == len(row["lines"])
