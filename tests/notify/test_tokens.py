"""Unsubscribe tokens: format, verification and how they are found in text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.models.recipients import TOKEN_SLOT
from cmr_watch.notify import tokens

KEY = b"k" * 32
IDS = st.integers(0, 10**11 - 1)
AROUND = st.text(alphabet=" \n.,:;+-@<>()?=/é€", max_size=40)
KEYS = st.binary(min_size=1, max_size=64)


@given(KEYS, IDS)
def test_a_token_identifies_its_subscription(key, subscription_id):
    token = tokens.make(key, subscription_id)
    assert re.fullmatch("[0-9a-z]+", token)
    assert len(token) == len(TOKEN_SLOT)
    assert tokens.verify(key, token) == subscription_id


@given(IDS, st.integers(0, len(TOKEN_SLOT) - 1), st.sampled_from("0123456789abcdefgz- é٣"))
def test_one_wrong_character_invalidates_a_token(subscription_id, place, char):
    token = tokens.make(KEY, subscription_id)
    forged = token[:place] + char + token[place + 1 :]
    assert tokens.verify(KEY, forged) == (subscription_id if forged == token else None)


@given(IDS)
def test_a_token_is_not_valid_under_another_key(subscription_id):
    assert tokens.verify(b"another", tokens.make(KEY, subscription_id)) is None


@given(st.text(max_size=60) | st.text(alphabet="0123456789abcdef", min_size=43, max_size=43))
def test_arbitrary_text_is_not_a_valid_token(token):
    assert tokens.verify(KEY, token) is None
    assert tokens.find(KEY, token) is None


@pytest.mark.parametrize(
    "token", ["", TOKEN_SLOT, tokens.make(KEY, 1)[:-1], tokens.make(KEY, 1) + "0", tokens.make(KEY, 1) + "\n"]
)
def test_malformed_tokens(token):
    assert tokens.verify(KEY, token) is None


def test_the_format_never_changes_because_sent_mails_contain_it():
    assert tokens.make(KEY, 7) == "000000000077d7549347598ec3b5550097e3c2c1759"


@given(IDS, AROUND, AROUND, st.booleans())
def test_tokens_are_found_in_any_text(subscription_id, before, after, upper):
    token = tokens.make(KEY, subscription_id)
    assert tokens.find(KEY, before + (token.upper() if upper else token) + after) == subscription_id


@pytest.mark.parametrize("text", ["Re: unsubscribe {}", "unsubscribe%20{}", "watch+{}@example.org", "({})"])
def test_tokens_are_found_where_mail_programs_put_them(text):
    assert tokens.find(KEY, text.format(tokens.make(KEY, 12))) == 12


def test_the_first_valid_token_counts():
    valid, forged = tokens.make(KEY, 5), tokens.make(b"another", 4)
    assert tokens.find(KEY, f"{forged} {valid} {tokens.make(KEY, 6)}") == 5
