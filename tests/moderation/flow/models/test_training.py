"""What all sites taught becomes a candidate, which is judged by what neither model has seen."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from classifier import Row
from moderation.domain.errors import GateRefused, NotFound
from moderation.domain.sites import SiteSettings
from moderation.flow import jobs
from moderation.flow.labels.deciding import Word, decide, undo
from moderation.flow.labels.teaching import Lesson, teach_many
from moderation.flow.models import evaluating, offering, promoting, training, working
from moderation.flow.models.gathering import gather, newest_by_site
from moderation.flow.models.promoting import Why
from moderation.store import keys, models
from moderation.store.leases import lease
from tests.factories import put_settings
from tests.moderation.flow.models.made import model_file
from tests.moderation.flow.models.taught import comment, grant_of, teach_site

WHY = Why("ann")


def quiet(*_):
    """Note nothing."""


def told(runtime, **settings):
    """Set the installation otherwise than it is by default."""
    runtime.settings = msgspec.structs.replace(runtime.settings, **settings)


@pytest.fixture
def taught(runtime):
    """Teach three sites 100 labels each."""
    for number, site in enumerate(("one.example", "two.example", "three.example")):
        teach_site(runtime, site, 100, start=number * 100)
    told(runtime, gate_labels=20)


def test_what_three_sites_taught_reaches_a_fourth(runtime, taught):
    done = training.train(runtime, "ann", quiet)
    assert (done.labels, done.promoted) == (300, False)
    made = promoting.known(runtime, done.name)
    assert (made.origin, made.labels, made.by) == ("trained", 300, "ann")
    model = runtime.model(done.name)
    unseen = [Row(text=comment("spam", n).content) for n in range(900, 920)]
    assert (model.score(unseen).logit > runtime.shipped.score(unseen).logit + 0.5).mean() > 0.9


def test_a_site_that_keeps_its_labels_at_home_takes_no_part(runtime, taught):
    put_settings(runtime.store, "two.example", SiteSettings(shares_training=False))
    gathered = gather(runtime, quiet)
    assert {rows.site for rows in gathered.sites} == {"one.example", "three.example"}
    assert training.train(runtime, "ann", quiet).labels == 200


def test_without_labels_nothing_changes(runtime):
    done = training.train(runtime, "ann", quiet)
    assert (done.name, done.labels) == ("", 0)
    assert [s.name for s in promoting.listed(runtime).snapshots] == [runtime.shipped.name]


def test_a_night_without_new_labels_makes_no_second_model(runtime, other, taught):
    first = training.train(runtime, "ann", quiet).name
    assert training.train(other, "ben", quiet).name == first
    teach_site(runtime, "one.example", 2, start=300)
    assert training.train(runtime, "ann", quiet).name != first
    assert len(promoting.listed(runtime).snapshots) == 3


def test_what_was_withdrawn_or_decided_anew_is_not_learned(runtime):
    ids = teach_site(runtime, "one.example", 10)
    undo(runtime, "one.example", ids[3], Word("ann", "api"), None)
    gathered = gather(runtime, quiet)
    assert len(gathered.facts) == 9
    assert ids[3] not in {fact.comment for fact in gathered.facts}
    decide(runtime, "one.example", ids[4], "spam", Word("ann", "api"), None)
    facts = {fact.comment: fact for fact in gather(runtime, quiet).facts}
    assert (len(facts), facts[ids[4]].label) == (9, "spam")
    undo(runtime, "one.example", ids[4], Word("ann", "api"), None)
    facts = {fact.comment: fact for fact in gather(runtime, quiet).facts}
    assert (len(facts), facts[ids[4]].label) == (9, "ham")


@pytest.mark.parametrize("at_once", [1, 3, 7, 1000])
def test_reading_in_pieces_gives_what_reading_at_once_gives(runtime, monkeypatch, at_once):
    ids = teach_site(runtime, "one.example", 12)
    for place in (11, 2, 5):
        undo(runtime, "one.example", ids[place], Word("ann", "api"), None)
    whole = gather(runtime, quiet)
    monkeypatch.setattr("moderation.flow.labels.holding.AT_ONCE", at_once)
    pieces = gather(runtime, quiet)
    assert pieces.facts == whole.facts
    assert [fact.comment for fact in whole.facts] == [
        one for place, one in enumerate(ids) if place not in (11, 2, 5)
    ]
    assert np.array_equal(pieces.batch.codes, whole.batch.codes)
    assert np.array_equal(pieces.groups, whole.groups)


def test_of_too_many_labels_the_newest_of_each_site_take_part():
    assert newest_by_site({"a": 100, "b": 5000}, 10_000) == {"a": 100, "b": 5000}
    shared = newest_by_site({"a": 100, "b": 500_000, "c": 50_000}, 100_000)
    assert shared["a"] == 100
    assert shared["b"] > shared["c"] >= 2000
    assert sum(shared.values()) <= 100_000
    assert newest_by_site({"a": 2000, "b": 2000}, 1000) == {"a": 500, "b": 500}


def test_the_newest_are_held_back_and_nothing_like_them_is_learned(runtime):
    teach_site(runtime, "one.example", 40)
    again = comment("spam", 39)
    early = Lesson(again, "spam", "", 1_780_000_000_000)
    (copied,) = teach_many(runtime, grant_of(runtime, "two.example"), [early], Word("ben", "api"))
    gathered = gather(runtime, quiet)
    parts = evaluating.split(gathered)
    held = [gathered.facts[place] for place in parts.held]
    assert len(held) == 8
    newest = max(fact.at_ms for fact in gathered.facts)
    assert min(fact.at_ms for fact in held) == newest - 7000
    rest = {gathered.facts[place].comment for place in parts.rest}
    assert copied not in rest
    assert not rest & {fact.comment for fact in held}
    assert len(rest) + len(parts.apart) == 41


def test_a_report_says_what_would_change_and_how_sure_that_is(runtime, taught):
    done = training.train(runtime, "ann", quiet)
    report = models.report(runtime.store, done.name)
    assert (report.candidate, report.current) == (done.name, runtime.shipped.name)
    assert report.held_back == 60
    assert report.learned + report.held_back + report.near_duplicates == 300
    names = [figure.name for figure in report.figures]
    assert names == ["ham_rejected", "ham_held", "spam_through", "held", "spam_through_a_day"]
    for figure in report.figures:
        for one in (figure.current, figure.candidate):
            assert 0 <= one.low <= one.value <= one.high
    assert {(s.by, s.value) for s in report.slices if s.by != "language"} == {
        ("site", "three.example"),
        ("link", "without"),
    }
    assert report.candidate_curves.precision_recall
    assert report.audited == []


def test_a_worse_model_is_refused_with_the_rule_and_by_how_much(runtime):
    """It takes nearly everything for spam; most sites have too few labels to make up for that."""
    told(runtime, gate_labels=20)
    for number in range(20):
        teach_site(runtime, f"site{number}.example", 12, start=number * 12)
    offering.offer(runtime, model_file("worse", scale=-1.0, intercept=8.0), "ann")
    report = training.evaluate(runtime, "worse", quiet)
    rules = {refusal.rule: refusal.text for refusal in report.refusals}
    assert rules["ham_rejected"].startswith("good comments rejected of 1,000: ")
    assert rules["ham_rejected"].endswith(" instead of 0.00, at most 0 more")
    assert report.worse > 0
    for flip in report.flips[report.better :]:
        assert flip.label == "ham" or flip.candidate == "approved"


def test_the_current_model_as_candidate_changes_nothing_and_is_let_pass(runtime, taught):
    offering.offer(runtime, model_file("same", scale=1.0), "ann")
    report = training.evaluate(runtime, "same", quiet)
    assert (report.better, report.worse, report.flips, report.refusals) == (0, 0, [], [])


def test_few_labels_promote_nothing(runtime):
    teach_site(runtime, "one.example", 40)
    told(runtime, promote="auto")
    done = training.train(runtime, "ann", quiet)
    assert not done.promoted
    assert done.refused[0].startswith("4 good comments and 4 of spam are held back; 50")


def test_auto_promotes_what_passes_and_ask_leaves_it_to_people(runtime, taught):
    told(runtime, gate_ham_held=1.0, gate_site=1.0, gate_ham_rejected=1000.0, gate_spam_caught=1.0)
    waits = training.train(runtime, "nightly", quiet)
    assert (waits.promoted, promoting.in_use(runtime).name) == (False, runtime.shipped.name)
    told(runtime, promote="auto")
    goes = training.train(runtime, "nightly", quiet)
    assert (goes.promoted, promoting.in_use(runtime).name) == (True, goes.name)
    assert not training.train(runtime, "nightly", quiet).promoted, "it is in use already"
    change = promoting.listed(runtime).changes[0]
    assert (change.by, change.reason) == ("nightly", "the gate let it pass")


def test_never_refuses_every_trained_model_and_no_other(runtime, taught):
    made = training.train(runtime, "nightly", quiet).name
    told(runtime, promote="never", gate_labels=0)
    with pytest.raises(GateRefused, match="WINNOW_PROMOTE"):
        promoting.promote(runtime, made, WHY)
    offering.offer(runtime, model_file("same", scale=1.0), "ann")
    training.evaluate(runtime, "same", quiet)
    assert promoting.promote(runtime, "same", WHY).name == "same"


def test_a_judgement_beside_a_model_that_is_in_use_no_longer_counts_for_nothing(runtime, taught):
    for name in ("same-1", "same-2"):
        offering.offer(runtime, model_file(name, scale=1.0), "ann")
        training.evaluate(runtime, name, quiet)
    promoting.promote(runtime, "same-1", WHY)
    with pytest.raises(GateRefused, match="in use no longer"):
        promoting.promote(runtime, "same-2", WHY)
    training.evaluate(runtime, "same-2", quiet)
    assert promoting.promote(runtime, "same-2", WHY).name == "same-2"


def test_a_model_trained_here_is_judged_as_if_it_had_not_seen_what_is_held_back(runtime, taught):
    """Else the one in use would always win: it learned the very labels that judge it."""
    first = training.train(runtime, "ann", quiet).name
    promoting.promote(runtime, first, WHY, override=True)
    again = training.train(runtime, "ann", quiet).name
    assert again == first
    report = models.report(runtime.store, again)
    assert report.current == first
    assert (report.better, report.worse) == (0, 0)
    assert report.current_curves == report.candidate_curves


def test_what_is_not_there_is_not_judged(runtime):
    with pytest.raises(NotFound):
        training.evaluate(runtime, "no-such", quiet)


def test_who_notes_may_end_the_work(runtime, taught):
    class Enough(Exception):
        pass

    def stop(stage, done, total):
        if stage == "replaying":
            raise Enough

    with pytest.raises(Enough):
        training.train(runtime, "ann", stop)
    assert len(promoting.listed(runtime).snapshots) == 1


def test_one_trains_at_a_time_and_a_second_waits(runtime, other, taught):
    job = working.ask_training(runtime, "ann")
    assert lease(other.store, keys.TRAINING, "claim", "another", 60_000)
    assert working.work_on(runtime, job.id) is None
    assert jobs.find(runtime, job.id).state == "queued"
    lease(other.store, keys.TRAINING, "release", "another", 60_000)
    done = working.work_on(runtime, job.id)
    assert (done.state, done.result["labels"]) == ("succeeded", 300)
    assert lease(other.store, keys.TRAINING, "claim", "another", 60_000), "it kept the lease"


def test_a_training_is_cancelled_while_it_works(runtime, other, taught):
    job = working.ask_training(runtime, "ann")

    def cancel(stage, done, total, eta):
        jobs.cancel(other, job.id)

    done = working.work_on(runtime, job.id, cancel)
    assert done.state == "cancelled"
    assert len(promoting.listed(runtime).snapshots) == 1


def test_who_lost_the_lease_makes_no_model(runtime, other, taught):
    """It was stopped for so long that another process trains by now."""
    job = working.ask_training(runtime, "ann")

    def overtake(stage, done, total, eta):
        other.store.redis.delete(keys.TRAINING)
        assert lease(other.store, keys.TRAINING, "claim", "another", 60_000)

    working.work_on(runtime, job.id, overtake)
    assert len(promoting.listed(runtime).snapshots) == 1
    assert not lease(other.store, keys.TRAINING, "claim", job.id, 60_000)


def test_what_is_cancelled_while_the_last_model_is_fitted_is_neither_kept_nor_promoted(
    runtime, other, taught, monkeypatch
):
    told(runtime, promote="auto")
    job = working.ask_training(runtime, "ann", send=False)
    fit = training.fit_layer

    def cancelled_meanwhile(*words, **more):
        model = fit(*words, **more)
        if "name" in more:
            jobs.cancel(other, job.id)
        return model

    monkeypatch.setattr(training, "fit_layer", cancelled_meanwhile)
    assert working.work_on(runtime, job.id).state == "cancelled"
    assert [one.name for one in promoting.listed(runtime).snapshots] == [runtime.shipped.name]
    assert promoting.in_use(runtime).name == runtime.shipped.name


def test_a_training_that_succeeded_is_done_to_the_last_row(runtime, taught):
    job = working.ask_training(runtime, "ann", send=False)
    done = working.work_on(runtime, job.id)
    assert (done.state, done.done, done.total) == ("succeeded", 300, 300)


def test_a_model_that_is_to_be_judged_already_is_judged_once(runtime):
    made = offering.offer(runtime, model_file("made-1"), "ann")[0].name
    first = working.ask_evaluation(runtime, "ann", made)
    assert working.ask_evaluation(runtime, "ben", made).id == first.id
    other = offering.offer(runtime, model_file("made-2"), "ann")[0].name
    assert working.ask_evaluation(runtime, "ann", other).id != first.id
