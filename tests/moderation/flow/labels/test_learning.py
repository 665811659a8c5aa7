"""A site's learner is a pure function of its labels: whoever comes to it, by whatever way."""

from __future__ import annotations

import msgspec
from hypothesis import HealthCheck, given
from hypothesis import settings as configure
from hypothesis import strategies as st

from classifier import Learner
from moderation.domain.errors import NothingToUndo
from moderation.flow.authorise import authorise
from moderation.flow.comments.checking import check
from moderation.flow.labels import rebuilding, replaying
from moderation.flow.labels.deciding import decide, forget, undo
from moderation.flow.labels.learning import Learners
from moderation.flow.labels.teaching import teach
from moderation.flow.rows import row_of, training_row
from moderation.flow.tasks import JOBS_QUEUE
from moderation.store import checkpoints, keys, labels, sites
from tests.factories import SITE, empty, submission
from tests.moderation.flow.learning import PROBE, WORD, anew, learn_all, score, texts
from tests.processes import until


def test_undo_is_as_if_the_decision_had_never_been(runtime, grant, settings, bearer):
    learn_all(runtime, grant, texts(6))
    before = score(runtime, grant)
    last = learn_all(runtime, grant, ["pine tables at shop.example"])[0]
    assert score(runtime, grant).score != before.score
    undo(runtime, SITE, last, WORD, None)
    after = score(runtime, grant)
    assert after.score == before.score
    assert after.model != before.model, "the place in the log moved on"
    assert anew(settings, bearer) == after


def test_undo_of_an_early_label_equals_the_replay_without_it(runtime, grant, settings, bearer):
    first, *_ = learn_all(runtime, grant, texts(8))
    undo(runtime, SITE, first, WORD, None)
    model = runtime.shipped
    expected = Learner(model)
    for entry in labels.entries(runtime.store, SITE, 1, 8):
        expected.learn(training_row(entry.example.row), entry.label)
    wanted = float(model.score([row_of(PROBE)], expected).probability[0])
    assert score(runtime, grant).score == wanted == anew(settings, bearer).score


@configure(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["ham", "spam", None])), max_size=24))
def test_every_process_agrees_after_any_decisions(runtime, settings, grant, bearer, steps):
    empty(runtime.store)
    from moderation.flow.sites import first_run

    first_run.use_shipped(runtime.store, settings)
    first_run.add_site(runtime.store, SITE)
    token = first_run.add_token(runtime.store, SITE, ("submit",), "t")
    grant = authorise(runtime, token, "submit")
    runtime.own(Learners).drop(SITE)
    runtime.states.drop(SITE)
    ids = [check(runtime, grant, submission(text)).comment.id for text in texts(6)]
    for at, label in steps:
        try:
            if label is None:
                undo(runtime, SITE, ids[at], WORD, None)
            else:
                decide(runtime, SITE, ids[at], label, WORD, None)
        except NothingToUndo:
            continue
        score(runtime, grant)
    assert anew(settings, token) == score(runtime, grant)


def test_a_withdrawal_of_long_ago_is_left_to_a_job_that_every_process_follows(
    runtime, grant, settings, bearer, monkeypatch
):
    monkeypatch.setattr(replaying, "REPLAYABLE", 5)
    first, *_ = learn_all(runtime, grant, texts(12))
    before = score(runtime, grant)
    undo(runtime, SITE, first, WORD, None)
    assert score(runtime, grant).score == before.score, "not at once"
    assert labels.rebuilds_asked(runtime.store, [SITE]) == [SITE]
    assert rebuilding.rebuild(runtime, SITE)
    after = score(runtime, grant)
    assert labels.rebuilds_asked(runtime.store, [SITE]) == []
    assert after.score != before.score
    assert anew(settings, bearer) == after


def test_deleting_a_labelled_comment_takes_what_it_taught_and_raises_the_epoch(
    runtime, grant, settings, bearer
):
    learn_all(runtime, grant, texts(4))
    before = score(runtime, grant)
    gone = learn_all(runtime, grant, ["pine tables at shop.example"])[0]
    forget(runtime, SITE, gone)
    after = score(runtime, grant)
    assert after.score == before.score
    assert after.model == f"{runtime.shipped.name}+5.1"
    assert anew(settings, bearer) == after


def test_what_was_kept_of_a_label_holds_no_address_and_no_full_email(runtime, grant):
    author = {"name": "Ada", "email": "ada.l@mail.example", "ip": "192.0.2.77"}
    teach(runtime, grant, submission("hello there", author=author), "ham", WORD)
    raw = runtime.store.redis.get(keys.of_site(SITE).label + "1")
    assert b"192.0.2.77" not in raw and b"ada.l" not in raw
    assert b"mail.example" in raw and b"hello there" in raw


def test_too_many_labels_without_a_checkpoint_are_left_to_a_job(
    runtime, grant, settings, bearer, monkeypatch
):
    learn_all(runtime, grant, texts(9))
    monkeypatch.setattr(replaying, "REPLAY_AT_MOST", 5)
    assert anew(settings, bearer).model == f"{runtime.shipped.name}+0"
    assert rebuilding.rebuild(runtime, SITE)
    assert anew(settings, bearer).model == f"{runtime.shipped.name}+10"
    assert sites.read(runtime.store, SITE).labels == 10


def rebuild_tasks(runtime):
    with runtime.tasks._app.connection_for_write() as connection:
        return connection.default_channel.client.llen(JOBS_QUEUE)


def test_a_job_is_asked_for_once_however_many_verdicts_wait_for_it(
    runtime, grant, other, bearer, monkeypatch
):
    learn_all(runtime, grant, texts(9))
    monkeypatch.setattr(replaying, "REPLAY_AT_MOST", 5)
    theirs = authorise(other, bearer, "submit")
    for _ in range(20):
        assert score(other, theirs).model == f"{other.shipped.name}+0"
    until(lambda: rebuild_tasks(runtime), 10)
    assert rebuild_tasks(runtime) == 1
    for _ in range(3):
        assert rebuilding.rebuild(runtime, SITE)
    assert sites.read(runtime.store, SITE).labels == 10, "one entry says that it was made anew"


def test_a_comment_deleted_while_a_learner_is_made_anew_is_not_in_it(
    runtime, grant, settings, bearer, monkeypatch
):
    monkeypatch.setattr(replaying, "REPLAYABLE", 5)
    first, second, *_ = learn_all(runtime, grant, ["pine tables at shop.example", *texts(11)])
    undo(runtime, SITE, second, WORD, None)
    real = replaying.replay

    def deleting(learner, entries, everything=False, **how):
        replayed = real(learner, entries, everything, **how)
        if everything and runtime.own(Learners).get(SITE) is not None:
            runtime.own(Learners).drop(SITE)
            forget(runtime, SITE, first)
        return replayed

    monkeypatch.setattr(replaying, "replay", deleting)
    assert rebuilding.rebuild(runtime, SITE)
    expected = Learner(runtime.shipped)
    for entry in labels.entries(runtime.store, SITE, 2, 12):
        expected.learn(training_row(entry.example.row), entry.label)
    wanted = float(runtime.shipped.score([row_of(PROBE)], expected).probability[0])
    assert anew(settings, bearer).score == wanted == score(runtime, grant).score


def test_a_full_store_keeps_no_process_from_catching_up(
    runtime, grant, other, bearer, monkeypatch, valkey
):
    learn_all(runtime, grant, texts(9))
    monkeypatch.setattr(replaying, "CHECKPOINT_EVERY", 4)
    theirs = authorise(other, bearer, "submit")
    with valkey.client() as client:
        client.config_set("maxmemory", 1)
        verdict = score(other, theirs)
        client.config_set("maxmemory", 0)
    assert verdict == score(runtime, grant)


def test_labels_that_keep_coming_in_do_not_keep_the_job_from_its_end(
    runtime, grant, settings, bearer, monkeypatch
):
    monkeypatch.setattr(replaying, "REPLAYABLE", 5)
    first, *_ = learn_all(runtime, grant, texts(12))
    undo(runtime, SITE, first, WORD, None)
    real, late = checkpoints.put_rebuilt, []

    def put(*args):
        if len(late) < 6:
            late.append(learn_all(runtime, grant, [f"late number {len(late)} of oak"])[0])
        if len(late) == 4:
            undo(runtime, SITE, late[0], WORD, None)
        return real(*args)

    monkeypatch.setattr(checkpoints, "put_rebuilt", put)
    assert rebuilding.rebuild(runtime, SITE)
    kept = anew(settings, bearer)
    assert kept == score(runtime, grant)
    for checkpoint in checkpoints.kept(runtime.store, SITE, runtime.shipped.name):
        checkpoints.drop(runtime.store, SITE, checkpoint)
    assert anew(settings, bearer) == kept, "it is as if made at once from the whole log"
    assert labels.rebuilds_asked(runtime.store, [SITE]) == []


def test_a_report_by_akismets_protocol_is_learned_as_an_error(runtime, grant):
    """Its clients report what was judged wrong and never all: that is no sample of a site's ham."""
    sent = submission("Buy cheap viagra without prescription http://best-pills-24h.example/order")
    word = msgspec.structs.replace(WORD, by="akismet", via="akismet")
    reported = teach(runtime, grant, sent, "ham", word)
    teach(runtime, grant, submission("Cheap oak shelves, order now"), "spam", WORD)
    assert reported.decision.via == "akismet"
    entries = labels.entries(runtime.store, SITE, 0, 2)
    expected = Learner(runtime.shipped)
    for entry, how in zip(entries, ("error", "all"), strict=True):
        expected.learn(training_row(entry.example.row), entry.label, how)
    made = Learner(runtime.shipped)
    replaying.replay(made, entries)
    assert made.to_bytes() == expected.to_bytes()
    other = Learner(runtime.shipped)
    for entry in entries:
        other.learn(training_row(entry.example.row), entry.label)
    assert made.to_bytes() != other.to_bytes()
