"""Ticks of beat while no worker runs: one of a kind waits, and no line tells of others."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from moderation.cli import services
from moderation.domain.comments import Submission
from moderation.flow.authorise import Grant
from moderation.flow.comments.submitting import submit
from moderation.flow.lookup import find
from moderation.flow.runtime import Runtime
from moderation.flow.tasks import (
    MOST_WAITING,
    SCORE_INBOX,
    SCORE_QUEUE,
    SWEEP_QUEUE,
    TEND_QUEUE,
    TRIM_QUEUE,
)
from moderation.settings import Settings
from tests.conftest import Server
from tests.processes import alive, until
from tests.workers.conftest import Part
from workers import ticks as ticks_module
from workers.app import SWEEP_SECONDS, TEND_SECONDS, TRIM_SECONDS, make_app
from workers.ticks import Ticks

pytestmark = pytest.mark.usefixtures("kernels")


def waiting(valkey: Server) -> dict[str, int]:
    with valkey.client() as client:
        client.execute_command("SELECT", 1)
        return {name: client.llen(name) for name in (SWEEP_QUEUE, SCORE_QUEUE)}


def test_a_worker_that_was_away_finds_one_tick_of_a_kind_and_says_nothing_of_others(
    start: Part, settings: Settings, runtime: Runtime, grant: Grant, valkey: Server, tmp_path: Path
) -> None:
    file = tmp_path / "alive"
    beat = start(services.beat(settings), WINNOW_ALIVE=str(file))
    until(lambda: waiting(valkey)[SWEEP_QUEUE], what=lambda: beat.output)
    first = file.stat().st_mtime
    until(
        lambda: file.stat().st_mtime > first + 2 * SWEEP_SECONDS,
        30 + 2 * SWEEP_SECONDS,
        lambda: beat.output,
    )
    assert waiting(valkey) == {SWEEP_QUEUE: 1, SCORE_QUEUE: 0}
    comments = [
        submit(runtime, grant, [Submission(content=f"Which port does part {n} use?")])[0].id
        for n in range(3)
    ]
    with valkey.client() as client:
        client.execute_command("SELECT", 1)
        client.delete(SCORE_QUEUE)  # The tick alone leads to the comments.
    worker = start(services.worker(settings))
    until(
        lambda: all(find(runtime, "demo", c).verdict is not None for c in comments),
        30,
        lambda: worker.output,
    )
    until(lambda: waiting(valkey)[SWEEP_QUEUE] == 0, 10)
    assert "revoked" not in worker.output and "iscard" not in worker.output
    assert alive(beat.pid) and "rror" not in beat.output


def test_messages_do_not_pile_up_while_no_worker_runs(
    runtime: Runtime, grant: Grant, valkey: Server
) -> None:
    for n in range(MOST_WAITING[SCORE_QUEUE] + 5):
        submit(runtime, grant, [Submission(content=f"Which port does part {n} use?")])
        with valkey.client() as client:
            client.delete(
                "{winnow}:bell:0", "{winnow}:bell:1", "{winnow}:bell:2", "{winnow}:bell:3"
            )
    assert waiting(valkey)[SCORE_QUEUE] == MOST_WAITING[SCORE_QUEUE]
    assert runtime.tasks.send(SCORE_INBOX, 0), "the broker was asked, and has enough"


def test_a_tick_of_each_kind_is_sent_once_however_often_it_is_due(
    settings: Settings, valkey: Server
) -> None:
    ticks = Ticks(app=make_app(settings, include=()))
    for _ in range(20):
        for entry in ticks.schedule.values():
            ticks.apply_entry(entry)
    with valkey.client() as client:
        client.execute_command("SELECT", 1)
        assert [client.llen(queue) for queue in (SWEEP_QUEUE, TRIM_QUEUE)] == [1, 1]


def test_beat_goes_on_where_the_broker_is_not_there(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    away = msgspec.structs.replace(settings, broker_url="redis://127.0.0.1:1/0")
    app = make_app(away, include=())
    app.conf.task_publish_retry = False
    ticks = Ticks(app=app)
    for entry in ticks.schedule.values():
        for _ in range(2):
            ticks.apply_entry(entry)
    said = [record for record in caplog.records if "the broker did not take" in record.message]
    assert len(said) == len(ticks.schedule), "each kind once a minute"
    assert "ConnectionError" in said[0].message and "Traceback" not in caplog.text


@pytest.mark.parametrize("hours", [-1, 1, -30_000])
def test_a_clock_that_is_set_does_not_silence_what_is_sent_every_few_seconds(
    settings: Settings, valkey: Server, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    shift, passed = dt.timedelta(), 0.0
    app = make_app(settings, include=())
    monkeypatch.setattr(app, "now", lambda: dt.datetime.now(dt.UTC) + shift)
    monkeypatch.setattr(ticks_module, "monotonic", lambda: 1000.0 + passed)
    ticks = Ticks(app=app)

    def sent() -> dict[str, int]:
        """Return what is sent when all that is due now was sent, and forget it."""
        for _ in range(2 * len(ticks.schedule)):
            ticks.tick()
        with valkey.client() as client:
            client.execute_command("SELECT", 1)
            found = {name: client.llen(name) for name in (SWEEP_QUEUE, TEND_QUEUE, TRIM_QUEUE)}
            client.flushdb()
        return found

    assert sent() == {SWEEP_QUEUE: 1, TEND_QUEUE: 1, TRIM_QUEUE: 1}
    assert sent() == {SWEEP_QUEUE: 0, TEND_QUEUE: 0, TRIM_QUEUE: 0}
    shift = dt.timedelta(hours=hours)
    assert sent() == {SWEEP_QUEUE: 0, TEND_QUEUE: 0, TRIM_QUEUE: 0}
    for _ in range(2):
        passed += max(SWEEP_SECONDS, TEND_SECONDS)
        assert sent() == {SWEEP_QUEUE: 1, TEND_QUEUE: 1, TRIM_QUEUE: 0}
    passed += TRIM_SECONDS
    assert sent() == {SWEEP_QUEUE: 1, TEND_QUEUE: 1, TRIM_QUEUE: 1}


def test_the_nightly_training_does_not_wait_for_a_time_that_was_never(settings: Settings) -> None:
    at = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).strftime("%H:%M")
    app = make_app(msgspec.structs.replace(settings, train_at=at), include=())
    ticks = Ticks(app=app)
    entry = ticks.schedule["train"]
    entry.last_run_at = dt.datetime.now(dt.UTC) + dt.timedelta(days=3000)
    ticks.tick()
    left = ticks.schedule["train"].schedule.remaining_estimate(ticks.schedule["train"].last_run_at)
    assert dt.timedelta() < left <= dt.timedelta(hours=1)
