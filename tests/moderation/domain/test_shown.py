"""Whether anything is seen of a text."""

from __future__ import annotations

import pytest

from moderation.domain.shown import shows_nothing, unescape


@pytest.mark.parametrize(
    "text",
    ["", " \t\n\u00a0\u3000", "\u200b\ufeff", "\u2800\u3164\uffa0\u115f",
     "&#8203;&#x2800;<!-- a -->", "\u0301\u0302", "&nbsp; &shy;", "<!-- never closed",
     "\ufe0f\U000e0061\u2060\x00"],
)  # fmt: skip
def test_nothing_is_seen_of_blanks_whatever_they_are(text: str) -> None:
    assert shows_nothing(text)


@pytest.mark.parametrize(
    "text", ["a", ".", "\u200b!\u200b", "&#97;", "👍", "ก", "<b></b>", "e\u0301"]
)
def test_a_single_sign_is_seen(text: str) -> None:
    assert not shows_nothing(text)


def test_a_reference_of_any_length_is_read() -> None:
    assert unescape("&#" + "1" * 5000 + ";x") == "\ufffdx"
    assert unescape("&#x" + "0" * 5000 + "61;") == "a"
