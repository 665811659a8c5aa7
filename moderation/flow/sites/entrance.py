"""The tokens and Akismet keys by which a site gets in: made, shown once, rotated, revoked."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from moderation.domain.accounts import Scope, Token, token_digest
from moderation.domain.akismet import Account
from moderation.domain.errors import InvalidInput, NotFound
from moderation.flow.akismet import accounts, keys
from moderation.flow.people.links import By
from moderation.flow.runtime import now_ms
from moderation.flow.sites import first_run
from moderation.flow.sites.choosing import note, there
from moderation.store import Store, akismet, sites

TOKENS = 100
"""Most tokens of one site."""
KEYS = 100
OVERLAP_HOURS = 72
OVERLAP_HOURS_AT_MOST = 24 * 90
_HOUR_MS = 3_600_000


class ShownKey(Struct, frozen=True):
    """An Akismet key without itself: times in ms since 1970; it ends at `expires_ms` (0: never),
    and was used last at `used_ms` (0: not yet)."""

    id: str
    created_ms: int
    expires_ms: int
    used_ms: int = 0


def tokens(store: Store, site: str) -> list[Token]:
    """Return the tokens of a site, the oldest first; raises `NotFound`."""
    there(store, site)
    found = [one for one in sites.tokens(store).values() if one.site == site]
    return sorted((t for t in found if not t.is_over(now_ms())), key=lambda token: token.id)


def make_token(
    store: Store, site: str, scopes: tuple[Scope, ...], name: str, per_minute: int, by: By
) -> tuple[Token, str]:
    """Make a token of a site; return it with its secret, which cannot be shown again.

    Raises:
        NotFound: there is no such site. InvalidInput: it has too many, or a scope is not for it.
    """
    if not scopes or "admin" in scopes or len(set(scopes)) < len(scopes):
        raise InvalidInput("a token of a site may submit, moderate, or both")
    if len(tokens(store, site)) >= TOKENS:
        raise InvalidInput(f"a site has at most {TOKENS} tokens; revoke one first")
    secret = first_run.add_token(store, site, scopes, name, per_minute)
    made = _token_of(store, secret)
    note(store, by, "token_made", site, made.id)
    return made, secret


def rotate_token(
    store: Store, site: str, token_id: str, overlap_hours: int, by: By
) -> tuple[Token, str]:
    """Make a token in place of one, which goes on for the overlap; return it with its secret.

    Raises:
        NotFound: there is no such site or token.
    """
    digest, old = _found(store, site, token_id)
    secret = first_run.add_token(store, site, old.scopes, old.name, old.per_minute)
    until = now_ms() + overlap_hours * _HOUR_MS
    if old.expires_ms:
        until = min(until, old.expires_ms)
    sites.replace_token(store, digest, replace(old, expires_ms=until))
    made = _token_of(store, secret)
    note(store, by, "token_rotated", site, token_id)
    return made, secret


def revoke_token(store: Store, site: str, token_id: str, by: By) -> None:
    """Make a token useless from the next call on; raises `NotFound`."""
    digest, _ = _found(store, site, token_id)
    sites.revoke_token(store, digest, site)
    note(store, by, "token_revoked", site, token_id)


def _token_of(store: Store, secret: str) -> Token:
    found = sites.token(store, token_digest(secret))
    if found is None:
        raise NotFound("the token was revoked as it was made")
    return found


def _found(store: Store, site: str, token_id: str) -> tuple[str, Token]:
    there(store, site)
    for digest, found in sites.tokens(store).items():
        if (found.id, found.site) == (token_id, site):
            return digest, found
    raise NotFound("the site has no such token")


def keys_of(store: Store, site: str) -> list[ShownKey]:
    """Return the Akismet keys of a site, the oldest first; raises `NotFound`."""
    account = _account(store, there(store, site))
    now, used = now_ms(), sites.token_uses(store)
    return [
        ShownKey(
            digest[: akismet.KEY_ID_LENGTH],
            key.created_ms,
            key.expires_ms,
            used.get(akismet.use_name(digest), 0),
        )
        for digest, key in sorted(akismet.all_keys(store).items(), key=lambda i: i[1].created_ms)
        if account and key.account == account.id and not (key.expires_ms and key.expires_ms <= now)
    ]


def make_key(store: Store, secret: bytes, site: str, by: By) -> tuple[ShownKey, str]:
    """Make an Akismet key of a site; return it with the key, which is not shown again.

    The first key makes an account of the site's name, to which its keys and blogs belong.

    Raises:
        NotFound: there is no such site. InvalidInput: it has too many.
    """
    if len(keys_of(store, site)) >= KEYS:
        raise InvalidInput(f"a site has at most {KEYS} keys; revoke one first")
    account = _account(store, site) or accounts.put_account(store, site)
    key = accounts.new_key()
    accounts.put_key(store, secret, account, key)
    return _made(store, secret, site, key, "key_made", by)


def rotate_keys(
    store: Store, secret: bytes, site: str, overlap_hours: int, by: By
) -> tuple[ShownKey, str]:
    """Make a key in place of a site's keys, which go on for the overlap; raises `NotFound`."""
    account = _account(store, there(store, site))
    if account is None:
        raise NotFound("the site has no key")
    key = accounts.rotate(store, secret, account, overlap_hours * _HOUR_MS)
    return _made(store, secret, site, key, "key_rotated", by)


def revoke_key(store: Store, site: str, key_id: str, by: By) -> None:
    """Make a key of a site useless from the next call on; raises `NotFound`."""
    if key_id not in {one.id for one in keys_of(store, site)}:
        raise NotFound("the site has no such key")
    accounts.revoke_key(store, key_id)
    note(store, by, "key_revoked", site, key_id)


def _made(
    store: Store, secret: bytes, site: str, key: str, what: str, by: By
) -> tuple[ShownKey, str]:
    digest = keys.key_digest(secret, key)
    kept = akismet.key(store, digest)
    if kept is None:
        raise NotFound("the key was revoked as it was made")
    name = digest[: akismet.KEY_ID_LENGTH]
    note(store, by, what, site, name)
    return ShownKey(name, kept.created_ms, kept.expires_ms), key


def _account(store: Store, site: str) -> Account | None:
    """Return the account whose keys are a site's: that of its name, or the one it appeared by."""
    found = accounts.find_account(store, site)
    if found is not None:
        return found
    for account in akismet.accounts(store):
        if any(blog.site == site for blog in akismet.blogs(store, account.id).values()):
            return account
    return None
