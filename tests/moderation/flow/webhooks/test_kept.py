"""What is kept of messages: sent again on demand, both secrets, and every bound."""

from __future__ import annotations

import pytest

from moderation.domain.errors import Conflict, NotFound
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.people.links import OPERATOR
from moderation.flow.webhooks import endpoints, sending
from moderation.store import keys, webhooks
from tests.conftest import Server
from tests.factories import SITE, all_keys
from tests.moderation.flow.webhooks.conftest import Hooked
from tests.processes import until


def test_a_message_is_sent_again_on_demand_under_its_id(hooked: Hooked) -> None:
    hooked.check()
    hooked.work()
    sent = hooked.log()[0].id
    _send_again(hooked, sent)
    hooked.work()
    assert [one["id"] for one in hooked.heard()] == [sent, sent]
    with pytest.raises(NotFound):
        _send_again(hooked, sent + "9")
    with pytest.raises(NotFound):
        _send_again(hooked, "msg_nothing_of_ours")
    endpoints.change(
        hooked.runtime.store, SITE, hooked.id, endpoints.Wanted(enabled=False), OPERATOR
    )
    with pytest.raises(Conflict):
        _send_again(hooked, sent)


def _send_again(hooked: Hooked, message_id: str) -> None:
    endpoints.send_again(
        hooked.runtime.store, hooked.runtime.tasks, SITE, hooked.id, message_id, OPERATOR
    )


def test_both_secrets_sign_while_a_rotation_overlaps(hooked: Hooked) -> None:
    old, runtime = hooked.secret, hooked.runtime
    new = endpoints.rotate(runtime.store, runtime.secret, SITE, hooked.id, 24, OPERATOR)
    hooked.check("One.")
    hooked.work()
    assert len(hooked.receiver.heard[0][1]["webhook-signature"].split(" ")) == 2
    assert hooked.heard(old) and hooked.heard(new)
    hooked.clock.advance(24 * 3600 + 1)
    hooked.check("Two.")
    hooked.work()
    assert len(hooked.receiver.heard[1][1]["webhook-signature"].split(" ")) == 1
    assert hooked.heard(new, since=1)


def test_secrets_are_not_in_the_store_as_they_are(hooked: Hooked) -> None:
    key = hooked.secret.removeprefix("whsec_").encode()
    assert key not in hooked.runtime.store.redis.hget(keys.of_site(SITE).hooks, hooked.id)


def test_the_log_is_bounded_and_expires(hooked: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "LOGGED", 3)
    for n in range(6):
        hooked.check(f"Is there a manual, part {n}?")
        hooked.work()
    assert len(hooked.log()) == 3
    redis, mine = hooked.runtime.store.redis, webhooks.prefix(SITE, hooked.id)
    named = redis.keys(f"{mine}message:*")
    assert len(named) == 3
    for name in (*named, f"{mine}log"):
        assert 0 < redis.pttl(name) <= webhooks.KEPT_MS


def test_one_that_fails_is_not_waited_for_without_bound(
    hooked: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "LANES", 3)
    hooked.receiver.status = 500
    for n in range(6):
        hooked.check(f"Is there a manual, part {n}?")
        hooked.work()
    health = hooked.health()
    assert (health.waiting, health.dropped) == (3, 3)
    assert not hooked.runtime.store.redis.xlen(keys.of_site(SITE).outbox)


def test_one_that_is_slow_keeps_what_it_cannot_take_yet_in_the_outbox(
    hooked: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "LANES", 3)
    for n in range(6):
        hooked.check(f"Is there a manual, part {n}?")
    sending.spread(hooked.runtime, SITE)
    assert hooked.runtime.store.redis.xlen(keys.of_site(SITE).outbox) == 3
    hooked.work()
    hooked.work()
    assert len(hooked.heard()) == 6


def test_nothing_is_left_of_a_webhook_that_was_removed(hooked: Hooked) -> None:
    hooked.receiver.status = 500
    hooked.check()
    hooked.work()
    endpoints.remove(hooked.runtime.store, SITE, hooked.id, OPERATOR)
    assert not all_keys(hooked.runtime.store, f"*{SITE}:*hook*")


def test_a_full_store_keeps_what_happens_and_sends_what_waits(
    hooked: Hooked, valkey: Server
) -> None:
    hooked.check("The first one.")
    sending.spread(hooked.runtime, SITE)
    comment = hooked.check("The second one.")
    with valkey.client() as client:
        client.config_set("maxmemory", 1)
    decide(hooked.runtime, SITE, comment.id, "spam", Word("ann", "console"), None)
    senders = sending.Senders(hooked.runtime)
    senders.look()
    until(lambda: len(hooked.receiver.heard) == 1, 60)
    with valkey.client() as client:
        client.config_set("maxmemory", 0)
    hooked.work()
    assert [one["data"]["content"] for one in hooked.heard()] == [
        "The first one.", "The second one.", "The second one.",
    ]  # fmt: skip
