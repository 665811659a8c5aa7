"""What an operator does with Akismet accounts and keys; it holds for the very next call."""

from __future__ import annotations

import secrets

import msgspec
from ulid import ULID

from moderation.domain.akismet import SITE_LIMIT, Account, Blog, Key, normalise_blog
from moderation.domain.errors import InvalidInput, NotFound
from moderation.flow.akismet.keys import add_blog, key_digest, month_of, site_of
from moderation.flow.akismet.statistics import recorded_this_month
from moderation.flow.runtime import now_ms
from moderation.flow.sealing import seal
from moderation.store import Store, akismet, sites
from moderation.store.akismet import KEY_ID_LENGTH

NAME_LENGTH = 64


def create_account(
    store: Store, secret: bytes, name: str, *, site_limit: int = SITE_LIMIT
) -> tuple[Account, str]:
    """Make an account with its first key and return both; the key can be made no second time.

    Raises:
        InvalidInput: the name is taken, empty or too long.
    """
    if not 0 < len(name) <= NAME_LENGTH or not name.isprintable():
        raise InvalidInput(f"an account's name has 1 to {NAME_LENGTH} printable characters")
    if find_account(store, name) is not None:
        raise InvalidInput("there is an account of this name already")
    account, key = put_account(store, name, site_limit), new_key()
    put_key(store, secret, account, key)
    return account, key


def put_account(store: Store, name: str, site_limit: int = SITE_LIMIT) -> Account:
    """Keep a new account, which has no key yet, and return it."""
    account = Account(str(ULID()), name, now_ms(), site_limit)
    akismet.put_account(store, account)
    return account


def new_key() -> str:
    """Return a random key that nobody has yet."""
    return secrets.token_hex(6)


def put_key(store: Store, secret: bytes, account: Account, key: str) -> None:
    """Let an account use a key; doing so twice does no harm."""
    record = Key(account.id, seal(secret, key), now_ms())
    akismet.put_key(store, key_digest(secret, key), record)


def find_account(store: Store, name: str) -> Account | None:
    """Return the account of a name, None where there is none."""
    return next((a for a in akismet.accounts(store) if a.name == name), None)


def account_named(store: Store, name: str) -> Account:
    """Return the account of a name; raises `NotFound`."""
    found = find_account(store, name)
    if found is None:
        raise NotFound("there is no account of this name; `key list` prints them")
    return found


def listed_keys(store: Store) -> list[tuple[str, str, Key, int]]:
    """Return the account's name ('-' without one), id, record and last use (ms, 0: never) of every
    key, by time."""
    used = sites.token_uses(store)
    names = {account.id: account.name for account in akismet.accounts(store)}
    found = sorted(akismet.all_keys(store).items(), key=lambda item: item[1].created_ms)
    return [
        (
            names.get(k.account, "-"),
            digest[:KEY_ID_LENGTH],
            k,
            used.get(akismet.use_name(digest), 0),
        )
        for digest, k in found
    ]


def blogs_of(store: Store, account: Account) -> dict[str, Blog]:
    """Return the blogs of an account by their address."""
    return akismet.blogs(store, account.id)


def rotate(store: Store, secret: bytes, account: Account, overlap_ms: int) -> str:
    """Make a new key of an account and return it; the keys before it end after the overlap."""
    made = new_key()
    put_key(store, secret, account, made)
    until, new = now_ms() + overlap_ms, key_digest(secret, made)
    for digest, key in akismet.all_keys(store).items():
        sooner = not key.expires_ms or key.expires_ms > until
        if key.account == account.id and digest != new and sooner:
            akismet.put_key(store, digest, msgspec.structs.replace(key, expires_ms=until))
    _renew(store, account)
    return made


def revoke_key(store: Store, key_id: str) -> None:
    """Make a key useless, found by the beginning of its keyed hash; raises `NotFound`."""
    for digest, key in akismet.all_keys(store).items():
        if len(key_id) >= KEY_ID_LENGTH and digest.startswith(key_id):
            akismet.drop_key(store, digest)
            akismet.touch(store, _sites(store, key.account))
            return
    raise NotFound("there is no such key; `key list` prints their ids")


def change(store: Store, account: Account, **changes: int | bool) -> Account:
    """Change `site_limit`, `listed_only` or `monthly` of an account and return it.

    A first quota counts what was checked this month before it.
    """
    new = msgspec.structs.replace(account, **changes)
    if new.monthly and not account.monthly:
        used = recorded_this_month(store, account)
        akismet.put_usage(store, account.id, month_of(now_ms()), used)
    akismet.put_account(store, new)
    _renew(store, new)
    return new


def allow_blog(store: Store, secret: bytes, account: Account, address: str) -> str:
    """Put a blog on an account's list, or let one that was revoked speak again."""
    blog, site, known = _blog(store, secret, account, address)
    if known is None:
        add_blog(store, account.id, blog, site)
    else:
        akismet.put_blog(store, account.id, blog, msgspec.structs.replace(known, revoked=False))
    akismet.touch(store, [site])
    return blog


def revoke_blog(store: Store, secret: bytes, account: Account, address: str) -> str:
    """Refuse a blog under every key of an account, from its next call on."""
    blog, site, known = _blog(store, secret, account, address)
    if known is None:
        add_blog(store, account.id, blog, site)
        known = Blog(site, now_ms())
    akismet.put_blog(store, account.id, blog, msgspec.structs.replace(known, revoked=True))
    akismet.touch(store, [site])
    return blog


def _blog(
    store: Store, secret: bytes, account: Account, address: str
) -> tuple[str, str, Blog | None]:
    blog = normalise_blog(address)
    if not blog:
        raise InvalidInput("write the blog's address, for example https://blog.example")
    site = site_of(secret, account.id, blog)
    return blog, site, akismet.blog(store, account.id, blog)


def _sites(store: Store, account_id: str) -> list[str]:
    return [blog.site for blog in akismet.blogs(store, account_id).values()]


def _renew(store: Store, account: Account) -> None:
    akismet.touch(store, _sites(store, account.id))
