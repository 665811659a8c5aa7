"""One voice: docstrings say in one form what functions do, constants are explained below them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.structure.tree import ROOT, tracked

_THIRD_PERSON = re.compile(r"(?!Does\b)[A-Z][a-z]*[a-rt-z]s\b")
_NOUNS = ("Its ", "Rows ", "Sites ")
_AGAIN = re.compile(r"\band returns\b(?! whether)|; returns\b|[.:] Returns\b")


def _docstrings(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("test_"):
            text = ast.get_docstring(node)
            if text:
                yield node.lineno, text


def test_what_a_function_does_is_said_in_the_imperative() -> None:
    """Whoever reads "Return …" in one file does not read "Returns …" in the next."""
    found = [
        f"{path.relative_to(ROOT)}:{line} {text.splitlines()[0]}"
        for path in tracked(".py")
        for line, text in _docstrings(path)
        if (_THIRD_PERSON.match(text) and not text.startswith(_NOUNS)) or _AGAIN.search(text)
    ]
    assert found == []


def test_constants_are_explained_below_them() -> None:
    found = [path for path in tracked(".py") if re.search(r"^\s*#:", path.read_text(), re.M)]
    assert found == []
