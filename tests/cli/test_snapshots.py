from __future__ import annotations

import hashlib
import re
import sqlite3
import zlib
from contextlib import closing

from tests.cli.conftest import PATH, page
from tests.cli.site_pages import edition_path, serve


def test_before_the_first_check(watch):
    assert watch.run("snapshots", "list").out == "No readings stored yet. To make the first, run: cmr-watch check\n"


def test_list(checked):
    checked.check(b"<html></html>")
    lines = checked.run("snapshots", "list").lines
    assert re.split(r"  +", lines[0]) == ["ID", "READ AT (Brussels)", "PAGE", "OUTCOME", "CONTENT"]
    text = " ".join(" ".join(lines).split())
    assert "list of editions * plausible 14 editions, 1 call." in text
    reason = "the page lists no editions; the last reading had 14"
    assert text.endswith(f"list of editions suspect 0 editions, 0 calls. {reason}. {checked.page_url}")
    rows = checked.run("snapshots", "list", "--json").json
    assert [(row["page"], row["assessment"], row["is_baseline"]) for row in rows] == [
        ("initiative", "plausible", False),
        ("initiative", "plausible", True),
        ("initiative", "suspect", False),
    ]


def test_show(checked):
    lines = checked.run("snapshots", "show", "2").lines
    assert lines[0] == f"Reading 2 of {checked.page_url} (list of editions)"
    assert re.fullmatch(r"  fetched on \d{4}-\d\d-\d\d \d\d:\d\d; plausible; the baseline of this page", lines[1])
    assert "  upcoming: Kraków, Poland, 11–12 December 2023" in lines
    assert [line for line in lines if line.startswith("  call, open: ")]
    (shown,) = checked.run("snapshots", "show", "2", "--json").json
    assert (shown["id"], len(shown["editions"])) == (2, 14)


def test_the_shares_of_lines_are_shown(checked):
    assert checked.run("snapshots", "show", "2").lines[-1] == "  19 lines: 14 entry, 2 prose, 2 heading, 1 call"
    (shown,) = checked.run("snapshots", "show", "2", "--json").json
    assert shown["shares"] == {"entry": 14, "prose": 2, "heading": 2, "call": 1}
    assert "evidence" not in shown


def test_a_reading_is_explained_as_its_page_is_parsed(checked):
    (checked.folder / "page.html").write_bytes(page("2023-12"))
    parsed = checked.run("parse", "--explain", str(checked.folder / "page.html")).lines
    stored = checked.run("snapshots", "show", "2", "--explain").lines
    assert stored[-len(parsed) + 1 :] == parsed[1:]
    (row,) = checked.run("snapshots", "show", "2", "--explain", "--json").json
    assert row["evidence"]["shares"] == row["shares"]


def test_stored_evidence_is_shown_without_reading_the_page_again(checked):
    before = checked.run("snapshots", "show", "2", "--explain").out
    with closing(sqlite3.connect(checked.database)) as database, database:
        empty = hashlib.sha256(b"").hexdigest()
        database.execute("DELETE FROM contents")
        database.execute("INSERT INTO contents VALUES (?, 0, ?)", (empty, zlib.compress(b"")))
        database.execute("UPDATE snapshots SET content_sha256 = ?", (empty,))
    assert checked.run("snapshots", "show", "2", "--explain").out == before


def test_a_reading_without_evidence_is_read_again_to_explain_it(checked):
    before = checked.run("snapshots", "show", "2", "--explain").lines
    with closing(sqlite3.connect(checked.database)) as database, database:
        database.execute("DELETE FROM evidence")
    assert " lines: " not in checked.run("snapshots", "show", "2").out
    lines = checked.run("snapshots", "show", "2", "--explain").lines
    assert lines == [*before, "This reading was stored without evidence, so its page was read again."]


def test_each_page_is_listed_with_its_kind_and_address(watch):
    serve(watch, "Lyon")
    watch.check()
    text = " ".join(watch.run("snapshots", "list").out.split())
    for kind, path in (
        ("list of editions", PATH),
        ("call page", "/content/call"),
        ("edition page", edition_path("Lyon")),
    ):
        assert re.search(rf"{kind} \* plausible \d editions?, \d calls?\. {watch.site.url(path)}(?: |$)", text), kind
    assert "sesame" not in text


def test_show_of_a_call_page_prints_its_cutoffs(watch):
    serve(watch)
    watch.check()
    lines = watch.run("snapshots", "show", "2").lines
    assert lines[0] == f"Reading 2 of {watch.site.url('/content/call')} (call page)"
    assert lines[-3:-1] == [
        "    cut-off: 31 May 2099, 18:00 (Brussels time)",
        "    cut-off: 30 September 2099, 18:00 (Brussels time)",
    ]


def test_show_of_a_suspect_reading_gives_the_reason_and_the_command(checked):
    checked.check(page("2024-04").replace(b"</html>", b""))
    lines = checked.run("snapshots", "show", "3").lines
    assert lines[2] == "  reason: the page is incomplete: it ends before its closing </html> tag"
    assert lines[-1] == f"If the page is correct, run: cmr-watch accept {checked.page_url}"
    checked.check("2024-04")
    assert "accept" not in checked.run("snapshots", "show", "3").out, "a plausible reading has replaced it"


def test_export_writes_the_page_unchanged(checked):
    file = checked.folder / "out.html"
    assert checked.run("snapshots", "export", "2", str(file)).code == 0
    assert file.read_bytes() == page("2023-12")


def test_export_to_an_unwritable_file(checked):
    result = checked.run("snapshots", "export", "1", str(checked.folder))
    assert (result.code, len(result.err.splitlines())) == (2, 1)


def test_an_unknown_snapshot(checked):
    for command in ("show", "export"):
        result = checked.run("snapshots", command, "99")
        assert (result.code, result.err) == (2, "cmr-watch: there is no reading 99; see: cmr-watch snapshots list\n")
