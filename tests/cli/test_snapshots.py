from __future__ import annotations

from tests.cli.conftest import page


def test_before_the_first_check(watch):
    assert watch.run("snapshots", "list").out == "No readings stored yet. To make the first, run: cmr-watch check\n"


def test_list(checked):
    checked.check(b"<html></html>")
    lines = checked.run("snapshots", "list").lines
    assert lines[0].split() == ["ID", "READ", "AT", "CONTENT"]
    assert "* 14 editions, 1 call" in lines[2]
    assert "suspect: " in lines[3]
    rows = checked.run("snapshots", "list", "--json").json
    assert [(row["assessment"], row["is_baseline"]) for row in rows] == [
        ("plausible", False),
        ("plausible", True),
        ("suspect", False),
    ]


def test_show(checked):
    out = checked.run("snapshots", "show", "2").out
    assert "  upcoming: Kraków, Poland, 11–12 December 2023\n" in out
    assert "  call, open: " in out
    (shown,) = checked.run("snapshots", "show", "2", "--json").json
    assert (shown["id"], len(shown["editions"])) == (2, 14)


def test_export_writes_the_page_unchanged(checked):
    file = checked.folder / "out.html"
    assert checked.run("snapshots", "export", "2", str(file)).code == 0
    assert file.read_bytes() == page("2023-12")


def test_export_to_an_unwritable_file(checked):
    result = checked.run("snapshots", "export", "1", str(checked.folder))
    assert (result.code, len(result.err.splitlines())) == (1, 1)


def test_an_unknown_snapshot(checked):
    for command in ("show", "export"):
        result = checked.run("snapshots", command, "99")
        assert (result.code, result.err) == (2, "cmr-watch: there is no snapshot 99; see: cmr-watch snapshots list\n")
