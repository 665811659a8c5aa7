"""A promoted model judges the next comment everywhere, and a roll-back takes nothing with it."""

from __future__ import annotations

import threading

import pytest

from moderation.domain.errors import GateRefused, NotFound, NothingToUndo, StaleChoice
from moderation.flow.comments.checking import check
from moderation.flow.labels.deciding import Word
from moderation.flow.labels.teaching import teach
from moderation.flow.models import offering, promoting
from moderation.flow.models.promoting import Why
from moderation.flow.runtime import now_ms
from moderation.store import checkpoints, keys, models
from tests.factories import SITE, submission
from tests.moderation.flow.learning import PROBE, anew, learn_all, score, texts
from tests.moderation.flow.models.made import model_file

WHY = Why("token:admin", "it was better on paper")


@pytest.fixture
def candidate(runtime):
    """Return the name of a candidate that scores otherwise than the shipped model."""
    return offering.offer(runtime, model_file("made-1"), "ann")[0].name


def test_the_next_verdict_of_every_process_names_it(runtime, other, grant, candidate):
    first, second = score(runtime, grant), score(other, grant)
    promoting.promote(runtime, candidate, WHY, override=True)
    for process, before in ((runtime, first), (other, second)):
        verdict = score(process, grant)
        assert verdict.model == "made-1+0"
        assert verdict.score != before.score


def test_it_is_recorded_with_who_and_why(runtime, candidate):
    shipped = runtime.shipped.name
    promoting.promote(runtime, candidate, WHY, override=True)
    promoting.roll_back(runtime, Why("command line", "it was not"))
    shown = promoting.listed(runtime)
    assert [(c.revision, c.kind, c.name, c.by, c.reason) for c in shown.changes] == [
        (3, "rollback", shipped, "command line", "it was not"),
        (2, "promote", "made-1", "token:admin", "it was better on paper"),
        (1, "start", shipped, "start", ""),
    ]
    states = {s.name: s.state(shown.in_use.name) for s in shown.snapshots}
    assert states == {shipped: "in use", "made-1": "retired"}


def test_without_a_label_in_between_a_rollback_restores_every_bit(
    runtime, other, grant, settings, bearer, candidate
):
    learn_all(runtime, grant, texts(40))
    before = score(runtime, grant)
    promoting.promote(runtime, candidate, WHY, override=True)
    assert score(runtime, grant).score != before.score
    promoting.roll_back(runtime, WHY)
    assert score(runtime, grant) == score(other, grant) == anew(settings, bearer) == before


def test_labels_made_since_stay_applied(runtime, grant, settings, bearer, candidate):
    learn_all(runtime, grant, texts(20))
    promoting.promote(runtime, candidate, WHY, override=True)
    learn_all(runtime, grant, texts(20, start=20))
    assert score(runtime, grant).model == "made-1+40"
    assert score(runtime, grant) == anew(settings, bearer)
    promoting.roll_back(runtime, WHY)
    verdict = score(runtime, grant)
    assert verdict.model == f"{runtime.shipped.name}+40"
    assert verdict == anew(settings, bearer)


def test_a_second_rollback_goes_one_further_back(runtime, candidate):
    shipped = runtime.shipped.name
    offering.offer(runtime, model_file("made-2"), "ann")
    promoting.promote(runtime, candidate, WHY, override=True)
    promoting.promote(runtime, "made-2", WHY, override=True)
    assert promoting.roll_back(runtime, WHY).name == candidate
    assert promoting.roll_back(runtime, WHY).name == shipped
    with pytest.raises(NothingToUndo):
        promoting.roll_back(runtime, WHY)
    assert promoting.in_use(runtime).name == shipped


def test_who_saw_another_choice_changes_nothing(runtime, candidate):
    seen = promoting.in_use(runtime).etag
    promoting.promote(runtime, candidate, WHY, seen, override=True)
    with pytest.raises(StaleChoice):
        promoting.promote(runtime, runtime.shipped.name, WHY, seen, override=True)
    with pytest.raises(StaleChoice):
        promoting.roll_back(runtime, WHY, seen)
    assert promoting.in_use(runtime).name == candidate


def test_a_model_that_is_not_there_is_not_promoted(runtime):
    with pytest.raises(NotFound):
        promoting.promote(runtime, "no-such", WHY)


def test_a_choice_that_a_crash_kept_from_the_shards_reaches_them(runtime, other, grant, candidate):
    """The process ends after the choice is recorded and before it is copied."""
    whole = runtime.store.run_many
    runtime.store.run_many = lambda name, calls, then=None: (
        (_ for _ in ()).throw(KeyboardInterrupt)
        if name == "use_snapshot"
        else whole(name, calls, then)
    )
    with pytest.raises(KeyboardInterrupt):
        promoting.promote(runtime, candidate, WHY, override=True)
    runtime.store.run_many = whole
    assert score(other, grant).model == f"{runtime.shipped.name}+0"
    models.copy_pointer(other.store, now_ms())
    assert score(other, grant).model == "made-1+0"


def test_a_late_copy_of_an_earlier_choice_does_no_harm(runtime, grant, candidate):
    promoting.promote(runtime, candidate, WHY, override=True)
    shard = keys.shard_of(SITE)
    held = [keys.snapshot(shard), keys.snapshot_revision(shard), keys.other_snapshots(shard)]
    runtime.store.run("use_snapshot", held, [runtime.shipped.name, 1, 0, 1])
    assert score(runtime, grant).model == "made-1+0"


def test_a_site_with_more_labels_than_a_request_replays_is_made_ready_first(
    runtime, other, grant, candidate, monkeypatch
):
    monkeypatch.setattr(promoting, "REPLAY_AT_MOST", 20)
    monkeypatch.setattr("moderation.flow.labels.replaying.REPLAY_AT_MOST", 20)
    monkeypatch.setattr("moderation.flow.labels.replaying.CHECKPOINT_EVERY", 16)
    learn_all(runtime, grant, texts(45))
    promoting.promote(runtime, candidate, WHY, override=True)
    assert checkpoints.kept(runtime.store, SITE, candidate)
    assert score(other, grant).model == "made-1+45"


def test_a_site_that_cannot_be_made_ready_keeps_what_it_learned(
    runtime, grant, candidate, monkeypatch
):
    """There is no time to make its learner anew: the one made with the model before goes on."""
    learn_all(runtime, grant, texts(45))
    before = score(runtime, grant)
    monkeypatch.setattr("moderation.flow.labels.advancing.replaying.REPLAY_AT_MOST", 20)
    monkeypatch.setattr("moderation.flow.labels.advancing.Advance.run", _out_of_reach)
    promoting.promote(runtime, candidate, WHY, seconds=0, override=True)
    assert score(runtime, grant) == before


def _out_of_reach(self, held):
    from moderation.flow.labels.advancing import OutOfReach

    raise OutOfReach


def test_under_load_every_verdict_names_a_model_that_was_there(runtime, other, grant, candidate):
    learn_all(runtime, grant, texts(30))
    score(other, grant)  # Until it has a learner, a process that hurries is judged without one.
    shipped, stop, named, lost = runtime.shipped.name, threading.Event(), [], []

    def load(process):
        while not stop.is_set():
            verdict = check(process, grant, PROBE, record=True).comment.verdict
            (named if verdict.decided_by == "model" else lost).append(verdict)

    threads = [threading.Thread(target=load, args=(p,)) for p in (runtime, other) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(6):
        if number % 2:
            promoting.roll_back(runtime, WHY)
        else:
            promoting.promote(other, candidate, WHY, override=True)
        teach(runtime, grant, submission(f"label {number}"), "ham", Word("ann", "api"))
        seen = len(named)
        while len(named) < seen + 20:
            stop.wait(0.005)
    stop.set()
    for thread in threads:
        thread.join()
    assert lost == []
    snapshots = {v.model.partition("+")[0] for v in named}
    assert snapshots == {shipped, candidate}
    assert min(int(v.model.partition("+")[2]) for v in named) >= 30, "a learner was reset"
    by_name = {}
    for verdict in named:
        by_name.setdefault(verdict.model, set()).add(verdict.score)
    assert all(len(scores) == 1 for scores in by_name.values()), "one name, two scores"


def test_a_report_of_another_form_is_as_good_as_none(runtime, candidate):
    runtime.store.redis.hset(keys.REPORTS, candidate, b'{"candidate": "made-1", "figures": 3}')
    with pytest.raises(NotFound, match="not judged yet"):
        promoting.report(runtime, candidate)
    with pytest.raises(GateRefused, match="not judged yet"):
        promoting.promote(runtime, candidate, WHY)
