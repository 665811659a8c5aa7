"""When a key was used last: noted in memory, told with the heartbeat, shown, forgotten with it."""

from __future__ import annotations

import pytest

from moderation.flow import heartbeat
from moderation.flow.akismet import accounts
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.sites import entrance
from moderation.store import sites
from tests.moderation.akismet.conftest import Client
from tests.processes import until


def used(runtime: Runtime, client: Client) -> list[int]:
    """Return when each key of the client's account was used last, as the store knows it."""
    shown = {key_id: at for _, key_id, _, at in accounts.listed_keys(runtime.store)}
    return [shown[key.id] for key in entrance.keys_of(runtime.store, client.site)]


@pytest.mark.parametrize("path", ["1.1/comment-check", "1.1/verify-key", "1.1/submit-spam"])
def test_the_use_of_a_key_is_told_with_the_heartbeat_and_goes_with_the_key(
    path: str, client: Client, runtime: Runtime
) -> None:
    client.check()
    sites.note_uses(runtime.store, {})
    assert used(runtime, client) == [0]
    client(path, key=client.key, user_ip="203.0.113.7", comment_content="Hello")
    heart = heartbeat.begin(runtime, "web")
    until(lambda: used(runtime, client) != [0], 30)
    heart.end()
    (key,) = entrance.keys_of(runtime.store, client.site)
    assert abs(key.used_ms - now_ms()) < 600_000
    assert used(runtime, client) == [key.used_ms]
    accounts.revoke_key(runtime.store, key.id)
    assert sites.token_uses(runtime.store) == {}


def test_a_call_that_notes_the_use_of_a_key_makes_no_trip_for_it(
    client: Client, runtime: Runtime
) -> None:
    client.check("Hello")
    trips: list[int] = []
    runtime.store.on_round_trip = lambda: trips.append(1)
    client.check("Hello again")
    assert trips == [1]


def test_a_key_that_is_refused_was_not_used(client: Client, runtime: Runtime) -> None:
    client("1.1/comment-check", api_key="0123456789ab", user_ip="203.0.113.7")
    heartbeat.begin(runtime, "web").end()
    assert sites.token_uses(runtime.store) == {}
