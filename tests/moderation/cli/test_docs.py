"""Every command of ours in the docs' pages does what it is shown for, in the order of its page."""

from __future__ import annotations

import gzip
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from moderation.flow.models import showing
from moderation.flow.runtime import Runtime
from moderation.flow.sites import administering
from moderation.settings import Settings
from tests import histories
from tests.moderation.cli.conftest import Winnow
from tests.moderation.flow.models.made import model_file
from tests.moderation.flow.models.taught import teach_site
from tests.structure.test_commands import PAGES, typed

ELSEWHERE = {"up", "web", "worker", "beat"}
"""What runs until it is ended: tests/e2e starts it."""
BY_PAGE = {
    path.name: [words for words in typed(path) if words[0] not in ELSEWHERE]
    for path in PAGES
    if path.name != "drills.md"  # Its commands are pasted into a shell, all together.
}
NOT_RUN = {
    "docker": "no engine here: tests/e2e/test_containers.py runs what it would run",
    "kubectl": "no Kubernetes here: tests/structure/test_kubernetes.py builds what it would send",
    "systemctl": "no systemd runs here: tests/structure/test_systemd.py has it read the units",
    "useradd": "makes a user of this machine",
    "install": "writes into /etc",
    "cp": "writes into /etc, or what tests/structure/test_kubernetes.py copies",
    "cat": "shows what the first run wrote",
    "cd": "leads to a folder that the next lines are about",
}
"""What commands of docs/deploying.md begin with that the suite does not run, each with why."""
SITES = ("blog", "shop", "blog.example", "shop.example")


@pytest.fixture(autouse=True)
def _beside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let commands find the files that the pages name, and answer yes where they ask."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "nice", lambda by: by)
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n" * 9))
    shutil.copy(histories.write("wxr", tmp_path / "made.xml", 30), "export.xml")
    Path("keys.txt").write_text("cheap kilns\n")
    with gzip.open("blog.sql.gz", "wb") as out:
        out.write(histories.write("sql", tmp_path / "made.sql", 30).read_bytes())


def filled(word: str, runtime: Runtime) -> str:
    """Return a word with what a reader would put in its place."""
    if word == "01J…":
        return next(t.id for t in administering.tokens(runtime.store) if t.site == "blog")
    if word == "2026.11.30-1":
        known = showing.versions(runtime).versions
        return next(one.snapshot.name for one in known if one.snapshot.state("") == "candidate")
    if word == "made.winnow":
        Path(word).write_bytes(model_file("made-1"))
    return word


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", [name for name, commands in BY_PAGE.items() if commands])
def test_the_commands_of_a_page_work(
    page: str,
    prepared: dict[str, str],
    winnow: Winnow,
    runtime: Runtime,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = {words[2] for words in BY_PAGE[page] if words[:2] == ["site", "add"]}
    for site in set(SITES) - made:
        winnow("site", "add", site)
    if page == "training.md":
        teach_site(runtime, "blog", 520)
    for words in BY_PAGE[page]:
        if words[0] == "restore":
            monkeypatch.setenv("WINNOW_REDIS_URL", settings.redis_url.replace("db=0", "db=7"))
        winnow(*(filled(word, runtime) for word in words))
        monkeypatch.setenv("WINNOW_REDIS_URL", settings.redis_url)


def test_every_command_of_the_page_on_deploying_runs_or_says_why_not(tmp_path: Path) -> None:
    page = next(path for path in PAGES if path.name == "deploying.md")
    blocks = "".join(re.findall(r"```\n(.*?)```", page.read_text(), re.DOTALL))
    seen = set()
    for line in blocks.splitlines():
        word = line.split()[0]
        seen.add(word)
        if word in NOT_RUN:
            continue
        run = subprocess.run(["sh", "-euc", line], cwd=tmp_path, capture_output=True, text=True)
        assert run.returncode == 0, (line, run.stderr)
    assert seen >= set(NOT_RUN), "a reason for what is not there"
    written = (tmp_path / ".env").read_text().splitlines()
    secrets = [line.partition("=")[2] for line in written]
    assert len(written) == 3 and all(len(secret) == 64 for secret in secrets)
    assert len(set(secrets)) == 3
