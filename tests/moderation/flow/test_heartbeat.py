"""A process tells of itself: what it is, what it did, what went wrong; no store can hurt it."""

from __future__ import annotations

import os

import msgspec
import pytest

from moderation import faults
from moderation.domain.errors import SchemaMismatch, SecretMismatch, StoreDown
from moderation.domain.processes import Process
from moderation.flow import heartbeat, sealing
from moderation.flow.authorise import Grant, authorise
from moderation.flow.comments.checking import check
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.sites import administering
from moderation.flow.vitals import BUCKETS, Vitals, bucket_of, quantile
from moderation.store import Store, keys, processes, schema, sites
from tests.conftest import SECRET, Server
from tests.factories import submission
from tests.processes import until

STEP = min(processes.STEPS)


def only(runtime: Runtime) -> Process:
    (found,) = processes.every(runtime.store, now_ms())
    return found


def test_a_process_says_what_it_is_and_goes_when_it_ends(runtime: Runtime, grant: Grant) -> None:
    check(runtime, grant, submission())
    heart = heartbeat.begin(runtime, "web", lambda: {"held": 3})
    until(lambda: bool(processes.every(runtime.store, now_ms())), 10)
    said = only(runtime)
    assert (said.kind, said.pid, said.model) == ("web", os.getpid(), runtime.shipped.name)
    assert said.memory > 1 << 20 and said.behind == 0 and said.version
    assert now_ms() - said.heard_ms < 10_000
    (now,) = processes.moments(runtime.store, STEP, now_ms(), 1)
    assert now.counts["held"] == 3
    heart.end()
    assert processes.every(runtime.store, now_ms()) == []


def test_what_went_wrong_is_told_without_what_was_sent(runtime: Runtime) -> None:
    faults.noted.clear()
    try:
        raise ValueError("the secret text of a comment")
    except ValueError as error:
        faults.note("a request", error, "abc-1")
    with heartbeat.telling(runtime.store, "worker"):
        until(lambda: bool(processes.faults(runtime.store)), 10)
    (told,) = processes.faults(runtime.store)
    assert (told.what, told.request) == ("a request", "abc-1")
    assert "ValueError at " in told.where and "secret" not in str(told)
    assert not faults.noted


def test_what_could_not_be_told_is_told_when_the_store_is_back(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    vitals, store = runtime.own(Vitals), Store.connect("unix:///nowhere.sock")
    vitals.answered(is_check=True, failed=False, seconds=0.004)
    monkeypatch.setattr(heartbeat, "AGAIN_SECONDS", 0.01)
    heart = heartbeat.Heartbeat(store, "web", vitals)
    until(lambda: heart._away_ms > 0, 10)
    heart._store = runtime.store
    until(lambda: bool(processes.every(runtime.store, now_ms())), 10)
    heart.end()
    (now,) = processes.moments(runtime.store, STEP, now_ms(), 1)
    assert now.counts["answered"] == 1 and list(now.checks) == [bucket_of(0.004)]
    assert "the store did not answer" in processes.faults(runtime.store)[0].what


def test_lists_are_bounded_however_many_processes_come_and_go(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PROCESSES_AT_MOST", 20)
    now = now_ms()
    for number in range(processes.PROCESSES_AT_MOST + 5):
        one = Process("web", "host", number, "1", now)
        processes.beat(runtime.store, one, now + number)
    found = {one.pid for one in processes.every(runtime.store, now)}
    assert found == set(range(5, processes.PROCESSES_AT_MOST + 5))
    late = now + processes.KEPT_MS + 1000
    processes.beat(runtime.store, Process("web", "host", 1, "1", late), late)
    assert len(processes.every(runtime.store, late)) == 1


@pytest.mark.one_server
def test_a_full_store_takes_a_heartbeat(runtime: Runtime) -> None:
    runtime.store.redis.config_set("maxmemory", 1)
    try:
        processes.beat(runtime.store, Process("web", "host", 1, "1", now_ms()), now_ms())
        assert only(runtime).pid == 1
    finally:
        runtime.store.redis.config_set("maxmemory", 0)


@pytest.mark.parametrize("seconds", [0.0001, 0.001, 0.0071, 0.25, 3.0, 60.0])
def test_times_are_read_back_to_seven_percent(seconds: float) -> None:
    bucket = bucket_of(seconds)
    assert 0 <= bucket < BUCKETS
    read = quantile({bucket: 5}, 0.99)
    assert read is not None
    if 0.0005 < seconds < 3.5:
        assert abs(read / seconds - 1) < 0.08
    assert quantile({}, 0.5) is None


def test_the_last_use_of_a_token_is_told_once_an_hour_and_when_a_process_ends(
    runtime: Runtime, bearer: str
) -> None:
    """A call notes it in memory alone: no round trip more, no write a call."""
    store, vitals = runtime.store, runtime.own(Vitals)
    token = authorise(runtime, bearer, "submit").token
    trips: list[int] = []
    store.on_round_trip = lambda: trips.append(1)
    for _ in range(3):
        authorise(runtime, bearer, "submit", fresh=False)
    assert not trips
    heart = heartbeat.begin(runtime, "web")
    until(lambda: token.id in sites.token_uses(store), 30)
    assert abs(sites.token_uses(store)[token.id] - now_ms()) < 600_000
    assert vitals.uses(all_of_them=False) == {}
    later = now_ms() + 600_000
    vitals.used(token.id, later)
    assert vitals.uses(all_of_them=False) == {}
    heart.end()
    assert sites.token_uses(store) == {token.id: later}
    vitals.used(token.id, later + 3_600_000)
    assert vitals.uses(all_of_them=False) == {token.id: later + 3_600_000}
    administering.revoke_token(store, token.id)
    assert sites.token_uses(store) == {}


@pytest.mark.parametrize(
    "key, other, own",
    [
        (keys.SCHEMA, schema.KNOWN + 1, schema.VERSION),
        # The store was away when the process began, and was written under this one.
        (
            keys.FINGERPRINT,
            sealing.fingerprint(b"another secret of 32 characters and more"),
            sealing.fingerprint(SECRET.encode()),
        ),
    ],
    ids=["a newer layout", "another secret"],
)
def test_a_process_hangs_up_while_the_store_is_none_that_it_may_work_on(
    runtime: Runtime,
    valkey: Server,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    key: str,
    other: int | bytes,
    own: int | bytes,
) -> None:
    monkeypatch.setattr(heartbeat, "EVERY_SECONDS", 0.02)
    monkeypatch.setattr(heartbeat, "AGAIN_SECONDS", 0.02)
    heart = heartbeat.begin(runtime, "web")
    until(lambda: bool(processes.every(runtime.store, now_ms())))
    with valkey.client() as client:
        client.set(key, other)
        # Its connections are open: none of them asks again by itself.
        until(lambda: is_refused(runtime))
        client.set(key, own)
    until(lambda: not is_refused(runtime))
    heart.end()
    assert caplog.text.count("this process goes on no longer") == 1


def is_refused(runtime: Runtime) -> bool:
    try:
        sites.names(runtime.store)
    except (SchemaMismatch, SecretMismatch):
        return True
    except StoreDown:  # It was asked while it hung up.
        return False
    return False


def test_what_a_newer_version_says_of_itself_hides_no_other_process(runtime: Runtime) -> None:
    with heartbeat.telling(runtime.store, "beat"):
        until(lambda: bool(processes.every(runtime.store, now_ms())))
        newer = {"kind": "planner", "host": "b", "pid": 1, "version": "9", "since_ms": 1, "more": 1}
        runtime.store.redis.zadd(keys.PROCESSES, {"b/1/1": now_ms()})
        runtime.store.redis.set(keys.process("b/1/1"), msgspec.json.encode(newer))
        assert [p.kind for p in processes.every(runtime.store, now_ms())] == ["beat"]
