"""Who asks, and whether they may."""

from __future__ import annotations

from msgspec import Struct

from moderation.domain.accounts import Scope, Token, token_digest
from moderation.domain.errors import NotAllowed, NotAuthorised, RateLimited
from moderation.flow.caching import Cache
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.vitals import Vitals
from moderation.store import hurried, sites
from moderation.store.sites import SiteState

TOKENS_KEPT = 10_000


class KnownToken(Struct, frozen=True):
    """A token with the revision of its site's tokens at which it was found good, and whether the
    site was retired then."""

    token: Token
    revision: int
    is_retired: bool = False


class KnownTokens(Cache[KnownToken]):
    """The tokens that this process has seen, by their digests."""

    def __init__(self) -> None:
        super().__init__(TOKENS_KEPT)


class Grant(Struct, frozen=True):
    """A token that was good at `revision` of its site's tokens; each call checks that anew."""

    digest: str
    token: Token
    revision: int
    is_retired: bool = False

    @property
    def site(self) -> str:
        """The site that the token belongs to."""
        return self.token.site

    @property
    def actor(self) -> str:
        """Who decisions made with this token are put down to."""
        return f"token:{self.token.name}"

    def last_state(self, runtime: Runtime) -> SiteState | None:
        """Return the site's state as this process saw it last, for a script to compare."""
        return runtime.states.get(self.site)

    def state(self, runtime: Runtime) -> SiteState:
        """Return the site's state, read for a check."""
        return sites.read(runtime.store, self.site)

    def confirmed(self, runtime: Runtime) -> Grant:
        """Return the grant as the store knows it now; raises `NotAuthorised` if it is gone."""
        return _ask(runtime, self.digest)


def authorise(runtime: Runtime, bearer: str, scope: Scope, *, fresh: bool = True) -> Grant:
    """Return the grant of a bearer token: of a site, or for `admin` of the installation.

    With `fresh` the store is asked whether the token still stands; without it a token that this
    process knows is believed, for callers whose next script compares the revision.

    Raises:
        NotAuthorised: the token is missing, unknown or revoked.
        NotAllowed: it lacks the scope; it belongs to no site, and for `admin` to one; or it is to
        submit to a site that is retired.
        StoreDown: it is not known here and the store does not answer.
    """
    if not bearer:
        raise NotAuthorised("no token was given")
    digest = token_digest(bearer)
    known = None if fresh else runtime.own(KnownTokens).get(digest)
    # A site that was retired may be open again: no script of its own would say so.
    if known and not known.is_retired:
        grant = Grant(digest, known.token, known.revision)
    else:
        grant = _ask(runtime, digest) if fresh else hurried(_ask)(runtime, digest)
    refuse_ended(grant.token)
    if scope not in grant.token.scopes:
        raise NotAllowed(f"the token lacks the scope {scope}")
    if scope == "admin" and grant.site:
        raise NotAllowed("the token belongs to a site, not to the installation")
    if scope != "admin" and not grant.site:
        raise NotAllowed("the token belongs to the installation, not to a site")
    if scope == "submit":
        refuse_retired(grant)
    runtime.own(Vitals).used(grant.token.id, now_ms())
    return grant


def refuse_ended(token: Token) -> None:
    """Return if a token is still good; raises `NotAuthorised` where another took its place."""
    if token.is_over(now_ms()):
        raise NotAuthorised("the token has ended: another took its place")


def refuse_retired(grant: Grant) -> None:
    """Return if the site takes new comments; raises `NotAllowed` where it is retired."""
    if grant.is_retired:
        raise NotAllowed("the site is retired: it takes no new comments")


def confirm(runtime: Runtime, grant: Grant) -> Grant:
    """Return the grant as the store knows it now, for what takes new comments.

    Raises:
        NotAuthorised: the token was revoked. NotAllowed: the site was retired.
    """
    confirmed = grant.confirmed(runtime)
    refuse_retired(confirmed)
    return confirmed


def _ask(runtime: Runtime, digest: str) -> Grant:
    token = sites.token(runtime.store, digest)
    if token is None:
        runtime.own(KnownTokens).drop(digest)
        raise NotAuthorised("the token is unknown or was revoked")
    # Revoking deletes the token before it raises the revision: whoever reads the revision first
    # and the token after it cannot keep a revoked token under the new revision.
    revision, is_retired = sites.standing(runtime.store, token.site) if token.site else (0, False)
    token = sites.token(runtime.store, digest)
    if token is None:
        runtime.own(KnownTokens).drop(digest)
        raise NotAuthorised("the token is unknown or was revoked")
    refuse_ended(token)
    runtime.own(KnownTokens).put(digest, KnownToken(token, revision, is_retired))
    return Grant(digest, token, revision, is_retired)


def limited(now: int) -> RateLimited:
    """Return the refusal of a token that has used up its calls of the minute of `now` (ms)."""
    return RateLimited(60 - now // 1000 % 60)
