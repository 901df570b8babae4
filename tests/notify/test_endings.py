"""The brake: how many recipients of how many may bounce off within a day."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.notify.endings import is_too_many


@pytest.mark.parametrize(
    ("bounced", "recipients", "expected"),
    [
        (1, 1, False),
        (1, 2, False),
        (1, 3, False),
        (2, 2, True),
        (2, 5, True),
        (2, 6, False),
        (5, 16, False),
        (5, 1000, False),
        (6, 299, True),
        (6, 300, False),
        (7, 349, True),
        (60, 60, True),
        (20, 1000, False),
        (21, 1000, True),
    ],
)
def test_the_limits(bounced, recipients, expected):
    assert is_too_many(bounced, recipients) == expected


@given(st.integers(0, 500), st.integers(0, 500))
def test_more_bounces_or_fewer_recipients_never_release_the_brake(bounced, recipients):
    recipients = max(bounced, recipients)
    if is_too_many(bounced, recipients):
        assert is_too_many(min(bounced + 1, recipients), recipients)
        assert recipients == bounced or is_too_many(bounced, recipients - 1)
