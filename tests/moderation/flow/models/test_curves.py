"""Curves of a report: what each point says can be counted by hand, and how sure it is."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.calibration import wilson
from moderation.flow.models import curves as drawn
from moderation.flow.models.curves import curves

CHANCE = np.array([0.99, 0.9, 0.9, 0.6, 0.4, 0.2, 0.1, 0.1])
SPAM = np.array([True, True, False, True, False, True, False, False])
EVEN = np.ones(8)


def test_each_point_says_what_is_at_or_above_its_threshold():
    points = curves(CHANCE, SPAM, EVEN).precision_recall
    assert [p.threshold for p in points] == [0.99, 0.9, 0.6, 0.4, 0.2, 0.1]
    for point in points:
        reached = point.threshold <= CHANCE
        hits = int((reached & SPAM).sum())
        for found, total in ((point.precision, int(reached.sum())), (point.recall, 4)):
            wanted = wilson(hits, total)
            assert (found.value, found.low, found.high) == pytest.approx(
                (wanted.share, wanted.low, wanted.high), abs=1e-6
            )
    assert points[-1].recall.value == 1


def test_a_label_that_counts_twice_is_two_labels_but_for_the_interval():
    weights = np.array([2.0, 1, 1, 1, 1, 1, 1, 1])
    twice = np.r_[0, np.arange(8)]
    one = curves(CHANCE, SPAM, weights)
    two = curves(CHANCE[twice], SPAM[twice], np.ones(9))
    for a, b in zip(one.precision_recall, two.precision_recall, strict=True):
        assert (a.precision.value, a.recall.value) == (b.precision.value, b.recall.value)
        assert a.recall.high - a.recall.low > b.recall.high - b.recall.low
    assert [p.spam_share.value for p in one.calibration] == [
        p.spam_share.value for p in two.calibration
    ]


def test_calibration_bins_hold_every_label_once_with_the_share_of_spam_among_them():
    points = curves(CHANCE, SPAM, EVEN).calibration
    assert sum(p.labels for p in points) == 8
    assert [p.labels for p in points] == [2, 1, 1, 1, 2, 1]
    both = points[4]
    assert both.probability == pytest.approx(0.9)
    assert both.spam_share.value == 0.5
    assert both.spam_share.low < 0.5 < both.spam_share.high


def test_without_spam_there_is_no_precision_and_with_many_scores_few_points():
    assert curves(CHANCE, np.zeros(8, bool), EVEN).precision_recall == []
    nothing = curves(np.zeros(0), np.zeros(0, bool), np.zeros(0))
    assert (nothing.precision_recall, nothing.calibration) == ([], [])
    chance = np.linspace(0, 1, 5000)
    points = curves(chance, chance > 0.5, np.ones(5000)).precision_recall
    assert len(points) == drawn.POINTS
    assert (points[0].threshold, points[-1].threshold) == (1.0, 0.0)
