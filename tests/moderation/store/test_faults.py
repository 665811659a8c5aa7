"""A full store is said aloud, at once and not in every line."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from moderation.domain.errors import StoreFull
from moderation.minutely import Minutely
from moderation.store import Store, faults
from tests.conftest import Server
from tests.factories import accept, write

pytestmark = pytest.mark.second_store


@pytest.fixture
def full(valkey: Server) -> Iterator[None]:
    """Return the server takes nothing that needs memory."""
    with valkey.client() as client:
        client.config_set("maxmemory", 1)
        yield
        client.config_set("maxmemory", 0)


def test_a_store_knows_whether_it_is_full(store: Store, valkey: Server) -> None:
    store.check_writes()
    with valkey.client() as client:
        used = client.info("memory")["used_memory"]
        client.config_set("maxmemory", 2 * used)
        store.check_writes()
        client.config_set("maxmemory", used // 2)
        with pytest.raises(StoreFull):
            store.check_writes()
        client.config_set("maxmemory", 0)
    store.check_writes()


@pytest.mark.usefixtures("full")
def test_refused_writes_are_logged_once_a_minute(
    store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1e6
    monkeypatch.setattr(faults, "_said", Minutely(lambda: now))
    for _ in range(3):
        refuse(store)
    now += 59
    refuse(store)
    assert said(caplog) == 1
    now += 2
    refuse(store)
    assert said(caplog) == 2


def refuse(store: Store) -> None:
    with pytest.raises(StoreFull):
        accept(store, write())


def said(caplog: pytest.LogCaptureFixture) -> int:
    """Return how many error lines say that the store is full."""
    lines = [record for record in caplog.records if "the store is full" in record.getMessage()]
    assert all(record.levelno == logging.ERROR for record in lines)
    return len(lines)
