"""Akismet's own clients, unmodified, against Winnow under the names that they have built in."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from moderation.flow.akismet.keys import key_digest
from moderation.flow.comments.reading import Filter, list_comments
from tests.e2e.akismet.conftest import BLATANT, Installation
from tests.e2e.akismet.installation import (
    CLIENTS,
    Box,
    node_clients,
    source_of_akismet,
)
from tests.e2e.fetching import python_of

pytestmark = pytest.mark.timeout(400)

HAM = "Thanks, the second example fixed my build."
WHOLE = {"verify", "verify_bad", "ham", "spam", "discard", "submit_spam", "submit_ham", "bad_key"}
Tool = Callable[[str, str], str]


def ruby(tool: Tool) -> tuple[list[str], Path]:
    program = tool("ruby", "ruby-akismet")
    has = subprocess.run([program, "-e", "require 'akismet'"], capture_output=True)
    if has.returncode:
        pytest.skip("NOT TESTED WITH RUBY'S CLIENT: apt-get install ruby-akismet")
    return [program, str(CLIENTS / "akismet.rb")], CLIENTS


def perl(tool: Tool) -> tuple[list[str], Path]:
    program = tool("perl", "perl")
    has = subprocess.run([program, "-MNet::Akismet", "-e1"], capture_output=True)
    if has.returncode:
        pytest.skip("NOT TESTED WITH PERL'S CLIENT: apt-get install libnet-akismet-perl")
    return [program, str(CLIENTS / "akismet.pl")], CLIENTS


def python(name: str, script: str) -> Callable[[Tool], tuple[list[str], Path]]:
    return lambda tool: ([str(python_of(CLIENTS / f"{name}.txt")), str(CLIENTS / script)], CLIENTS)


def node(script: str) -> Callable[[Tool], tuple[list[str], Path]]:
    def command(tool: Tool) -> tuple[list[str], Path]:
        program = tool("node", "nodejs npm")
        tool("npm", "npm")
        folder = node_clients()
        return [program, "--no-deprecation", str(folder / script)], folder

    return command


COMMANDS = {
    "akismet": (python("akismet", "akismet_py.py"), set()),
    "python-akismet": (
        python("requests", "python_akismet.py"),
        {"verify", "verify_bad"},
    ),
    "pykismet3": (python("requests", "pykismet.py"), {"verify", "verify_bad", "discard"}),
    "cedx": (node("cedx.mjs"), set()),
    "akismet-api": (node("akismet_api.js"), {"discard"}),
    "akismet-npm": (node("akismet_npm.js"), {"discard"}),
    "ruby-akismet": (ruby, set()),
    "net-akismet": (perl, {"discard"}),
}
"""How each client is run, and what it has no word for."""


@contextlib.contextmanager
def refused(installation: Installation) -> Iterator[list[int]]:
    """Tell how many calls with the clients' unknown key the server looked up meanwhile."""
    redis = installation.runtime.store.redis
    digest = key_digest(installation.runtime.secret, installation.key[::-1])
    counted: list[int] = []
    with redis.monitor() as heard:
        yield counted
        redis.echo("that was all")
        told = itertools.takewhile(
            lambda said: "that was all" not in said["command"], heard.listen()
        )
        looked_up = [said for said in told if digest in said["command"]]
    counted.append(sum(said["command"].startswith("EVAL") for said in looked_up))


@pytest.mark.parametrize("client", COMMANDS)
def test_a_client_verifies_checks_and_reports(
    client: str, box: Box, installation: Installation, tool: Tool
) -> None:
    make, lacks = COMMANDS[client]
    argv, folder = make(tool)
    blog = installation.blog(client)
    env = {"KEY": installation.key, "BLOG": blog, "HAM": HAM, "BLATANT": BLATANT}
    with refused(installation) as refusals:
        done = box.run(argv, env, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    expected = dict.fromkeys(WHOLE - lacks, True)
    if "verify_bad" in expected:
        expected["verify_bad"] = False
    assert json.loads(done.stdout) == expected, done.stderr
    # The client's word for it may be its own: what the server refused is its verify and its check.
    assert refusals == [sum(call in expected for call in ("verify_bad", "bad_key"))]
    kept = list_comments(installation.runtime, installation.site(blog), Filter(), "", 100).comments
    by_text = {comment.submission.content: comment.decision for comment in kept}
    assert (by_text[HAM].label, by_text[HAM].via) == ("spam", "akismet")
    assert (by_text[BLATANT].label, by_text[BLATANT].via) == ("ham", "akismet")


def test_the_end_to_end_suite_of_the_python_client_passes(
    box: Box, installation: Installation
) -> None:
    suite = source_of_akismet()
    env = {
        "PYTHON_AKISMET_API_KEY": installation.key,
        "PYTHON_AKISMET_BLOG_URL": installation.blog("suite"),
        # One second, its default, is for an idle machine; this one runs a test suite.
        "PYTHON_AKISMET_TIMEOUT": "10",
    }
    python = str(python_of(CLIENTS / "akismet.txt"))
    pytest_ = [python, "-m", "pytest", "-p", "no:cacheprovider", "-q"]
    done = box.run([*pytest_, "-m", "end_to_end", "tests"], env, suite)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^26 passed, \d+ deselected", done.stdout, re.MULTILINE), done.stdout
