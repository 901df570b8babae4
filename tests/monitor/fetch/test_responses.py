"""Retry-After, charset, validators, and the pauses between attempts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.models.readings import Validators
from cmr_watch.monitor.fetch.responses import charset, conditional_headers, retry_after, status_name, validators
from cmr_watch.monitor.fetch.retrying import pause_after
from tests.monitor.fetch.conftest import NOON


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 5 ", 5),
        ("0000000000000000007", 7),
        ("Tue, 02 Apr 2024 12:00:30 GMT", 30),
        ("Tue, 02 Apr 2024 14:00:30 +0200", 30),
        ("Tue, 02 Apr 2024 12:00:30 -0000", 30),
        ("Tuesday, 02-Apr-24 12:00:30 GMT", 30),
        ("Tue Apr  2 12:00:30 2024", 30),
        ("Tue, 02 Apr 2024 11:00:00 GMT", 0),
        ("", 0),
        ("-1", 0),
        ("1.5", 0),
        ("1e3", 0),
        ("٣", 0),
        ("soon", 0),
        ("Tue, 99 Apr 2024 12:00:30 GMT", 0),
        ("Tue, 02 Apr 99999 12:00:30 GMT", 0),
        ("1, 2", 0),
    ],
)
def test_retry_after(value: str, seconds: int) -> None:
    assert retry_after(value, NOON) == timedelta(seconds=seconds)


@given(st.text(max_size=60) | st.from_regex(r"\A\w{3}, \d+ \w{3} \d+ [\d:]+ [-+\w]+\Z", fullmatch=True))
def test_any_retry_after_gives_a_non_negative_wait(value: str) -> None:
    assert retry_after(value, NOON) >= timedelta(0)


@given(st.integers(0, 10**9))
def test_retry_after_in_seconds(seconds: int) -> None:
    assert retry_after(str(seconds), NOON) == timedelta(seconds=seconds)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2999, 1, 1)))  # noqa: DTZ001
def test_retry_after_as_a_date(naive: datetime) -> None:
    at = naive.replace(microsecond=0, tzinfo=UTC)
    assert retry_after(format_datetime(at, usegmt=True), NOON) == max(timedelta(0), at - NOON)


@given(st.integers(1, 2000), st.floats(0, 120), st.floats(0, 1))
def test_a_pause_is_at_least_retry_after_and_at_most_30_seconds(attempts: int, seconds: float, jitter: float) -> None:
    """At most 30 seconds unless the server asks for more."""
    assert seconds <= pause_after(attempts, seconds, jitter) <= max(seconds, 30)


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("text/html; charset=utf-8", "utf-8"),
        ('text/html;charset="Windows-1252"', "Windows-1252"),
        ("text/html; CHARSET='latin1'; x=y", "latin1"),
        ("text/html; profile=x; charset = iso-8859-2", "iso-8859-2"),
        ("text/html", None),
        ("text/html; charset=", None),
        ("text/html; charset=ü", None),
        ("charset=utf-8", None),
        ("", None),
    ],
)
def test_charset(content_type: str, expected: str | None) -> None:
    assert charset({"content-type": content_type}) == expected
    assert charset({}) is None


def test_overlong_validators_are_ignored() -> None:
    assert validators({"etag": ' "1" ', "last-modified": "x"}) == Validators('"1"', "x")
    assert validators({"etag": "x" * 501, "last-modified": "x" * 101}) == Validators()
    assert validators({"etag": "", "last-modified": ""}) == Validators()


@given(st.text(max_size=30), st.text(max_size=30))
def test_conditional_headers_are_always_valid_header_values(etag: str, modified: str) -> None:
    for value in conditional_headers(Validators(etag, modified)).values():
        assert not set(value) & {0, 10, 13}


def test_status_names() -> None:
    assert status_name(404) == "404 Not Found"
    assert status_name(742) == "status 742"
