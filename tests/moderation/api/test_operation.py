"""What machines that watch are told."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import redis
from flask import Flask

from moderation.api.metric_files import MetricFiles
from moderation.flow.runtime import Runtime
from moderation.store import Store, migrations
from tests.conftest import Server
from tests.moderation.api.conftest import Caller, is_problem
from tests.processes import until
from tests.replicas import Node, Pair


def samples(text: str) -> dict[str, float]:
    """Return the samples of Prometheus' text format by name and labels."""
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def test_alive_and_ready(anyone: Caller, runtime: Runtime, tmp_path) -> None:
    assert anyone.get("/healthz").json == {"status": "alive"}
    assert anyone.get("/readyz").json == {"status": "ready"}
    runtime.store = Store.connect(f"unix://{tmp_path}/nowhere.sock")
    assert anyone.get("/healthz").status_code == 200
    answer = anyone.get("/readyz")
    is_problem(answer, 503, "store-down")
    assert answer.headers["Retry-After"]


def test_a_store_of_another_version_is_not_ready(anyone: Caller, valkey: Server) -> None:
    with valkey.client() as client:
        client.set("{winnow}:schema", 999)
    is_problem(anyone.get("/readyz"), 503, "store-mismatch")


def test_an_old_process_is_not_ready_on_a_replica_and_ready_again_where_the_primary_is(
    anyone: Caller, runtime: Runtime, pair: Pair
) -> None:
    runtime.store = Store.connect(pair.url)
    migrations.migrate(runtime.store, print)
    assert anyone.get("/readyz").status_code == 200
    for _ in ("there", "and back"):
        pair.fail_over()
        pair.lead_to(pair.replica)  # As a name that has not been changed yet.
        for _ in range(2):
            answer = anyone.get("/readyz")
            is_problem(answer, 503, "store-down")
            assert "READONLY" in answer.json["detail"]
            assert answer.headers["Retry-After"]
        found = samples(anyone.get("/metrics").text)
        assert (found["winnow_store_up"], found["winnow_store_writable"]) == (1, 0)
        pair.lead_to(pair.primary)
        # What was only read since is read by a connection that is still where it was.
        until(lambda: anyone.get("/readyz").status_code == 200, 2)
        assert samples(anyone.get("/metrics").text)["winnow_store_writable"] == 1
    runtime.store.close()


def lacks_replicas(client: redis.Redis) -> None:
    client.config_set("min-replicas-to-write", 1)


def has_no_memory(client: redis.Redis) -> None:
    client.config_set("maxmemory", 1)


def cannot_save(client: redis.Redis) -> None:
    folder = client.config_get("dir")["dir"]
    client.config_set("save", "3600 1")
    shutil.rmtree(folder)
    client.bgsave()
    until(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err")


def lets_nobody_write(client: redis.Redis) -> None:
    client.execute_command("ACL", "SETUSER", "default", "-@write", "-@scripting")


@pytest.mark.parametrize(
    "strike, is_full",
    [(lacks_replicas, 0), (has_no_memory, 1), (cannot_save, 1), (lets_nobody_write, 0)],
)
def test_a_store_that_takes_no_writes_is_not_ready(
    anyone: Caller, runtime: Runtime, node: Node, strike: Callable[[redis.Redis], None],
    is_full: int,
) -> None:  # fmt: skip
    runtime.store = Store.connect(node.url)
    migrations.migrate(runtime.store, print)
    assert anyone.get("/readyz").status_code == 200
    with node.client() as client:
        strike(client)
    is_problem(anyone.get("/readyz"), 503, "store-down")
    found = samples(anyone.get("/metrics").text)
    assert (found["winnow_store_up"], found["winnow_store_writable"]) == (1, 0)
    assert found["winnow_store_full"] == is_full
    assert anyone.get("/healthz").status_code == 200
    runtime.store.close()


def test_metrics_count_requests_verdicts_and_what_waits(api: Caller, anyone: Caller) -> None:
    name = 'winnow_request_seconds_count{method="POST",route="/v1/check",status="200"}'
    before = samples(anyone.get("/metrics").text).get(name, 0)
    api.post("/v1/check", {"content": "Hello"})
    api.post("/v1/comments", {"content": "Hello"})
    answer = anyone.get("/metrics")
    assert answer.content_type.startswith("text/plain")
    found = samples(answer.text)
    assert found[name] == before + 1
    assert (found["winnow_store_up"], found["winnow_store_full"]) == (1, 0)
    assert found["winnow_queue_depth"] == 1
    assert found["winnow_store_round_trips_total"] > 0
    assert found["winnow_queue_oldest_seconds"] >= 0
    assert found["winnow_comments_total"] == 2
    assert found['winnow_verdicts_by_total{decided_by="model"}'] == 1


def test_a_check_takes_one_round_trip(api: Caller, anyone: Caller) -> None:
    def trips() -> float:
        return samples(anyone.get("/metrics").text)["winnow_store_round_trips_total"]

    api.post("/v1/check", {"content": "Hello"})
    trips()  # The first teaches the server a script.
    scrape = trips()
    scrape = trips() - scrape
    before = trips()
    for n in range(5):
        api.post("/v1/check", {"content": f"Hello {n}"})
    assert trips() - before - scrape == 5


def test_metrics_without_a_store_say_so(anyone: Caller, runtime: Runtime, tmp_path) -> None:
    runtime.store = Store.connect(f"unix://{tmp_path}/nowhere.sock")
    found = samples(anyone.get("/metrics").text)
    assert found["winnow_store_up"] == 0
    assert "winnow_queue_depth" not in found


def test_metrics_of_a_full_store_say_so(anyone: Caller, valkey: Server) -> None:
    with valkey.client() as client:
        client.config_set("maxmemory", 1)
        found = samples(anyone.get("/metrics").text)
        client.config_set("maxmemory", 0)
    assert (found["winnow_store_up"], found["winnow_store_full"]) == (1, 1)


def test_paths_that_are_not_ours_do_not_make_metrics(anyone: Caller) -> None:
    for n in range(3):
        is_problem(anyone.get(f"/nowhere/{n}"), 404, "not-found")
    is_problem(anyone("BREW", "/v1/check"), 405, "method-not-allowed")
    text = anyone.get("/metrics").text
    assert "nowhere" not in text
    assert "BREW" not in text


@pytest.mark.parametrize(
    "environ, headers",
    [
        ({"REMOTE_ADDR": "192.0.2.1"}, {}),
        ({"REMOTE_ADDR": "127.0.0.1"}, {"X-Forwarded-For": "192.0.2.1"}),
        ({"REMOTE_ADDR": "192.0.2.1"}, {"Authorization": "Bearer wrong"}),
        ({"REMOTE_ADDR": "::ffff:192.0.2.1"}, {}),
        ({"REMOTE_ADDR": ""}, {}),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "winnow.example.org"}, {}),
        ({"REMOTE_ADDR": "::1", "HTTP_HOST": "[2001:db8::1]:8000"}, {}),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost.example.org"}, {}),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": ""}, {}),
        ({"REMOTE_ADDR": "127.0.0.1"}, {"X-Real-IP": "192.0.2.1"}),
        ({"REMOTE_ADDR": "127.0.0.1"}, {"Via": "1.1 proxy"}),
    ],
    ids=str,
)
def test_metrics_are_for_this_machine_or_by_token(
    anyone: Caller, runtime: Runtime, environ: dict, headers: dict
) -> None:
    sent = {"environ_overrides": environ, "headers": headers}
    is_problem(anyone.get("/metrics", **sent), 401, "unauthorised")
    runtime.settings = msgspec.structs.replace(runtime.settings, metrics_token="sesame")
    is_problem(anyone.get("/metrics", **sent), 401, "unauthorised")
    sent["headers"] = {**headers, "Authorization": "Bearer sesame"}
    assert anyone.get("/metrics", **sent).status_code == 200


OPEN = """
import sys
from pathlib import Path
from moderation.api.metrics import Meter
meter = Meter.open(Path(sys.argv[1]))
meter.observe("GET", "/", "200", 0.1)
print(meter.folder, flush=True)
sys.stdin.read()
meter.close()
"""


def test_metrics_of_a_run_before_are_cleared_and_those_of_this_run_kept(tmp_path: Path) -> None:
    files = MetricFiles.of(tmp_path)
    folder = files.folder
    files.leave()
    assert not folder.exists()
    folder.mkdir(mode=0o700)
    before = folder / "histogram_1.db"
    before.write_bytes(b"of a run before")
    running = []
    try:
        for _ in range(2):
            process = subprocess.Popen(
                [sys.executable, "-c", OPEN, str(tmp_path)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            running.append(process)
            assert process.stdout.readline().strip() == str(folder)
        counted = {f"histogram_{process.pid}.db" for process in running}
        assert {file.name for file in folder.glob("histogram*.db")} == counted
    finally:
        for process in running:
            process.communicate("")
    assert not folder.exists(), "the last that goes removes it"


def test_every_answer_names_its_request(api: Caller, anyone: Caller, app: Flask) -> None:
    ids = [
        answer.headers["X-Request-Id"]
        for answer in (anyone.get("/"), anyone.get("/x"), api.get("/v1/stats"), anyone.get("/docs"))
    ]
    assert len(set(ids)) == 4


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_known_by_any_of_its_addresses(anyone: Caller, address: str) -> None:
    answer = anyone.get("/metrics", environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000", "127.1.2.3"]
)
def test_this_machine_is_known_by_any_of_its_names(anyone: Caller, host: str) -> None:
    sent = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": host}
    assert anyone.get("/metrics", environ_overrides=sent).status_code == 200
