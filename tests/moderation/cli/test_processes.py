"""What the processes of other machines say, as `doctor` and `migrate` see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.cli import main
from moderation.domain.errors import SchemaMismatch
from moderation.domain.processes import Kind, Process
from moderation.flow.heartbeat import SILENT_MS
from moderation.store import Store, keys, migrations, processes, schema
from tests.moderation.cli.conftest import Winnow
from tests.rabbit import Rabbit

pytestmark = pytest.mark.usefixtures("kernels", "prepared")

A_MINUTE_AGO = processes.KEPT_MS - 60_000


def heard(
    store: Store, kind: Kind, host: str, pid: int, *, knows: int = schema.KNOWN, version: str = "2"
) -> str:
    """Have a process have told of itself just now, by a clock that is an hour ahead."""
    process = Process(kind, host, pid, version, 1, knows=knows)
    processes.beat(store, process, int(store.redis.time()[0]) * 1000 + 3_600_000)
    return keys.process(process.id)


def test_the_doctor_names_the_processes_of_every_machine(winnow: Winnow, store: Store) -> None:
    assert "ok     processes: none tells of itself" in winnow("doctor")
    for pid in (1, 2):
        heard(store, "web", "one", pid)
    heard(store, "beat", "two", 3)
    heard(store, "worker", "two", 4, version="1")
    told = winnow("doctor")
    assert "ok     processes: one: 2 web of 2\n" in told
    assert "ok     processes: two: 1 beat, 1 worker of 1, 2\n" in told or (
        "ok     processes: two: 1 worker, 1 beat of 1, 2\n" in told
    )


@pytest.mark.parametrize("is_silent", [True, False])
def test_the_doctor_says_which_process_hangs_and_that_beat_runs_twice(
    winnow: Winnow, store: Store, capsys: pytest.CaptureFixture[str], is_silent: bool
) -> None:
    key = heard(store, "beat", "one", 1)
    if is_silent:
        store.redis.pexpire(key, A_MINUTE_AGO)
    else:
        heard(store, "beat", "two", 2)
    with pytest.raises(SystemExit) as ended:
        main(["doctor"])
    assert ended.value.code == 1
    told = capsys.readouterr().out
    wanted = "beat 1 on one; do they hang?" if is_silent else "more than one beat runs"
    assert "WRONG  processes: " in told and wanted in told


def test_a_store_is_not_migrated_under_processes_that_would_not_know_it(
    winnow: Winnow, store: Store
) -> None:
    old = schema.VERSION - 1
    store.redis.set(keys.SCHEMA, old)
    heard(store, "web", "new", 1)
    key = heard(store, "worker", "old", 2, knows=old)
    said = winnow("migrate", status=1)
    assert "worker 2 on old" in said and "web 1" not in said and "Stop them first" in said
    assert schema.stored(store) == old
    # It was killed: three of its heartbeats did not come.
    store.redis.pexpire(key, processes.KEPT_MS - SILENT_MS["worker"])
    assert "1 steps taken" in winnow("migrate")
    assert schema.stored(store) == schema.VERSION


def test_a_version_that_does_not_say_what_it_knows_is_in_the_way(
    winnow: Winnow, store: Store
) -> None:
    store.redis.set(keys.SCHEMA, schema.VERSION - 1)
    heard(store, "web", "old", 2, knows=0)
    assert "web 2 on old" in winnow("migrate", status=1)
    store.redis.set(keys.SCHEMA, schema.VERSION)
    assert "0 steps taken" in winnow("migrate"), (
        "where there is nothing to do, nobody is in the way"
    )


def test_nobody_migrates_where_more_processes_may_run_than_are_kept(
    winnow: Winnow, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PROCESSES_AT_MOST", 3)
    store.redis.set(keys.SCHEMA, schema.VERSION - 1)
    for pid in range(3):
        heard(store, "web", "new", pid)
    assert "3 processes or more" in winnow("migrate", status=1)
    assert schema.stored(store) == schema.VERSION - 1


def test_a_process_that_starts_during_the_steps_is_in_the_way(
    winnow: Winnow, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = schema.VERSION - 1
    store.redis.set(keys.SCHEMA, old)
    monkeypatch.setitem(migrations.STEPS, old, lambda *_: heard(store, "web", "late", 7, knows=old))
    assert "web 7 on late" in winnow("migrate", status=1)
    assert schema.stored(store) == old


def test_a_layout_that_somebody_else_raised_meanwhile_is_left_as_it_is(store: Store) -> None:
    old = schema.VERSION - 1
    store.redis.set(keys.SCHEMA, old)
    newer = schema.VERSION + 1
    step = {old: lambda *_: store.redis.set(keys.SCHEMA, newer)}
    with pytest.raises(SchemaMismatch, match="meanwhile"):
        migrations.migrate(store, print, step)
    assert store.redis.get(keys.SCHEMA) == str(newer).encode()


def test_the_doctor_says_that_the_broker_refuses_it(
    winnow: Winnow, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:  # fmt: skip
    rabbit = Rabbit(tmp_path)
    try:
        monkeypatch.setenv(
            "WINNOW_BROKER_URL", f"amqp://guest:not-its-word@127.0.0.1:{rabbit.port}//"
        )
        with pytest.raises(SystemExit):
            main(["doctor"])
    finally:
        rabbit.end()
    told = capsys.readouterr().out
    assert "WRONG  broker: it refuses this machine (AccessRefused)" in told
    assert "not-its-word" not in told and "ok     model" in told
