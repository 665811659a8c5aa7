"""An explanation's parts sum to the logit and point at the text."""

from __future__ import annotations

import math

from hypothesis import example, given, settings

from classifier import REASONS, Learner, Model, Row, explain
from tests.classifier.factories import PILLS, rows, some_rows

MODEL = Model.load()
LEARNER = Learner(MODEL)
for _row, _label in some_rows(80, seed=9):
    LEARNER.learn(_row, _label)


@given(rows)
@example(Row(author="0000\x1f0\x1f000000", email="someone@mailinator.com", ip="192.0.2.1"))
@settings(max_examples=150, deadline=None)
def test_spans_signals_and_bias_sum_to_the_logit(row: Row) -> None:
    for learner in (None, LEARNER):
        found = explain(MODEL, row, learner)
        scores = MODEL.score([row], learner)
        parts = [span.weight for span in found.spans] + [weight for _, weight in found.signals]
        assert math.isclose(sum(parts) + found.bias, scores.logit[0], abs_tol=1e-6)
        assert found.logit == scores.logit[0]
        assert found.probability == scores.probability[0]
        assert {code for code, _ in found.signals} <= set(REASONS)
        for span in found.spans:
            assert 0 <= span.start < span.end <= len(getattr(row, span.field))


@given(rows)
@settings(max_examples=100, deadline=None)
def test_the_bias_is_the_same_for_every_comment(row: Row) -> None:
    """Nothing of a comment hides in the bias."""
    for learner in (None, LEARNER):
        usual = explain(MODEL, Row(), learner).bias
        assert math.isclose(explain(MODEL, row, learner).bias, usual, abs_tol=1e-6)


def test_spam_words_weigh_more_than_what_is_around_them() -> None:
    text = "I baked the bread yesterday. Buy viagra online without prescription."
    spans = [span for span in explain(MODEL, Row(text=text)).spans if span.field == "text"]
    border = text.index("Buy")
    ham = sum(span.weight for span in spans if span.end <= border)
    spam = sum(span.weight for span in spans if span.start >= border)
    assert spam > ham
    assert spam > 0


def test_a_word_taught_by_the_site_carries_the_change() -> None:
    learner = Learner(MODEL)
    text = "the quokka is here"
    for _ in range(4):
        learner.learn(Row(text="quokka"), "spam")
    change = 0.0
    for span in explain(MODEL, Row(text=text), learner).spans:
        if span.start >= 3 and span.end <= 11:
            change += span.weight
    for span in explain(MODEL, Row(text=text)).spans:
        if span.start >= 3 and span.end <= 11:
            change -= span.weight
    assert change > 1


def test_disguised_words_are_pointed_at_in_the_text_as_written() -> None:
    row = Row(text="look: ⅴιаgrа", author=PILLS.author)
    assert any(
        s.field == "text" and s.start >= 6 and s.weight > 0 for s in explain(MODEL, row).spans
    )
