"""The index follows the store: what is written, decided, sent anew, deleted and expired."""

from __future__ import annotations

import itertools
import random
import threading
import time
from contextlib import closing
from typing import Any

import psutil
import pytest

from moderation.cli.commands.search import NICE
from moderation.flow.authorise import Grant, authorise
from moderation.flow.comments import submitting
from moderation.flow.labels import deciding
from moderation.flow.labels.deciding import Word
from moderation.flow.lookup import find, raw_id
from moderation.flow.runtime import Runtime
from moderation.flow.search import folders, following
from moderation.flow.sites import first_run
from moderation.settings import Settings
from moderation.store import Store, keys
from moderation.store import search as stored
from tests.factories import SITE, submission
from tests.moderation.flow.search.conftest import Follower, Keeper, Search
from tests.moderation.flow.search.followed import SECONDS, finds, running, send
from tests.processes import until

pytestmark = pytest.mark.usefixtures("index_alone")


def erased(runtime: Runtime, settings: Settings) -> int:
    """Return since when the index that serves has had what is gone, as it noted with a commit."""
    root = folders.root(settings)
    assert root is not None
    found = folders.position(root / stored.state(runtime.store).token)
    return found.erased_ms if found else 0


def test_the_index_follows_within_five_seconds(
    runtime: Runtime, grant: Grant, followed: Follower, search: Search
) -> None:
    ids = send(
        runtime, grant, "Cheap pills, order now", "谢谢分享,河边小路", "ขอบคุณครับ ลองทำตามสูตร"
    )
    finds(search, "pills", ids[:1])
    finds(search, "河边", ids[1:2])
    finds(search, "สูตร", ids[2:])
    deciding.decide(runtime, SITE, ids[0], "spam", Word("ann", "console"), None)
    finds(search, "pills", ids[:1], status="spam")
    finds(search, "pills", [], status="approved")
    deciding.undo(runtime, SITE, ids[0], Word("ann", "console"), None)
    finds(search, "pills", [], status="spam")


def test_a_new_text_takes_the_place_of_the_old_one(
    runtime: Runtime, grant: Grant, followed: Follower, search: Search
) -> None:
    ids = send(runtime, grant, "the first wording", external_id="a")
    finds(search, "first", ids)
    assert send(runtime, grant, "another text", external_id="a") == ids
    finds(search, "another", ids)
    finds(search, "first", [])


def test_what_is_deleted_is_found_no_more_and_leaves_the_index(
    runtime: Runtime, grant: Grant, followed: Follower, search: Search, settings: Settings
) -> None:
    ids = send(runtime, grant, "the same words", "the same words")
    finds(search, "words", ids)
    deciding.forget(runtime, SITE, ids[0])
    assert [c.id for c in search("words").comments] == ids[1:], "at once, whatever the index has"
    until(lambda: erased(runtime, settings) > 0, SECONDS)
    finds(search, "words", ids[1:])


def test_what_expires_is_found_no_more_and_leaves_the_index(
    runtime: Runtime,
    grant: Grant,
    search: Search,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = send(runtime, grant, "the same words", "the same words")
    key = keys.of_site(SITE).comment.encode()
    runtime.store.redis.pexpire(key + raw_id(ids[0]), 1500)
    indexer = running(settings, monkeypatch)
    try:
        finds(search, "words", ids)
        until(lambda: not runtime.store.redis.exists(key + raw_id(ids[0])), SECONDS)
        assert [c.id for c in search("words").comments] == ids[1:]
        until(lambda: erased(runtime, settings) > 0, SECONDS)
    finally:
        indexer.end()


def kill(keeper: Keeper, runtime: Runtime, grant: Grant, search: Search, times: int) -> None:
    """Kill the indexer at any moment while comments come, go and are decided."""
    chance, alive = random.Random(7), {}
    for round_ in range(times):
        for number in range(5):
            for made in send(runtime, grant, *[f"apple {round_} {number} {n}" for n in range(20)]):
                alive[made] = "approved"
            one = chance.choice(sorted(alive))
            if chance.random() < 0.5:
                deciding.forget(runtime, SITE, one)
                del alive[one]
            time.sleep(chance.random() * 0.4)  # The moment of the kill is to be any.
        keeper.kill()
        keeper.start()
    keeper.fresh()

    def whole() -> bool:
        found = search("apple", limit=1000)
        ids = [c.id for c in found.comments]
        return found.how == "index" and sorted(ids) == sorted(alive) and len(ids) == len(set(ids))

    until(whole, 30, keeper.output.read_text)


def test_a_killed_indexer_loses_and_doubles_nothing(
    runtime: Runtime, grant: Grant, keeper: Keeper, search: Search
) -> None:
    kill(keeper, runtime, grant, search, 1)


@pytest.mark.slow
def test_an_indexer_killed_again_and_again_loses_and_doubles_nothing(
    runtime: Runtime, grant: Grant, keeper: Keeper, search: Search
) -> None:
    kill(keeper, runtime, grant, search, 5)


def test_nothing_is_noted_where_nobody_follows(runtime: Runtime, grant: Grant) -> None:
    send(runtime, grant, "the same words")
    assert not runtime.store.redis.exists(*map(keys.changes, range(keys.SHARDS)))


def test_what_was_taken_in_leaves_the_store(
    runtime: Runtime, grant: Grant, followed: Follower, search: Search
) -> None:
    ids = send(runtime, grant, *[f"words {n}" for n in range(50)])
    finds(search, "words", ids)
    stream = keys.changes(keys.shard_of(SITE))
    until(lambda: runtime.store.redis.xlen(stream) == 1, SECONDS)
    assert runtime.store.redis.ttl(stream) > 3600


def test_what_changed_in_a_burst_is_taken_in_together(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    positions = stored.begin(runtime.store)
    ids = [number.to_bytes(16, "big") for number in range(250)]
    for one in ids:
        runtime.store.redis.xadd(keys.changes(keys.shard_of(SITE)), {"s": SITE, "i": one})
    found = stored.changes(runtime.store, positions)
    assert {one for _, one in found.places} == set(ids), "one commit, not one for every hundred"
    assert not found.is_more
    monkeypatch.setattr(stored, "TAKEN_AT_ONCE", 150)
    first = stored.changes(runtime.store, positions)
    assert 150 <= len(first.places) < 250 and first.is_more
    rest = stored.changes(runtime.store, first.positions)
    assert first.places | rest.places == found.places and not rest.is_more


def test_who_waits_for_an_answer_goes_before_the_index(keeper: Keeper) -> None:
    assert psutil.Process(keeper.pid).nice() == NICE


def test_only_comments_of_sites_that_are_asked_for_are_found(
    runtime: Runtime, grant: Grant, followed: Follower, search: Search
) -> None:
    first_run.add_site(runtime.store, "other.example")
    token = first_run.add_token(runtime.store, "other.example", ("submit",), "test")
    other = authorise(runtime, token, "submit")
    mine, theirs = send(runtime, grant, "pills"), send(runtime, other, "pills")
    finds(search, "pills", mine + theirs, sites=(SITE, "other.example"))
    finds(search, "pills", mine)
    finds(search, "pills site:other.example", [])
    assert find(runtime, "other.example", theirs[0]).site == "other.example"


def test_a_folder_that_cannot_be_written_to_is_said_and_tried_again(
    runtime: Runtime,
    grant: Grant,
    search: Search,
    settings: Settings,
    monkeypatch: Any,
    caplog: Any,
) -> None:
    monkeypatch.setattr(following, "BROKEN_SECONDS", 0.1)
    root = folders.root(settings)
    assert root is not None
    root.parent.mkdir(parents=True, exist_ok=True)
    root.write_text("no folder")
    ids = send(runtime, grant, "the same words")
    follower = Follower(settings)
    try:
        until(lambda: "cannot be written" in caplog.text, SECONDS)
        assert search("words").how == "scan"
        root.unlink()
        finds(search, "words", ids)
    finally:
        follower.end()


def rounds(settings: Settings, number: int) -> int:
    """Return until when (ms) an index follows after so many rounds, 0: it does not at all."""
    stop, left = threading.Event(), itertools.count(number, -1)
    root = folders.root(settings)
    assert root is not None
    with closing(Store.connect(settings.redis_url)) as store:
        indexer = following.Indexer(store, root, stop)
        indexer.run(lambda: stop.set() if next(left) == 0 else None)
        return stored.state(store).at_ms


def test_while_many_wait_for_their_verdicts_the_index_rests_for_a_while(
    runtime: Runtime, grant: Grant, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(following, "RESTED_SECONDS", 3600)
    for number in range(following.MANY + 1):
        submitting.submit(runtime, grant, [submission(f"one entry, number {number}")])
    assert rounds(settings, 3) == 0
    monkeypatch.setattr(following, "RESTED_SECONDS", 0)
    assert rounds(settings, 3) > 0
    monkeypatch.setattr(following, "RESTED_SECONDS", 3600)
    send(runtime, grant, "with its verdict")
    assert rounds(settings, 3) > 0
