from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.models import SLOT
from cmr_watch.notify import tokens

KEY = b"k" * 32
IDS = st.integers(0, 10**11 - 1)
AROUND = st.text(alphabet=" \n.,:;+-@<>()?=/é€", max_size=40)
KEYS = st.binary(min_size=1, max_size=64)


@given(KEYS, IDS)
def test_a_token_reads_as_what_it_was_made_for(key, number):
    token = tokens.make(key, number)
    assert re.fullmatch("[0-9a-z]+", token)
    assert len(token) == len(SLOT)
    assert tokens.read(key, token) == number


@given(IDS, st.integers(0, len(SLOT) - 1), st.sampled_from("0123456789abcdefgz- é٣"))
def test_one_wrong_character_is_enough(number, place, char):
    token = tokens.make(KEY, number)
    forged = token[:place] + char + token[place + 1 :]
    assert tokens.read(KEY, forged) == (number if forged == token else None)


@given(IDS)
def test_another_key_reads_nothing(number):
    assert tokens.read(b"another", tokens.make(KEY, number)) is None


@given(st.text(max_size=60) | st.text(alphabet="0123456789abcdef", min_size=43, max_size=43))
def test_what_we_did_not_make_is_nothing(token):
    assert tokens.read(KEY, token) is None
    assert tokens.find(KEY, token) is None


@pytest.mark.parametrize(
    "token", ["", SLOT, tokens.make(KEY, 1)[:-1], tokens.make(KEY, 1) + "0", tokens.make(KEY, 1) + "\n"]
)
def test_malformed(token):
    assert tokens.read(KEY, token) is None


def test_the_format_stays_for_mails_that_are_out_there():
    assert tokens.make(KEY, 7) == "000000000077d7549347598ec3b5550097e3c2c1759"


@given(IDS, AROUND, AROUND, st.booleans())
def test_found_in_any_text(number, before, after, loud):
    token = tokens.make(KEY, number)
    assert tokens.find(KEY, before + (token.upper() if loud else token) + after) == number


@pytest.mark.parametrize("words", ["Re: unsubscribe {}", "unsubscribe%20{}", "watch+{}@example.org", "({})"])
def test_found_where_people_and_programs_put_it(words):
    assert tokens.find(KEY, words.format(tokens.make(KEY, 12))) == 12


def test_the_first_genuine_one_counts():
    ours, forged = tokens.make(KEY, 5), tokens.make(b"another", 4)
    assert tokens.find(KEY, f"{forged} {ours} {tokens.make(KEY, 6)}") == 5
