"""The process that keeps the index, and what is found by it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from moderation.flow.comments.reading import Filter
from moderation.flow.runtime import Runtime
from moderation.flow.search import finding, folders
from moderation.flow.search.finding import Found
from moderation.flow.search.following import Indexer
from moderation.settings import Settings
from moderation.store import Store
from tests.conftest import SECRET
from tests.factories import SITE
from tests.processes import until


class Keeper:
    """`search follow` as a process of its own."""

    def __init__(self, runtime: Runtime, settings: Settings) -> None:
        self._runtime = runtime
        self._environment = {
            **os.environ,
            "WINNOW_DATA": str(settings.data),
            "WINNOW_REDIS_URL": settings.redis_url,
            "WINNOW_SECRET_KEY": SECRET,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.output = Path(settings.data) / "keeper.log"

    def start(self) -> None:
        """Start it, to be waited for by `fresh`."""
        self.output.parent.mkdir(parents=True, exist_ok=True)
        with self.output.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "moderation", "search", "follow"],
                env=self._environment, stdout=log, stderr=log,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def fresh(self, seconds: float = 30.0) -> None:
        """Wait until the index is up to date."""

        def is_fresh() -> bool:
            behind = finding.behind_ms(self._runtime.store)
            return behind is not None and behind < finding.BEHIND_MS

        until(is_fresh, seconds, self.output.read_text)

    def kill(self) -> None:
        """End it as a fault of the machine would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def end(self) -> int:
        """End it as a person would; return its status."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.terminate()
        return self._process.wait(20)


@pytest.fixture
def keeper(runtime: Runtime, settings: Settings) -> Iterator[Keeper]:
    """Return the process that keeps the index, running and up to date."""
    made = Keeper(runtime, settings)
    made.start()
    made.fresh()
    yield made
    made.end()


class Follower:
    """What keeps the index, in this process."""

    def __init__(self, settings: Settings) -> None:
        root = folders.root(settings)
        assert root is not None
        self._store, self._stop = Store.connect(settings.redis_url), threading.Event()
        self._thread = threading.Thread(target=Indexer(self._store, root, self._stop).run)
        self._thread.start()

    def end(self) -> None:
        """End it."""
        self._stop.set()
        self._thread.join(20)
        self._store.close()


@pytest.fixture
def followed(runtime: Runtime, settings: Settings) -> Iterator[Follower]:
    """Return what keeps the index, running in this process."""
    made = Follower(settings)
    yield made
    made.end()


@pytest.fixture
def index_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing found but by the index: what changed last is not looked at besides."""
    monkeypatch.setattr(finding, "_fresh", lambda *_: [])


Search = Callable[..., Found]


@pytest.fixture
def search(runtime: Runtime) -> Search:
    """Find comments of the site by what somebody types."""

    def find(
        text: str, sites: tuple[str, ...] = (SITE,), limit: int = 100, **more: object
    ) -> Found:
        wanted = Filter(text=text, any_word=True, **more)  # type: ignore[arg-type]
        return finding.find(runtime, sites, wanted, "", limit)

    return find
