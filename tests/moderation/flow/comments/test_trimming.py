"""Expired comments leave nothing behind in the indexes."""

from __future__ import annotations

from moderation.flow.comments import trimming
from moderation.flow.comments.checking import check
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.tasks import JOBS_QUEUE
from moderation.store import keys, labels
from moderation.store.codec import id_bytes, id_text
from moderation.store.comments import deletions, reading
from moderation.store.comments import indexes as stored
from tests.factories import SITE, all_keys, submission


def test_ids_and_external_ids_of_expired_comments_are_removed_and_others_kept(runtime, grant):
    made = [
        check(runtime, grant, submission(f"hello {n}", external_id=f"x{n}")).comment
        for n in range(6)
    ]
    prefix = all_keys(runtime.store, "*:comment:*")
    gone = sorted(prefix)[:4]
    runtime.store.redis.delete(*gone)
    for part in range(trimming.SLICES):
        stored.external_ids(runtime.store, SITE, part, trimming.SLICES)
    trimming.trim(runtime)
    left = reading.page(runtime.store, SITE, None, b"", b"", False, 10)
    assert len(left) == 2
    approved = [c.id for c in made if c.status == "approved"]
    listed = reading.page(runtime.store, SITE, "approved", b"", b"", False, 10)
    assert listed == [raw for raw in left if id_text(raw) in approved]
    known = reading.find_externals(runtime.store, SITE, [f"x{n}" for n in range(6)])
    assert [k for k in known if k] == [k for k in known if k in left]
    assert len(made) == 6


def test_a_rebuild_that_was_asked_for_and_lost_is_sent_again(runtime):
    labels.ask_rebuild(runtime.store, SITE)
    trimming.trim(runtime)
    with runtime.tasks._app.connection_for_write() as connection:
        assert connection.default_channel.client.llen(JOBS_QUEUE) == 1


def test_a_deletion_that_was_cut_short_is_finished(runtime, grant):
    made = check(runtime, grant, submission("hello")).comment
    for n in range(120):
        decide(runtime, SITE, made.id, ("spam", "ham")[n % 2], Word("ann", "api"), None)
    deletions.forget_some(runtime.store, SITE, id_bytes(made.id), "", 1000, 0)
    assert any(e.example for e in labels.entries(runtime.store, SITE, 0, 120))
    trimming.trim(runtime)
    assert not any(e.example for e in labels.entries(runtime.store, SITE, 0, 120))
    assert deletions.unfinished(runtime.store, SITE) == []


def test_comments_that_are_kept_long_keep_no_others_in_the_indexes(runtime, grant, monkeypatch):
    monkeypatch.setattr(stored, "_CHUNK", 2)
    made = [id_bytes(check(runtime, grant, submission(f"hello {n}")).comment.id) for n in range(16)]
    for raw in made[12:]:
        runtime.store.redis.delete(keys.of_site(SITE).comment.encode() + raw)
    for _ in range(4):
        trimming.trim(runtime)
    assert reading.page(runtime.store, SITE, None, b"", b"", False, 20) == made[:12]
    for raw in made[:2]:
        runtime.store.redis.delete(keys.of_site(SITE).comment.encode() + raw)
    for _ in range(4):
        trimming.trim(runtime)
    assert reading.page(runtime.store, SITE, None, b"", b"", False, 20) == made[2:12]


def test_an_external_id_that_was_given_anew_meanwhile_is_kept(runtime, grant, monkeypatch):
    made = check(runtime, grant, submission("hello", external_id="x")).comment
    monkeypatch.setattr(stored, "_gone", lambda store, prefix, ids: ids)
    for part in range(trimming.SLICES):
        stored.external_ids(runtime.store, SITE, part, trimming.SLICES)
    assert reading.find_externals(runtime.store, SITE, ["x"]) == [id_bytes(made.id)]
