"""Submitting is done by the site's settings as they are, in a process that does nothing else."""

from __future__ import annotations

import msgspec
import pytest

from moderation.domain.errors import IdempotencyConflict
from moderation.domain.sites import Retention, SiteSettings
from moderation.flow.authorise import authorise
from moderation.flow.comments.submitting import submit
from moderation.store import keys
from moderation.store.codec import id_bytes
from tests.factories import SITE, put_settings, submission

DAY_MS = 86_400_000


def days_left(runtime, comment_id: str) -> float:
    key = keys.of_site(SITE).comment.encode() + id_bytes(comment_id)
    return runtime.store.redis.pttl(key) / DAY_MS


def keep(runtime, days: int) -> None:
    put_settings(runtime.store, SITE, SiteSettings(retention=Retention(queued=days)))


def test_a_process_that_only_submits_keeps_comments_as_long_as_the_site_says(
    runtime, other, bearer
):
    """It has never read the settings, then they change under its hands, in a large batch too."""
    keep(runtime, 3)
    grant = authorise(other, bearer, "submit")
    (first,) = submit(other, grant, [submission("hello")])
    assert days_left(runtime, first.id) == pytest.approx(3, abs=0.01)
    keep(runtime, 5)
    batch = submit(other, grant, [submission(f"hello {n}") for n in range(150)])
    for accepted in batch:
        assert days_left(runtime, accepted.id) == pytest.approx(5, abs=0.01)


def test_settings_seen_by_submitting_answer_for_a_site_whose_store_went_away(
    runtime, other, bearer
):
    put_settings(runtime.store, SITE, SiteSettings(fail_mode="spam"))
    submit(other, authorise(other, bearer, "submit"), [submission("hello")])
    assert other.last_settings(SITE).fail_mode == "spam"


def test_another_number_of_comments_under_one_idempotency_key_is_a_conflict(runtime, grant):
    """Whoever reads the same bytes otherwise than before gets no answer that fits the items."""
    sent = [submission("a"), submission("b")]
    first = submit(runtime, grant, sent, idempotency_key="k", body=b"body")
    again = submit(runtime, grant, sent, idempotency_key="k", body=b"body")
    assert [msgspec.structs.astuple(a)[:2] for a in again] == [
        msgspec.structs.astuple(a)[:2] for a in first
    ]
    with pytest.raises(IdempotencyConflict):
        submit(runtime, grant, sent[:1], idempotency_key="k", body=b"body")
