import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from classifier.evaluation import metrics
from classifier.evaluation.counts import Counts, Tally

# Few distinct probabilities on the grid of the scores, so that ties are common.
probabilities = st.integers(0, 1_000_000).map(lambda n: n / 1_000_000) | st.sampled_from(
    [0.0, 0.25, 0.5, 1.0]
)
rows = st.lists(st.tuples(probabilities, st.booleans()), min_size=1, max_size=200)


def counts_of(found):
    return Counts.of([p for p, _ in found], [spam for _, spam in found])


def arrays_of(found):
    return np.array([p for p, _ in found]), np.array([spam for _, spam in found])


@given(rows)
def test_auc_equals_scikit_learns(found):
    scores, truth = arrays_of(found)
    assume(0 < truth.sum() < len(truth))
    expected = sklearn_metrics.roc_auc_score(truth, scores)
    assert metrics.roc_auc(counts_of(found)) == pytest.approx(expected, abs=1e-12)


@given(rows, st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0]))
def test_recall_at_fpr_is_the_best_point_of_scikit_learns_roc_curve(found, fpr):
    scores, truth = arrays_of(found)
    assume(0 < truth.sum() < len(truth))
    x, y, _ = sklearn_metrics.roc_curve(truth, scores, drop_intermediate=False)
    expected = y[x <= fpr + 1e-12].max()
    assert metrics.recall_at_fpr(counts_of(found), fpr) == pytest.approx(expected, abs=1e-12)


@given(rows)
def test_brier_equals_scikit_learns(found):
    scores, truth = arrays_of(found)
    expected = np.mean((scores - truth) ** 2)
    if 0 < truth.sum() < len(truth):
        expected = sklearn_metrics.brier_score_loss(truth, scores)
    assert metrics.brier(counts_of(found)) == pytest.approx(expected, abs=1e-12)


@given(rows)
def test_precision_and_recall_equal_scikit_learns_at_every_threshold(found):
    scores, truth = arrays_of(found)
    assume(truth.any())
    precision, recall, thresholds = sklearn_metrics.precision_recall_curve(truth, scores)
    ours = metrics.precision_recall_curve(counts_of(found))
    # scikit-learn ascends and closes its curve with a point that has no threshold.
    assert ours[0][::-1] == pytest.approx(thresholds)
    assert ours[1][::-1] == pytest.approx(precision[:-1])
    assert ours[2][::-1] == pytest.approx(recall[:-1])


@given(rows)
def test_accuracy_and_f1_equal_scikit_learns(found):
    scores, truth = arrays_of(found)
    guessed = scores >= 0.5
    counts = counts_of(found)
    assert metrics.accuracy_at(counts) == pytest.approx(
        sklearn_metrics.accuracy_score(truth, guessed)
    )
    if truth.any() or guessed.any():
        assert metrics.f1_at(counts) == pytest.approx(sklearn_metrics.f1_score(truth, guessed))


@given(rows, st.integers(1, 7))
def test_streamed_tally_counts_what_one_look_at_all_rows_counts(found, size):
    tally = Tally()
    for i in range(0, len(found), size):
        tally.add(*arrays_of(found[i : i + size]))
    streamed, whole = tally.counts(), counts_of(found)
    assert streamed.value == pytest.approx(whole.value, abs=1e-12)
    assert streamed.spam.tolist() == whole.spam.tolist()
    assert streamed.ham.tolist() == whole.ham.tolist()


def test_hand_worked_example():
    #          ham  ham  spam ham  spam
    counts = Counts.of([0.1, 0.2, 0.3, 0.4, 0.9], [False, False, True, False, True])
    # Of six pairs spam wins all but (0.3, 0.4).
    assert metrics.roc_auc(counts) == pytest.approx(5 / 6)
    # No ham may be hit: only 0.9 is above every ham.
    assert metrics.recall_at_fpr(counts, 0.01) == 0.5
    # One of three ham may be hit.
    assert metrics.recall_at_fpr(counts, 0.34) == 1.0
    assert metrics.accuracy_at(counts) == pytest.approx(4 / 5)
    assert metrics.brier(counts) == pytest.approx((0.01 + 0.04 + 0.49 + 0.16 + 0.01) / 5)


def test_a_tie_counts_one_half():
    assert metrics.roc_auc(Counts.of([0.5, 0.5], [True, False])) == 0.5


def test_calibration_error_of_a_hand_worked_example():
    # Ten rows at 0.8 of which six are spam, ten at 0.1 of which one is: (|.8-.6| + |.1-.1|) / 2.
    scores = [0.8] * 10 + [0.1] * 10
    truth = [True] * 6 + [False] * 4 + [True] + [False] * 9
    counts = Counts.of(scores, truth)
    assert metrics.expected_calibration_error(counts) == pytest.approx(0.1)
    assert [(round(one.spam_share, 6), one.rows) for one in metrics.calibration_bins(counts)] == [
        (0.1, 10),
        (0.6, 10),
    ]


@pytest.mark.parametrize("labels", [[True, True], [False, False]])
def test_a_missing_class_gives_no_figure(labels):
    counts = Counts.of([0.2, 0.7], labels)
    assert metrics.roc_auc(counts) is None
    assert metrics.recall_at_fpr(counts) is None


def test_no_rows_give_no_figures():
    counts = Counts.of([], [])
    assert metrics.brier(counts) is None
    assert metrics.expected_calibration_error(counts) is None
    assert metrics.accuracy_at(counts) is None


def test_interval_of_the_mean_is_students():
    # Two values 1 apart: half-width t(.975; 1) * sd / sqrt(2) = 12.706 * 0.70711 / 1.41421.
    mean, half = metrics.mean_interval([0.0, 1.0])
    assert (mean, half) == (0.5, pytest.approx(6.353, abs=1e-3))
    assert metrics.mean_interval([0.7]) == (0.7, 0.0)


def test_bootstrap_interval_holds_the_auc_and_narrows_with_rows():
    draw = np.random.default_rng(1)

    def interval(rows):
        truth = draw.random(rows) < 0.5
        scores = truth * 0.5 + draw.random(rows)
        low, high = metrics.bootstrap_interval(scores, truth)
        assert low <= metrics.roc_auc(Counts.of(scores, truth)) <= high
        return high - low

    assert interval(4000) < interval(100) / 3
