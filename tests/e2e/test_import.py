"""Checks while a site's labels are imported: each has its verdict, by a model that says how far."""

from __future__ import annotations

import json
import threading
import time
from itertools import pairwise

import httpx
import pytest

from tests.e2e.running import StartUp, Up
from tests.processes import until

pytestmark = [pytest.mark.usefixtures("kernels"), pytest.mark.timeout(300)]

LABELS, AT_ONCE, ASKING = 2400, 100, 6
KINDS = (
    ("ham", "The garden bench number {} in oak stands well, thanks for the plan."),
    ("spam", "Buy watches number {} at http://watches.example/{} today"),
)


class Asking(threading.Thread):
    """Checks one comment after the other on a connection of its own, so of one web process."""

    def __init__(self, up: Up, number: int) -> None:
        super().__init__(daemon=True)
        self._up, self._number = up, number
        self.verdicts: list[dict] = []
        self.seconds: list[float] = []
        self.over = threading.Event()

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self._up.credentials['api_token']}"}
        with httpx.Client(base_url=self._up.url, headers=headers, timeout=30) as client:
            while not self.over.is_set():
                self.ask(client)
            self.ask(client)

    def ask(self, client: httpx.Client) -> None:
        text = f"Does bench {self._number}.{len(self.verdicts)} come in pine as well?"
        began = time.monotonic()
        answer = client.post("/v1/check", json={"content": text})
        self.seconds.append(time.monotonic() - began)
        assert answer.status_code == 200, answer.text
        self.verdicts.append(answer.json())


def batch(start: int) -> str:
    rows = []
    for n in range(start, start + AT_ONCE):
        label, text = KINDS[n % 2]
        rows.append(json.dumps({"content": text.format(n, n), "label": label}))
    return "\n".join(rows)


def p99(seconds: list[float]) -> float:
    return sorted(seconds)[int(0.99 * len(seconds))]


def position(comment: dict) -> int:
    return int(comment["verdict"]["model"].partition("+")[2])


def test_checks_get_their_verdicts_while_labels_are_imported(
    start_up: StartUp, record_property
) -> None:
    up = start_up(WINNOW_WEB_WORKERS="2").ready()
    asking = [Asking(up, n) for n in range(ASKING)]
    for one in asking:
        one.start()
    until(lambda: all(len(one.verdicts) > 100 for one in asking), 60)
    idle = [len(one.seconds) for one in asking]
    headers = {
        "Authorization": f"Bearer {up.credentials['api_token']}",
        "Content-Type": "application/x-ndjson",
    }
    with httpx.Client(base_url=up.url, headers=headers, timeout=60) as importer:
        for start in range(0, LABELS, AT_ONCE):
            importer.post("/v1/labels", content=batch(start)).raise_for_status()
    imported = [len(one.seconds) for one in asking]
    for one in asking:
        one.over.set()
        one.join(60)
        assert not one.is_alive()
    for one in asking:
        comments = one.verdicts
        assert {c["verdict"]["decided_by"] for c in comments} == {"model"}
        assert all(c["id"] for c in comments), "each is recorded"
        assert all(a <= b for a, b in pairwise(map(position, comments)))
        assert position(comments[-1]) == LABELS
    before = [s for one, n in zip(asking, idle, strict=True) for s in one.seconds[:n]]
    during = [
        s
        for one, start, end in zip(asking, idle, imported, strict=True)
        for s in one.seconds[start:end]
    ]
    record_property("p99 idle (ms)", round(1000 * p99(before)))
    record_property("p99 while importing (ms)", round(1000 * p99(during)))
    record_property("p99 while importing, of p99 idle", round(p99(during) / p99(before), 1))
