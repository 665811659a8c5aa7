"""Which Akismet key may speak for which blog, in every process as of its next call."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import hmac
from collections.abc import Callable

import msgspec

from moderation.domain.accounts import Token
from moderation.domain.addresses import counted_as
from moderation.domain.akismet import (
    KEY,
    OVER_QUOTA,
    SITE_NOT_LISTED,
    SITE_PREFIX,
    SITE_RETIRED,
    SITE_REVOKED,
    TOO_MANY_UNKNOWN,
    UNKNOWN_KEY,
    Account,
    Blog,
    Key,
)
from moderation.domain.errors import KeyRefused, StoreDown, StoreFull
from moderation.flow.authorise import TOKENS_KEPT, Grant
from moderation.flow.caching import Cache
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.vitals import Vitals
from moderation.store import Store, akismet, hurried, sites
from moderation.store.sites import SiteState

UNKNOWN_AT_MOST = 30
"""Different unknown keys that an address may try in ten minutes before it is told of none any more
whether there is such a key. A good key is never refused: others may share the address."""


class Charge:
    """One check of an account, counted for its quota at most once, however often it is judged."""

    def __init__(self) -> None:
        self._account = self._month = ""
        self.used = 0

    def read(self, runtime: Runtime, account: Account, site: str) -> SiteState:
        """Return the site's state; the check is counted with the first reading."""
        if self._account or not account.monthly:
            return sites.read(runtime.store, site)
        month = month_of(now_ms())
        count = akismet.counting(account.id, month)
        state, self.used = sites.read_counting(runtime.store, site, count)
        self._account, self._month = account.id, month
        return state

    def take_back(self, runtime: Runtime) -> None:
        """Count the check no more, as far as the store can be reached."""
        if self._account:
            with contextlib.suppress(StoreDown, StoreFull):
                akismet.uncount(runtime.store, self._account, self._month)


class BlogGrant(Grant, frozen=True, kw_only=True):
    """A key that was good for a blog; the revision of the site's tokens stands for both.

    With a `charge` it is the grant of one check that counts for the account's quota.
    """

    account: Account
    blog: str
    expires_ms: int
    charge: Charge | None = None

    def last_state(self, runtime: Runtime) -> SiteState | None:
        """Return the state seen last; None where a quota counts with the reading of it."""
        if self.charge is not None and self.account.monthly:
            return None
        return Grant.last_state(self, runtime)

    def state(self, runtime: Runtime) -> SiteState:
        """Return the site's state; raises `KeyRefused` where the check is beyond the quota."""
        if self.charge is None:
            return Grant.state(self, runtime)
        state = self.charge.read(runtime, self.account, self.site)
        is_over = self.account.monthly and self.charge.used > self.account.monthly
        if is_over and state.tokens == self.revision:
            raise KeyRefused(OVER_QUOTA)
        return state

    def confirmed(self, runtime: Runtime) -> BlogGrant:
        """Return the grant as the store knows it now; raises `KeyRefused` if it is gone."""
        found = _ask(runtime, self.digest, self.blog)
        return msgspec.structs.replace(found, charge=self.charge)


class KnownBlogs(Cache[BlogGrant]):
    """The keys that this process has seen speak for a blog, by the key's digest and the blog."""

    def __init__(self) -> None:
        super().__init__(TOKENS_KEPT)


def month_of(ms: int) -> str:
    """Return the UTC month of a time as `2026-11`."""
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC).strftime("%Y-%m")


def key_digest(secret: bytes, key: str) -> str:
    """Return the keyed hash that a key is found by, whatever the case of its letters."""
    return hmac.digest(secret, b"akismet key:" + key.encode(), "sha256").hex()


def site_of(secret: bytes, account: str, blog: str) -> str:
    """Return the name of the site that an account's blog is."""
    text = f"akismet site:{account}:{blog}".encode()
    return SITE_PREFIX + hashlib.blake2b(text, digest_size=10, key=secret[:64]).hexdigest()


@hurried
def authorise_blog(
    runtime: Runtime, key: str, blog: str, address: Callable[[], str] = str
) -> BlogGrant:
    """Return a key's grant for a normalised blog; a new blog of the key appears by itself.

    A pair that this process knows is believed: the call's own script compares the revision.
    `address` tells the client's, against which unknown keys count; most calls need it not.

    Raises:
        KeyRefused: the key is unknown, expired or may not speak for this blog.
        StoreDown: the pair is not known here and the store does not answer.
    """
    digest = _well_formed(runtime, key)
    known = runtime.own(KnownBlogs).get(f"{digest}:{blog}")
    if known is None or is_over(known.expires_ms):
        _known_key(runtime, digest, address())
        known = _ask(runtime, digest, blog)
    runtime.own(Vitals).used(known.token.id, now_ms())
    return known


@hurried
def is_good(runtime: Runtime, key: str) -> bool:
    """Say whether a key could be used, before anything is done with it; nothing is counted."""
    try:
        found = akismet.key(runtime.store, _well_formed(runtime, key))
    except KeyRefused:
        return False
    return found is not None and not is_over(found.expires_ms)


def account_of(runtime: Runtime, key: str, address: str) -> Account:
    """Return the account that a key belongs to; raises `KeyRefused` for an unknown key."""
    digest = _well_formed(runtime, key)
    found = _known_key(runtime, digest, address)
    account = akismet.account(runtime.store, found.account)
    if account is None:
        raise KeyRefused(UNKNOWN_KEY)
    runtime.own(Vitals).used(akismet.use_name(digest), now_ms())
    return account


def _well_formed(runtime: Runtime, key: str) -> str:
    key = key.strip().lower()
    if not KEY.fullmatch(key):
        raise KeyRefused(UNKNOWN_KEY)
    return key_digest(runtime.secret, key)


def is_over(expires_ms: int) -> bool:
    """Say whether a key that ends at a time (ms, 0: never) has ended."""
    return bool(expires_ms) and now_ms() >= expires_ms


def _known_key(runtime: Runtime, digest: str, address: str) -> Key:
    most = UNKNOWN_AT_MOST + 1
    found, unknown = akismet.good_key(runtime.store, digest, counted_as(address), now_ms(), most)
    if found is None:
        raise KeyRefused(UNKNOWN_KEY if unknown < most else TOO_MANY_UNKNOWN)
    return found


def _ask(runtime: Runtime, digest: str, blog: str) -> BlogGrant:
    name = f"{digest}:{blog}"
    runtime.own(KnownBlogs).drop(name)
    store = runtime.store
    key = akismet.key(store, digest)
    if key is None:
        raise KeyRefused(UNKNOWN_KEY)
    site = site_of(runtime.secret, key.account, blog)
    # What may be revoked is changed before the revision goes up: whoever reads the revision
    # first and the rest after it cannot keep what was revoked under the new revision.
    revision, is_retired = sites.standing(store, site)
    if is_retired:
        raise KeyRefused(SITE_RETIRED)
    key = akismet.key(store, digest)
    if key is None or is_over(key.expires_ms):
        raise KeyRefused(UNKNOWN_KEY)
    account = akismet.account(store, key.account)
    if account is None:
        raise KeyRefused(UNKNOWN_KEY)
    known = akismet.blog(store, account.id, blog)
    if known is None:
        _appear(store, account, blog, site)
    elif known.revoked:
        raise KeyRefused(SITE_REVOKED)
    token = Token(akismet.use_name(digest), site, ("submit", "moderate"), account.name, 0)
    grant = BlogGrant(
        digest, token, revision, account=account, blog=blog, expires_ms=key.expires_ms
    )
    runtime.own(KnownBlogs).put(name, grant)
    return grant


def _appear(store: Store, account: Account, blog: str, site: str) -> None:
    if not may_appear(store, account):
        raise KeyRefused(SITE_NOT_LISTED)
    add_blog(store, account.id, blog, site)


def may_appear(store: Store, account: Account) -> bool:
    """Say whether one more blog of an account would appear by itself."""
    return not account.listed_only and akismet.blog_count(store, account.id) < account.site_limit


def add_blog(store: Store, account_id: str, blog: str, site: str) -> None:
    """Make a blog a site of an account."""
    made = now_ms()
    sites.create(store, site, made)
    akismet.put_blog(store, account_id, blog, Blog(site, made))
