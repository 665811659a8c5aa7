"""Every reason has its number, and numbers never move."""

from __future__ import annotations

import classifier
from moderation.domain.reasons import CODES, NUMBERS
from moderation.domain.verdicts import POLICY_REASONS, Verdict
from moderation.store import codec


def test_every_reason_that_a_verdict_can_name_has_a_number():
    assert set(classifier.REASONS) | set(POLICY_REASONS) <= set(NUMBERS)


def test_no_code_stands_twice():
    assert len(NUMBERS) == len(CODES)


def test_a_reason_of_another_version_survives_storing():
    word = Verdict(
        "spam", "spam", 0.987654, True, (("not_yet_known", -1.25), ("links", 0.5)), "2026-1+7.2", 3,
        "rule", {"seen": 2.0},
    )  # fmt: skip
    assert codec._unpack_verdict(memoryview(codec.pack_verdict(word))) == word
