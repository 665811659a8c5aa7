"""A lease is ended by who holds it, and by nobody else."""

from __future__ import annotations

import pytest

from moderation.store import keys, telling
from moderation.store.leases import lease

pytestmark = pytest.mark.second_store


def test_a_holder_whose_lease_ran_out_does_not_end_that_of_the_next(store):
    """Telling a slow site takes longer than the lease: two would tell it at once from then on."""
    what = "blog.example/one"
    assert telling.take_turn(store, what, "first", 30_000)
    store.redis.delete(keys.akismet_telling(what))  # It ran out.
    assert telling.take_turn(store, what, "second", 30_000)
    telling.end_turn(store, what, "first")
    assert not telling.take_turn(store, what, "third", 30_000)
    telling.end_turn(store, what, "second")
    assert telling.take_turn(store, what, "third", 30_000)


def test_only_the_holder_keeps_or_hands_over(store):
    assert lease(store, "{winnow}:some", "claim", "a", 30_000)
    for what in ("keep", "release", "hand over"):
        assert not lease(store, "{winnow}:some", what, "b", 30_000)
    assert not lease(store, "{winnow}:some", "claim", "b", 30_000)
    assert lease(store, "{winnow}:some", "keep", "a", 30_000)
    assert lease(store, "{winnow}:some", "hand over", "a", 30_000)
    assert lease(store, "{winnow}:some", "claim", "b", 30_000)
