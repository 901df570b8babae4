from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cmr_watch.notify.channels.escaping import as_markdown
from cmr_watch.notify.channels.truncate import shortened

URL = "https://watch.example.org/changes?since=41"
TEXTS = st.text(alphabet="abcé…  \n.-*", max_size=300) | st.text(max_size=100)
LENGTHS = {"as it is": len, "in bytes": lambda text: len(text.encode()), "markdown": lambda t: len(as_markdown(t))}

CUT = [
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


@pytest.mark.parametrize(("text", "limit", "more_url", "expected"), CUT)
def test_cut(text, limit, more_url, expected):
    assert shortened(text, limit, more_url) == expected


@pytest.mark.parametrize("length", LENGTHS.values(), ids=LENGTHS)
@given(TEXTS, st.integers(0, 200), st.sampled_from(["", URL]))
def test_never_longer_than_the_limit_and_the_link_is_whole(length, text, limit, more_url):
    assume(text.isprintable() or "\n" in text)
    made = shortened(text, limit, more_url, length)
    assert length(made) <= limit
    if length(text) <= limit:
        assert made == text
    elif more_url and length(f"… {more_url}") <= limit:
        assert made.endswith(f"… {more_url}")
    else:
        assert made == "" or made.endswith("…")


@given(TEXTS, st.integers(1, 200), st.sampled_from(["", URL]))
def test_cut_at_words_and_as_late_as_can_be(text, limit, more_url):
    end = f"… {more_url}" if more_url else "…"
    assume(len(text) > limit >= len(end))
    made = shortened(text, limit, more_url)
    kept = made.removesuffix(end)
    assert text.startswith(kept)
    words, whole = kept.split(), text.split()
    if words != whole[: len(words)]:
        assert len(words) == 1, "only the first word is cut within"
        indent = text[: len(text) - len(text.lstrip())]
        assert len(indent + whole[0] + "…") > limit
    elif len(words) < len(whole):
        after = text[len(kept) :].lstrip()
        next_word = text[: len(text) - len(after)] + after.split()[0]
        assert len(next_word + end) > limit


def test_a_long_text_is_cut_fast():
    asked = []
    shortened("word " * 20_000, 2_000, URL, lambda text: asked.append(text) or len(text))
    assert len(asked) < 30
