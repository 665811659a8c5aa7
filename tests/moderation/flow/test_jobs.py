"""Jobs: taken up by one process, seen when it dies, cancelled, kept for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from moderation.domain.errors import InvalidInput, NotFound, StoreDown
from moderation.domain.jobs import Job
from moderation.flow import jobs, performing, tasks
from moderation.flow.performing import Work
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import jobs as stored
from moderation.store import keys
from tests.factories import SITE

KIND = "import"


@pytest.fixture
def sent(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Collect what is sent to workers."""
    collected: list[tuple[Any, ...]] = []
    monkeypatch.setattr(runtime.tasks, "send", lambda *words: collected.append(words) or True)
    return collected


def begun(runtime: Runtime, site: str = SITE, kind: str = KIND) -> Job:
    return jobs.begin(runtime, kind, "token:test", site, {"file": "x"})


def died(runtime: Runtime, job: Job) -> None:
    """Let the lease of a job's holder run out, as it does when nobody renews it."""
    assert runtime.store.redis.delete(keys.job_lease(job.id)) == 1


def test_a_job_is_done_by_one_process_and_keeps_what_came_of_it(
    runtime: Runtime, other: Runtime
) -> None:
    job = begun(runtime)
    assert (job.state, job.done) == ("queued", 0)
    work = performing.take(runtime, job.id)
    assert work is not None and work.job.asked == {"file": "x"}
    assert performing.take(other, job.id) is None, "it is held"

    def does(work: Work) -> dict[str, Any]:
        work.note("reading", 5, 20)
        seen = jobs.find(other, job.id)
        assert (seen.state, seen.stage, seen.done, seen.total) == ("running", "reading", 5, 20)
        assert seen.percent == 25
        return {"rows": 20}

    ended = performing.run(runtime, work, does)
    assert (ended.state, ended.result, ended.error) == ("succeeded", {"rows": 20}, "")
    assert performing.take(other, job.id) is None
    assert stored.open_ids(runtime.store) == []


def test_eta_follows_the_pace_of_the_stage(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr(performing, "monotonic", lambda: clock[0])
    job = begun(runtime)
    work = performing.take(runtime, job.id)
    assert work is not None
    work.note("writing", 100, 500)
    assert jobs.find(runtime, job.id).eta_s is None
    clock[0] += 10
    work.note("writing", 200, 500)
    assert jobs.find(runtime, job.id).eta_s == 30
    clock[0] += 0.5
    work.note("writing", 210, 500)
    assert jobs.find(runtime, job.id).done == 200, "the store is told once a second"


@pytest.mark.parametrize(
    "error, reason",
    [
        (InvalidInput("line 7: this is no XML"), "line 7: this is no XML"),
        (KeyError("a comment's text"), "something went wrong in Winnow: its log says where"),
    ],
)
def test_what_goes_wrong_fails_the_job_with_a_reason_that_quotes_nothing(
    runtime: Runtime, error: Exception, reason: str
) -> None:
    job = begun(runtime)

    def does(work: Work) -> dict[str, Any]:
        raise error

    performing.work_on(runtime, job.id, does)
    ended = jobs.find(runtime, job.id)
    assert (ended.state, ended.error, ended.result) == ("failed", reason, None)


def test_a_store_that_is_away_leaves_the_job_to_be_taken_up_again(
    runtime: Runtime, other: Runtime, sent: list[tuple[Any, ...]]
) -> None:
    job = begun(runtime)

    def does(work: Work) -> dict[str, Any]:
        raise StoreDown("the store does not answer")

    with pytest.raises(StoreDown):
        performing.work_on(runtime, job.id, does)
    assert jobs.find(runtime, job.id).state == "running"
    died(runtime, job)
    jobs.tend(runtime)
    assert sent == [(tasks.IMPORT_HISTORY, job.id)]
    assert performing.take(other, job.id) is not None


def test_a_job_whose_process_died_is_sent_again_and_fails_when_it_never_gets_on(
    runtime: Runtime, sent: list[tuple[Any, ...]]
) -> None:
    job = begun(runtime)
    for n in range(jobs.TRIES):
        assert performing.take(runtime, job.id) is not None
        jobs.tend(runtime)
        assert len(sent) == n, "somebody holds it"
        died(runtime, job)
        if n < jobs.TRIES - 1:
            jobs.tend(runtime)
            assert len(sent) == n + 1
    jobs.tend(runtime)
    ended = jobs.find(runtime, job.id)
    assert ended.state == "failed"
    assert ended.error == "the process that worked on it ended 5 times without getting on"
    assert len(sent) == jobs.TRIES - 1
    assert performing.take(runtime, job.id) is None


def test_a_job_that_gets_on_is_taken_up_as_often_as_its_processes_die(runtime: Runtime) -> None:
    job = begun(runtime)
    for n in range(2 * jobs.TRIES):
        work = performing.take(runtime, job.id)
        assert work is not None, n
        work.note("writing", n + 1, 100)
        died(runtime, job)


def test_a_kind_that_no_worker_takes_up_fails_when_its_process_dies(runtime: Runtime) -> None:
    job = begun(runtime, kind="by hand")
    assert performing.take(runtime, job.id) is not None
    died(runtime, job)
    jobs.tend(runtime)
    ended = jobs.find(runtime, job.id)
    assert (ended.state, ended.error) == ("failed", "the process that worked on it ended")


def test_a_message_that_was_lost_is_sent_again(
    runtime: Runtime, sent: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = begun(runtime)
    jobs.tend(runtime)
    assert sent == []
    later = now_ms() + jobs.UNTAKEN_MS + 1
    monkeypatch.setattr(jobs, "now_ms", lambda: later)
    jobs.tend(runtime)
    assert sent == [(tasks.IMPORT_HISTORY, job.id)]


def test_what_waits_is_cancelled_at_once_and_what_runs_when_it_next_says_how_far_it_is(
    runtime: Runtime, other: Runtime
) -> None:
    waiting, running = begun(runtime), begun(runtime)
    assert jobs.cancel(runtime, waiting.id).state == "cancelled"
    assert performing.take(runtime, waiting.id) is None
    work = performing.take(runtime, running.id)
    assert work is not None

    def does(work: Work) -> dict[str, Any]:
        assert jobs.cancel(other, running.id).state == "running"
        work.note("reading", 1)
        raise AssertionError("it goes on")

    assert performing.run(runtime, work, does).state == "cancelled"
    assert jobs.cancel(runtime, running.id).state == "cancelled"


def test_a_job_whose_process_died_after_it_was_cancelled_is_not_taken_up(runtime: Runtime) -> None:
    job = begun(runtime)
    assert performing.take(runtime, job.id) is not None
    assert jobs.cancel(runtime, job.id).state == "running"
    died(runtime, job)
    assert performing.take(runtime, job.id) is None
    assert jobs.find(runtime, job.id).state == "cancelled"


def test_who_lost_the_lease_changes_nothing_more(runtime: Runtime, other: Runtime) -> None:
    job = begun(runtime)
    work = performing.take(runtime, job.id)
    assert work is not None
    died(runtime, job)
    assert performing.take(other, job.id) is not None

    def does(work: Work) -> dict[str, Any]:
        return {"by": "the first"}

    assert performing.run(runtime, work, does).state == "running", "the second has it"
    with pytest.raises(performing.Lost):
        work.note("reading", 3)


def test_work_goes_on_for_a_while_though_the_store_cannot_be_told(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr(performing, "monotonic", lambda: clock[0])
    job = begun(runtime)
    work = performing.take(runtime, job.id)
    assert work is not None
    real = stored.change

    def change(*_: Any, **__: Any) -> Any:
        raise StoreDown("the store does not answer")

    monkeypatch.setattr(stored, "change", change)
    for _ in range(10):
        clock[0] += 5
        work.note("reading", 1)
    monkeypatch.setattr(stored, "change", real)
    clock[0] += 5
    work.note("reading", 2)
    assert jobs.find(runtime, job.id).done == 2
    monkeypatch.setattr(stored, "change", change)
    clock[0] += performing.AWAY_SECONDS + 1
    with pytest.raises(StoreDown):
        work.note("reading", 3)


def test_who_was_away_for_longer_than_the_lease_goes_on_if_nobody_took_the_job(
    runtime: Runtime,
) -> None:
    job = begun(runtime)
    work = performing.take(runtime, job.id)
    assert work is not None
    died(runtime, job)
    work.note("reading", 3, 9)
    assert stored.is_held(runtime.store, job.id)
    assert performing.run(runtime, work, lambda _: {"rows": 9}).state == "succeeded"


def test_the_same_holder_takes_its_job_up_again_at_once(runtime: Runtime, other: Runtime) -> None:
    job = begun(runtime)
    assert performing.take(runtime, job.id, "a token") is not None
    assert performing.take(other, job.id) is None
    assert performing.take(other, job.id, "a token") is not None


def test_what_hands_over_goes_on_in_the_next_task(
    runtime: Runtime, other: Runtime, sent: list[tuple[Any, ...]]
) -> None:
    job = begun(runtime)

    def does(work: Work) -> dict[str, Any]:
        raise performing.HandOver

    for _ in range(2 * jobs.TRIES):
        performing.work_on(runtime, job.id, does)
    assert sent == [(tasks.IMPORT_HISTORY, job.id)] * (2 * jobs.TRIES)
    assert performing.take(other, job.id) is not None


@pytest.mark.parametrize("last", [0, 7])
def test_what_ends_in_a_stage_of_unknown_size_keeps_how_much_was_done(
    runtime: Runtime, last: int
) -> None:
    job = begun(runtime)

    def does(work: Work) -> dict[str, Any]:
        for stage, done, total in (("reading", 3, 9), ("erasing", 2, 0), ("erasing", last, 0)):
            work.note(stage, done, total)
        return {}

    performing.work_on(runtime, job.id, does)
    ended = jobs.find(runtime, job.id)
    assert (ended.state, ended.done, ended.total) == ("succeeded", last, 0)


def test_jobs_are_listed_by_site_state_and_kind_newest_first(runtime: Runtime) -> None:
    mine = [begun(runtime) for _ in range(3)]
    others = begun(runtime, "other.example")
    jobs.cancel(runtime, mine[1].id)
    listed: Callable[..., list[str]] = lambda **on: [j.id for j in jobs.page(runtime, **on).jobs]  # noqa: E731
    assert listed() == sorted([*(j.id for j in mine), others.id], reverse=True)
    assert set(listed(site=SITE)) == {j.id for j in mine}
    assert listed(site=SITE, state="cancelled") == [mine[1].id]
    assert listed(kind="training") == []
    first = jobs.page(runtime, SITE, limit=2)
    rest = jobs.page(runtime, SITE, before=first.last, limit=2)
    assert len(first.jobs) == 2 and len(rest.jobs) == 1 and rest.last == ""
    with pytest.raises(NotFound):
        jobs.find(runtime, others.id, SITE)
    with pytest.raises(NotFound):
        jobs.cancel(runtime, others.id, SITE)


def test_jobs_are_kept_for_thirty_days(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    now = now_ms()
    monkeypatch.setattr(jobs, "now_ms", lambda: now - stored.KEPT_MS - 1000)
    old = begun(runtime)
    assert 0 < runtime.store.redis.pttl(keys.job(old.id)) <= stored.KEPT_MS
    monkeypatch.undo()
    new = begun(runtime)
    assert [job.id for job in jobs.page(runtime).jobs] == [new.id]
    runtime.store.redis.delete(keys.job(old.id))  # As it expires.
    jobs.tend(runtime)
    assert stored.open_ids(runtime.store) == [new.id]
    with pytest.raises(NotFound):
        jobs.find(runtime, old.id)
