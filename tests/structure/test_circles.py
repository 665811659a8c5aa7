"""No module needs itself by way of others, not even inside a function or for its types."""

from __future__ import annotations

from pathlib import Path

import grimp
import pytest

from tests.structure.tree import ROOT

PACKAGES = ("classifier", "moderation", "workers")


def arrows(*packages: str) -> dict[str, set[str]]:
    """Return each module with the modules it imports, wherever in it the import stands.

    Importing a name of a package is importing its `__init__`; importing a module of a package
    is not, though Python runs the `__init__` then too.
    """
    graph = grimp.build_graph(*packages, exclude_type_checking_imports=False, cache_dir=None)
    return {name: set(graph.find_modules_directly_imported_by(name)) for name in graph.modules}


def circles(arrows: dict[str, set[str]]) -> set[frozenset[str]]:
    """Return the sets of modules that can each be reached from each other, and from themselves."""
    reached = {name: _all_behind(name, arrows) for name in arrows}
    return {
        frozenset(other for other in found if name in reached[other])
        for name, found in reached.items()
        if name in found
    }


def _all_behind(name: str, arrows: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for other in arrows[waiting.pop()] - found:
            found.add(other)
            waiting.append(other)
    return found


def test_no_module_needs_itself_by_way_of_others() -> None:
    assert sorted(map(sorted, circles(arrows(*PACKAGES)))) == []


IMPORTS = {
    "at the top": "from circular import second\n",
    "of a name": "from circular.second import NAME\n",
    "in a function": "def one():\n    from circular import second\n",
    "for types": "from typing import TYPE_CHECKING\n\n"
    "if TYPE_CHECKING:\n    from circular.second import NAME\n",
    "of the package": "import circular\n",
}


@pytest.mark.parametrize("way", IMPORTS)
def test_circles_are_found_however_they_are_hidden(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "circular"
    package.mkdir()
    (package / "__init__.py").write_text("from circular.second import NAME\n")
    (package / "first.py").write_text(IMPORTS[way])
    (package / "second.py").write_text("import circular.first\n\nNAME = 1\n")
    (package / "third.py").write_text("import circular.first\n")
    monkeypatch.syspath_prepend(tmp_path)
    expected = {"circular.first", "circular.second"}
    if way == "of the package":
        expected.add("circular")
    assert circles(arrows("circular")) == {frozenset(expected)}


def test_every_package_of_ours_is_looked_at() -> None:
    ours = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert ours == set(PACKAGES)
