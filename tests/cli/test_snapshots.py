from __future__ import annotations

from tests.cli.conftest import page


def test_before_the_first_check(watch):
    assert watch.run("snapshots", "list").out == "No reading is kept yet; cmr-watch check makes the first.\n"


def test_list(seen):
    seen.check(b"<html></html>")
    lines = seen.run("snapshots", "list").lines
    assert lines[0].split() == ["ID", "READ", "AT", "WHAT"]
    assert "* 14 editions, 1 call" in lines[2]
    assert "suspect: " in lines[3]
    rows = seen.run("snapshots", "list", "--json").json
    assert [(row["assessment"], row["is_baseline"]) for row in rows] == [
        ("plausible", False),
        ("plausible", True),
        ("suspect", False),
    ]


def test_show(seen):
    out = seen.run("snapshots", "show", "2").out
    assert "  upcoming: Kraków, Poland, 11–12 December 2023\n" in out
    assert "  call, open: " in out
    (shown,) = seen.run("snapshots", "show", "2", "--json").json
    assert (shown["id"], len(shown["editions"])) == (2, 14)


def test_export_is_the_page_as_it_came(seen):
    file = seen.folder / "out.html"
    assert seen.run("snapshots", "export", "2", str(file)).code == 0
    assert file.read_bytes() == page("2023-12")


def test_export_where_nothing_can_be_written(seen):
    ran = seen.run("snapshots", "export", "1", str(seen.folder))
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)


def test_one_that_is_not_there(seen):
    for word in ("show", "export"):
        ran = seen.run("snapshots", word, "99")
        assert (ran.code, ran.err) == (2, "cmr-watch: there is no snapshot 99; see: cmr-watch snapshots list\n")
