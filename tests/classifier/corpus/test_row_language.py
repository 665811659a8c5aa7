"""The rows of a file are in the language that the file is named after."""

from __future__ import annotations

import re
from typing import Any

import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

LEAST_AGREEING = 0.90
# Shorter texts do not say enough: the identifier guesses.
FEWEST_LETTERS = {"zh": 12, "ja": 12, "th": 24}
# Written in another language, or in none, on purpose.
NO_LANGUAGE = {"foreign-language", "form-noise", "markup-dump", "code-log", "emoji-only"}
IDENTIFIER_NAMES = {"fil": "tl", "nb": "no"}

Row = dict[str, Any]


@pytest.fixture(scope="module")
def identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE)


def prose(text: str) -> str:
    """Return the words of a text, without markup, addresses and code."""
    text = re.sub(r"```.*?```|`[^`]*`", " ", text, flags=re.DOTALL)
    text = re.sub(r"<[^<>]*>|\[/?\w+(=[^\]\s]*)?\]|https?://\S+|\S+@\S+", " ", text)
    return " ".join(re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", text))


def test_language_identification_agrees(
    rows: list[Row], language: str, identifier: LanguageIdentifier
) -> None:
    texts = {row["line"]: prose(row["text"]) for row in rows if row["archetype"] not in NO_LANGUAGE}
    fewest = FEWEST_LETTERS.get(language, 60)
    found = {
        line: identifier.classify(text)[0] for line, text in texts.items() if len(text) >= fewest
    }
    wrong = {
        line: name
        for line, name in found.items()
        if name != IDENTIFIER_NAMES.get(language, language)
    }
    assert found, "no row of this language is long enough to judge"
    assert len(wrong) <= (1 - LEAST_AGREEING) * len(found), wrong
