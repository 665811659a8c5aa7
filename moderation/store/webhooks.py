"""Webhooks of sites, and what waits to be told to them.

Of each webhook there are, behind its prefix: `lanes`, sorted set: comment → when its first message
is due; `lane:` + comment, list of the messages about it in their order; `message:` + number, hash;
`log`, sorted set of the newest messages by time; `health`, hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from moderation.domain.webhooks import Event, Health, Message, Webhook
from moderation.store import keys
from moderation.store.client import Store
from moderation.store.faults import is_away, store_errors

KEPT_MS = 7 * 86_400_000
"""A message is kept for so long: its last try comes after some four days."""
LOGGED = 1000
"""Messages of a webhook in its log; the newest stay."""
LANE = 100
LANES = 10_000
"""Most messages that wait about one comment, and comments that are waited with, of a webhook."""
TAKEN = 100
_A_TRIP = 1000

_KIND: dict[Event, bytes] = {
    "comment.scored": b"scored", "comment.changed": b"changed", "model.promoted": b"promoted",
}  # fmt: skip
_EVENT = {kind: event for event, kind in _KIND.items()}
_webhook = msgspec.json.Decoder(Webhook).decode


class Waiting(Struct, frozen=True):
    """Sites whose outbox holds something, and webhooks (site, id) for which something is due."""

    sites: list[str]
    webhooks: list[tuple[str, str]]


def prefix(site: str, webhook_id: str) -> str:
    """Return the beginning of the keys of a webhook."""
    return f"{keys.of_site(site).hook}{webhook_id}:"


def are_there(store: Store, site: str) -> bool:
    """Say whether a site has webhooks."""
    with store_errors():
        return bool(store.redis.exists(keys.of_site(site).outbox))


def put(store: Store, site: str, webhook: Webhook) -> None:
    """Keep a webhook; with the first of a site, what happens there is noted from now on."""
    k = keys.of_site(site)
    with store_errors():
        # Before the rest: what is known here and not there is looked for in vain, no more.
        store.redis.sadd(keys.WEBHOOKS, f"{site}/{webhook.id}")
        pipe = store.redis.pipeline(transaction=True)
        pipe.hset(k.hooks, webhook.id, msgspec.json.encode(webhook))
        pipe.xgroup_create(k.outbox, keys.GROUP, mkstream=True)
        # Every process reads anew what it knows of the site.
        pipe.hincrby(k.meta, "settings", 1)
        answers = pipe.execute(raise_on_error=False)
        for answer in answers:
            if isinstance(answer, Exception) and "BUSYGROUP" not in str(answer):
                raise answer


def drop(store: Store, site: str, webhook_id: str) -> bool:
    """Forget a webhook with all that waits for it; say whether it was there."""
    k, mine = keys.of_site(site), prefix(site, webhook_id)
    with store_errors():
        numbers = store.redis.zrange(mine + "log", 0, -1)
        lanes = store.redis.zrange(mine + "lanes", 0, -1)
        pipe = store.redis.pipeline(transaction=True)
        pipe.hdel(k.hooks, webhook_id)
        pipe.hlen(k.hooks)
        gone, left = pipe.execute()
        named = [f"{mine}message:{number.decode()}" for number in numbers]
        lines = [f"{mine}lane:".encode() + lane for lane in lanes]
        every: list[Any] = [mine + "lanes", mine + "log", mine + "health", *named, *lines]
        for at in range(0, len(every), _A_TRIP):
            store.redis.unlink(*every[at : at + _A_TRIP])
        if not left:
            store.redis.unlink(k.outbox)
            store.redis.hincrby(k.meta, "settings", 1)
        store.redis.srem(keys.WEBHOOKS, f"{site}/{webhook_id}")
    return bool(gone)


def one(store: Store, site: str, webhook_id: str) -> Webhook | None:
    """Return a webhook, None where it is gone."""
    with store_errors():
        found = store.redis.hget(keys.of_site(site).hooks, webhook_id)
    return None if found is None else _webhook(found)


def of_site(store: Store, site: str) -> list[tuple[Webhook, Health]]:
    """Return the webhooks of a site, the oldest first, with how they are doing."""
    with store_errors():
        found = store.redis.hvals(keys.of_site(site).hooks)
        webhooks = sorted(map(_webhook, found), key=lambda webhook: webhook.id)
        pipe = store.redis.pipeline(transaction=False)
        for webhook in webhooks:
            mine = prefix(site, webhook.id)
            pipe.hgetall(mine + "health")
            pipe.zcard(mine + "lanes")
        answers = pipe.execute()
    healths = map(_health, answers[::2], answers[1::2])
    return list(zip(webhooks, healths, strict=True))


def _health(fields: dict[bytes, bytes], waiting: int) -> Health:
    def number(name: bytes) -> int:
        return int(fields.get(name, 0))

    disabled: Any = fields[b"disabled"].decode() if b"disabled" in fields else None
    return Health(
        number(b"told"), number(b"tried"), fields.get(b"answer", b"").decode(), number(b"failing"),
        disabled, number(b"since"), number(b"dropped"), waiting,
    )  # fmt: skip


def disable(store: Store, site: str, webhook_id: str, now_ms: int) -> None:
    """Have nothing sent to a webhook, by somebody's word."""
    with store_errors():
        fields = {"disabled": "by hand", "since": now_ms}
        store.redis.hset(prefix(site, webhook_id) + "health", mapping=fields)


def enable(store: Store, site: str, webhook_id: str) -> None:
    """Have a webhook told again, as one that never failed."""
    with store_errors():
        health = prefix(site, webhook_id) + "health"
        store.redis.hdel(health, "disabled", "since", "failing", "paused", "dropped")


def every(store: Store) -> list[tuple[str, str]]:
    """Return site and id of every webhook."""
    with store_errors():
        found = store.redis.smembers(keys.WEBHOOKS)
    pairs = (member.decode().rpartition("/") for member in found)
    return sorted((site, webhook_id) for site, _, webhook_id in pairs)


def failing(store: Store, webhooks: Sequence[tuple[str, str]]) -> dict[tuple[str, str], bool]:
    """Return which webhooks fail, and whether it was disabled for that; of those on a server of a
    Cluster that is away nothing is known."""
    found: dict[tuple[str, str], bool] = {}
    for at in range(0, len(webhooks), _A_TRIP):
        some = webhooks[at : at + _A_TRIP]
        calls = [("HMGET", prefix(*pair) + "health", "failing", "disabled") for pair in some]
        for pair, answer in zip(some, store.ask_all(calls), strict=True):
            if is_away(answer):
                continue
            failing, disabled = answer
            if disabled not in (None, b"by hand") or (failing and not disabled):
                found[pair] = disabled is not None
    return found


def waiting(store: Store, webhooks: Sequence[tuple[str, str]], now_ms: int) -> Waiting:
    """Return for which of these webhooks something is to be done now; those on a server of a
    Cluster that is away wait."""
    full: dict[str, None] = {}
    due: list[tuple[str, str]] = []
    for at in range(0, len(webhooks), _A_TRIP):
        some = webhooks[at : at + _A_TRIP]
        calls: list[tuple[Any, ...]] = []
        for site, webhook_id in some:
            mine = prefix(site, webhook_id)
            calls.append(("XLEN", keys.of_site(site).outbox))
            calls.append(("ZCOUNT", mine + "lanes", "-inf", now_ms))
            calls.append(("HMGET", mine + "health", "disabled", "paused"))
        answers = iter(store.ask_all(calls))
        for pair, *found in zip(some, answers, answers, answers, strict=False):
            if any(map(is_away, found)):
                continue
            entries, ready, (disabled, paused) = found
            if entries:
                full[pair[0]] = None
            if ready and not disabled and int(paused or 0) <= now_ms:
                due.append(pair)
    return Waiting(list(full), due)


def spread(store: Store, site: str, told: Iterable[Webhook], now_ms: int) -> int:
    """Let the oldest of a site's outbox wait for each webhook; return how many were taken."""
    names, kinds = [keys.of_site(site).outbox], []
    for webhook in told:
        names.append(prefix(site, webhook.id))
        kinds.append(b" %b " % b" ".join(_KIND[event] for event in webhook.events))
    words = [now_ms, TAKEN, KEPT_MS, LANE, LANES, LOGGED, *kinds]
    return int(store.run("hook_spread", names, words))


def take(
    store: Store, site: str, webhook_id: str, now_ms: int, lease_ms: int
) -> tuple[bytes, Message] | None:
    """Return the lane and the message that a webhook is to be told next, None where none is due."""
    answer = store.run("hook_take", [prefix(site, webhook_id)], [now_ms, lease_ms])
    if not answer:
        return None
    lane, number, fields = answer
    return lane, _message(number, dict(zip(fields[::2], fields[1::2], strict=True)))


def settle(
    store: Store,
    site: str,
    webhook_id: str,
    taken: tuple[bytes, Message],
    *,
    outcome: str,
    answer: str,
    now_ms: int,
    again_ms: int = 0,
    paused_ms: int = 0,
    failing_ms: int = 0,
    is_gone: bool = False,
) -> str:
    """Note what became of a try; return why the webhook is disabled by it, '' where it is not."""
    lane, message = taken
    words = [
        now_ms, lane, message.number, outcome, answer, again_ms, paused_ms, failing_ms,
        int(is_gone),
    ]  # fmt: skip
    return (store.run("hook_settle", [prefix(site, webhook_id)], words) or b"").decode()


def messages(
    store: Store, site: str, webhook_id: str, before: str, most: int
) -> tuple[list[Message], str]:
    """Return the newest messages of a webhook's log, before one of them; and the last that was
    looked at, '' where none is left."""
    mine = prefix(site, webhook_id)
    with store_errors():
        rank = store.redis.zrevrank(mine + "log", before) if before else -1
        if rank is None:
            return [], ""
        found = store.redis.zrevrange(mine + "log", rank + 1, rank + most + 1)
        pipe = store.redis.pipeline(transaction=False)
        for number in found[:most]:
            pipe.hgetall(f"{mine}message:{number.decode()}")
        answers = pipe.execute()
    page = [_message(n, fields) for n, fields in zip(found[:most], answers, strict=True) if fields]
    return page, found[most - 1].decode() if len(found) > most else ""


def message(store: Store, site: str, webhook_id: str, number: str) -> Message | None:
    """Return one message, None where it is gone."""
    with store_errors():
        fields = store.redis.hgetall(f"{prefix(site, webhook_id)}message:{number}")
    return _message(number.encode(), fields) if fields else None


def send_again(store: Store, site: str, webhook_id: str, number: str, now_ms: int) -> int:
    """Have a message sent again; return 0 where there is none, -1 where too many wait before it."""
    words = [now_ms, number, KEPT_MS, LANE]
    return int(store.run("hook_again", [prefix(site, webhook_id)], words))


def _message(number: bytes, fields: dict[bytes, bytes]) -> Message:
    outcome: Any = fields[b"outcome"].decode()
    return Message(
        number=number.decode(),
        event=_EVENT[fields[b"kind"]],
        about=fields[b"id"],
        state=fields[b"state"],
        decision=fields[b"decision"],
        at_ms=int(fields[b"at"]),
        tries=int(fields[b"tries"]),
        outcome=outcome,
        answer=fields.get(b"answer", b"").decode(),
        tried_ms=int(fields.get(b"tried", 0)),
        due_ms=int(fields[b"due"]),
    )


def promoted(store: Store, revision: int) -> int:
    """Return up to which change of the model in use webhooks were told; where nobody was ever told
    of any, up to this one."""
    with store_errors():
        store.redis.setnx(keys.WEBHOOKS_PROMOTED, revision)
        return int(store.redis.get(keys.WEBHOOKS_PROMOTED))


def note_promoted(store: Store, revision: int) -> None:
    """Keep up to which change of the model in use webhooks were told."""
    with store_errors():
        store.redis.set(keys.WEBHOOKS_PROMOTED, revision)


def tell_promoted(store: Store, sites: Iterable[str], revision: int, data: bytes) -> None:
    """Put a change of the model in use into the outboxes of sites; told twice it is one message."""
    fields = {
        "kind": "promoted", "id": "model", "state": data, "decision": "",
        "name": f"model-{revision}",
    }  # fmt: skip
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for site in sites:
            pipe.xadd(keys.of_site(site).outbox, fields, nomkstream=True)
        pipe.execute()
