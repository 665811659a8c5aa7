"""What a comment has taught outlives it, and can still be found and deleted."""

from __future__ import annotations

import msgspec
import pytest

from moderation.domain.errors import NotFound
from moderation.flow.comments.checking import check
from moderation.flow.labels.deciding import Word, decide, forget, undo
from moderation.flow.labels.teaching import teach
from moderation.store import keys, labels, migrations, sites
from moderation.store.codec import id_bytes
from tests.factories import SITE, all_keys, submission

WORD = Word("ann", "api")


def expire(runtime, comment_id: str) -> None:
    runtime.store.redis.delete(keys.of_site(SITE).comment.encode() + id_bytes(comment_id))


def examples(runtime) -> list[bool]:
    last = sites.read(runtime.store, SITE).labels
    return [e.example is not None for e in labels.entries(runtime.store, SITE, 0, last)]


def leading(runtime) -> list[bytes]:
    return all_keys(runtime.store, keys.of_site(SITE).labelled + "*")


@pytest.mark.parametrize("way", ["decided", "undone", "taught"])
def test_what_an_expired_comment_taught_is_deleted_with_it(runtime, grant, way):
    kept = check(runtime, grant, submission("another, decided and kept")).comment
    decide(runtime, SITE, kept.id, "ham", WORD, None)
    if way == "taught":
        made = teach(runtime, grant, submission("hello"), "spam", WORD)
    else:
        made = check(runtime, grant, submission("hello")).comment
        decide(runtime, SITE, made.id, "spam", WORD, None)
    if way == "undone":
        decide(runtime, SITE, made.id, "ham", WORD, None)
        undo(runtime, SITE, made.id, WORD, None)
    expire(runtime, made.id)
    before = sites.read(runtime.store, SITE)
    forget(runtime, SITE, made.id)
    assert examples(runtime).count(True) == 1
    assert examples(runtime)[0]
    assert sites.read(runtime.store, SITE).epoch == before.epoch + 1
    assert len(leading(runtime)) == 1
    with pytest.raises(NotFound):
        forget(runtime, SITE, made.id)


def test_what_expired_and_taught_nothing_is_not_there(runtime, grant):
    made = check(runtime, grant, submission("hello")).comment
    expire(runtime, made.id)
    with pytest.raises(NotFound):
        forget(runtime, SITE, made.id)
    with pytest.raises(NotFound):
        forget(runtime, SITE, "no id")


def test_an_older_store_learns_where_its_labels_lead(runtime, grant):
    """The log of a store of the layout before says nothing of it, whole and in its parts."""
    made = [check(runtime, grant, submission(f"hello {n}")).comment.id for n in range(3)]
    for one in made:
        decide(runtime, SITE, one, "spam", WORD, None)
    undo(runtime, SITE, made[1], WORD, None)
    redis = runtime.store.redis
    there = {name: redis.hgetall(name) for name in leading(runtime)}
    redis.delete(*there)
    told: list[str] = []
    migrations.note_labelled(runtime.store, told.append)
    assert {name: redis.hgetall(name) for name in leading(runtime)} == there
    assert told == [f"{SITE}: 3 labelled comments noted"]


def test_a_comment_decided_again_and_again_can_always_be_decided(runtime, grant):
    """Its count of decisions has two bytes: it goes on from 1 behind them, never to "none"."""
    made = check(runtime, grant, submission("hello", external_id="x")).comment
    key = keys.of_site(SITE).comment.encode() + id_bytes(made.id)
    stored = bytearray(runtime.store.redis.get(key))
    stored[8:10] = (65_534).to_bytes(2, "big")
    runtime.store.redis.set(key, bytes(stored))
    assert decide(runtime, SITE, made.id, "spam", WORD, None).decisions == 65_535
    again = decide(runtime, SITE, made.id, "ham", WORD, None)
    assert (again.decisions, again.decision.label) == (1, "ham")
    stored = bytearray(runtime.store.redis.get(key))
    stored[8:10] = (65_535).to_bytes(2, "big")
    runtime.store.redis.set(key, bytes(stored))
    taught = teach(runtime, grant, msgspec.structs.replace(made.submission), "spam", WORD)
    assert (taught.id, taught.decisions, taught.decision.label) == (made.id, 1, "spam")
