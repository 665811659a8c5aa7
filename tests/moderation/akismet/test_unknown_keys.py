"""Who tries keys out learns nothing soon, and nobody who shares his address is refused for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from moderation.flow.akismet import accounts, keys
from moderation.flow.akismet.keys import UNKNOWN_AT_MOST
from moderation.flow.runtime import Runtime
from moderation.store import Store, akismet
from tests.conftest import Server
from tests.moderation.akismet.conftest import HAM, Client

PATHS = ["1.1/verify-key", "1.1/comment-check", "1.1/submit-spam", "1.2/usage-limit", "1.1/token"]


def unknown(n: int) -> str:
    return f"{n:06x}abcdef"


def try_out(client: Client, times: int, of: int = 10**6, **options: Any) -> list[bytes]:
    """Verify unknown keys, `of` different ones in turn; return what was answered."""
    return [
        client("1.1/verify-key", options or None, api_key=unknown(n % of)).data
        for n in range(times)
    ]


def test_one_wrong_key_may_come_again_and_again(client: Client, other_process: Client) -> None:
    assert set(try_out(client, 3 * UNKNOWN_AT_MOST, of=UNKNOWN_AT_MOST)) == {b"invalid"}
    assert try_out(other_process, 1) == [b"invalid"]


@pytest.mark.parametrize("path", PATHS)
def test_a_good_key_is_never_refused_for_what_others_try(
    client: Client, other_process: Client, path: str
) -> None:
    before = client(path, user_ip="1").data
    try_out(client, 2 * UNKNOWN_AT_MOST)
    for process in (client, other_process):
        answer = process(path, user_ip="1")
        assert answer.data == before
        assert not [name for name, _ in answer.headers if name == "X-akismet-debug-help"]
    assert other_process.check(HAM, blog="https://new.example").data == b"false"


@pytest.mark.parametrize("path", PATHS)
def test_who_tries_many_is_told_the_same_by_every_process_and_it_is_not_invalid(
    client: Client, other_process: Client, path: str
) -> None:
    assert try_out(client, UNKNOWN_AT_MOST) == [b"invalid"] * UNKNOWN_AT_MOST
    for process in (client, other_process):
        for n in (UNKNOWN_AT_MOST + 7, 0):
            answer = process(path, api_key=unknown(n), user_ip="1")
            assert answer.data == b"failed"
            assert "X-akismet-debug-help" in answer.headers
    elsewhere = {"environ_base": {"REMOTE_ADDR": "198.51.100.9"}}
    assert other_process("1.1/verify-key", elsewhere, api_key=unknown(99)).data == b"invalid"


@pytest.mark.parametrize("ended", ["rotated", "revoked"])
def test_a_key_that_has_ended_is_one_unknown_key(
    client: Client, other_process: Client, runtime: Runtime, ended: str
) -> None:
    for process in (client, other_process):
        process.check(HAM)
    accounts.rotate(runtime.store, runtime.secret, client.account, 0)
    if ended == "revoked":
        digest = keys.key_digest(runtime.secret, client.key)
        accounts.revoke_key(runtime.store, digest[: akismet.KEY_ID_LENGTH])
    for _ in range(UNKNOWN_AT_MOST):
        for process in (client, other_process):
            assert process("1.1/verify-key").data == b"invalid"
            assert process.check(HAM).data == b"invalid"
    try_out(client, UNKNOWN_AT_MOST)
    assert other_process.check(HAM).data == b"failed"


def test_what_is_kept_of_unknown_keys_is_small_and_ends_by_itself(
    client: Client, valkey: Server
) -> None:
    try_out(client, 10 * UNKNOWN_AT_MOST)
    with valkey.client() as raw:
        (name,) = raw.keys("*unknown*")
        assert raw.scard(name) == UNKNOWN_AT_MOST + 1
        assert raw.memory_usage(name) < 1024
        assert 0 < raw.ttl(name) <= 600


def test_a_key_is_looked_up_and_counted_in_one_round_trip(client: Client, runtime: Runtime) -> None:
    try_out(client, 1)
    trips: list[int] = []
    runtime.store.on_round_trip = lambda: trips.append(1)
    try_out(client, 1)
    assert len(trips) == 1
    assert client("1.1/verify-key", blog=None).data == b"valid"
    assert len(trips) == 3, "a good key's account is read after it"


def test_a_full_store_tells_good_keys_from_others(
    client: Client, make_client: Callable[..., Client], valkey: Server, store: Store
) -> None:
    with valkey.client() as raw:
        raw.config_set("maxmemory", 1)
        try:
            assert client("1.1/verify-key").data == b"valid"
            assert try_out(client, 1) == [b"invalid"]
            assert client.check(HAM, api_key=unknown(1)).data == b"invalid"
        finally:
            raw.config_set("maxmemory", 0)
