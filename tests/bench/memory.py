"""Memory of the store for a comment beyond the bytes that were submitted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moderation.api.body import Reader
from moderation.cli import embedded
from moderation.domain.comments import Submission
from moderation.flow.authorise import authorise
from moderation.flow.comments import draining
from moderation.flow.comments.submitting import submit
from moderation.flow.opening import open_runtime
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.settings import Settings
from moderation.store import keys
from tests.bench import texts
from tests.processes import until

COUNT = 20_000
SITE = "blog.example"


def measure(show: Callable[..., None], progress: Callable[[str], None]) -> None:
    """Submit and drains comments on Valkey and, where it is installed, on Debian's Redis."""
    servers = {"valkey": "", "redis": shutil.which("redis-server")}
    for name, binary in servers.items():
        if binary is None:
            progress("redis-server is not installed: memory is measured on Valkey alone")
            continue
        progress(f"redis_bytes_per_comment on {name}")
        each, submitted = _bytes_each(binary)
        show("redis_bytes_per_comment", each - submitted, "B", budget=500, server=name,
             stored=round(each), submitted=round(submitted))  # fmt: skip


def _bytes_each(binary: str) -> tuple[float, float]:
    folder = Path(tempfile.mkdtemp(prefix="wn-", dir="/tmp"))
    socket = folder / "s.sock"
    argv = embedded.arguments(folder, socket, "everysec")
    argv[0] = binary or argv[0]
    env = {**os.environ, **({} if binary else embedded.environment())}
    server = subprocess.Popen(argv, stdout=subprocess.DEVNULL, env=env)
    try:
        until(lambda: embedded.answers(socket))
        return _fill(folder, socket)
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(folder)


def _fill(folder: Path, socket: Path) -> tuple[float, float]:
    settings = Settings.from_env(
        {
            "WINNOW_DATA": str(folder / "var"),
            "WINNOW_REDIS_URL": f"unix://{socket}?db=0",
            "WINNOW_BROKER_URL": f"redis+socket://{socket}?virtual_host=1",
        }
    )
    runtime = open_runtime(settings)
    first_run.first_run(runtime.store, settings, first_run.new_credentials(settings))
    first_run.add_site(runtime.store, SITE)
    token = first_run.add_token(runtime.store, SITE, ("submit",), "bench")
    grant = authorise(runtime, token, "submit")
    bodies = [json.dumps(body).encode() for body in texts.comments(COUNT)]
    read = Reader(Submission)
    before = _used(runtime)
    for start in range(0, COUNT, 1000):
        submit(runtime, grant, [read.one(body) for body in bodies[start : start + 1000]])
    lane = keys.shard_of(SITE) % keys.LANES
    scored = 0
    while scored < COUNT:
        scored += draining.drain_lane(runtime, lane)
    after = _used(runtime)
    runtime.close()
    return (after - before) / COUNT, sum(map(len, bodies)) / COUNT


def _used(runtime: Runtime) -> int:
    info: dict[str, Any] = runtime.store.redis.info("memory")
    return int(info["used_memory"])
