"""What a page said and says, with the words that differ."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.models.readings import ChangeKind, KnownCall, KnownEdition
from cmr_watch.web.public.quotes import quotes, still_says
from cmr_watch.web.public.word_diff import Part, word_diff
from tests.factories import call, change, edition
from tests.web.public.make import HOSTILE, LONG_LINE, every_kind

K = ChangeKind


def test_removed_and_added_words_are_marked() -> None:
    old, new = word_diff("Lyon – 27-28 January 2027 SAVE THE DATE!", "Lyon – 3-4 February 2027")
    assert old == (Part("Lyon –"), Part("27-28 January", "del"), Part("2027"), Part("SAVE THE DATE!", "del"))
    assert new == (Part("Lyon –"), Part("3-4 February", "ins"), Part("2027"))


@pytest.mark.parametrize(("before", "now"), [("", "a b"), ("a b", ""), ("a", "b"), ("a b", "a b"), ("", "")])
def test_texts_that_share_nothing_or_everything(before: str, now: str) -> None:
    old, new = word_diff(before, now)
    assert " ".join(part.text for part in old) == before
    assert " ".join(part.text for part in new) == now
    assert any(part.mark for part in (*old, *new)) == (before != now)


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_no_word_is_lost_and_what_is_not_marked_is_the_same(before: list[str], now: list[str]) -> None:
    old, new = word_diff(" ".join(before), " ".join(now))
    assert " ".join(part.text for part in old).split() == before
    assert " ".join(part.text for part in new).split() == now
    assert [part for part in old if not part.mark] == [part for part in new if not part.mark]
    assert {part.mark for part in old} <= {"", "del"}
    assert {part.mark for part in new} <= {"", "ins"}


def test_a_text_that_stays_is_shown_once() -> None:
    made = quotes(every_kind()[ChangeKind.EDITION_HELD])
    assert [(one.label, one.text) for one in made] == [("The page says", "Lyon, France, 12-13 October 2024")]


def test_a_text_that_is_new_or_gone_is_named_so() -> None:
    kinds = every_kind()
    assert [one.label for one in quotes(kinds[ChangeKind.EDITION_ANNOUNCED])] == ["New on the page"]
    gone = quotes(kinds[ChangeKind.EDITION_WITHDRAWN])
    assert [(one.label, one.is_after) for one in gone] == [("No longer on the page", False)]
    assert [part.mark for part in gone[0].parts] == ["del"]


def test_what_is_not_so_any_more_has_its_day() -> None:
    kinds = every_kind()
    labels = {
        kind: [one.label for one in quotes(kinds[kind], day="1 May 2024")]
        for kind in (K.EDITION_HELD, K.EDITION_ANNOUNCED, K.EDITION_WITHDRAWN, K.CALL_CUTOFF_MOVED)
    }
    assert labels == {
        K.EDITION_HELD: ["The page said on 1 May 2024"],
        K.EDITION_ANNOUNCED: ["New on the page on 1 May 2024"],
        K.EDITION_WITHDRAWN: ["No longer on the page on 1 May 2024"],
        K.CALL_CUTOFF_MOVED: ["It said before", "It said on 1 May 2024"],
    }


def test_whether_the_page_still_says_so() -> None:
    lyon, other = edition(text="Lyon"), edition(text="Lyon, with a summary")
    announced, gone = change(after=lyon), replace(change(before=lyon), after=None)
    assert still_says(announced, KnownEdition("lyon", lyon))
    assert not still_says(announced, KnownEdition("lyon", other))
    assert not still_says(announced, KnownEdition("lyon", lyon, gone="withdrawn"))
    assert not still_says(announced, KnownEdition("lyon", lyon, missing_since=datetime(2024, 4, 2, tzinfo=UTC))), (
        "it is missing from the page"
    )
    assert not still_says(announced, None)
    assert still_says(gone, KnownEdition("lyon", lyon, gone="delisted"))
    assert not still_says(gone, KnownEdition("lyon", lyon)), "it is back"
    moved = every_kind()[K.CALL_CUTOFF_MOVED]
    assert moved.cutoff_before is not None
    assert moved.cutoff_after is not None
    assert still_says(moved, KnownCall("call", call(cutoffs=(moved.cutoff_after,))))
    assert not still_says(moved, KnownCall("call", call(cutoffs=(moved.cutoff_before,))))


def test_of_a_cutoff_its_own_line_is_quoted() -> None:
    made = quotes(every_kind()[ChangeKind.CALL_CUTOFF_MOVED])
    assert [one.text for one in made] == ["30 of month 5, 18:00", "30 of month 6, 18:00"]


def test_a_change_without_text_has_no_quote() -> None:
    assert quotes(change(after=edition(text=""))) == ()


def test_hostile_text_is_one_line_of_bounded_length() -> None:
    before, now = edition(text=HOSTILE), edition(text=f"{HOSTILE} {LONG_LINE}")
    old, new = quotes(change(ChangeKind.EDITION_UPDATED, now, before=before))
    for text in (old.text, new.text):
        assert len(text) <= 600
        assert text.isprintable()
        assert "\u202e" not in text
