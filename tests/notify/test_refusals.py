"""What a refusal says about the recipient's address, by its codes (RFC 3463) and by its wording."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.notify.refusals import MAX_LENGTH, is_dead, meaning

DEAD = (
    "550 5.1.1 unknown",
    "550 5.1.1 <ann@example.org>: Recipient address rejected: User unknown in virtual mailbox table",
    "550 5.1.1 <spam.policy@example.org> no such person",
    "550-5.1.1 The email account that you tried to reach does not exist. Please try",
    "553 5.1.2 bad domain",
    "501 5.1.3 Bad recipient address syntax",
    "550 5.1.6 moved, no forwarding address",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "550 5.2.1 The email account that you tried to reach is disabled.",
    "550 5.2.1 <ann@example.org>... User Unknown",
    "550 5.0.0 No such user",
    "550 No such user here",
    "550 user unknown",
    "550 Unknown user ann@example.org",
    "550 unknown local part",
    "550 mailbox not found",
    "550 Mailbox does not exist",
    "550 Requested action not taken: no such user here",
    "554 delivery error: This user doesn’t have a mail.example account",
    "551 not our customer",
    "550 account has been deleted",
    "550 sorry, no mailbox here by that name",
    "550 Unrouteable address",
    "550 User ann not listed in Domino Directory",
    "550 Adresse inconnue",
    "550 Empfänger unbekannt",
)
ALIVE = (
    "550 DMARC check failed",
    "550 SPF check failed",
    "550 5.1.1 SPF check failed",
    "550 5.1.1 192.0.2.7 has sent to too many recipients this hour",
    "550 5.1.1 Refused due to recipient preferences",
    "550 5.1.7 no such address",
    "553 5.1.8 Domain of sender address does not exist: user unknown",
    "550 sender verify failed: no such user",
    "550 5.2.1 The user is receiving mail at a rate that prevents additional messages",
    "550 5.2.1 not now",
    # Postfix and Exim quote what our own server said of our address when they verified it
    "550 <watch@example.org>: Sender address rejected: undeliverable address: host mx.example.org[192.0.2.1] said:"
    " 550 5.1.1 <watch@example.org>: Recipient address rejected: User unknown in virtual mailbox table",
    "550 5.1.1 <watch@example.org>: Sender address rejected: undeliverable address: User unknown",
    "550-Verification failed for <watch@example.org>; No Such User Here; 550 Sender verify failed",
    "550 5.1.1 Could not complete sender verify callout: user unknown",
    "550 5.1.1 Callback setup failed while verifying <watch@example.org>: no such user",
    # servers that cannot know
    "550 5.1.1 Directory lookup failed temporarily, user unknown",
    "550 5.1.1 Recipient server unavailable or busy",
    "550 5.1.1 The email account that you tried to reach is disabled temporarily by the administrator",
    "550 5.1.1 Recipient unknown: backend LDAP server down",
    "550 5.2.2 over quota",
    "552 mailbox full",
    "550 5.2.2 user unknown",
    "550 5.3.0 No such user here",
    "550 5.4.1 Recipient address rejected: Access denied",
    "550 5.4.4 Host not found",
    "554 5.4.6 Too many hops",
    "550 5.5.0 mailbox unavailable",
    "550 5.6.0 user unknown",
    "550 5.7.1 user unknown",
    "550 5.7.26 unauthenticated mail",
    "550 5.0.0 listed on a blocklist, spam",
    "550 No PTR record found",
    "554 Relay access denied",
    "450 4.1.1 user unknown",
    "451 no such user, try again later",
    "550 4.1.1 user unknown",
    "554 virus found; no such user",
)
UNCLEAR = ("550 rejected", "554 Transaction failed", "550 5.1.0 rejected", "550 5.0.0", "", "550 mailbox unavailable")


@pytest.mark.parametrize("reply", DEAD)
def test_a_dead_address(reply):
    assert meaning("", reply) == "dead"
    assert is_dead(reply)


@pytest.mark.parametrize("reply", ALIVE)
def test_a_refusal_for_another_reason(reply):
    assert meaning("", reply) == "alive"
    assert not is_dead(reply)


@pytest.mark.parametrize("reply", UNCLEAR)
def test_a_refusal_without_a_reason_ends_nothing(reply):
    assert meaning("", reply) == "unclear"
    assert not is_dead(reply)


NEVER = st.one_of(
    st.tuples(st.just(5), st.integers(3, 7), st.integers(0, 999)),
    st.tuples(st.just(4), st.integers(0, 7), st.integers(0, 999)),
    st.sampled_from([(5, 1, 7), (5, 1, 8), (5, 2, 2), (5, 2, 3)]),
).map(lambda code: ".".join(map(str, code)))


@given(NEVER, st.sampled_from(DEAD), st.booleans())
def test_no_words_make_a_code_for_another_reason_a_dead_address(code, reply, is_status):
    """Neither do they where the code is the report's status, nor where it is in the reply."""
    assert meaning(code, reply) == "alive" if is_status else meaning("", f"550 {code} {reply}") == "alive"


@given(st.sampled_from((*DEAD, *ALIVE, *UNCLEAR)), st.sampled_from(["spam", "user.unknown", "policy", "no-such-user"]))
def test_the_words_of_an_address_mean_nothing(reply, name):
    assert meaning("", f"{reply} <{name}@example.org>") == meaning("", reply)


@given(st.text(max_size=500), st.sampled_from(["", "5.1.1", "5.0.0", "nonsense"]))
def test_any_text(text, status):
    assert meaning(status, text) in ("dead", "alive", "unclear")


@pytest.mark.parametrize("piece", ["user ", "no ", "unknown local ", "<", "a@", "5.1.", "is not ", "recipient's "])
def test_long_replies_take_little_time(piece):
    before = time.process_time()
    meaning("", piece * MAX_LENGTH)
    assert time.process_time() - before < 2
