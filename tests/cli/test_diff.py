from __future__ import annotations

import pytest

from tests.cli.conftest import FIXTURES


def files(old: str, new: str) -> tuple[str, str]:
    return str(FIXTURES / old / "page.html"), str(FIXTURES / new / "page.html")


def test_it_prints_a_sentence_for_each_change(watch):
    ran = watch.run("diff", *files("2023-12-list", "2024-04-br"), config=False)
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines == [
        "Added to past editions: Milan, Italy (26–27 March 2024) – summary published",
        "Kraków, Poland (11–12 December 2023) has taken place",
        "Summary published: Kraków, Poland (11–12 December 2023)",
        "Summary published: Iași, Romania (21–23 November 2023)",
    ]


def test_json(watch):
    changes = watch.run("diff", "--json", *files("2023-12-list", "2024-04-br")).json
    assert list(changes[0]) == ["kind", "key", "city", "country_code", "before", "after", "sentence"]
    assert [(one["kind"], one["city"]) for one in changes][:2] == [
        ("edition.listed", "Milan"),
        ("edition.held", "Kraków"),
    ]


def test_nothing_changed(watch):
    same = files("2024-04-list", "2024-04-nested")
    assert watch.run("diff", *same).out == "Nothing changed.\n"
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
def test_at_a_day_it_knows_what_is_still_to_come(watch, at, kind):
    for name, line in (("old", ""), ("new", "Lyon, France - 12-13 October 2023")):
        (watch.folder / f"{name}.html").write_text(PAGE.format(line))
    (change,) = watch.run("diff", "--json", *at, str(watch.folder / "old.html"), str(watch.folder / "new.html")).json
    assert change["kind"] == kind


def test_a_wrong_day(watch):
    ran = watch.run("diff", "--at", "soon", *files("2024-04-list", "2024-04-br"))
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)


def test_a_file_that_is_not_there(watch):
    ran = watch.run("diff", "old.html", "new.html")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "cmr-watch: old.html: cannot be read: No such file or directory\n"
