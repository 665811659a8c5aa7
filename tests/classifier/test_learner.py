"""A site's learner follows the site's decisions, at once, the same way every time."""

from __future__ import annotations

import statistics
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Learner, Model, ModelError, Row, explain
from classifier.features.groups import FEATURE_VERSION
from classifier.site_bands import INTERCEPT
from tests.classifier.factories import PILLS, THANKS, some_rows

MODEL = Model.load()
VERSION = b'"feature_version":%d' % FEATURE_VERSION
LABELLED = some_rows(300, seed=5)


def taught(count: int):
    learner = Learner(MODEL)
    for row, label in LABELLED[:count]:
        learner.learn(row, label)
    return learner


def test_without_labels_nothing_changes() -> None:
    learner = Learner(MODEL)
    assert learner.position == 0
    assert learner.bands == MODEL.bands
    assert MODEL.score([PILLS, THANKS], learner).logit.tolist() == (
        MODEL.score([PILLS, THANKS]).logit.tolist()
    )


def test_one_decision_turns_the_next_verdict_on_a_near_repeat() -> None:
    near = Row(text=PILLS.text.replace("cheap", "real"), author=PILLS.author, url=PILLS.url)
    learner = Learner(MODEL)
    assert MODEL.score([near]).probability[0] > 0.5
    learner.learn(PILLS, "ham")
    assert MODEL.score([near], learner).probability[0] < 0.5
    learner.learn(THANKS, "spam")
    assert MODEL.score([THANKS], learner).probability[0] > 0.5


def test_repeats_follow_their_decision_long_after_it() -> None:
    learner = taught(300)
    rows, labels = zip(*LABELLED, strict=True)
    spam = (MODEL.score(list(rows), learner).probability > 0.5).tolist()
    followed = [found == (label == "spam") for found, label in zip(spam, labels, strict=True)]
    assert statistics.mean(followed) >= 0.99


def test_a_checkpoint_continues_bit_for_bit() -> None:
    straight, stopped = taught(300), taught(170)
    resumed = Learner.from_bytes(stopped.to_bytes(), MODEL)
    for row, label in LABELLED[170:]:
        resumed.learn(row, label)
    assert resumed.to_bytes() == straight.to_bytes()
    assert resumed.position == 300


@given(st.integers(min_value=0, max_value=59))
@settings(max_examples=10, deadline=None)
def test_undo_is_replay_without_the_label(withdrawn: int) -> None:
    without = [pair for i, pair in enumerate(LABELLED[:60]) if i != withdrawn]
    first, second = Learner(MODEL), Learner(MODEL)
    for row, label in without:
        first.learn(row, label)
        second.learn(MODEL.features([row]), label)
    assert first.to_bytes() == second.to_bytes()
    assert first.to_bytes() != taught(60).to_bytes()


def test_a_copy_is_independent_and_cheap() -> None:
    learner = taught(50)
    before = learner.to_bytes()
    best = 1.0
    for _ in range(50):
        begin = time.perf_counter()
        twin = learner.copy()
        best = min(best, time.perf_counter() - begin)
    assert best <= 200e-6
    twin.learn(PILLS, "ham")
    assert learner.to_bytes() == before
    assert twin.position == 51


def test_scoring_changes_no_learner() -> None:
    learner = taught(50)
    before = learner.to_bytes()
    scores = MODEL.score([row for row, _ in LABELLED], learner)
    scores.reasons(0)
    explain(MODEL, PILLS, learner)
    assert learner.to_bytes() == before


def test_a_learner_is_small_and_learns_in_a_millisecond() -> None:
    learner = taught(150)
    long = Row(text=" ".join(f"word{i}" for i in range(5000)))
    for _ in range(30):
        learner.learn(long, "spam")
    assert learner.nbytes <= 768 << 10
    times = []
    for row, label in LABELLED[:100]:
        begin = time.perf_counter()
        learner.learn(row, label)
        times.append(time.perf_counter() - begin)
    assert statistics.median(times) <= 1e-3


def test_another_label_is_refused() -> None:
    with pytest.raises(ValueError, match="spam or ham"):
        Learner(MODEL).learn(PILLS, "toxic")


@pytest.mark.parametrize("cut", [0, 20, 4000, -1])
def test_a_damaged_checkpoint_is_refused(cut: int) -> None:
    with pytest.raises(ModelError):
        Learner.from_bytes(taught(20).to_bytes()[:cut], MODEL)


def test_a_checkpoint_of_other_features_or_a_model_is_refused() -> None:
    blob = taught(20).to_bytes()
    with pytest.raises(ModelError, match="another feature version"):
        Learner.from_bytes(blob.replace(VERSION, b'"feature_version":1', 1), MODEL)
    with pytest.raises(ModelError):
        Learner.from_bytes(MODEL.to_bytes(), MODEL)


def test_bands_come_down_where_a_site_tells_spam_and_ham_well_apart() -> None:
    learner = taught(300)
    assert learner.bands.hold < MODEL.bands.hold
    assert learner.bands.reject <= MODEL.bands.reject
    seen = learner.calibration
    assert seen.ham + seen.spam == 256
    assert seen.ham_rejected.low <= seen.ham_rejected.share <= seen.ham_rejected.high
    assert seen.spam_caught.share > 0.9


def test_uncertainty_is_said() -> None:
    few, many = taught(10).calibration, taught(250).calibration
    width = lambda rate: rate.high - rate.low  # noqa: E731
    assert width(few.ham_held) > width(many.ham_held)
    assert Learner(MODEL).calibration.ham_held.high == 1.0


def test_a_wave_of_spam_does_not_make_the_next_comment_likelier_spam() -> None:
    learner = Learner(MODEL)
    unsure = [Row(text=f"Look {n} over there, {n * 7} of them", author=f"J{n}") for n in range(60)]
    for row in unsure:
        learner.learn(row, "spam", "error")
    others = [THANKS, *(row for row, label in LABELLED[:40] if label == "ham")]
    raised = MODEL.score(others, learner).logit - MODEL.score(others).logit
    assert raised.mean() < 0.5
    assert (MODEL.score(others, learner).probability < learner.bands.hold).mean() > 0.9


def test_what_is_calibrated_is_the_score_that_moderators_saw() -> None:
    learner = taught(40)
    long = Row(text=" ".join(f"word{n} and garden" for n in range(90)))
    for row in (PILLS, THANKS, long):
        shown = float(MODEL.score([row], learner).logit[0] - learner._curve[INTERCEPT])
        place = learner.position
        learner.learn(row, "ham")
        assert learner._outcomes[place] == pytest.approx(shown, abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 299), st.booleans()), max_size=40))
@settings(max_examples=20, deadline=None)
def test_whatever_is_taught_bands_and_scores_stay_sane(taught_so: list[tuple[int, bool]]) -> None:
    learner = Learner(MODEL)
    for index, spam in taught_so:
        learner.learn(LABELLED[index][0], "spam" if spam else "ham")
    bands = learner.bands
    assert 0 < bands.hold <= bands.reject <= bands.discard <= 1
    scores = MODEL.score([PILLS, THANKS, Row()], learner)
    assert all(0 <= p <= 1 for p in scores.probability)


def crowd(text: str, label: str, count: int) -> Learner:
    """Return the learner of a site that decided much, and all of it one way."""
    learner = Learner(MODEL)
    for number in range(count):
        learner.learn(Row(text=f"{text} {number}", author="Jo"), label)
        learner.learn(*LABELLED[number])
    return learner


@pytest.mark.parametrize(("row", "known"), [(PILLS, "spam"), (THANKS, "ham")])
def test_a_repeat_follows_one_decision_against_everything_taught_before(
    row: Row, known: str
) -> None:
    learner = crowd(row.text, known, 120)
    decided = "ham" if known == "spam" else "spam"
    learner.learn(row, decided)
    repeats = [
        row,
        Row(text=row.text.upper() + " !!", author=row.author, url=row.url),
        Row(text="  " + row.text.replace(" ", "\n"), author="Someone Else", url=row.url),
    ]
    scores = MODEL.score(repeats, learner)
    if decided == "ham":
        assert (scores.probability < learner.bands.hold).all()
    else:
        assert (scores.probability >= learner.bands.reject).all()
    other = MODEL.score([Row(text=f"{row.text} 7 and some more", author="Jo")], learner)
    assert (other.probability[0] >= 0.5) == (known == "spam")


def test_the_last_decision_on_a_text_is_the_one_that_its_repeats_follow() -> None:
    learner = crowd(PILLS.text, "spam", 60)
    learner.learn(PILLS, "ham")
    assert MODEL.score([PILLS], learner).probability[0] < learner.bands.hold
    learner.learn(PILLS, "spam")
    assert MODEL.score([PILLS], learner).probability[0] >= learner.bands.reject


def test_a_repeat_is_given_as_the_reason_and_explained_to_the_last_bit() -> None:
    learner = crowd(PILLS.text, "spam", 60)
    learner.learn(PILLS, "ham")
    reasons = dict(MODEL.score([PILLS], learner).reasons(0))
    assert reasons["repeat"] < 0
    told = explain(MODEL, PILLS, learner)
    parts = sum(span.weight for span in told.spans) + sum(w for _, w in told.signals) + told.bias
    assert parts == pytest.approx(told.logit, abs=1e-9)
    assert dict(told.signals)["repeat"] == pytest.approx(reasons["repeat"], abs=0.01)


def test_two_people_who_say_thanks_are_no_repeat_of_each_other() -> None:
    learner = Learner(MODEL)
    learner.learn(Row(text="Thanks!", author="Buy Viagra Now"), "spam")
    scores = MODEL.score([Row(text="Thanks!", author="Mara")], learner)
    assert "repeat" not in dict(scores.reasons(0))


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u200b"])
def test_a_comment_of_which_nothing_is_read_teaches_nothing(text: str) -> None:
    """Else five reports of empty comments have the shortest good ones held."""
    learner = Learner(MODEL)
    for row, label in some_rows(50):
        learner.learn(row, label)
    before = learner.to_bytes()
    for _ in range(5):
        learner.learn(Row(text=text), "spam", "error")
        learner.keep(Row(text=text), 4.0)
    assert learner.to_bytes() == before
    learner.learn(Row(text=text, author="Cheap Pills", url="http://pills.example"), "spam", "error")
    assert learner.to_bytes() != before


def test_what_a_site_decided_of_both_classes_takes_the_place_of_a_part_of_the_base() -> None:
    learner, shares = Learner(MODEL), []
    spam = [row for row, label in LABELLED if label == "spam"]
    ham = [row for row, label in LABELLED if label == "ham"]
    for row in spam[:60]:
        learner.learn(row, "spam")
    assert learner.base_share == 1.0, "of one class alone nothing fades"
    for row in ham[:60]:
        learner.learn(row, "ham")
        shares.append(learner.base_share)
    assert shares == sorted(shares, reverse=True) and shares[-1] == 1 - 0.4 * 60 / 160
    assert Learner.from_bytes(learner.to_bytes(), MODEL).base_share == shares[-1]


def test_a_part_of_the_base_is_taken_out_of_the_score_and_of_what_explains_it() -> None:
    learner = taught(300)
    learner.table[:], learner.tally[:] = 0, 0
    fresh = Row(text="Has anybody seen a heron at the weir this spring?", author="Ilse")
    batch = MODEL.features([fresh])
    raw, share = float(MODEL.raw_scores(batch)[0]), learner.base_share
    assert 0.6 < share < 0.9
    scored = MODEL.score(batch, learner)
    assert float(scored.logit[0]) == pytest.approx(MODEL.slope * share * raw + learner.intercept)
    found, cold = explain(MODEL, fresh, learner), explain(MODEL, fresh)
    for one, whole in zip(found.spans, cold.spans, strict=True):
        assert one.weight == pytest.approx(share * whole.weight)
