"""The store's file written anew: waited for, and said where the store does not let us."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.store import Store, rewriting
from tests.conftest import Server

SECRET_WORDS = "words that are gone by then"


@pytest.fixture
def limited(valkey: Server) -> Iterator[Store]:
    """Return a store by somebody who may neither write its file anew nor ask how it is set."""
    with valkey.client() as client:
        client.execute_command(
            "ACL", "SETUSER", "limited", "on", ">word", "~*", "&*", "+@all", "-bgrewriteaof",
            "-config",
        )  # fmt: skip
        made = Store.connect(valkey.url.replace("unix://", "unix://limited:word@"), any_layout=True)
        yield made
        made.close()
        client.execute_command("ACL", "DELUSER", "limited")


def appended(store: Store) -> bytes:
    """Return all that the store has in its append-only file."""
    folder = Path(store.redis.config_get("dir")["dir"]) / "appendonlydir"
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def test_what_is_gone_is_in_the_file_no_more(store: Store, tmp_path: Path) -> None:
    store.redis.set("a key", SECRET_WORDS)
    store.redis.delete("a key")
    assert SECRET_WORDS.encode() in appended(store)
    *waited, came = rewriting.rewrite(store)
    assert (came, set(waited) <= {None}) == ("rewritten", True)
    assert SECRET_WORDS.encode() not in appended(store)
    found = rewriting.files(store)
    assert (found.appends, found.snapshots, found.replicas) == (True, False, 0)
    assert found.lies_in(Path(found.folder).parent)
    assert not found.lies_in(tmp_path)


def test_one_that_was_begun_before_does_not_count(store: Store) -> None:
    for number in range(2_000):
        store.redis.set(f"k{number}", "x" * 1000)
    store.redis.set("a key", SECRET_WORDS)
    store.redis.bgrewriteaof()
    store.redis.delete("a key")
    *_, came = rewriting.rewrite(store)
    assert came == "rewritten"
    assert SECRET_WORDS.encode() not in appended(store)


def test_a_store_that_refuses_is_said_to(limited: Store) -> None:
    *_, came = rewriting.rewrite(limited)
    assert came == "refused"
    found = rewriting.files(limited)
    # What it does not tell counts as there, and as somebody else's.
    assert (found.snapshots, found.folder) == (True, "")
    assert not found.lies_in(Path("/"))


def test_a_store_that_does_not_say_what_it_is_is_taken_for_one_that_refuses(
    valkey: Server, limited: Store
) -> None:
    with valkey.client() as client:
        client.execute_command("ACL", "SETUSER", "limited", "-info")
    assert limited.check_kind() == [{}]
    *_, came = rewriting.rewrite(limited)
    assert came == "refused"
    found = rewriting.files(limited)
    assert (found.appends, found.snapshots, found.replicas) == (True, True, 0)


def test_a_store_without_a_file_has_none(store: Store) -> None:
    store.redis.config_set("appendonly", "no")
    try:
        assert list(rewriting.rewrite(store)) == ["none"]
    finally:
        store.redis.config_set("appendonly", "yes")
        # That writes it anew, of itself: for the next test it has to be over.
        *_, came = rewriting.rewrite(store)
    assert came == "rewritten"
