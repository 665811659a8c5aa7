"""Sites with their settings, tokens and people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from moderation.domain.accounts import Token, User
from moderation.domain.keywords import Keys
from moderation.domain.listed import Listed
from moderation.domain.sites import Attack, SiteSettings
from moderation.domain.subscribed import Subscriptions
from moderation.store import accounts, keys, removals
from moderation.store.client import Call, Store
from moderation.store.faults import store_errors

A_TRIP = 1000
_DAY_MS = 86_400_000
_settings = msgspec.json.Decoder(SiteSettings).decode
list_of = msgspec.json.Decoder(Listed).decode
keys_in = msgspec.json.Decoder(Keys).decode
_attack = msgspec.json.Decoder(Attack).decode
_subscriptions = msgspec.json.Decoder(Subscriptions).decode
_token = msgspec.json.Decoder(Token).decode
_user = msgspec.json.Decoder(User).decode


class SiteState(Struct, frozen=True, array_like=True):
    """What the next verdict of a site must be made with.

    `labels` is the length of its label log, `epoch` counts erasures of labels, `settings` and
    `tokens` are revisions, `snapshot` the name of the one in use, `created_ms` is 0 where there
    is no such site.
    """

    labels: int
    epoch: int
    settings: int
    tokens: int
    snapshot: str
    created_ms: int


def state_of(answer: list[Any]) -> SiteState:
    """Return a site's state as scripts answer it."""
    labels, epoch, settings, tokens, snapshot, created = answer
    return SiteState(labels, epoch, settings, tokens, snapshot.decode(), created)


def _read_keys(site: str) -> list[str]:
    k = keys.of_site(site)
    return [k.meta, k.snapshot]


def read(store: Store, site: str) -> SiteState:
    """Return a site's state in one round trip."""
    return state_of(store.run("read", _read_keys(site), ()))


def read_all(store: Store) -> dict[str, SiteState]:
    """Return the state of every site by its name, a thousand in one round trip."""
    found: dict[str, SiteState] = {}
    every = names(store)
    for at in range(0, len(every), A_TRIP):
        asked = every[at : at + A_TRIP]
        answers = store.run_many("read", [(_read_keys(site), ()) for site in asked])
        found |= zip(asked, map(state_of, answers), strict=True)
    return found


def read_counting(store: Store, site: str, count: Callable[[Any], None]) -> tuple[SiteState, int]:
    """Return a site's state and what `count` counts in the same pipeline."""
    state, counted, *_ = store.run_many("read", [(_read_keys(site), ())], count)
    return state_of(state), int(counted)


def read_call(site: str) -> Call:
    """Return the call that reads a site's state."""
    return Call("read", _read_keys(site), ())


def create(store: Store, site: str, now_ms: int) -> bool:
    """Make a site; False if there was one of that name.

    One of a name that was removed goes on from its numbers (`removals.end`).
    """
    meta, numbers = keys.of_site(site).meta, removals.numbers_after(store, site)
    with store_errors():
        pipe = store.redis.pipeline(transaction=True)
        for field, value in numbers.items():
            pipe.hsetnx(meta, field, value)
        pipe.hsetnx(meta, "created", now_ms)
        created = bool(pipe.execute()[-1])
        # Also where it was there: whoever made it may have come no further.
        store.redis.sadd(keys.SITES, site)
        return created


def names(store: Store) -> list[str]:
    """Return the names of all sites, sorted."""
    with store_errors():
        return sorted(name.decode() for name in store.redis.smembers(keys.SITES))


class Made(Struct, frozen=True):
    """When a site was made and, if it was, retired (ms since 1970, 0: it was not)."""

    name: str
    created_ms: int
    retired_ms: int


def made(store: Store, some: Sequence[str]) -> list[Made]:
    """Return when sites were made and retired, a thousand in one round trip."""
    found: list[Made] = []
    for at in range(0, len(some), A_TRIP):
        asked = some[at : at + A_TRIP]
        with store_errors():
            pipe = store.redis.pipeline(transaction=False)
            for name in asked:
                pipe.hmget(keys.of_site(name).meta, "created", "retired")
            answers = pipe.execute()
        found += [
            Made(n, int(c or 0), int(r or 0)) for n, (c, r) in zip(asked, answers, strict=True)
        ]
    return found


def retire(store: Store, site: str, now_ms: int) -> None:
    """Have a site take no new comments from a time on (0: have it take them again)."""
    meta = keys.of_site(site).meta
    with store_errors():
        store.redis.hset(meta, "retired", now_ms)
        # After it: whoever reads the revision first and this after it knows it.
        store.redis.hincrby(meta, "tokens", 1)


def standing(store: Store, site: str) -> tuple[int, bool]:
    """Return the revision of a site's tokens, and whether the site is retired."""
    with store_errors():
        tokens, retired = store.redis.hmget(keys.of_site(site).meta, "tokens", "retired")
    return int(tokens or 0), bool(int(retired or 0))


def settings(store: Store, site: str) -> SiteSettings:
    """Return the settings of a site, the defaults where nobody changed them."""
    with store_errors():
        data = store.redis.get(keys.of_site(site).settings)
    return SiteSettings() if data is None else _settings(data)


class Chosen(Struct, frozen=True):
    """What a site's people chose: settings, its list and its keys as they are stored (None: nobody
    wrote any), what is held for now, and the lists that it subscribed to."""

    settings: SiteSettings
    listed: bytes | None
    attack: Attack
    keywords: bytes | None
    subscribed: Subscriptions


def policy(store: Store, site: str) -> Chosen:
    """Return what a site's people chose, in one round trip."""
    k = keys.of_site(site)
    with store_errors():
        settings, listed, attack, keywords, subscribed = store.redis.mget(
            k.settings, k.listed, k.attack, k.keywords, k.subscribed
        )
    return Chosen(
        SiteSettings() if settings is None else _settings(settings),
        listed,
        Attack() if attack is None else _attack(attack),
        keywords,
        Subscriptions() if subscribed is None else _subscriptions(subscribed),
    )


def listed(store: Store, site: str) -> bytes | None:
    """Return a site's list as it is stored (None: nobody wrote any), whatever else it has."""
    with store_errors():
        found: bytes | None = store.redis.get(keys.of_site(site).listed)
    return found


def put_settings(store: Store, site: str, new: SiteSettings, revision: int) -> int:
    """Change a site's settings, read at a revision, and return their new one.

    Return 0, with nothing changed, where somebody else changed them since.
    """
    return _put(store, site, keys.of_site(site).settings, new, revision)


def put_list(store: Store, site: str, new: Listed, revision: int) -> int:
    """Change a site's list as `put_settings` its settings: they share a revision."""
    return _put(store, site, keys.of_site(site).listed, new, revision)


def put_keys(store: Store, site: str, new: Keys, revision: int) -> int:
    """Change a site's keys as `put_settings` its settings."""
    return _put(store, site, keys.of_site(site).keywords, new, revision)


def put_subscriptions(store: Store, site: str, new: Subscriptions, revision: int) -> int:
    """Change the lists that a site subscribed to, as `put_settings` its settings."""
    return _put(store, site, keys.of_site(site).subscribed, new, revision)


def put_attack(store: Store, site: str, new: Attack, revision: int) -> int:
    """Change until when everything is held, as `put_settings` the settings."""
    with store_errors():
        store.redis.zadd(keys.ATTACKED, {site: new.until_ms})
    return _put(store, site, keys.of_site(site).attack, new, revision)


def attacked(store: Store, now_ms: int) -> list[str]:
    """Return the names of sites of which everything may be held now, a thousand at most.

    Those that are over for a day are forgotten.
    """
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        pipe.zremrangebyscore(keys.ATTACKED, "-inf", now_ms - _DAY_MS)
        pipe.zrangebyscore(keys.ATTACKED, f"({now_ms}", "+inf", 0, A_TRIP)
        return [name.decode() for name in pipe.execute()[1]]


def _put(store: Store, site: str, key: str, new: Struct, revision: int) -> int:
    words = [revision, msgspec.json.encode(new)]
    return int(store.run("put_settings", [keys.of_site(site).meta, key], words))


def put_token(store: Store, digest: str, token: Token) -> None:
    """Keep a token by its digest."""
    with store_errors():
        store.redis.hset(keys.TOKENS, digest, packed_token(token))


def packed_token(token: Token) -> bytes:
    """Return a token as it is kept."""
    return msgspec.json.encode(token)


def token(store: Store, digest: str) -> Token | None:
    """Return the token with this digest, None where there is none."""
    with store_errors():
        data = store.redis.hget(keys.TOKENS, digest)
    return None if data is None else _token(data)


def tokens(store: Store) -> dict[str, Token]:
    """Return every token by its digest."""
    with store_errors():
        found = store.redis.hgetall(keys.TOKENS)
    return {digest.decode(): _token(data) for digest, data in found.items()}


def replace_token(store: Store, digest: str, token: Token) -> None:
    """Keep a token as it is changed; its site's next request in any process notices."""
    put_token(store, digest, token)
    if token.site:
        with store_errors():
            store.redis.hincrby(keys.of_site(token.site).meta, "tokens", 1)


def revoke_token(store: Store, digest: str, site: str) -> bool:
    """Remove a token; its site's next request in any process notices."""
    with store_errors():
        data = store.redis.hget(keys.TOKENS, digest)
        gone = bool(store.redis.hdel(keys.TOKENS, digest))
        if data is not None:
            store.redis.hdel(keys.TOKENS_USED, _token(data).id)
        if site:
            store.redis.hincrby(keys.of_site(site).meta, "tokens", 1)
    return gone


def note_uses(store: Store, uses: Mapping[str, int]) -> None:
    """Keep when tokens, by their ids, were used last (ms since 1970)."""
    with store_errors():
        if uses:
            store.redis.hset(keys.TOKENS_USED, mapping=dict(uses))


def token_uses(store: Store) -> dict[str, int]:
    """Return when each token that was used was used last (ms since 1970), by its id."""
    with store_errors():
        found = store.redis.hgetall(keys.TOKENS_USED)
    return {token.decode(): int(at) for token, at in found.items()}


def put_user(store: Store, user: User) -> None:
    """Keep a person's account, whatever was there."""
    accounts.change(store, user.name, lambda _: user)


def user(store: Store, name: str) -> User | None:
    """Return a person's account, None where there is none."""
    with store_errors():
        data = store.redis.hget(keys.USERS, name)
    return None if data is None else _user(data)


def users(store: Store) -> list[User]:
    """Return every account, by name."""
    with store_errors():
        found = store.redis.hgetall(keys.USERS)
    return sorted((_user(data) for data in found.values()), key=lambda u: u.name)
