"""Rules of the house that no linter knows."""

import ast
import itertools
import re
from pathlib import Path

import pytest

from tests.structure.tree import ROOT, tracked

LONGEST_FILE = 320


def test_files_stay_short() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked(".py", ".lua", ".js", ".css", ".html")
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_modules_are_named_after_what_they_do() -> None:
    vague = {"util", "utils", "helper", "helpers", "manager", "managers", "misc", "common"}
    assert [path for path in tracked(".py") if path.stem in vague] == []


def test_a_module_says_what_room_it_is_not_what_its_one_function_does() -> None:
    """A command's module is named after the command, and click names the command after its
    function: these alone share a name."""
    commands = ROOT / "moderation" / "cli" / "commands"
    found = {
        str(path.relative_to(ROOT))
        for path in tracked(".py")
        if path.parent != commands and functions_of(path) == {path.stem}
    }
    assert found == set()


def functions_of(path: Path) -> set[str]:
    """Return the public functions that a module defines at its top."""
    defined = ast.parse(path.read_text()).body
    names = {n.name for n in defined if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
    return {name for name in names if not name.startswith("_")}


def test_pages_load_nothing_from_elsewhere() -> None:
    loads = re.compile(
        r"""<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*\b(?:src|data)\s*=\s*
            ["']?\s*(?:https?:)?//
          | <link\b[^>]*\bhref\s*=\s*["']?\s*(?:https?:)?//
          | @import\s+(?:url\()?\s*["']?(?:https?:)?//
          | \burl\(\s*["']?(?:https?:)?//
          | \b(?:import|fetch|importScripts)\s*\(\s*["'`](?:https?:)?//
          | \bfrom\s+["'](?:https?:)?//""",
        re.VERBOSE | re.IGNORECASE,
    )
    pages = [
        path
        for path in tracked(".html", ".js", ".mjs", ".css", ".svg")
        if path.is_relative_to(ROOT / "moderation") or path.is_relative_to(ROOT / "deploy")
    ]
    found = [(path.name, m.group(0)) for path in pages for m in loads.finditer(path.read_text())]
    assert found == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_pins_name_no_registry_and_hash_everything(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    wanted = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    assert not [
        line for line in wanted if "://" in line or re.match(r"-(?!-?hash)|\s*-[if] ", line)
    ]
    pins = [line for line in wanted if not line.startswith(" ")]
    assert pins
    assert [
        line for line in pins if not re.fullmatch(r"[\w.\-]+==[\w.!+\-]+( ;.*)? \\", line)
    ] == []
    following = {a for a, b in itertools.pairwise(wanted) if "--hash=sha256:" in b}
    assert [line for line in pins if line not in following] == []


def test_the_programs_ship_no_model_that_is_unpickled() -> None:
    unpickles = re.compile(r"\b(?:pickle|joblib|dill)\.loads?\(|allow_pickle\s*=\s*True")
    ours = [p for p in tracked(".py") if p.parts[len(ROOT.parts)] in ("classifier", "moderation")]
    assert [path for path in ours if unpickles.search(path.read_text())] == []
