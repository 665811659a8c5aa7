"""Expired comments leave nothing behind in the indexes."""

from __future__ import annotations

from moderation.flow import trim
from moderation.flow.check import check
from moderation.flow.tasks import JOBS_QUEUE
from moderation.store import comments, labels
from moderation.store import trim as stored
from moderation.store.codec import id_text
from tests.factories import SITE, submission


def test_ids_and_external_ids_of_expired_comments_are_removed_and_others_kept(runtime, grant):
    made = [
        check(runtime, grant, submission(f"hello {n}", external_id=f"x{n}")).comment
        for n in range(6)
    ]
    prefix = runtime.store.redis.keys("*:comment:*")
    gone = sorted(prefix)[:4]
    runtime.store.redis.delete(*gone)
    for part in range(trim.SLICES):
        stored.external_ids(runtime.store, SITE, part, trim.SLICES)
    trim.trim(runtime)
    left = comments.page(runtime.store, SITE, None, b"", b"", False, 10)
    assert len(left) == 2
    approved = [c.id for c in made if c.status == "approved"]
    listed = comments.page(runtime.store, SITE, "approved", b"", b"", False, 10)
    assert listed == [raw for raw in left if id_text(raw) in approved]
    known = [comments.find_external(runtime.store, SITE, f"x{n}") for n in range(6)]
    assert [k for k in known if k] == [k for k in known if k in left]
    assert len(made) == 6


def test_a_rebuild_that_was_asked_for_and_lost_is_sent_again(runtime):
    labels.ask_rebuild(runtime.store, SITE)
    trim.trim(runtime)
    with runtime.tasks._app.connection_for_write() as connection:
        assert connection.default_channel.client.llen(JOBS_QUEUE) == 1
