"""An index that is lost, of another version, behind or full of what is gone is made anew."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.flow.authorise import Grant
from moderation.flow.labels import deciding
from moderation.flow.runtime import Runtime
from moderation.flow.search import folders
from moderation.settings import Settings
from moderation.store import keys
from moderation.store import search as stored
from tests.factories import SITE
from tests.moderation.flow.search.conftest import Follower, Search
from tests.moderation.flow.search.followed import SECONDS, finds, running, send
from tests.processes import until

pytestmark = pytest.mark.usefixtures("index_alone")


def test_an_index_that_holds_what_is_gone_is_made_anew_in_time(
    runtime: Runtime,
    grant: Grant,
    search: Search,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = send(runtime, grant, "an unforgettable word", "the same words")
    indexer = running(settings, monkeypatch, erased_ms=500)
    try:
        finds(search, "unforgettable", ids[:1])
        token = stored.state(runtime.store).token
        deciding.forget(runtime, SITE, ids[0])
        until(lambda: stored.state(runtime.store).token != token, SECONDS)
        finds(search, "words", ids[1:])
    finally:
        indexer.end()
    root = folders.root(settings)
    assert root is not None
    kept = [path for path in root.rglob("*") if path.is_file()]
    assert kept and not [p for p in kept if b"unforgettable" in p.read_bytes()]
    assert [path.name for path in root.iterdir()] == [stored.state(runtime.store).token]


def test_a_lost_index_is_made_anew_by_itself(
    runtime: Runtime, grant: Grant, search: Search, settings: Settings, caplog: Any
) -> None:
    follower = Follower(settings)
    ids = send(runtime, grant, "the same words", "others")
    finds(search, "words", ids[:1])
    follower.end()
    root, token = folders.root(settings), stored.state(runtime.store).token
    assert root is not None
    (root / token / "position.json").write_text("{")
    follower = Follower(settings)
    try:
        until(lambda: stored.state(runtime.store).token != token, 20)
        finds(search, "words", ids[:1])
    finally:
        follower.end()
    assert "lost or of another version" in caplog.text


def test_an_index_of_another_version_is_made_anew(
    runtime: Runtime, grant: Grant, search: Search, settings: Settings, monkeypatch: Any
) -> None:
    ids = send(runtime, grant, "the same words")
    follower = Follower(settings)
    finds(search, "words", ids)
    follower.end()
    token = stored.state(runtime.store).token
    monkeypatch.setattr(folders, "FORMAT", folders.FORMAT + 1)
    follower = Follower(settings)
    try:
        until(lambda: stored.state(runtime.store).token != token, 20)
        finds(search, "words", ids)
    finally:
        follower.end()


def test_dropped_changes_make_it_anew(
    runtime: Runtime, grant: Grant, search: Search, settings: Settings, caplog: Any
) -> None:
    follower = Follower(settings)
    until(lambda: stored.state(runtime.store).token, 20)
    follower.end()
    ids = send(runtime, grant, "the same words")
    stream = keys.changes(keys.shard_of(SITE))
    runtime.store.redis.xtrim(stream, maxlen=0, approximate=False)
    follower = Follower(settings)
    try:
        finds(search, "words", ids)
    finally:
        follower.end()
    assert "dropped before they were read" in caplog.text


@pytest.mark.one_server
def test_a_store_that_was_emptied_or_put_back_has_another_index(
    runtime: Runtime, grant: Grant, followed: Follower, search: Search
) -> None:
    ids = send(runtime, grant, "the same words")
    finds(search, "words", ids)
    token = stored.state(runtime.store).token
    runtime.store.redis.delete(keys.SEARCH, *map(keys.changes, range(keys.SHARDS)))
    until(lambda: stored.state(runtime.store).token not in ("", token), 20)
    finds(search, "words", ids)
