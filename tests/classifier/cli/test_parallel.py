"""Cross-validation in one process, in several, and on a Dask cluster gives the same model."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from classifier import Model
from classifier.evaluation.generated import generated_rows
from tests.processes import Running

ROOT = Path(__file__).parents[3]
CLUSTER = """
import signal
from distributed import LocalCluster
if __name__ == "__main__":
    host = {"host": "127.0.0.1", "dashboard_address": None}
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, **host)
    print("listens at", cluster.scheduler_address, flush=True)
    signal.pause()
"""


# A model without the seed corpus, three ways; then whether the cluster's workers had a part in it.
THREE_WAYS = """
import hashlib, sys
from argparse import Namespace
from pathlib import Path
from distributed import Client
from classifier.cli.parallel import spread
from classifier.training.train import train_model
def has_fitted():
    return "classifier.training.calibrate" in sys.modules
if __name__ == "__main__":
    files, address = [Path(name) for name in sys.argv[2:]], sys.argv[1]
    for jobs, dask in ((1, None), (2, None), (1, address)):
        with spread(Namespace(jobs=jobs, dask=dask)):
            made = train_model(files, corpus=False, name="made").to_bytes()
        print(hashlib.sha256(made).hexdigest(), flush=True)
    with Client(address) as client:
        print(any(client.run(has_fitted).values()))
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a cluster of two workers."""
    script = tmp_path_factory.mktemp("cluster") / "cluster.py"
    script.write_text(CLUSTER)
    running = Running([sys.executable, str(script)], {**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        running.says("listens at", 60)
        yield running.output.partition("listens at ")[2].split()[0]
    finally:
        running.end()


@pytest.fixture
def files(write: Callable[..., Path]) -> list[Path]:
    return [
        write(
            [
                {"text": row.text, "author": row.author, "label": row.label, "source": f"made{n}"}
                for row in generated_rows(150, n)
            ],
            f"made{n}.jsonl",
        )
        for n in range(3)
    ]


def test_wherever_the_folds_are_fitted_the_model_is_the_same(
    files: list[Path], tmp_path: Path, cluster: str
) -> None:
    script = tmp_path / "ways.py"
    script.write_text(THREE_WAYS)
    done = subprocess.run(
        [sys.executable, script, cluster, *files],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *digests, was_spread = done.stdout.split()
    assert len(digests) == 3 and len(set(digests)) == 1, digests
    assert was_spread == "True"


def trained(run: Callable[..., Any], out: Path, files: list[Path], *options: str) -> bytes:
    ran = run("train", *files, "--out", out, *options)
    assert ran.status == 0, ran.err
    assert "fold 1 of" in ran.err
    return Model.load(out).to_bytes()


@pytest.mark.slow
def test_processes_and_a_cluster_give_what_one_process_gives(
    run: Callable[..., Any],
    run_process: Callable[..., Any],
    files: list[Path],
    tmp_path: Path,
    cluster: str,
) -> None:
    alone = trained(run, tmp_path / "1.model", files)
    assert trained(run_process, tmp_path / "2.model", files, "--jobs", "2") == alone
    assert trained(run_process, tmp_path / "3.model", files, "--dask", cluster) == alone


def test_a_cluster_that_is_not_there_is_one_line(
    run: Callable[..., Any], files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifier.cli.parallel.CONNECT_SECONDS", 0.5)
    out = tmp_path / "none.model"
    ran = run("train", *files, "--out", out, "--quiet", "--dask", "tcp://127.0.0.1:1")
    assert ran.status == 1
    assert ran.err == "error: no Dask cluster with a worker answers there within 0.5 s\n"
    assert not out.exists()


def test_without_the_extra_it_says_what_to_install(
    run: Callable[..., Any], files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    ran = run("train", *files, "--out", tmp_path / "m", "--quiet", "--dask", "tcp://127.0.0.1:1")
    assert ran.status == 1
    assert "pip install 'winnow[dask]'" in ran.err


@pytest.mark.parametrize("jobs", ["-1", "many"])
def test_a_number_of_processes_that_is_none_is_refused(
    run: Callable[..., Any], files: list[Path], tmp_path: Path, jobs: str
) -> None:
    assert run("train", *files, "--out", tmp_path / "m", "--jobs", jobs).status == 2
