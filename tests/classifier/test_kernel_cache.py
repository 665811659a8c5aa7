"""What is compiled is never stale, compiled once however many start, and removed when unused."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from classifier import compiled, kernel_cache
from moderation.cli import kernels

ROOT = Path(__file__).parents[2]
HOLD = """
import json, sys, time
from classifier import kernel_cache
with kernel_cache.one_compiles():
    began = time.monotonic()
    time.sleep(0.3)
    print(json.dumps([began, time.monotonic()]), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a copy of the modules that kernels are made of."""
    source = ROOT / "classifier"
    copy = tmp_path / "classifier"
    (copy / "features").mkdir(parents=True)
    for path in [*source.glob("*.py"), *source.glob("features/*.py")]:
        shutil.copy(path, copy / path.relative_to(source))
    return copy


def kernel_modules() -> list[str]:
    source = ROOT / "classifier"
    return sorted(
        str(path.relative_to(source))
        for path in [*source.glob("*.py"), *source.glob("features/*.py")]
        if "classifier.compiled import" in path.read_text()
    )


@pytest.mark.parametrize("module", ["compiled.py", *kernel_modules()])
def test_a_change_in_any_module_of_kernels_is_another_digest(package: Path, module: str) -> None:
    before = compiled.digest_of(package)
    assert before == compiled.digest_of(ROOT / "classifier")
    with (package / module).open("a") as file:
        file.write("\n# changed\n")
    assert compiled.digest_of(package) != before


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD],
        cwd=ROOT,
        env=os.environ | {"NUMBA_CACHE_DIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_of_processes_that_start_together_one_compiles_at_a_time(tmp_path: Path) -> None:
    started = [start(tmp_path) for _ in range(3)]
    times = sorted(json.loads(p.stdout.readline()) for p in started if p.stdout)
    for process in started:
        process.communicate("")
    for (_, ended), (began, _) in itertools.pairwise(times):
        assert began >= ended


def test_what_no_process_uses_is_removed_and_what_one_does_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = start(tmp_path)
    assert other.stdout is not None
    other.stdout.readline()
    (used,) = tmp_path.glob("kernels-*")
    old = tmp_path / "kernels-of-long-ago"
    old.mkdir()
    monkeypatch.setattr(compiled, "ROOT", tmp_path)
    monkeypatch.setattr(compiled, "FOLDER", tmp_path / "kernels-of-now")
    compiled.FOLDER.mkdir()
    kernel_cache.mark_compiled()
    assert kernel_cache.is_compiled()
    assert sorted(path.name for path in tmp_path.glob("kernels-*")) == sorted(
        ["kernels-of-now", used.name]
    )
    other.communicate("")
    kernel_cache.mark_compiled()
    assert [path.name for path in tmp_path.glob("kernels-*")] == ["kernels-of-now"]


def test_a_folder_that_cannot_be_written_keeps_nobody_from_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a file"
    file.touch()
    monkeypatch.setattr(compiled, "FOLDER", file / "kernels")
    entered = False
    with kernel_cache.one_compiles():
        entered = True
    assert entered


@pytest.mark.usefixtures("kernels")
def test_what_is_compiled_is_not_compiled_again() -> None:
    said: list[str] = []
    kernels.prepare(os.environ, said.append)
    assert said == []


def test_who_waits_for_the_compiler_is_told_how_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The compiler is a stand-in that takes a moment and fails: the real one takes a minute."""
    monkeypatch.setattr(compiled, "FOLDER", tmp_path / "kernels-of-now")
    monkeypatch.setattr(kernels, "SAY_SECONDS", 0.05)
    slow = "import time; time.sleep(0.4); raise SystemExit(3)"
    monkeypatch.setattr(kernels, "COMMAND", [sys.executable, "-c", slow])
    said: list[str] = []
    kernels.prepare(os.environ, said.append)
    assert said[0].startswith("compiling the filter for this folder")
    assert any(line.startswith("compiling: 0 kernels after") for line in said)
    assert said[-1] == "compiling failed with status 3"


DECIDE = """
import msgspec
from numba.core.event import RecordingListener, register
from moderation.domain.comments import Author, Submission
from moderation.flow import rows
from classifier import Learner, Model, explain
compiling = RecordingListener()
register("numba:compile", compiling)
author = Author(name="Ada", url="https://ada.example", email="ada&#64;mail.example", ip="192.0.2.1")
for content in ("Hello <i>there</i>", "b&#117;y v i a g r a", "\\u202ecba\\u202c", "好的"):
    sent = Submission(content=content, author=author, context=["A page"], honeypot="x", form_ms=5)
    example = rows.example_of(b"k" * 32, sent, comment="c", revision=1, labelled_ms=0)
    model = Model.load()
    learner = Learner(model)
    row = rows.training_row(msgspec.msgpack.decode(example)[2])
    learner.learn(row, "spam")
    model.score([rows.row_of(sent)], learner).reasons(0)
    model.score([rows.row_of(sent)], learner.copy()).reasons(0)
    again = Learner.from_bytes(learner.to_bytes(), model)
    again.learn(row, "ham")
    explain(model, rows.row_of(sent), again)
print(len(compiling.buffer))
"""


@pytest.mark.usefixtures("kernels")
def test_nothing_is_left_to_compile_for_the_first_comment_or_decision() -> None:
    """A decision that waits for the compiler takes two seconds: some clients give up at one."""
    run = subprocess.run(
        [sys.executable, "-c", DECIDE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "0"
