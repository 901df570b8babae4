"""Subject and From: what arrives is what was written, for every mail program that follows RFC 2047."""

from __future__ import annotations

import email
import email.policy
from email.header import decode_header, make_header
from email.utils import getaddresses

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cmr_watch.notify.channels.mail_addresses import EmailAddress
from cmr_watch.notify.channels.mail_headers import mailbox_header, one_line, text_header

ADDRESS = EmailAddress("watch", "example.org")
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=30) | st.sampled_from(
    [
        "Ghent,",
        "“Clusters",
        "Regions”:",
        "12–13",
        "März",
        "Târgu",
        "Mureș",
        "🎉",
        "naïve",
        "=?utf-8?q?x?=",
        "a" * 90,
        "é" * 70,
    ]
)
LINES = st.lists(WORDS, max_size=30).map(" ".join).map(one_line)


def modern(header: str, name: str) -> str:
    return str(email.message_from_bytes(f"{header}\r\n".encode(), policy=email.policy.default)[name] or "")


def legacy(header: str, name: str) -> str:
    """The older decoder, which joins encoded words as RFC 2047 §6.2 says."""
    return str(make_header(decode_header(email.message_from_bytes(f"{header}\r\n".encode())[name])))


@given(LINES)
@example("Lyon, France: " + "é " * 90 + "and  more")
@example("x" * 61)
@example("a " * 300)
def test_a_subject_arrives_as_it_was_written(line: str) -> None:
    header = text_header("Subject", line)

    assert header.isascii()
    assert max(map(len, header.split("\r\n"))) <= 78
    assert legacy(header, "Subject").split() == one_line(line).split()
    assert legacy(header, "Subject").replace("\r\n", "") == one_line(line)


@given(LINES)
@example("Clusters, regions: the watch of the European Cluster Collaboration Platform, Brussels, Belgium")
@example('A "watch" \\ of; <clusters>')
@example("Wächter, Regionen: " * 8)
def test_a_sender_stays_one_address(name: str) -> None:
    header = mailbox_header("From", name, ADDRESS)
    raw = email.message_from_bytes(f"{header}\r\n".encode())["From"]
    parsed = email.message_from_bytes(f"{header}\r\n".encode(), policy=email.policy.default)["From"]

    assert max(map(len, header.split("\r\n"))) <= 78
    assert [address.addr_spec for address in parsed.addresses] == [str(ADDRESS)]
    ((shown, address),) = getaddresses([raw.replace("\r\n", "")])
    assert address == str(ADDRESS)
    assert str(make_header(decode_header(shown))).split() == one_line(name).split()


@pytest.mark.parametrize(
    "line",
    [
        "New: Ghent, Belgium, 12-13 March 2027",
        "Clusters meet Regions in Târgu Mureș, Romania, has moved to 12–13 March 2027 (was 5–6 March 2027), and more",
    ],
)
def test_both_decoders_of_python_read_it(line: str) -> None:
    header = text_header("Subject", line)

    assert modern(header, "Subject") == legacy(header, "Subject") == line
