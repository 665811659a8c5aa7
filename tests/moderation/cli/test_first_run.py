"""The first run: whatever cuts it short, the next one finishes it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from moderation.cli import first_run
from moderation.domain.accounts import token_digest
from moderation.flow.akismet.keys import key_digest
from moderation.settings import Settings
from moderation.store import Store, akismet, keys, schema, sites

STEPS_AT_LEAST = 10


class Cut(BaseException):
    """The process was killed."""


@pytest.fixture
def fragile(settings: Settings) -> Iterator[Store]:
    """Return a connection that tests cut."""
    connected = Store.connect(settings.redis_url)
    yield connected
    connected.close()


def cut_before(store: Store, trip: int) -> None:
    """Have a connection fail for good before a round trip, counted from 1."""
    left = trip

    def count() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            raise Cut

    store.on_round_trip = count


def test_a_first_run_that_was_cut_short_at_any_step_is_finished_by_the_next(
    settings: Settings, store: Store, fragile: Store
) -> None:
    trip = 0
    while True:
        trip += 1
        store.redis.flushall()
        first_run.path(settings).unlink(missing_ok=True)
        cut_before(fragile, trip)
        try:
            first_run.ensure(fragile, settings)
        except Cut:
            first_run.ensure(store, settings)
            assert_whole(settings, store)
        else:
            break
    assert trip > STEPS_AT_LEAST


def test_a_first_run_that_could_not_write_its_keys_has_changed_nothing(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(OSError, match="no space left"):
            first_run.ensure(store, settings)
    assert store.redis.dbsize() == 0
    assert first_run.ensure(store, settings)
    assert_whole(settings, store)


def test_keys_that_cannot_be_read_are_made_anew(settings: Settings, store: Store) -> None:
    settings.data.mkdir()
    first_run.path(settings).write_text("{")
    assert first_run.ensure(store, settings)
    assert_whole(settings, store)


def assert_whole(settings: Settings, store: Store) -> None:
    """Assert that everything in the file opens what it should, and that nothing else does."""
    told = json.loads(first_run.path(settings).read_text())
    assert not first_run.ensure(store, settings), "it was finished"
    assert json.loads(first_run.path(settings).read_text()) == told

    assert schema.stored(store) == schema.VERSION
    shards = {store.redis.get(keys.snapshot(shard)) for shard in range(keys.SHARDS)}
    assert len(shards) == 1 and None not in shards
    assert sites.names(store) == [told["site"]]

    assert set(sites.tokens(store)) == {
        token_digest(told["api_token"]),
        token_digest(told["admin_token"]),
    }
    demo = sites.token(store, token_digest(told["api_token"]))
    assert demo is not None
    assert (demo.site, set(demo.scopes)) == (told["site"], {"submit", "moderate"})
    (account,) = akismet.accounts(store)
    (digest,) = akismet.all_keys(store)
    assert digest == key_digest(settings.secret_key, told["akismet_key"])
    assert akismet.all_keys(store)[digest].account == account.id

    (admin,) = sites.users(store)
    assert admin.name == told["console"]["user"]
    assert PasswordHasher().verify(admin.password, told["console"]["password"])
