"""The lines of the README and of the page on the API, in the plainest shell, against a Winnow that
runs for the first time."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess

import pytest

from tests import histories
from tests.e2e.running import StartUp, Up
from tests.moderation.flow.models.made import model_file
from tests.structure.tree import ROOT


def lines(page: str, beginning: str) -> str:
    """Return the block of a page that begins so."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    (found,) = [block for block in blocks if block.startswith(beginning)]
    return str(found)


def curls(page: str) -> list[str]:
    """Return the calls by curl in the blocks of a page."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    return re.findall(r"^curl (?:.*\\\n)*.*$", "\n".join(blocks), re.MULTILINE)


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

    here = winnow.data.parent
    (here / "made.winnow").write_bytes(model_file("made-1"))
    dump = histories.write("sql", here / "blog.sql", 30).read_bytes()
    (here / "blog.sql.gz").write_bytes(gzip.compress(dump))
    keys = winnow.credentials
    given = f"TOKEN={keys['api_token']}\nADMIN_TOKEN={keys['admin_token']}\n"
    calls = curls("docs/training.md") + curls("docs/history.md")
    assert len(calls) >= 6
    for call in calls:
        (answer,) = map(json.loads, said(winnow, given + call))
        # The page's candidate is one that this Winnow has not made.
        absent = "/models/2026.11.30-1/" in call
        assert ("type" in answer and answer.get("status") == 404) == absent, (call, answer)
        assert absent or "request_id" not in answer, (call, answer)
