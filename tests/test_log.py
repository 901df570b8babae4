"""Log output: one line per event, as text or JSON, without secrets."""

from __future__ import annotations

import json
import logging

import pytest

from cmr_watch import log
from cmr_watch.notify import tokens
from cmr_watch.store.requested_mails import new_token

LOG = logging.getLogger("cmr_watch.test")


@pytest.fixture(autouse=True)
def restore_default_logging():
    yield
    log.set_up()


def test_one_line_per_event(capsys):
    log.set_up("info")
    LOG.info("two\r\nlines")
    LOG.debug("below the level")
    err = capsys.readouterr().err
    assert err.endswith(" info cmr_watch.test: two\\r\\nlines\n")
    assert err.count("\n") == 1


def test_json(capsys):
    log.set_up("warning", "json")
    LOG.warning("Iași\n%s", "now")
    event = json.loads(capsys.readouterr().err)
    assert (event["level"], event["logger"], event["message"]) == ("warning", "cmr_watch.test", "Iași\nnow")
    assert event["at"].endswith("Z")


def test_a_second_set_up_replaces_the_first(capsys):
    log.set_up()
    log.set_up()
    LOG.warning("once")
    assert capsys.readouterr().err.count("once") == 1


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_query_of_a_url_is_masked(capsys, form):
    log.set_up("info", form)
    LOG.error("see https://kuma.example/api/push/x?status=up&msg=OK: 404, “https://h/?a=1”. Really?")
    err = capsys.readouterr().err
    assert "see https://kuma.example/api/push/x?***: 404, “https://h/?***”. Really?" in err


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_are_masked(capsys, form):
    log.set_up("info", form, ["sesame", "slack://A/B/C"])
    LOG.error("sesame, postgresql://me:open@host/name, slack://A/B/C")
    try:
        raise ValueError("sesame")
    except ValueError:
        LOG.exception("failed")
    err = capsys.readouterr().err
    assert "***, postgresql://***@host/name, ***" in err
    assert "sesame" not in err
    assert err.count("\n") == 2


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("anna@example.org", "anna@example.org"),
        ("slack://TokenA/TokenB/TokenC", "slack://…"),
        ("https://hooks.slack.com/services/T/B/X", "https://hooks.slack.com/…"),
        ("json://user:pass@host:8080/path?token=x", "json://host:8080/…"),
        ("json://[bad", "json://…"),
    ],
)
def test_addresses_are_shown_without_secrets(address, expected):
    assert log.redact_address(address) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://clustercollaboration.eu/content/lyon", "https://clustercollaboration.eu/content/lyon"),
        ("http://127.0.0.1:8080/a%20b?token=sesame&page=1", "http://127.0.0.1:8080/a%20b"),
        ("https://anna:sesame@example.eu/list#top", "https://example.eu/list"),
        ("https://[::1/sesame", "https://…"),
    ],
)
def test_page_urls_are_shown_without_secrets(url, expected):
    assert log.redact_page_url(url) == expected


def test_a_short_secret_is_masked_as_a_word_only():
    assert log.masked("a mail was rejected: a", "a") == "*** mail was rejected: ***"
    assert log.masked("user:sesame1", "sesame") == "user:***1"
    assert log.masked("nothing", "") == "nothing"


def test_a_random_token_is_masked(capsys):
    token = new_token()
    log.set_up()
    LOG.error("GET /manage/%s/erase failed", token)
    assert token[1:] not in capsys.readouterr().err


def test_the_token_of_a_recipient_is_masked(capsys):
    token = tokens.make(b"key", 7)
    log.set_up()
    LOG.error("GET /unsubscribe/%s failed; sha256 %s", token, "0" * 64)
    assert f"GET /unsubscribe/*** failed; sha256 {'0' * 64}" in capsys.readouterr().err
