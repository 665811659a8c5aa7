"""The first minute with Winnow: a comment sent from the console, one like it, keys for the site."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from moderation.domain.accounts import Token
from moderation.domain.comments import Comment, Submission
from moderation.domain.people import Act
from moderation.flow.akismet import accounts as akismet_accounts
from moderation.flow.authorise import Grant
from moderation.flow.comments import checking, previewing, reading
from moderation.flow.judging import score_batch
from moderation.flow.labels import learning
from moderation.flow.people.links import By
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.sealing import unseal
from moderation.flow.sites import administering, first_run
from moderation.store import akismet, people, sites

_TOKEN_NAME = "first steps"  # noqa: S105 - what the token is called


class OwnGrant(Grant, frozen=True):
    """What somebody who is logged in sends a comment with: no token that could be revoked."""

    def confirmed(self, runtime: Runtime) -> Grant:
        """Return the grant at the present revision of the site's tokens."""
        return replace(self, revision=sites.read(runtime.store, self.site).tokens)


class Alike(Struct, frozen=True):
    """A comment by the filter as it is now, and what it gave without this site's decisions."""

    comment: Comment
    untaught: float


class Keys(Struct, frozen=True):
    """What a site is pointed at Winnow with."""

    token: str
    akismet_key: str


def send(runtime: Runtime, site: str, content: str, by: By) -> Comment:
    """Store a comment on a site with its verdict, as `POST /v1/check` does.

    Raises:
        StoreDown: it was not stored.
    """
    state = sites.read(runtime.store, site)
    token = Token("console", site, ("submit",), by.who, 0)
    checked = checking.check(
        runtime, OwnGrant("", token, state.tokens), Submission(content=content)
    )
    return checked.comment


def newest(runtime: Runtime, site: str) -> Comment | None:
    """Return the comment that came last, None where there is none."""
    found = reading.list_comments(runtime, site, reading.Filter(), "", 1)
    return found.comments[0] if found.comments else None


def alike(runtime: Runtime, site: str, content: str) -> Alike:
    """Return what the filter says of a comment now, and would say untaught; nothing is kept."""
    submission = Submission(content=content)
    context = learning.context(runtime, site, sites.read(runtime.store, site))
    untaught = replace(context, learner=None, bands=context.model.bands)
    score = score_batch([(submission, untaught)])[0].score
    return Alike(previewing.preview(runtime, site, submission), score or 0.0)


def keys(runtime: Runtime, site: str, by: By) -> Keys:
    """Return a new token to submit with, in place of the one made here before, and the Akismet key
    of the account of the site's name."""
    store, secret = runtime.store, runtime.secret
    for token in administering.tokens(store):
        if token.site == site and token.name == _TOKEN_NAME:
            administering.revoke_token(store, token.id)
    made = first_run.add_token(store, site, ("submit",), _TOKEN_NAME)
    account = akismet_accounts.find_account(store, site)
    account = account or akismet_accounts.put_account(store, site)
    known = [
        unseal(secret, key.sealed)
        for key in akismet.all_keys(store).values()
        if key.account == account.id and not key.expires_ms
    ]
    if not known:
        known = [akismet_accounts.new_key()]
        akismet_accounts.put_key(store, secret, account, known[0])
    people.note(store, Act(now_ms(), by.who, "keys_made", by.address, "", site))
    return Keys(made, known[0])
