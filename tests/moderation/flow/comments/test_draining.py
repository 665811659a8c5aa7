"""Draining: everything scored once, faults isolated, nothing lost."""

from __future__ import annotations

import pytest

from moderation.domain.errors import IdempotencyConflict, RateLimited, StoreDown
from moderation.flow.authorise import authorise
from moderation.flow.comments import draining, slices
from moderation.flow.comments.draining import drain_lane, sweep
from moderation.flow.comments.submitting import submit
from moderation.flow.lookup import find
from moderation.flow.sites import first_run
from moderation.flow.tasks import SCORE_QUEUE
from moderation.store import codec, keys, sites
from moderation.store.comments import inbox, reading
from tests.factories import SITE, submission

pytestmark = pytest.mark.second_store

LANE = keys.shard_of(SITE) % keys.LANES


def texts(n):
    return [submission(f"The bread of photo {i} looks good, thanks.") for i in range(n)]


def statuses(runtime, done):
    return {find(runtime, SITE, d.id).status for d in done}


def queued_tasks(runtime):
    with runtime.tasks._app.connection_for_write() as connection:
        return connection.default_channel.client.llen(SCORE_QUEUE)


def test_a_submission_rings_once_and_a_drain_scores_all(runtime, grant):
    done = submit(runtime, grant, texts(300))
    done += submit(runtime, grant, texts(1))
    assert queued_tasks(runtime) == 1
    assert drain_lane(runtime, LANE) == 301
    assert statuses(runtime, done) == {"approved"}
    submit(runtime, grant, texts(1))
    assert queued_tasks(runtime) == 2, "the bell is free again"


def test_nothing_is_scored_twice_by_a_second_task(runtime, grant):
    submit(runtime, grant, texts(5))
    assert inbox.claim(runtime.store, LANE, "somebody else")
    assert drain_lane(runtime, LANE) == 0
    inbox.release(runtime.store, LANE, "somebody else")
    assert drain_lane(runtime, LANE) == 5


def test_the_next_holder_takes_over_what_a_dead_one_was_given(runtime, grant):
    done = submit(runtime, grant, texts(40))
    inbox.make_groups(runtime.store)
    assert len(inbox.take(runtime.store, LANE, pending=False, count=1000)) == 40
    assert drain_lane(runtime, LANE) == 40
    assert statuses(runtime, done) == {"approved"}


def test_the_sweep_finds_what_no_bell_tells(runtime, grant):
    submit(runtime, grant, texts(1))
    with runtime.tasks._app.connection_for_write() as connection:
        connection.default_channel.client.flushdb()
    assert sweep(runtime) == [LANE]
    assert queued_tasks(runtime) == 1


def test_only_what_fails_alone_is_held(runtime, grant, monkeypatch):
    real = slices.score_all
    calls = []

    def failing(items):
        calls.append(len(items))
        if any("poison" in sent.content for sent, _ in items):
            raise ZeroDivisionError
        return real(items)

    monkeypatch.setattr(slices, "score_all", failing)
    done = submit(runtime, grant, [*texts(30), submission("poison"), *texts(30)])
    assert drain_lane(runtime, LANE) == 61
    held = find(runtime, SITE, done[30].id)
    assert (held.status, held.verdict.reasons[0][0]) == ("held", "could_not_be_scored")
    assert statuses(runtime, done[:30] + done[31:]) == {"approved"}
    assert max(calls) == 61 and 16 in calls and 1 in calls


def test_what_can_be_scored_but_not_written_down_is_held_too(runtime, grant, monkeypatch, caplog):
    done = submit(runtime, grant, [*texts(20), submission("poison"), *texts(20)])
    poison, real = codec.id_bytes(done[20].id), codec.pack_recorded

    def failing(site, raw_id, revision, verdict, *more):
        if raw_id == poison and verdict.decided_by == "model":
            raise OverflowError("poison")
        return real(site, raw_id, revision, verdict, *more)

    monkeypatch.setattr(codec, "pack_recorded", failing)
    assert drain_lane(runtime, LANE) == 41
    held = find(runtime, SITE, done[20].id)
    assert (held.status, held.verdict.reasons[0][0]) == ("held", "could_not_be_scored")
    assert statuses(runtime, done[:20] + done[21:]) == {"approved"}
    assert len(caplog.messages) == 1 and "poison" not in caplog.text


def test_what_kills_its_worker_again_and_again_is_tried_alone_and_then_held(
    runtime, grant, monkeypatch
):
    class Killed(BaseException):
        """Stands for a process that ends in the middle of scoring."""

    real = slices.score_all

    def killing(items):
        if any("poison" in sent.content for sent, _ in items):
            raise Killed
        return real(items)

    monkeypatch.setattr(slices, "score_all", killing)
    done = submit(runtime, grant, [*texts(10), submission("poison"), *texts(10)])
    for _ in range(8):
        with runtime.store.redis.client() as client:
            client.delete(keys.bell(LANE))
        try:
            drain_lane(runtime, LANE)
            break
        except Killed:
            continue
    else:
        pytest.fail("the lane never got past the poison")
    assert find(runtime, SITE, done[10].id).verdict.reasons[0][0] == "could_not_be_scored"
    assert statuses(runtime, done[:10] + done[11:]) == {"approved"}


def test_a_store_that_fails_blames_no_comment(runtime, grant, monkeypatch):
    done = submit(runtime, grant, texts(3))
    with monkeypatch.context() as patched:
        patched.setattr(slices.recording, "record_call", _down)
        with pytest.raises(StoreDown):
            drain_lane(runtime, LANE)
    runtime.store.redis.delete(keys.bell(LANE))
    assert drain_lane(runtime, LANE) == 3
    assert statuses(runtime, done) == {"approved"}


def _down(*_):
    raise StoreDown("gone")


def test_the_same_request_again_is_one_request(runtime, grant):
    first = submit(runtime, grant, texts(150), idempotency_key="k", body=b"a")
    assert submit(runtime, grant, texts(150), idempotency_key="k", body=b"a") == first
    with pytest.raises(IdempotencyConflict):
        submit(runtime, grant, texts(1), idempotency_key="k", body=b"b")
    assert drain_lane(runtime, LANE) == 150


def test_a_broker_that_is_gone_keeps_nobody_from_submitting(runtime, grant, monkeypatch):
    from moderation.flow.tasks import Tasks

    monkeypatch.setattr(runtime, "tasks", Tasks("redis+socket:///nowhere/broker.sock"))
    done = submit(runtime, grant, texts(1))
    assert drain_lane(runtime, LANE) == 1
    assert statuses(runtime, done) == {"approved"}


def test_a_batch_during_which_another_token_is_revoked_is_written_once(runtime, grant, monkeypatch):
    real = runtime.store.run_many

    def interrupted(name, calls, then=None, **how):
        calls = list(calls)
        if name != "accept" or len(calls) < 2:
            return real(name, calls, then, **how)
        first = real(name, calls[:1])
        monkeypatch.setattr(runtime.store, "run_many", real)
        sites.revoke_token(runtime.store, "digest of another token", SITE)
        return first + real(name, calls[1:], then, **how)

    monkeypatch.setattr(runtime.store, "run_many", interrupted)
    sent = texts(250)
    done = submit(runtime, grant, sent)
    assert [find(runtime, SITE, d.id).submission for d in done] == sent
    assert len(reading.page(runtime.store, SITE, None, b"", b"", False, 1000)) == 250


def test_a_batch_beyond_the_limit_of_its_token_is_refused_whole(runtime):
    token = first_run.add_token(runtime.store, SITE, ("submit",), "slow", per_minute=150)
    slow = authorise(runtime, token, "submit")
    with pytest.raises(RateLimited):
        submit(runtime, slow, texts(151))
    assert reading.page(runtime.store, SITE, None, b"", b"", False, 1000) == []
    assert len(submit(runtime, slow, texts(150))) == 150
    with pytest.raises(RateLimited):
        submit(runtime, slow, texts(1))


def test_idempotency_keys_that_differ_in_case_are_two(runtime, grant):
    first = submit(runtime, grant, texts(1), idempotency_key="key", body=b"a")
    assert submit(runtime, grant, texts(1), idempotency_key="KEY", body=b"b") != first


def test_a_turn_ends_though_another_holder_was_given_what_waits(runtime, grant, monkeypatch):
    submit(runtime, grant, texts(3))

    def too_early(scorer, runtime, shards):
        inbox.make_groups(runtime.store)
        inbox.take(runtime.store, LANE, pending=False, count=10)

    with monkeypatch.context() as patched:
        patched.setattr(draining, "TURN_SECONDS", 0.1)
        patched.setattr(draining, "_take_over", too_early)
        assert drain_lane(runtime, LANE) == 0
    assert drain_lane(runtime, LANE) == 3


def test_what_comes_before_the_bell_is_released_is_scored_though_nobody_was_called(
    runtime, grant, monkeypatch
):
    real, late = inbox.release, []

    def release(*lease):
        # Whoever submits now finds the bell held, so no task is sent for it.
        if len(late) < 2:
            late.extend(submit(runtime, grant, texts(1)))
        return real(*lease)

    done = submit(runtime, grant, texts(1))
    sent = queued_tasks(runtime)
    monkeypatch.setattr(draining.inbox, "release", release)
    assert drain_lane(runtime, LANE) == 3
    assert queued_tasks(runtime) == sent
    assert statuses(runtime, done + late) == {"approved"}
    submit(runtime, grant, texts(1))
    assert queued_tasks(runtime) == sent + 1, "the bell is free in the end"


def test_what_somebody_else_has_taken_after_the_bell_was_released_is_left_to_him(
    runtime, grant, monkeypatch
):
    real = inbox.release

    def release(*lease):
        released = real(*lease)
        submit(runtime, grant, texts(1))
        inbox.claim(runtime.store, LANE, "another holder")
        return released

    submit(runtime, grant, texts(1))
    monkeypatch.setattr(draining.inbox, "release", release)
    assert drain_lane(runtime, LANE) == 1
    assert sum(inbox.lengths(runtime.store)) == 1


def test_a_full_store_still_takes_the_verdicts_of_what_waits(runtime, grant, valkey):
    done = submit(runtime, grant, texts(3))
    inbox.make_groups(runtime.store)
    with valkey.client() as client:
        client.config_set("maxmemory", 1)
        assert drain_lane(runtime, LANE) == 3
        client.config_set("maxmemory", 0)
    assert statuses(runtime, done) == {"approved"}
