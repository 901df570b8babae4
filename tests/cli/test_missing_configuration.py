"""Commands in a folder without a configuration file, which must not be taken for one without subscriptions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import CommandResult, Installation


@pytest.fixture
def elsewhere(watch: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """The configuration was applied; now the current folder has none, and the database is the same."""
    watch.check("2023-09")
    folder = watch.folder / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CMR_WATCH_DATABASE_URL", f"sqlite:///{watch.database}")
    monkeypatch.setenv("CMR_WATCH_PAGE_URL", watch.page_url)
    monkeypatch.setenv("CMR_WATCH_PAGE_HOSTS", watch.site.host)
    monkeypatch.setenv("CMR_WATCH_PAGE_PRIVATE_ADDRESSES", "true")
    return watch


def complaints(result: CommandResult) -> list[str]:
    """What a check printed on stderr, without the remark that the recorded list links to another host."""
    return [line for line in result.err.splitlines() if "the links of the list lead only to pages on" not in line]


def names(watch: Installation) -> list[str | None]:
    rows = watch.run("subscriptions", "list", "--json").json
    return [row["name"] for row in rows if row["status"] == "active"]


def test_a_check_without_the_file_keeps_its_subscriptions_and_their_news(elsewhere: Installation) -> None:
    elsewhere.serve("2023-12")
    result = elsewhere.run("check", config=False)
    assert result.code == 0
    (line,) = complaints(result)
    assert line.endswith(
        f"no configuration file was found, but {elsewhere.config} was used before (2 subscriptions from it kept,"
        f" nothing sent); to use it: --config {elsewhere.config};"
        " to end a subscription: cmr-watch subscriptions end ID"
    )
    assert names(elsewhere) == ["anna", "chat"]
    assert elsewhere.mailbox.mails == []
    assert complaints(elsewhere.run("check")) == []
    assert elsewhere.mailbox.subjects == ["Call for hosts 2024–2025 now open"], "the news, and no second Welcome"


def test_a_worker_sends_nothing_either(elsewhere: Installation) -> None:
    elsewhere.serve("2023-12")
    elsewhere.run("check", "--no-notify")
    result = elsewhere.run("worker", "--once", config=False)
    assert (result.code, result.out, len(result.err.splitlines())) == (0, "", 1)
    assert f"no configuration file was found, but {elsewhere.config} was used before" in result.err
    assert elsewhere.run("deliveries", "list", "--state", "logged", "--json").json == []


def test_with_a_mail_server_from_the_environment_messages_are_sent(
    elsewhere: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("HOST", "127.0.0.1"), ("PORT", str(elsewhere.mailbox.port)), ("SECURITY", "plain")):
        monkeypatch.setenv(f"CMR_WATCH_MAIL_{name}", value)
    monkeypatch.setenv("CMR_WATCH_MAIL_FROM", "watch@example.org")
    elsewhere.serve("2023-12")
    assert "(2 subscriptions from it kept); to use it" in elsewhere.run("check", config=False).err
    assert elsewhere.mailbox.recipients == ["anna@example.org"]


def test_the_list_does_not_say_that_they_end(elsewhere: Installation) -> None:
    result = elsewhere.run("subscriptions", "list", "--json", config=False)
    assert [(row["status"], row["next_check"]) for row in result.json] == [("active", None)] * 2
    assert f"no configuration file was found, but {elsewhere.config} was used before" in result.err


def test_doctor_says_so(elsewhere: Installation) -> None:
    out = elsewhere.run("doctor", config=False).out
    assert f"· configuration: no configuration file was found, but {elsewhere.config} was used before" in out


def test_they_can_be_ended(elsewhere: Installation) -> None:
    for number in ("1", "2"):
        assert elsewhere.run("subscriptions", "end", number, config=False).code == 0
    assert "nothing sent" in elsewhere.run("check", config=False).err
    assert names(elsewhere) == []


@pytest.mark.parametrize("file", ["/dev/null", "empty.toml"])
def test_an_empty_file_still_removes_them(elsewhere: Installation, file: str) -> None:
    if not file.startswith("/"):
        Path(file).touch()
    assert complaints(elsewhere.run("--config", file, "check", config=False)) == []
    assert names(elsewhere) == []


def test_they_end_even_if_the_page_cannot_be_read(watch: Installation) -> None:
    watch.check("2023-09")
    watch.site.fail("/list", 503)
    watch.configure(subscriptions=False)
    assert watch.run("check").code == 1
    assert names(watch) == []


def test_a_first_check_without_any_file_needs_no_remark(watch: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(watch.folder)
    watch.serve("2023-09")
    monkeypatch.setenv("CMR_WATCH_DATABASE_URL", f"sqlite:///{watch.database}")
    monkeypatch.setenv("CMR_WATCH_PAGE_URL", watch.page_url)
    monkeypatch.setenv("CMR_WATCH_PAGE_HOSTS", watch.site.host)
    monkeypatch.setenv("CMR_WATCH_PAGE_PRIVATE_ADDRESSES", "true")
    result = watch.run("check", config=False)
    assert (result.code, complaints(result)) == (0, [])
