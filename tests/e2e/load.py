"""A steady load of submissions and decisions that keeps count of what it was promised."""

import itertools
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

TEXTS = (
    "Thanks, the second example fixed my build.",
    "Cheap pills without prescription, order now at http://pills.example/buy",
    "Does this also work with the version from last year?",
    "Win money at our casino tonight http://casino.example/bonus",
)
BATCH = 40
PAUSE_SECONDS = 0.02
RETRY_SECONDS = 0.1


@dataclass
class Promised:
    """What was answered with a 2xx: the id of each external id, external ids that were edited,
    the label of each decided id, ids whose decision was undone."""

    comments: dict[str, str] = field(default_factory=dict)
    revisions: set[str] = field(default_factory=set)
    decisions: dict[str, str] = field(default_factory=dict)
    undone: set[str] = field(default_factory=set)
    sent_again: int = 0


class Served(Protocol):
    """A running Winnow, by what is needed of it here."""

    url: str

    @property
    def output(self) -> str:
        """All that it has written."""

    @property
    def credentials(self) -> dict[str, Any]:
        """What the first run told."""


def edited(external_id: str) -> str:
    """Return the second text of a comment."""
    return f"I said it better at second thought, see {external_id}."


class Load:
    """Threads that submit one by one and in batches, edit, decide and undo, until told to stop.

    A submission without a 2xx is sent again under its external id until it has one; a decision or
    an undo without an answer is not, so that each comment has one of either at most. What is
    edited is not decided.
    """

    def __init__(self, up: Served) -> None:
        self.up = up
        self.promised = Promised()
        self.errors: list[str] = []
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._tried: set[str] = set()
        self.undo_tried: set[str] = set()
        self._threads = [
            threading.Thread(target=self._run, args=(work,))
            for work in (self._one, self._edit, self._many, self._decide)
        ]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def count(self) -> int:
        """Return how many comments were accepted so far."""
        with self._lock:
            return len(self.promised.comments)

    def _run(self, work: Callable[[httpx.Client], None]) -> None:
        token = self.up.credentials["api_token"]
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=self.up.url, headers=headers, timeout=5) as client:
            while not self._stop.is_set():
                try:
                    work(client)
                except Exception as error:  # The test fails on what a client must never see.
                    self.errors.append(repr(error))
                self._stop.wait(PAUSE_SECONDS)

    def _comment(self) -> dict[str, str]:
        number = next(self._numbers)
        return {"content": TEXTS[number % len(TEXTS)], "external_id": f"load-{number}"}

    def _insist(self, client: httpx.Client, path: str, body: bytes, kind: str) -> httpx.Response:
        """Send until there is a 2xx. A 4xx, or a 500, is an error that nothing excuses."""
        while True:
            try:
                answer = client.post(path, content=body, headers={"Content-Type": kind})
                if answer.is_success:
                    return answer
                assert answer.status_code == 503, answer.text
            except httpx.TransportError:
                pass
            with self._lock:
                self.promised.sent_again += 1
            time.sleep(RETRY_SECONDS)

    def _one(self, client: httpx.Client) -> None:
        comment = self._comment()
        body = json.dumps(comment).encode()
        answer = self._insist(client, "/v1/comments", body, "application/json")
        with self._lock:
            self.promised.comments[comment["external_id"]] = answer.json()["id"]

    def _many(self, client: httpx.Client) -> None:
        batch = [self._comment() for _ in range(BATCH)]
        body = "\n".join(map(json.dumps, batch)).encode()
        answer = self._insist(client, "/v1/comments/batch", body, "application/x-ndjson")
        items = [json.loads(line) for line in answer.text.splitlines()]
        assert [item["code"] for item in items] == [202] * BATCH, items
        with self._lock:
            for comment, item in zip(batch, items, strict=True):
                self.promised.comments[comment["external_id"]] = item["id"]

    def _edit(self, client: httpx.Client) -> None:
        comment = self._comment()
        for content in (comment["content"], edited(comment["external_id"])):
            body = json.dumps({**comment, "content": content}).encode()
            answer = self._insist(client, "/v1/comments", body, "application/json")
            self._tried.add(answer.json()["id"])
            with self._lock:
                self.promised.comments[comment["external_id"]] = answer.json()["id"]
        with self._lock:
            self.promised.revisions.add(comment["external_id"])

    def _decide(self, client: httpx.Client) -> None:
        with self._lock:
            waiting = [c for c in self.promised.comments.values() if c not in self._tried]
        if not waiting:
            return
        comment = waiting[0]
        self._tried.add(comment)
        label = "spam" if len(self._tried) % 2 else "ham"
        if not self._once(client, f"/v1/comments/{comment}/decision", {"label": label}):
            return
        with self._lock:
            self.promised.decisions[comment] = label
        if len(self.promised.decisions) % 3:
            return
        self.undo_tried.add(comment)
        if self._once(client, f"/v1/comments/{comment}/decision/undo", None):
            with self._lock:
                self.promised.undone.add(comment)

    def _once(self, client: httpx.Client, path: str, body: dict[str, str] | None) -> bool:
        """Send it once, and say whether it was answered with a 2xx."""
        try:
            answer = client.post(path, json=body, headers={"If-Match": "*"})
        except httpx.TransportError:
            return False
        assert answer.is_success or answer.status_code == 503, answer.text
        return answer.is_success
