"""The four words for a score: ordered, without gaps, and never at odds with the status."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import Bands
from moderation.domain import policy
from moderation.domain.bands import BANDS, band_of, middle, place
from moderation.domain.sites import SiteSettings
from moderation.store import codec
from tests.factories import submission

Probability = st.floats(0.001, 0.999)


@pytest.mark.parametrize(
    "score, band",
    [
        (0.0, "likely fine"),
        (0.199999, "likely fine"),
        (0.2, "unsure"),
        (0.499, "unsure"),  # 0.2 and 0.8 are as far from one half, in logits.
        (0.501, "likely spam"),
        (0.799999, "likely spam"),
        (0.8, "sure spam"),
        (1.0, "sure spam"),
    ],
)
def test_a_bound_belongs_to_the_band_above_it(score, band):
    assert band_of(score, 0.2, 0.8) == band


def test_the_middle_is_taken_in_logits():
    assert middle(0.5, 0.99) == pytest.approx(0.9087, abs=1e-4)
    assert band_of(0.9, 0.5, 0.99) == "unsure"
    assert band_of(0.92, 0.5, 0.99) == "likely spam"


@given(st.floats(0, 1), Probability, Probability)
def test_band_and_status_never_contradict_each_other(score, one, other):
    hold, reject = sorted((one, other))
    word = policy.judge(
        submission(),
        score,
        [],
        bands=Bands(hold=hold, reject=reject, discard=0.9999),
        settings=SiteSettings(),
        model="m+1",
        policy=0,
    )
    allowed = {"approved": BANDS[:1], "held": BANDS[1:3], "spam": BANDS[3:]}
    assert word.band in allowed[word.status]
    assert codec._unpack_verdict(memoryview(codec.pack_verdict(word))).band == word.band


@given(st.floats(0, 1), st.floats(0, 1), Probability, Probability)
def test_more_spam_never_stands_further_left(score, second, one, other):
    hold, reject = sorted((one, other))
    low, high = sorted((score, second))
    assert 0 <= place(low, hold, reject) <= place(high, hold, reject) <= 1
    assert int(min(3.999, 4 * place(high, hold, reject))) >= 0


def test_a_rule_leaves_the_band_to_the_score():
    word = policy.judge(
        submission(author={"role": "editor"}),
        0.97,
        [],
        bands=Bands(hold=0.2, reject=0.8, discard=0.95),
        settings=SiteSettings(),
        model="m+1",
        policy=0,
    )
    assert (word.status, word.band, word.discard) == ("approved", "sure spam", False)
    assert policy.unscored("m", 0).band is None
