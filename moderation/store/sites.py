"""Sites with their settings, tokens and people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from moderation.domain.accounts import Token, User
from moderation.domain.sites import SiteSettings
from moderation.store import accounts, keys
from moderation.store.client import Call, Store
from moderation.store.faults import store_errors

A_TRIP = 1000
_settings = msgspec.json.Decoder(SiteSettings).decode
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
    """Make a site; False if there was one of that name."""
    with store_errors():
        made = bool(store.redis.hsetnx(keys.of_site(site).meta, "created", now_ms))
        store.redis.sadd(keys.SITES, site)
    return made


def names(store: Store) -> list[str]:
    """Return the names of all sites, sorted."""
    with store_errors():
        return sorted(name.decode() for name in store.redis.smembers(keys.SITES))


def settings(store: Store, site: str) -> SiteSettings:
    """Return the settings of a site, the defaults where nobody changed them."""
    with store_errors():
        data = store.redis.get(keys.of_site(site).settings)
    return SiteSettings() if data is None else _settings(data)


def put_settings(store: Store, site: str, new: SiteSettings, revision: int) -> int:
    """Change a site's settings, read at a revision, and return their new one.

    Return 0, with nothing changed, where somebody else changed them since.
    """
    k = keys.of_site(site)
    words = [revision, msgspec.json.encode(new)]
    return int(store.run("put_settings", [k.meta, k.settings], words))


def put_token(store: Store, digest: str, token: Token) -> None:
    """Keep a token by its digest."""
    with store_errors():
        store.redis.hset(keys.TOKENS, digest, msgspec.json.encode(token))


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


def revoke_token(store: Store, digest: str, site: str) -> bool:
    """Remove a token; its site's next request in any process notices."""
    with store_errors():
        gone = bool(store.redis.hdel(keys.TOKENS, digest))
        if site:
            store.redis.hincrby(keys.of_site(site).meta, "tokens", 1)
    return gone


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
