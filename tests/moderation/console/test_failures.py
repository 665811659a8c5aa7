"""Why something at another address failed is said in the reader's language, whatever it was."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from moderation.console.failures import failure
from moderation.wording import LANGUAGES

MODERATION = Path(__file__).parents[3] / "moderation"
NOTED_IN = {
    "flow/outbound/request.py": "OutboundError",
    "flow/sites/fetching.py": "OutboundError",
    "flow/signing.py": "InvalidInput",
    "flow/webhooks/sending.py": "Answer",
}
"""Modules in which it is noted, each with the name of what holds it."""


def noted() -> Iterator[str]:
    """Yield all that the modules note, with a number where something is filled in."""
    for path, holder in NOTED_IN.items():
        tree = ast.parse((MODERATION / path).read_text())
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if getattr(call.func, "id", "") == holder and call.args:
                yield from _words(call.args[0])


def _words(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(p.value if isinstance(p, ast.Constant) else "77" for p in node.values)


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_all_that_is_noted_is_translated(app: Flask, language: str) -> None:
    found = [*noted(), "answered 503", "answered 302; redirects are not followed"]
    assert len(found) > 12
    with app.test_request_context(headers={"Accept-Language": language}):
        said = {one: failure(one) for one in found}
    assert [one for one in said if said[one] == one] == []
    assert "503" in said["answered 503"]


def test_what_is_not_known_stays_as_it_was_noted(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "de"}):
        assert failure("no answer: <b>x</b>") == "no answer: <b>x</b>"
        assert failure("") == ""
