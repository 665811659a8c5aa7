"""Differences between two revisions: both texts can be read from them, in any script."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.console.revisions import WORDS_AT_MOST, Piece, differences

texts = st.text(max_size=200) | st.lists(
    st.sampled_from(["kiln ", "glaze ", "на ", "窯", "\u202e", "<b>", "\n"]), max_size=40
).map("".join)


@given(texts, texts)
@settings(max_examples=200, deadline=None)
def test_both_texts_are_in_their_differences(before: str, after: str) -> None:
    found = differences(before, after)
    assert "".join(p.text for p in found if p.kind != "inserted") == before
    assert "".join(p.text for p in found if p.kind != "removed") == after


def test_a_word_replaced_is_one_word_removed_and_one_inserted() -> None:
    assert differences("fire it to cone six today", "fire it to cone ten today") == [
        Piece("same", "fire it to cone "),
        Piece("removed", "six "),
        Piece("inserted", "ten "),
        Piece("same", "today"),
    ]


def test_texts_that_are_too_long_are_not_compared_and_long_ones_not_for_long() -> None:
    assert differences("a " * (WORDS_AT_MOST + 1), "b") == []
    # Minutes, if words that stand everywhere were anchors: the limit of a test ends that.
    assert differences("a " * WORDS_AT_MOST, "a " * (WORDS_AT_MOST - 1) + "b") != []
