"""Truncation: the limit is kept, whole words are kept, and the link to the full text survives.

The texts and limits of the properties are constructed so that the text has to be cut, rather than filtered
afterwards: filtering discarded 97 of 100 generated examples.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.notify.channels.escaping import escape_markdown
from cmr_watch.notify.channels.truncate import truncated

URL = "u:/x"
LENGTHS = {
    "in characters": len,
    "in bytes": lambda text: len(text.encode()),
    "as markdown": lambda text: len(escape_markdown(text)),
    "not growing with the text": lambda text: len(text) + 5 * (text.count("*") % 2),
}

EXAMPLES = [
    ("one two three", 13, "", "one two three"),
    ("one two three", 12, "", "one two…"),
    ("one two three", 8, "", "one two…"),
    ("one two three", 7, "", "one…"),
    ("one two three", 3, "", "on…"),
    ("one two three", 1, "", "…"),
    ("one two three", 0, "", ""),
    ("onetwothree four", 6, "", "onetw…"),
    ("one two three", 12, "u:/x", "one… u:/x"),
    ("one two three", 9, "u:/x", "one… u:/x"),
    ("one two three", 8, "u:/x", "… u:/x"),
    ("one two three", 6, "u:/x", "… u:/x"),
    ("onetwothree four", 8, "u:/x", "on… u:/x"),
    ("one two three", 5, "u:/x", "one…"),
    ("one\n\ntwo three", 8, "", "one…"),
    ("  one two", 6, "", "  one…"),
]


@pytest.mark.parametrize(("text", "limit", "more_url", "expected"), EXAMPLES)
def test_examples(text, limit, more_url, expected):
    assert truncated(text, limit, more_url) == expected


def texts(min_size: int = 0) -> st.SearchStrategy[str]:
    return st.text("abcé…  \n.-*", min_size=min_size, max_size=150) | st.text(min_size=min_size, max_size=50)


@st.composite
def texts_that_do_not_fit(draw: st.DrawFn) -> tuple[str, int, str]:
    """A text, a limit that is shorter than the text but long enough for the ending, and a link or none."""
    more_url = draw(st.sampled_from(["", URL]))
    shortest = len(f"… {more_url}".rstrip())
    text = draw(texts(min_size=shortest + 1)) * draw(st.integers(1, 5))
    return text, draw(st.integers(shortest, len(text) - 1)), more_url


@pytest.mark.parametrize("length", LENGTHS.values(), ids=LENGTHS)
@given(texts(), st.integers(0, 100), st.sampled_from(["", URL]))
def test_the_limit_is_kept_and_the_link_is_whole(length, text, limit, more_url):
    check_limit_and_ending(text, limit, more_url, length)


@pytest.mark.parametrize("length", LENGTHS.values(), ids=LENGTHS)
@given(texts_that_do_not_fit())
def test_the_limit_is_kept_where_the_text_is_cut(length, cut):
    check_limit_and_ending(*cut, length)


def check_limit_and_ending(text: str, limit: int, more_url: str, length: Callable[[str], int]) -> None:
    result = truncated(text, limit, more_url, length)
    assert length(result) <= limit
    if length(text) <= limit:
        assert result == text
    elif more_url and length(f"… {more_url}") <= limit:
        assert result.endswith(f"… {more_url}")
    else:
        assert result == "" or result.endswith("…")


@given(texts_that_do_not_fit())
def test_whole_words_are_kept_and_as_many_as_fit(cut):
    text, limit, more_url = cut
    end = f"… {more_url}" if more_url else "…"
    kept = truncated(text, limit, more_url).removesuffix(end)
    assert text.startswith(kept)
    kept_words, all_words = kept.split(), text.split()
    if kept_words != all_words[: len(kept_words)]:
        assert len(kept_words) == 1, "only the first word may be cut"
        indent = text[: len(text) - len(text.lstrip())]
        assert len(indent + all_words[0] + "…") > limit
    elif len(kept_words) < len(all_words):
        rest = text[len(kept) :].lstrip()
        with_next_word = text[: len(text) - len(rest)] + rest.split()[0]
        assert len(with_next_word + end) > limit


def test_a_shorter_text_that_measures_longer_is_not_chosen():
    def length(text: str) -> int:
        return len(text) + 20 * (text.count("*") % 2)

    assert truncated("aa *b ccc*ddddddd eeee", 15, length=length) == "aa…"


def test_a_long_text_is_measured_only_a_few_times():
    measured = []
    result = truncated("word " * 20_000, 2_000, URL, lambda text: measured.append(text) or len(text))
    assert result == " ".join(["word"] * 399) + "… u:/x"
    assert len(measured) < 30
