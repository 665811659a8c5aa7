"""A store that is put back from a copy has the log in its order and judges as it did."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.cli import embedded
from moderation.flow.labels import compacting
from moderation.flow.labels.deciding import decide, undo
from moderation.flow.labels.learning import context
from moderation.flow.opening import open_runtime
from moderation.flow.rows import row_of
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.settings import Settings
from moderation.store import keys, labels, migrations, sites
from tests.conftest import SECRET
from tests.moderation.flow.labels.test_compacting import from_the_log_alone
from tests.moderation.flow.learning import PROBE, WORD
from tests.moderation.flow.models.taught import teach_site
from tests.processes import until
from tests.replicas import Node

SITES = ("blog.example", "shop.example")
Start = Callable[..., str]


def opened(url: str, data: Path) -> Runtime:
    """Return a runtime on a server."""
    return open_runtime(
        Settings.from_env(
            {
                "WINNOW_DATA": str(data),
                "WINNOW_REDIS_URL": url,
                "WINNOW_BROKER_URL": url.replace("unix://", "redis+socket://").partition("?")[0],
                "WINNOW_SECRET_KEY": SECRET,
            }
        )
    )


@pytest.fixture
def start() -> Iterator[Start]:
    """Start servers on folders as the embedded store is, one after the other."""
    runtime = embedded.make_runtime_folder()
    running: list[subprocess.Popen[bytes]] = []

    def stop() -> None:
        if running:
            running[-1].terminate()
            running.pop().wait(30)

    def begin(folder: Path, appendonly: str = "yes") -> str:
        stop()
        socket = runtime / "restored.sock"
        socket.unlink(missing_ok=True)
        argv = embedded.arguments(folder, socket, "everysec")
        argv[argv.index("--appendonly") + 1] = appendonly
        running.append(subprocess.Popen(argv))
        until(lambda: embedded.answers(socket))
        return f"unix://{socket}?db=0"

    yield begin
    stop()
    shutil.rmtree(runtime)


def lived(runtime: Runtime) -> None:
    """Teach two sites, with withdrawals, second thoughts and a compaction."""
    migrations.migrate(runtime.store, print)
    first_run.use_shipped(runtime.store, runtime.settings)
    for number, site in enumerate(SITES):
        ids = teach_site(runtime, site, 60, start=100 * number)
        for one in ids[:5]:
            undo(runtime, site, one, WORD, None)
        compacting.compact(runtime, site, lambda *_: None, lambda taken: None)
        for one in ids[5:9]:
            decide(runtime, site, one, "spam", WORD, None)
        undo(runtime, site, ids[6], WORD, None)


def seen(runtime: Runtime) -> dict[str, Any]:
    """Return what is known of each site: log, pointers in order, learner, verdict's facts."""
    found: dict[str, Any] = {}
    for site in SITES:
        state = sites.read(runtime.store, site)
        shard = runtime.store.redis.xrange(keys.of_site(site).labels)
        judged = context(runtime, site, state)
        found[site] = (
            state,
            labels.entries(runtime.store, site, 0, state.labels),
            shard,
            from_the_log_alone(runtime, site),
            judged.name,
            float(runtime.shipped.score([row_of(PROBE)], judged.learner).logit[0]),
        )
    return found


@pytest.mark.one_server
def test_a_copy_of_the_append_only_file_and_a_snapshot_give_the_same_learners(
    node: Node, start: Start, tmp_path: Path
) -> None:
    runtime = opened(node.url, tmp_path / "var")
    lived(runtime)
    before = seen(runtime)
    with node.client() as client:
        client.config_set("auto-aof-rewrite-percentage", 0)
        shutil.copytree(node.folder / "appendonlydir", tmp_path / "file" / "appendonlydir")
        client.save()
    (tmp_path / "snapshot").mkdir()
    shutil.copy(node.folder / "dump.rdb", tmp_path / "snapshot")
    # What comes after the copy is not in it.
    teach_site(runtime, SITES[0], 3, start=500)
    runtime.close()

    of_file = opened(start(tmp_path / "file"), tmp_path / "var")
    assert seen(of_file) == before
    of_file.close()

    of_snapshot = opened(start(tmp_path / "snapshot", "no"), tmp_path / "var")
    of_snapshot.store.redis.config_set("appendonly", "yes")
    until(lambda: not of_snapshot.store.facts()[0]["aof_rewrite_in_progress"])
    assert seen(of_snapshot) == before
    of_snapshot.close()
    again = opened(start(tmp_path / "snapshot"), tmp_path / "var")
    assert seen(again) == before
    teach_site(again, SITES[0], 1, start=700)
    assert sites.read(again.store, SITES[0]).labels == before[SITES[0]][0].labels + 1
    again.close()
