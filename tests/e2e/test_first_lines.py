"""The lines of the README and of the page on the API, in the plainest shell, against a Winnow that
runs for the first time."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from tests.e2e.running import StartUp, Up
from tests.structure.tree import ROOT


def lines(page: str, beginning: str) -> str:
    """Return the block of a page that begins so."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    (found,) = [block for block in blocks if block.startswith(beginning)]
    return str(found)


def said(winnow: Up, script: str) -> list[str]:
    """Run lines in the folder of the data folder; return what they write."""
    here = script.replace("http://127.0.0.1:8000", winnow.url)
    shell = shutil.which("dash") or "sh"
    done = subprocess.run(
        [shell, "-eu"], input=here, cwd=winnow.data.parent, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), script
    return done.stdout.splitlines()


@pytest.fixture
def winnow(start_up: StartUp) -> Up:
    """Return a Winnow that runs for the first time."""
    if not shutil.which("curl"):
        pytest.skip("NOT TESTED WITH CURL: apt-get install curl")
    return start_up().ready()


@pytest.mark.timeout(300)
def test_the_lines_of_the_docs_do_what_they_say(winnow: Up) -> None:
    assert winnow.output.splitlines()[-1].startswith("winnow: next: open this address")
    first, table, taught, pine = map(json.loads, said(winnow, lines("README.md", "export TOKEN")))
    assert first["verdict"]["label"] == "spam"
    assert taught["decision"]["label"] == "spam"
    assert pine["verdict"]["score"] > table["verdict"]["score"]

    check = lines("docs/api.md", "TOKEN=")
    (checked,) = map(json.loads, said(winnow, check))
    decide = f"ID={checked['id']}\n" + lines("docs/api.md", "ETAG=")
    token = check.splitlines()[0]
    (decided,) = map(json.loads, said(winnow, f"{token}\n{decide}"))
    assert decided["status"] == "spam"
    tried = "".join(said(winnow, lines("docs/api.md", "ADMIN=")))
    assert '"kind":"words","value":"cheap kilns"' in tried
