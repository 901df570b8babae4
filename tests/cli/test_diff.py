from __future__ import annotations

import pytest

from tests.cli.conftest import FIXTURES


def files(old: str, new: str) -> tuple[str, str]:
    return str(FIXTURES / old / "page.html"), str(FIXTURES / new / "page.html")


def test_one_sentence_per_change(watch):
    result = watch.run("diff", *files("2023-12-list", "2024-04-br"), config=False)
    assert (result.code, result.err) == (0, "")
    assert result.lines == [
        "Added to past editions: Milan, Italy (26–27 March 2024) – summary published",
        "Kraków, Poland (11–12 December 2023) has taken place",
        "Summary published: Kraków, Poland (11–12 December 2023)",
        "Summary published: Iași, Romania (21–23 November 2023)",
    ]


def test_json(watch):
    changes = watch.run("diff", "--json", *files("2023-12-list", "2024-04-br")).json
    assert list(changes[0]) == ["kind", "key", "city", "country_code", "before", "after", "sentence"]
    assert [(change["kind"], change["city"]) for change in changes][:2] == [
        ("edition.listed", "Milan"),
        ("edition.held", "Kraków"),
    ]


def test_no_changes(watch):
    same = files("2024-04-list", "2024-04-nested")
    assert watch.run("diff", *same).out == "No changes.\n"
    assert watch.run("diff", "--json", *same).out == ""


PAGE = """<html><body><article><h2>Next "Clusters meet Regions" editions</h2><p>{}</p>
<h2>Previous editions</h2><p>Vilnius, Lithuania - 26-27 April 2022</p></article></body></html>"""


@pytest.mark.parametrize(
    ("at", "kind"),
    [
        ([], "edition.announced"),
        (["--at", "2023-10-13"], "edition.announced"),
        (["--at", "2023-10-14"], "edition.listed"),
    ],
)
def test_at_decides_which_editions_are_upcoming(watch, at, kind):
    for name, line in (("old", ""), ("new", "Lyon, France - 12-13 October 2023")):
        (watch.folder / f"{name}.html").write_text(PAGE.format(line))
    (change,) = watch.run("diff", "--json", *at, str(watch.folder / "old.html"), str(watch.folder / "new.html")).json
    assert change["kind"] == kind


def test_an_invalid_date(watch):
    result = watch.run("diff", "--at", "soon", *files("2024-04-list", "2024-04-br"))
    assert (result.code, len(result.err.splitlines())) == (2, 1)


def test_a_missing_file(watch):
    result = watch.run("diff", "old.html", "new.html")
    assert (result.code, result.out) == (1, "")
    assert result.err == "cmr-watch: old.html: cannot be read: No such file or directory\n"
