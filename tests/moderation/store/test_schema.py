"""The store's layout: named at the first run, migrated when older, refused when newer."""

from __future__ import annotations

from contextlib import suppress

import pytest

from moderation.domain.errors import SchemaMismatch, StoreDown
from moderation.store import Store, keys, migrations, schema, sites
from tests.factories import SITE, all_keys

pytestmark = pytest.mark.second_store


def test_an_empty_store_gets_the_current_layout(store):
    assert schema.stored(store) == 0
    assert migrations.migrate(store, print) == 0
    assert schema.stored(store) == schema.VERSION
    schema.check(store)


def test_a_newer_store_is_refused_and_left_as_it_is(store):
    store.redis.set(keys.SCHEMA, schema.VERSION + 1)
    with pytest.raises(SchemaMismatch, match="newer Winnow"):
        schema.check(store)
    with pytest.raises(SchemaMismatch, match="newer Winnow"):
        migrations.migrate(store, print)
    assert schema.stored(store) == schema.VERSION + 1


def test_an_older_store_is_refused_until_it_is_migrated_step_by_step_with_progress(store):
    store.redis.set(keys.SCHEMA, 1)
    with pytest.raises(SchemaMismatch, match=r"\./winnow migrate"):
        schema.check(store, version=3)
    told, done = [], []
    steps = {1: lambda *_: done.append(1), 2: lambda *_: done.append(2)}
    assert migrations.migrate(store, told.append, steps, version=3) == 2
    assert (done, len(told), schema.stored(store)) == ([1, 2], 2, 3)
    schema.check(store, version=3)


def test_a_migration_that_breaks_off_goes_on_where_it_was(store):
    store.redis.set(keys.SCHEMA, 1)

    def fails(*_):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        migrations.migrate(store, print, {1: lambda *_: None, 2: fails}, version=3)
    assert schema.stored(store) == 2
    assert migrations.migrate(store, print, {2: lambda *_: None}, version=3) == 1


@pytest.mark.parametrize("layout", [schema.VERSION + 1, schema.VERSION - 1])
def test_no_connection_works_on_another_layout(store, settings, layout):
    store.redis.set(keys.SCHEMA, layout)
    other = Store.connect(settings.redis_url)
    for work in (
        lambda: sites.create(other, SITE, 1),
        lambda: sites.read(other, SITE),
        lambda: other.send([sites.read_call(SITE)]),
        other.ping,
    ):
        with pytest.raises(SchemaMismatch):
            work()
    other.close()
    assert all_keys(store) == [keys.SCHEMA.encode()]


def test_a_store_that_comes_back_with_another_layout_is_refused(store, valkey):
    migrations.migrate(store, print)
    assert sites.read(store, SITE).labels == 0
    with valkey.client() as client:
        client.set(keys.SCHEMA, schema.VERSION + 1)
        client.client_kill_filter(_type="normal", skipme=True)
    with suppress(StoreDown):  # By a connection that was used just now, its end comes as news.
        sites.read(store, SITE)
    with pytest.raises(SchemaMismatch, match="newer Winnow"):
        sites.read(store, SITE)


@pytest.fixture
def knows_the_next(monkeypatch):
    """Have this code know the layout after its own, as a release does before the one that writes
    it."""
    monkeypatch.setattr(schema, "KNOWN", schema.VERSION + 1)


@pytest.mark.usefixtures("knows_the_next")
def test_who_knows_the_next_layout_works_on_both_and_migrates_neither(store, settings):
    for layout in (schema.VERSION, schema.VERSION + 1):
        store.redis.set(keys.SCHEMA, layout)
        other = Store.connect(settings.redis_url)
        assert sites.read(other, SITE).labels == 0
        other.close()
        schema.check(store)
        assert migrations.migrate(store, print) == 0
        assert schema.stored(store) == layout


@pytest.mark.usefixtures("knows_the_next")
@pytest.mark.parametrize("beyond", [-1, 2])
def test_who_knows_the_next_layout_refuses_any_other(store, settings, beyond):
    store.redis.set(keys.SCHEMA, schema.VERSION + beyond)
    other = Store.connect(settings.redis_url)
    with pytest.raises(SchemaMismatch):
        sites.read(other, SITE)
    other.close()
