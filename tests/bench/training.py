"""A training on 100,000 labels of a running installation, and what checks feel of it."""

from __future__ import annotations

import datetime as dt
import json
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.bench import texts, wrk
from tests.e2e.running import Up
from tests.processes import command_of, until

LABELS = 100_000
A_CALL = 1000
PEAK_MIB = 2048
RATIO = 1.5
BEFORE = 3
"""Runs of the load before the training; their median is what the rest is compared with."""


def measure(
    up: Up, folder: Path, show: Callable[..., None], progress: Callable[[str], None]
) -> None:
    """Show how long a training takes, how much memory, and the 99th percentile of checks at half
    the budget's rate meanwhile over that before."""
    progress(f"teaching {LABELS:,} labels")
    _teach(up)
    token = up.credentials["api_token"]
    bodies = [json.dumps(one) for one in texts.comments(2000, seed=5)]
    run: dict[str, Any] = {"connections": 16, "seconds": 5, "each_ms": 10}

    def p99() -> float:
        return wrk.load(folder, up.url, "/v1/check", token, bodies, **run)["p99_ms"]

    alone = statistics.median(p99() for _ in range(BEFORE))
    progress("training")
    job = _call(up, "POST", "/v1/models")["id"]
    until(lambda: _trainer(up), 60, "the trainer")
    memory = _Memory(up)
    beside = []
    while _call(up, "GET", f"/v1/jobs/{job}")["state"] in ("queued", "running"):
        beside.append(p99())
    done, meanwhile = _call(up, "GET", f"/v1/jobs/{job}"), statistics.median(beside)
    created, updated = (dt.datetime.fromisoformat(done[n]) for n in ("created_at", "updated_at"))
    show("train_seconds", (updated - created).total_seconds(), "s", labels=done["result"]["labels"])
    show("train_peak_mib", memory.end(), "MiB", budget=PEAK_MIB)
    show("check_p99_ratio_while_training", meanwhile / alone, "", budget=RATIO,
         p99_ms=meanwhile, alone_p99_ms=alone, runs=len(beside))  # fmt: skip


class _Memory:
    """Watches the most memory that the trainer takes."""

    def __init__(self, up: Up) -> None:
        self._up, self._peak, self._over = up, 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            trainer = _trainer(self._up)
            if trainer is not None:
                try:
                    self._peak = max(self._peak, trainer.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue

    def end(self) -> float:
        """Return it in MiB."""
        self._over.set()
        self._thread.join()
        return self._peak / (1 << 20)


def _teach(up: Up) -> None:
    """Teach labels of both classes in turn."""
    headers = {
        "Authorization": f"Bearer {up.credentials['api_token']}",
        "Content-Type": "application/x-ndjson",
    }
    made = texts.comments(LABELS, seed=6)
    began = int(time.time()) - LABELS
    for first in range(0, LABELS, A_CALL):
        lines = [
            json.dumps(
                made[n]
                | {
                    "label": ("ham", "spam")[n % 2],
                    "labelled_at": dt.datetime.fromtimestamp(began + n, dt.UTC).isoformat(),
                }
            )
            for n in range(first, first + A_CALL)
        ]
        answer = httpx.post(
            up.url + "/v1/labels", content="\n".join(lines), headers=headers, timeout=120
        )
        answer.raise_for_status()


def _call(up: Up, method: str, path: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {up.credentials['admin_token']}"}
    answer = httpx.request(method, up.url + path, headers=headers, timeout=30)
    answer.raise_for_status()
    return dict(answer.json())


def _trainer(up: Up) -> psutil.Process | None:
    found = (one for one in up.family() if " train --job " in command_of(one))
    return next(found, None)
