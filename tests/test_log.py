from __future__ import annotations

import json
import logging

import pytest

from cmr_watch import log

LOG = logging.getLogger("cmr_watch.test")


@pytest.fixture(autouse=True)
def afterwards():
    yield
    log.set_up()


def test_one_line_an_event(capsys):
    log.set_up("info")
    LOG.info("two\r\nlines")
    LOG.debug("nobody hears")
    err = capsys.readouterr().err
    assert err.endswith(" info cmr_watch.test: two\\r\\nlines\n")
    assert err.count("\n") == 1


def test_json(capsys):
    log.set_up("warning", "json")
    LOG.warning("Iași\n%s", "now")
    event = json.loads(capsys.readouterr().err)
    assert (event["level"], event["logger"], event["message"]) == ("warning", "cmr_watch.test", "Iași\nnow")
    assert event["at"].endswith("Z")


def test_set_up_twice_is_set_up_once(capsys):
    log.set_up()
    log.set_up()
    LOG.warning("once")
    assert capsys.readouterr().err.count("once") == 1


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_in_a_line(capsys, form):
    log.set_up("info", form, ["sesame", "slack://A/B/C"])
    LOG.error("sesame, postgresql://me:open@host/name, slack://A/B/C")
    try:
        raise ValueError("sesame")
    except ValueError:
        LOG.exception("it broke")
    err = capsys.readouterr().err
    assert "***, postgresql://***@host/name, ***" in err
    assert "sesame" not in err
    assert err.count("\n") == 2


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("anna@example.org", "anna@example.org"),
        ("slack://TokenA/TokenB/TokenC", "slack://…"),
        ("https://hooks.slack.com/services/T/B/X", "https://hooks.slack.com/…"),
        ("json://user:pass@host:8080/path?token=x", "json://host:8080/…"),
        ("json://[bad", "json://…"),
    ],
)
def test_what_of_an_address_may_be_shown(address, seen):
    assert log.shown(address) == seen
