"""Which e-mail addresses are valid, and how international domains are written."""

from __future__ import annotations

import pytest

from cmr_watch.exceptions import DeliveryError
from cmr_watch.notify.channels.mail_addresses import parse

VALID = [
    ("ann@example.org", "ann@example.org"),
    ("ann+cmr@sub.example.org", "ann+cmr@sub.example.org"),
    ("o'neill@example.ie", "o'neill@example.ie"),
    ("root@localhost", "root@localhost"),
    ("jörg@example.org", "jörg@example.org"),
    ("ann@müller.example", "ann@xn--mller-kva.example"),
    ("ann@straße.example", "ann@xn--strae-oqa.example"),
    ("ann@例え.テスト", "ann@xn--r8jz45g.xn--zckzah"),
]

INVALID = [
    "",
    "ann",
    "@example.org",
    "ann@",
    "ann@exa mple.org",
    "ann@example..org",
    "ann@-example.org",
    "ann@example.org\r\nRCPT TO:<eve@example.org>",
    "ann@example.org\nBcc: eve@example.org",
    "ann\0@example.org",
    "Ann <ann@example.org>",
    "ann@example.org, eve@example.org",
    "ann@example.org>",
    "a..b@example.org",
    '"ann eve"@example.org',
    "ann@[127.0.0.1]",
    "a" * 65 + "@example.org",
    "ann@" + "a" * 64 + ".org",
    "ann\u202e@example.org",
    "=?utf-8?q?ann=0D=0ABcc=3A_eve?=@example.org",
    "ann@\udc80.org",
    "ann@☃.example",  # allowed by IDNA 2003, but not by IDNA 2008
]


@pytest.mark.parametrize(("address", "expected"), VALID)
def test_valid_addresses(address, expected):
    assert str(parse(address)) == expected


@pytest.mark.parametrize("address", INVALID)
def test_invalid_addresses(address):
    with pytest.raises(DeliveryError) as caught:
        parse(address)
    assert caught.value.permanent
    message = str(caught.value)
    assert "is not a valid e-mail address" in message
    assert message.isprintable()
    message.encode("utf-8")  # a lone surrogate would raise
