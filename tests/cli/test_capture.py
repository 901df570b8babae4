from __future__ import annotations

import json

import pytest

from tests.cli.conftest import FIXTURES, page
from tests.compare import differences


def test_a_file_becomes_a_fixture(watch):
    folder = watch.folder / "new" / "oddity"
    result = watch.run("capture", str(folder), str(FIXTURES / "2023-12-br" / "page.html"), config=False)
    assert (result.code, result.out.endswith("(14 editions, 1 call).\n")) == (0, True)
    assert (folder / "page.html").read_bytes() == (FIXTURES / "2023-12-br" / "page.html").read_bytes()
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    assert expected == json.loads((FIXTURES / "2023-12-br" / "expected.json").read_text(encoding="utf-8"))


def test_the_configured_page_and_a_url(watch):
    watch.serve("2024-04")
    for name, source in (("live", []), ("named", [watch.page_url])):
        assert watch.run("capture", str(watch.folder / name), *source).code == 0
        assert (watch.folder / name / "page.html").read_bytes() == page("2024-04")
        headers = json.loads((watch.folder / name / "headers.json").read_text(encoding="utf-8"))
        assert (headers["url"], headers["final_url"]) == (watch.page_url, watch.page_url)
        assert headers["headers"]["content-type"].startswith("text/html")
    assert not watch.database.exists()


@pytest.mark.parametrize(("kind", "folder"), [("call", "call/2024-05-list"), ("edition", "edition/malmo-after-br")])
def test_pages_of_other_kinds(watch, kind, folder):
    source = FIXTURES.parent / folder
    assert watch.run("capture", "--page", kind, str(watch.folder / "x"), str(source / "page.html")).code == 0
    captured = json.loads((watch.folder / "x" / "expected.json").read_text(encoding="utf-8"))
    expected = json.loads((source / "expected.json").read_text(encoding="utf-8"))
    assert differences(expected, captured) == []
    assert not (watch.folder / "x" / "headers.json").exists()


def test_a_url_on_another_host_is_refused(watch):
    result = watch.run("capture", str(watch.folder / "x"), "https://example.org/")
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert "example.org is not one of the allowed hosts" in result.err


def test_an_unwritable_folder(watch):
    (watch.folder / "file").write_text("")
    result = watch.run("capture", str(watch.folder / "file" / "x"), str(FIXTURES / "2023-12-br" / "page.html"))
    assert (result.code, len(result.err.splitlines())) == (2, 1)


@pytest.mark.parametrize("name", ["page.html", "expected.json"])
def test_existing_files_are_overwritten_only_with_force(watch, name):
    existing = watch.folder / name
    existing.write_text("by hand")
    arguments = ("capture", str(watch.folder), str(FIXTURES / "2023-12-br" / "page.html"))
    result = watch.run(*arguments)
    assert (result.code, result.err) == (2, f"cmr-watch: {existing} already exists; use --force to overwrite it\n")
    assert existing.read_text() == "by hand"
    assert watch.run(*arguments, "--force").code == 2, "it is not from an earlier capture"
    assert existing.read_text() == "by hand"


def test_force_overwrites_an_earlier_capture(watch):
    arguments = ("capture", str(watch.folder / "x"), str(FIXTURES / "2023-12-br" / "page.html"))
    assert watch.run(*arguments).code == 0
    expected = watch.folder / "x" / "expected.json"
    corrected = expected.read_text(encoding="utf-8").replace("warnings", "remarks")
    expected.write_text(corrected, encoding="utf-8")
    assert watch.run(*arguments, "--force").code == 0
    assert expected.read_text(encoding="utf-8") != corrected


def test_an_error_names_the_file_that_cannot_be_read(watch):
    result = watch.run("capture", str(watch.folder / "x"), "nowhere.html")
    assert (result.code, result.err) == (1, "cmr-watch: nowhere.html: cannot be read: No such file or directory\n")
