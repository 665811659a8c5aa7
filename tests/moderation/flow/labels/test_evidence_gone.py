"""Evidence goes as it came: with its label, by a report, by deletion; every process agrees."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as configure
from hypothesis import strategies as st

from moderation.domain.errors import NotFound, NothingToUndo
from moderation.flow.authorise import authorise
from moderation.flow.labels import rebuilding, replaying
from moderation.flow.labels.deciding import decide, forget, undo
from moderation.flow.labels.learning import Learners
from moderation.flow.lookup import find
from moderation.flow.sites import first_run
from moderation.store import codec, keys, labels, sites
from moderation.store.comments import indexes
from tests.classifier.factories import some_rows
from tests.factories import SITE, empty
from tests.moderation.flow.evident import (
    everything,
    holding,
    kept,
    known,
    known_anew,
    log,
    post,
    posted,
)
from tests.moderation.flow.learning import WORD, score

pytestmark = pytest.mark.second_store


def test_a_later_report_drops_it_and_undo_brings_it_back(runtime, grant, settings):
    comments = posted(runtime, grant)
    ids = [c.id for c in comments]
    decide(runtime, SITE, ids[4], "spam", WORD, None)
    before = known(runtime)
    reported = kept(runtime)[1]
    place = find(runtime, SITE, reported).active_label
    decide(runtime, SITE, reported, "spam", WORD, None)
    assert log(runtime)[-1].drops == place
    wanted = holding(runtime, ids)
    assert known(runtime) == wanted == known_anew(settings) != before
    undo(runtime, SITE, reported, WORD, None)
    back = find(runtime, SITE, reported)
    assert (back.status, back.decision, back.active_label) == ("approved", None, place)
    assert known(runtime) == before == known_anew(settings)


def test_undo_of_a_label_is_as_if_it_had_never_been(runtime, grant, settings):
    comments = posted(runtime, grant)
    decide(runtime, SITE, comments[0].id, "ham", WORD, None)
    before = known(runtime)
    decide(runtime, SITE, comments[7].id, "spam", WORD, None)
    assert known(runtime) != before
    undo(runtime, SITE, comments[7].id, WORD, None)
    assert known(runtime) == before == known_anew(settings)


@pytest.mark.parametrize("every", [1, 2, 3, 4, 5])
def test_a_checkpoint_between_evidence_and_its_label_serves_no_undo(
    runtime, grant, settings, monkeypatch, every
):
    monkeypatch.setattr(replaying, "CHECKPOINT_EVERY", every)
    comments = posted(runtime, grant)
    ids = [c.id for c in comments]
    for at in (3, 7):
        decide(runtime, SITE, ids[at], "spam", WORD, None)
        score(runtime, grant)
    undo(runtime, SITE, ids[7], WORD, None)
    wanted = holding(runtime, ids)
    assert known_anew(settings) == wanted == known(runtime)


def test_a_withdrawal_of_long_ago_takes_the_evidence_when_a_job_has_run(
    runtime, grant, settings, monkeypatch
):
    monkeypatch.setattr(replaying, "REPLAYABLE", 6)
    comments = posted(runtime, grant)
    ids = [c.id for c in comments]
    for at in (4, 5, 6, 7):
        decide(runtime, SITE, ids[at], ("ham", "spam")[at % 2], WORD, None)
    before = known(runtime)
    decide(runtime, SITE, kept(runtime)[0], "spam", WORD, None)
    undo(runtime, SITE, ids[4], WORD, None)
    assert labels.rebuilds_asked(runtime.store, [SITE]) == [SITE]
    assert rebuilding.rebuild(runtime, SITE)
    wanted = holding(runtime, ids)
    assert before != wanted == known(runtime) == known_anew(settings)


@pytest.mark.parametrize("way", ["itself", "expired", "with its label"])
def test_deletion_leaves_nothing_of_what_was_kept(runtime, grant, settings, valkey, way):
    comments = posted(runtime, grant)
    ids = [c.id for c in comments]
    decide(runtime, SITE, ids[4], "spam", WORD, None)
    gone = kept(runtime)[2]
    content = find(runtime, SITE, gone).submission.content
    word = content.split()[-1]
    with valkey.client() as client:
        if way == "expired":
            client.delete(keys.of_site(SITE).comment.encode() + codec.id_bytes(gone))
        assert sum(word in held for held in everything(client).values()) >= 1
        forget(runtime, SITE, gone if way != "with its label" else ids[4])
        if way == "with its label":
            assert kept(runtime) == []
            assert find(runtime, SITE, gone).decision is None
            forget(runtime, SITE, gone)
        assert [name for name, held in everything(client).items() if word in held] == []
        assert [name for name in client.keys("*") if codec.id_bytes(gone) in name] == []
    assert sites.read(runtime.store, SITE).epoch == 1
    wanted = holding(runtime, ids)
    assert known(runtime) == wanted == known_anew(settings)
    assert score(runtime, grant).model.endswith(".1")


def test_what_expired_is_kept_as_labels_are(runtime, grant, settings):
    comments = posted(runtime, grant)
    decide(runtime, SITE, comments[7].id, "spam", WORD, None)
    before = known(runtime)
    for one in kept(runtime):
        runtime.store.redis.delete(keys.of_site(SITE).comment.encode() + codec.id_bytes(one))
    indexes.indexes(runtime.store, SITE)
    assert known_anew(settings) == before


STEPS = st.one_of(
    st.tuples(st.just("post"), st.integers(0, 0)),
    st.tuples(st.sampled_from(["ham", "spam", "undo", "forget"]), st.integers(0, 9)),
)


@configure(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(STEPS, max_size=20), st.sampled_from([2, 3, 256]))
def test_every_process_agrees_on_what_holds_after_any_steps(
    runtime, settings, monkeypatch, steps, every
):
    monkeypatch.setattr(replaying, "CHECKPOINT_EVERY", every)
    empty(runtime.store)
    first_run.use_shipped(runtime.store, settings)
    first_run.add_site(runtime.store, SITE)
    token = first_run.add_token(runtime.store, SITE, ("submit",), "t")
    grant = authorise(runtime, token, "submit")
    runtime.own(Learners).drop(SITE)
    runtime.states.drop(SITE)
    rows = [row.text for row, _ in some_rows(40)]
    ids = [post(runtime, grant, text).id for text in rows[:6]]
    for number, (what, at) in enumerate(steps):
        one = ids[at % len(ids)]
        try:
            if what == "post":
                ids.append(post(runtime, grant, rows[6 + number]).id)
            elif what == "undo":
                undo(runtime, SITE, one, WORD, None)
            elif what == "forget":
                forget(runtime, SITE, one)
            else:
                decide(runtime, SITE, one, what, WORD, None)
        except (NothingToUndo, NotFound):
            continue
        score(runtime, grant)
    assert known_anew(settings) == known(runtime) == holding(runtime, ids)
