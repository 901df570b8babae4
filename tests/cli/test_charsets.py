"""Checks of a page whose charset is declared wrongly: no one is notified of garbled names."""

from __future__ import annotations

import pytest

from tests.cli.conftest import PATH, Installation, page

LABELS = (
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-9",
    "windows-1250",
    "windows-1251",
    "windows-1257",
    "koi8-r",
    "macintosh",
)
LODZ = (
    "<html><body><h2>Next editions</h2><p>Łódź, Poland - 12-13 October 2027</p>"
    "<h2>Previous editions</h2><p>Lyon, France - 12-13 October 2023</p></body></html>"
)


def serve(watch: Installation, content: bytes, charset: str) -> None:
    watch.site.page(PATH, content, content_type=f"text/html; charset={charset}")


def cities(watch: Installation) -> set[str]:
    return {row["city"] for row in watch.run("editions", "--json").json}


@pytest.mark.parametrize("label", LABELS)
def test_utf8_under_another_label_changes_nothing(checked: Installation, label: str) -> None:
    before, mails, posts = cities(checked), len(checked.mailbox.mails), len(checked.hook.received)
    assert "Iași" in before
    serve(checked, page("2023-12") + b"<!-- another version -->", label)
    result = checked.run("check")
    assert (result.code, result.summary.endswith("nothing new")) == (0, True)
    assert (cities(checked), len(checked.mailbox.mails), len(checked.hook.received)) == (before, mails, posts)


@pytest.mark.parametrize("charset", ["cp1250", "cp1251", "cp1252", "iso8859-9"])
def test_text_that_was_encoded_twice_is_suspect(checked: Installation, charset: str) -> None:
    before, mails, posts = cities(checked), len(checked.mailbox.mails), len(checked.hook.received)
    text = "".join(bytes([byte]).decode(charset, "ignore") or chr(byte) for byte in page("2023-12"))
    serve(checked, text.encode(), "utf-8")
    result = checked.run("check")
    assert result.code == 1
    assert "garbled characters" in result.out + result.err
    assert (cities(checked), len(checked.mailbox.mails), len(checked.hook.received)) == (before, mails, posts)


def test_a_corrected_label_corrects_the_names_though_the_bytes_are_the_same(watch: Installation) -> None:
    serve(watch, LODZ.encode("cp1250"), "iso-8859-2")
    watch.run("check")
    assert "Łódź" not in cities(watch)
    serve(watch, LODZ.encode("cp1250"), "windows-1250")
    watch.run("check")
    assert cities(watch) == {"Łódź", "Lyon"}


def test_a_garbled_first_page_is_no_baseline(watch: Installation) -> None:
    serve(watch, LODZ.encode().decode("latin-1").encode(), "utf-8")
    assert "garbled characters in 1 line" in watch.run("check").out
    serve(watch, LODZ.encode(), "utf-8")
    assert watch.run("check").code == 0
    assert cities(watch) == {"Łódź", "Lyon"}
