"""What import contracts alone do not hold: that they name everything, and what is really loaded."""

import ast
import functools
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.structure.tree import ROOT, tracked

CONTRACTS = {
    contract["name"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
}
PACKAGES = {path.parent.name for path in (ROOT / "moderation").glob("*/__init__.py")}
TALKING = {"api", "akismet", "cli", "console"} & PACKAGES

SERVE = """
import json, sys
import moderation.app, workers.tasks
from classifier import Learner, Model, Row, explain
model = Model.load()
learner = Learner(model)
learner.learn(Row(text="Thanks, this fixed my build."), "ham")
model.score([Row(text="Buy pills")], learner).reasons(0)
explain(model, Row(text="Buy pills"), learner)
print(json.dumps(sorted(name.split(".")[0] for name in sys.modules)))
"""


def test_every_package_that_talks_to_users_is_bound_by_the_contracts() -> None:
    for name in (
        "Only the store knows Redis",
        "What talks to users reaches the store and the classifier by flow alone",
    ):
        bound = set(CONTRACTS[name]["source_modules"])
        assert {f"moderation.{package}" for package in TALKING} <= bound


def test_every_package_stands_on_a_layer() -> None:
    layers = CONTRACTS[
        "Arrows: workers and what talks to users call flow, flow calls store and classifier"
    ]["layers"]
    named = set(" ".join(layers).replace("(", " ").replace(")", " ").split())
    assert {f"moderation.{package}" for package in PACKAGES} <= named


def test_a_name_is_imported_from_the_module_that_defines_it() -> None:
    """A package says in its `__init__` what is meant for others; a module hands nothing on."""
    found = [
        f"{path.relative_to(ROOT)}: {node.module} {alias.name}"
        for path in tracked(".py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (home := module(node.module or ""))
        for alias in node.names
        if alias.name not in defined_in(home)
    ]
    assert found == []


def module(name: str) -> Path | None:
    """Return the file of a module of ours; None for a package, and for what is not ours."""
    path = ROOT.joinpath(*name.split(".")).with_suffix(".py")
    return path if path.is_file() else None


@functools.cache
def defined_in(path: Path) -> set[str]:
    """Return every name that a module binds otherwise than by an import."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


@pytest.mark.usefixtures("kernels")
def test_serving_loads_nothing_that_only_training_needs() -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error::ImportWarning", "-c", SERVE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(run.stdout))
    assert {"numpy", "numba", "redis", "flask"} <= loaded
    assert loaded.isdisjoint({"sklearn", "skops", "pandas", "matplotlib", "schemathesis"})
