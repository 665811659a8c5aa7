"""A log of any length is learned with the memory of a piece of it."""

from __future__ import annotations

import tracemalloc

from classifier import Learner
from moderation.flow.labels import compacting, rebuilding, streaming
from moderation.flow.labels.advancing import Advance
from moderation.flow.labels.teaching import teach
from moderation.store import keys, labels, sites
from tests.factories import SITE, submission
from tests.moderation.flow.learning import WORD

ENTRIES, TEXT_BYTES = 2000, 20_000
PEAK_BYTES = 20 << 20
"""Half of what the texts have together."""


def long_log(runtime, grant):
    """Give a site a log of long texts: one label, many times."""
    words = " ".join(f"kettle{n}" for n in range(TEXT_BYTES // 9))[:TEXT_BYTES]
    teach(runtime, grant, submission(words), "ham", WORD)
    k = keys.of_site(SITE)
    entry = runtime.store.redis.get(f"{k.label}1")
    assert len(entry) > TEXT_BYTES
    pipe = runtime.store.redis.pipeline(transaction=False)
    for seq in range(2, ENTRIES + 1):
        pipe.set(f"{k.label}{seq}", entry)
    pipe.hset(k.meta, "labels", ENTRIES)
    pipe.execute()


def peak(does):
    tracemalloc.start()
    try:
        does()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_making_anew_compacting_and_preparing_read_a_long_log_in_pieces(runtime, grant):
    long_log(runtime, grant)
    labels.ask_rebuild(runtime.store, SITE)
    assert peak(lambda: rebuilding.rebuild(runtime, SITE)) < PEAK_BYTES
    assert labels.rebuild_asked(runtime.store, SITE) == 0
    quiet = lambda *_: None  # noqa: E731
    assert peak(lambda: compacting.compact(runtime, SITE, quiet, quiet)) < PEAK_BYTES
    state = sites.read(runtime.store, SITE)
    runtime.store.redis.delete(keys.of_site(SITE).checkpoints)
    way = Advance(runtime, SITE, state, runtime.shipped, quiet, may_be_long=True)
    assert peak(lambda: way.run(None)) < PEAK_BYTES


def test_a_piece_is_learned_as_the_whole_is(runtime, grant, monkeypatch):
    from tests.moderation.flow.learning import learn_all, texts

    learn_all(runtime, grant, texts(23))
    found = streaming.outline(runtime.store, SITE, 0, 23)
    whole = Learner(runtime.shipped)
    streaming.teach(runtime.store, SITE, whole, found)
    monkeypatch.setattr(streaming, "PIECE", 5)
    passed: list[int] = []
    monkeypatch.setattr("moderation.flow.labels.replaying.CHECKPOINT_EVERY", 4)
    pieces = Learner(runtime.shipped)
    streaming.teach(runtime.store, SITE, pieces, found, passed.append)
    assert pieces.to_bytes() == whole.to_bytes()
    assert passed == [4, 8, 12, 16, 20]
