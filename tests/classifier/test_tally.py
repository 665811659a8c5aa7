"""The learner's counts remember what its margin does not need."""

from __future__ import annotations

import numpy as np

from classifier import Learner, Model, Row, tally
from tests.classifier.factories import some_rows

MODEL = Model.load()


def evidence(counts: np.ndarray, row: Row) -> float:
    codes = MODEL.features([row]).row(0)
    return float(tally.evidence(codes, 0, len(codes), counts, tally.GROUP_WEIGHTS)[0])


def counted(*rows: tuple[str, bool]) -> np.ndarray:
    counts = np.zeros(tally.TALLY, np.uint16)
    for text, is_spam in rows:
        tally.count(MODEL.features([Row(text=text)]).row(0), counts, tally.GROUP_WEIGHTS, is_spam)
    return counts


def test_a_regular_is_trusted_though_the_model_was_never_wrong_about_them() -> None:
    learner = Learner(MODEL)
    for row, label in some_rows(60, seed=3):
        learner.learn(row, label)
    for number in range(12):
        row = Row(text=f"Thanks, garden tip {number} works well for us.", author="Wilhelmina Kro")
        assert MODEL.score([row], learner).probability[0] < 0.5
        learner.learn(row, "ham")
    offer = "Visit my channel for cheap casino links"
    known, stranger = MODEL.score(
        [Row(text=offer, author="Wilhelmina Kro"), Row(text=offer, author="Joachim Bre")], learner
    ).logit
    assert known < stranger - 0.3


def test_what_is_common_to_spam_and_ham_weighs_nothing_whatever_their_numbers() -> None:
    rows = [("the bridge", False)] * 3 + [("the bridge", True)] * 30
    assert abs(evidence(counted(*rows), Row(text="the bridge"))) < 0.02
    rows[3:] = [("the casino", True)] * 30
    counts = counted(*rows)
    assert evidence(counts, Row(text="casino")) > 0.2
    assert evidence(counts, Row(text="bridge")) < -0.2


def test_nothing_leans_to_spam_where_no_ham_was_seen_yet() -> None:
    spam = [("the casino", True)] * 30
    assert abs(evidence(counted(*spam), Row(text="casino"))) < 0.001
    seen = evidence(counted(*spam, *[("a pond", False)] * 30), Row(text="casino"))
    assert seen > 0.5


def test_pairs_of_words_count_beside_the_words() -> None:
    rows = [("open the door", True), ("door the open", False)] * 20
    counts = counted(*rows)
    told, turned = (evidence(counts, Row(text=text)) for text, _ in rows[:2])
    assert told > 0.1
    assert turned < -0.1


def test_one_sighting_says_less_than_many() -> None:
    once = counted(("a pond", False), ("casino", True))
    often = counted(*[("a pond", False), ("casino", True)] * 20)
    assert 0 < evidence(once, Row(text="casino")) < evidence(often, Row(text="casino"))


def test_counts_are_halved_before_they_overflow() -> None:
    counts = counted(*[("casino", True), ("pond", False)] * 3)
    before = evidence(counts, Row(text="casino"))
    spam, ham = 2 * tally.SIZE, 2 * tally.SIZE + 1
    counts[counts == 3] = tally.MOST
    tally.count(MODEL.features([Row(text="casino")]).row(0), counts, tally.GROUP_WEIGHTS, True)
    assert counts[spam] == tally.MOST // 2 + 1
    assert counts[ham] == tally.MOST // 2
    assert evidence(counts, Row(text="casino")) >= before
