"""Numbers as the reader's language writes them."""

from __future__ import annotations

import pytest
from flask import Flask

from moderation.console.shown import number, percent, signed

NARROW = "\u202f"


@pytest.mark.parametrize(
    "language, written",
    [
        ("en", ["18,442", "61 %", "99.9 %", "under 0.1 %", "+1.7", "−1.2"]),
        ("de", ["18.442", "61 %", "99,9 %", "unter 0,1 %", "+1,7", "−1,2"]),
    ],
)
def test_numbers_have_the_marks_of_the_language(
    app: Flask, language: str, written: list[str]
) -> None:
    with app.test_request_context("/console/review", headers={"Accept-Language": language}):
        found = [number(18442), percent(0.612), percent(0.9992), percent(0.0004)]
        found += [signed(1.74), signed(-1.16)]
    assert [text.replace(NARROW, " ") for text in found] == written
