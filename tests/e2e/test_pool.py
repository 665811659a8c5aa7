"""A pool that never becomes ready is told of by `up`, and that it is ready at last."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.e2e.running import ROOT, StartUp

pytestmark = [pytest.mark.usefixtures("kernels"), pytest.mark.timeout(300)]

HANGING = '''
"""Runs as any of the processes starts: processes of the pool hang until a file is there."""

import os
import sys
import time

if "workers.app" in sys.orig_argv:
    from celery.signals import worker_process_init

    @worker_process_init.connect(weak=False)
    def hang(**_):
        while not os.path.exists(os.environ["LET_GO"]):
            time.sleep(0.05)

elif sys.orig_argv[-1:] == ["up"]:
    from moderation.cli import pool

    pool.PATIENCE_SECONDS = 1.0
'''


def test_a_pool_that_never_becomes_ready_is_told_of(start_up: StartUp, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(HANGING)
    let_go = tmp_path / "let-go"
    path = os.pathsep.join((str(tmp_path), str(ROOT)))
    up = start_up(PYTHONPATH=path, LET_GO=str(let_go)).ready()
    up.says("no process of the worker is ready since 1 s: comments wait for their verdict", 60)
    assert "Traceback" not in up.output
    let_go.touch()
    up.says("the worker's processes are ready", 60)
