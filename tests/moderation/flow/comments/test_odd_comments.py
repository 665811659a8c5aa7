"""A comment that Winnow cannot read, score or write down is held, and never approved by that."""

from __future__ import annotations

import pytest

from moderation.flow.comments.checking import check
from moderation.flow.lookup import find
from tests.factories import SITE, submission

HAM = "Thanks, the second example fixed my build."
ODD = ["lone \ud800 surrogate", "a \0 in it", "&#" + "9" * 60, "\U0010ffff", "\u202e\u0300" * 30]
FIELDS = ["content", "permalink", "referrer", "type", "external_id", "language", "honeypot"]
OF_AUTHORS = ["name", "email", "url", "ip", "user_agent", "role", "id"]


@pytest.mark.parametrize("field", [*FIELDS, *OF_AUTHORS, "context"])
def test_whatever_a_field_holds_the_comment_is_judged_or_held(runtime, grant, field):
    for odd in ODD:
        value = [odd] if field == "context" else odd
        if field in OF_AUTHORS:
            done = check(runtime, grant, submission(HAM, author={field: value}))
        else:
            done = check(runtime, grant, submission(**{"content": HAM, field: value}))
        by = done.comment.verdict.decided_by
        if done.recorded:
            assert find(runtime, SITE, done.comment.id) == done.comment
        else:
            assert (by, done.comment.status) == ("fail_mode", "held"), "no bytes stand for it"
            assert odd == ODD[0]


@pytest.mark.parametrize("probability", [float("nan"), float("-inf")])
def test_a_score_that_is_none_approves_nothing(runtime, grant, monkeypatch, probability):
    real = runtime.shipped.score

    def broken(*asked):
        scores = real(*asked)
        scores.probability[:] = probability
        return scores

    monkeypatch.setattr(runtime.shipped, "score", broken)
    done = check(runtime, grant, submission(HAM))
    assert (done.recorded, done.comment.status) == (True, "held")
    assert find(runtime, SITE, done.comment.id) == done.comment
