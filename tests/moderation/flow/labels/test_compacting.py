"""A compacted log teaches the same, gives back what it gave back, and deletion finds all of it."""

from __future__ import annotations

from classifier import Learner
from moderation.domain.errors import NotFound
from moderation.domain.sites import SiteSettings
from moderation.flow.comments.checking import check
from moderation.flow.labels import chains, compacting, rebuilding, replaying, streaming
from moderation.flow.labels.deciding import decide, forget, undo
from moderation.flow.labels.learning import Learners
from moderation.flow.labels.withdrawing import Asked
from moderation.flow.lookup import find
from moderation.store import checkpoints, codec, compaction, keys, labels, sites
from tests.factories import SITE, put_settings, submission
from tests.moderation.flow.labels.test_withdrawing import withdraw
from tests.moderation.flow.learning import WORD, anew, learn_all, score, texts
from tests.moderation.flow.models.taught import teach_site


def compact(runtime, site=SITE):
    return compacting.compact(runtime, site, lambda *_: None, lambda taken: None)


def log(runtime, site=SITE):
    """Return what stands in the log."""
    end = sites.read(runtime.store, site).labels
    return [e for e in labels.entries(runtime.store, site, 0, end) if e.kind != "gone"]


def from_the_log_alone(runtime, site=SITE):
    """Return the learner that the log makes, with no checkpoint, in bytes."""
    end = sites.read(runtime.store, site).labels
    whole = labels.entries(runtime.store, site, 0, end)
    learner = replaying.replay(Learner(runtime.shipped), whole)
    found, streamed = streaming.outline(runtime.store, site, 0, end), Learner(runtime.shipped)
    streaming.teach(runtime.store, site, streamed, found)
    assert streamed.to_bytes() == learner.to_bytes(), "in pieces or at once is the same"
    return learner.to_bytes()


def pointers(runtime):
    found = runtime.store.redis.xrange(keys.of_site(SITE).labels)
    return [int(e[b"n"]) for _, e in found if e[b"s"].decode() == SITE]


def published(runtime, grant, count):
    """Have comments published which are then evidence."""
    put_settings(runtime.store, SITE, SiteSettings(hold=0.999998, reject=0.999999))
    return [
        check(
            runtime, grant, submission(f"The kettle number {n} is from our aunt"), record=True
        ).comment.id
        for n in range(count)
    ]


def lived(runtime, grant):
    """Give a site a log in which much counts no longer; return its comments by what became of
    them."""
    shown = published(runtime, grant, 12)
    ids = learn_all(runtime, grant, texts(30))
    for one in ids[:3]:
        undo(runtime, SITE, one, WORD, None)
    for label in ("spam", "ham", "spam", "ham", "spam", "ham"):
        decide(runtime, SITE, ids[3], label, WORD, None)
    decide(runtime, SITE, ids[4], "spam", WORD, None)
    undo(runtime, SITE, ids[4], WORD, None)
    evident = [e.example.comment for e in log(runtime) if e.kind == "kept"]
    decide(runtime, SITE, evident[0], "spam", WORD, None)
    decide(runtime, SITE, evident[1], "spam", WORD, None)
    undo(runtime, SITE, evident[1], WORD, None)
    forget(runtime, SITE, ids[5])
    forget(runtime, SITE, evident[2])
    return shown, ids, evident


def test_what_is_learned_from_the_log_alone_is_the_same_to_the_last_bit(
    runtime, other, grant, settings, bearer
):
    lived(runtime, grant)
    before, verdict, entries = from_the_log_alone(runtime), score(runtime, grant), log(runtime)
    state = sites.read(runtime.store, SITE)
    held = [
        e
        for e in entries
        if e.seq not in streaming.outline(runtime.store, SITE, 0, state.labels).off
    ]
    taken = compact(runtime)
    after = log(runtime)
    assert taken == len(entries) - len(after) >= 12
    assert from_the_log_alone(runtime) == before
    # In order, one by one, with their texts: nothing that holds was touched but for its links.
    rows = {e.seq: (e.kind, e.label, e.how, e.kept, e.example, e.decision) for e in after}
    for e in held:
        if e.kind in ("label", "kept"):
            assert rows[e.seq] == (e.kind, e.label, e.how, e.kept, e.example, e.decision)
    now = sites.read(runtime.store, SITE)
    assert (now.labels, now.epoch) == (state.labels, state.epoch + 1)
    assert score(runtime, grant).score == verdict.score == anew(settings, bearer).score
    assert score(other, grant).model == f"{runtime.shipped.name}+{now.labels}.{now.epoch}"
    assert pointers(runtime) == [e.seq for e in after]


def test_once_more_takes_nothing_out_and_the_name_stays(runtime, grant):
    lived(runtime, grant)
    compact(runtime)
    name = score(runtime, grant).model
    assert compact(runtime) == 0
    assert score(runtime, grant).model == name


def test_a_learner_made_anew_by_a_job_is_the_same(runtime, grant):
    lived(runtime, grant)
    before = from_the_log_alone(runtime)
    compact(runtime)
    labels.ask_rebuild(runtime.store, SITE)
    assert rebuilding.rebuild(runtime, SITE)
    newest, *_ = checkpoints.kept(runtime.store, SITE, runtime.shipped.name)
    assert checkpoints.read(runtime.store, SITE, newest) == before


def test_undo_gives_back_what_it_gave_back_near_and_far(runtime, grant, monkeypatch):
    near, far, fresh = learn_all(runtime, grant, texts(3))
    for one in (near, far):
        for label in ("ham", "spam", "ham", "spam", "ham"):
            decide(runtime, SITE, one, label, WORD, None)
    compact(runtime)
    words = [e for e in log(runtime) if e.example and e.example.comment == near]
    assert [e.label for e in words] == ["ham", "spam", "ham", "spam", "ham"][-chains.WORDS_KEPT :]
    for label in ("spam", "ham", "spam", None):
        undo(runtime, SITE, near, WORD, None)
        decision = find(runtime, SITE, near).decision
        assert (decision.label if decision else None) == label
    monkeypatch.setattr(replaying, "REPLAYABLE", 3)
    undo(runtime, SITE, far, WORD, None)
    assert labels.rebuild_asked(runtime.store, SITE)
    assert rebuilding.rebuild(runtime, SITE)
    assert find(runtime, SITE, far).decision.label == "spam"
    holds = {e.seq for e in log(runtime)} - streaming.outline(
        runtime.store, SITE, 0, sites.read(runtime.store, SITE).labels
    ).off
    assert find(runtime, SITE, far).active_label in holds
    undo(runtime, SITE, fresh, WORD, None)
    assert find(runtime, SITE, fresh).decision is None


def test_words_that_nobody_can_undo_any_more_go_at_once(runtime, grant):
    (one,) = learn_all(runtime, grant, texts(1))
    decide(runtime, SITE, one, "spam", WORD, None)
    decide(runtime, SITE, one, "ham", WORD, None)
    runtime.store.redis.delete(keys.of_site(SITE).comment.encode() + codec.id_bytes(one))
    before = from_the_log_alone(runtime)
    assert compact(runtime) == 2
    (left,) = log(runtime)
    assert (left.label, left.previous) == ("ham", 0)
    assert from_the_log_alone(runtime) == before


def test_deletion_finds_every_text_that_is_left(runtime, grant):
    _, ids, evident = lived(runtime, grant)
    compact(runtime)
    for one in {*ids, *evident}:
        try:
            forget(runtime, SITE, one)
        except NotFound:
            continue
    assert not [e for e in log(runtime) if e.example is not None and e.example.comment in ids]
    assert not [e for e in log(runtime) if e.kind in ("label", "kept")]
    compact(runtime)
    assert log(runtime) == []


def test_what_was_withdrawn_together_leaves_nothing_behind(runtime, grant):
    teach_site(runtime, SITE, 20)
    before = from_the_log_alone(runtime)
    teach_site(runtime, SITE, 120, start=20, wrong=True, by="eve")
    assert withdraw(runtime, Asked("eve")).result["withdrawn"] == 120
    assert compact(runtime) == 240
    assert len(log(runtime)) == 20
    assert from_the_log_alone(runtime) == before


def test_what_learners_still_have_stays_until_they_are_made_anew(runtime, grant, monkeypatch):
    monkeypatch.setattr(replaying, "REPLAYABLE", 5)
    first, *_ = learn_all(runtime, grant, texts(12))
    undo(runtime, SITE, first, WORD, None)
    (meta,) = [keys.of_site(SITE).meta]
    runtime.store.redis.hdel(meta, "rebuild")  # Nobody is asked to make them anew.
    before = from_the_log_alone(runtime)
    assert compact(runtime) == 0
    assert from_the_log_alone(runtime) == before
    labels.ask_rebuild(runtime.store, SITE)
    assert compact(runtime) == 2  # It has them made anew, then takes out label and withdrawal.


def test_cut_off_after_any_step_the_log_teaches_the_same_and_the_rest_goes_later(
    runtime, grant, monkeypatch
):
    lived(runtime, grant)
    before, whole = from_the_log_alone(runtime), len(log(runtime))
    real, steps = compaction.take_out, []

    def one_by_one(store, site, some, *, raises):
        for step in some:
            steps.append(real(store, site, [step], raises=raises))
            assert from_the_log_alone(runtime) == before
            if len(steps) % 3 == 0:
                raise KeyboardInterrupt
        return len(some)

    monkeypatch.setattr(compaction, "take_out", one_by_one)
    for _ in range(whole):
        try:
            compact(runtime)
            break
        except KeyboardInterrupt:
            continue
    assert sum(steps) == whole - len(log(runtime)) >= 12
    monkeypatch.undo()
    assert compact(runtime) == 0
    assert from_the_log_alone(runtime) == before


def test_a_word_said_meanwhile_keeps_what_it_gives_back(runtime, other, grant, monkeypatch):
    (one, *_) = learn_all(runtime, grant, texts(4))
    for label in ("ham", "spam", "ham", "spam"):
        decide(runtime, SITE, one, label, WORD, None)
    real = compaction.take_out

    def overtaken(store, site, some, *, raises):
        undo(other, SITE, one, WORD, None)
        return real(store, site, some, raises=raises)

    monkeypatch.setattr(compaction, "take_out", overtaken)
    assert compact(runtime) == 0
    assert [e.label for e in log(runtime) if e.example and e.example.comment == one] == [
        "ham", "ham", "spam", "ham", "spam",
    ]  # fmt: skip


def test_evidence_stays_while_something_is_said_of_what_it_was_drawn_with(
    runtime, other, grant, monkeypatch
):
    published(runtime, grant, 6)
    (one,) = learn_all(runtime, grant, texts(1))
    for label in ("spam", "ham", "spam", "ham", "spam"):
        decide(runtime, SITE, one, label, WORD, None)
    evidence = [e.seq for e in log(runtime) if e.kind == "kept"]
    assert evidence
    real = compaction.take_out

    def overtaken(store, site, some, *, raises):
        undo(other, SITE, one, WORD, None)
        return real(store, site, some, raises=raises)

    monkeypatch.setattr(compaction, "take_out", overtaken)
    assert compact(runtime) == 0
    assert [e.seq for e in log(runtime) if e.kind == "kept"] == evidence
    monkeypatch.undo()
    # Now its label is one that undoing gives back: the oldest word, the undone and its undo go.
    assert compact(runtime) == 3
    assert [e.seq for e in log(runtime) if e.kind == "kept"] == evidence


def test_who_read_the_state_before_scores_nothing_under_a_name_that_says_otherwise(
    runtime, other, grant
):
    from moderation.flow.labels import learning

    ids = learn_all(runtime, grant, texts(8))
    old = sites.read(runtime.store, SITE)
    undo(runtime, SITE, ids[2], WORD, None)
    compact(runtime)
    for checkpoint in checkpoints.kept(runtime.store, SITE, runtime.shipped.name):
        checkpoints.drop(runtime.store, SITE, checkpoint)
    other.own(Learners).drop(SITE)
    now = sites.read(runtime.store, SITE)
    assert learning.context(other, SITE, old).name == f"{runtime.shipped.name}+9.{now.epoch}"
