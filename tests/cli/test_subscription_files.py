"""The files that `subscriptions export` writes, and the header of those that `import` reads."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Installation


def test_an_export_is_readable_by_its_owner_only_and_overwrites_nothing(watch: Installation, tmp_path: Path) -> None:
    watch.run("subscriptions", "add", "bob@example.org")
    file = tmp_path / "subscriptions.csv"
    assert watch.run("subscriptions", "export", str(file)).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text(encoding="utf-8")
    assert text == watch.run("subscriptions", "export").out
    file.write_text("mine", encoding="utf-8")
    file.chmod(0o644)
    result = watch.run("subscriptions", "export", str(file))
    assert (result.code, file.read_text(encoding="utf-8")) == (2, "mine")
    assert result.err == f"cmr-watch: {file} exists; choose another name, or replace an earlier export with --force\n"
    file.write_text("address,topics\n", encoding="utf-8")
    assert watch.run("subscriptions", "export", "--force", str(file)).code == 0
    assert (stat.S_IMODE(file.stat().st_mode), file.read_text(encoding="utf-8")) == (0o600, text)


def test_a_header_that_cannot_be_used_is_no_rejected_row(watch: Installation, tmp_path: Path) -> None:
    file = tmp_path / "subscriptions.csv"
    for header, sentence in (
        ("bob@example.org,calls", "line 1: the header line is missing: the first line must name the columns"),
        ("address,town", "line 1: 'town' is not a known column; known columns: address (or to), topics"),
    ):
        file.write_text(f"{header}\nanna@example.org,calls\n", encoding="utf-8")
        result = watch.run("subscriptions", "import", str(file))
        assert (result.code, result.out) == (1, "0 added, 0 already present, 0 rejected.\n")
        assert sentence in result.err


def test_a_created_database_is_reported_as_json_if_that_is_the_format_of_the_log(
    watch: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch.configure('[log]\nformat = "json"\n')
    monkeypatch.setenv("CMR_WATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    (line,) = watch.run("editions").err.splitlines()
    assert json.loads(line)["message"].startswith("created a new, empty database, ")
