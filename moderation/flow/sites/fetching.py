"""Fetching the lists that sites subscribed to: once a day, and the last good copy stays."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import math
from collections.abc import Sequence
from time import monotonic

from msgspec import Struct
from msgspec.structs import replace

from moderation.domain import subscribed
from moderation.domain.errors import InvalidInput, StaleChoice
from moderation.domain.subscribed import (
    LIST_BYTES,
    LIST_ENTRIES,
    Fetched,
    NewSubscription,
    Reads,
    Subscription,
    Subscriptions,
)
from moderation.flow import signing
from moderation.flow.outbound import request
from moderation.flow.outbound.request import OutboundError
from moderation.flow.people.links import By
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.sites import choosing
from moderation.store import Store, sites, subscriptions

log = logging.getLogger(__name__)

EVERY_MS = 24 * 3_600_000
AGAIN_MS = 3_600_000
"""After how long a list is fetched again, and one that failed is tried again."""
A_TURN_SECONDS = 60.0
"""After so long no other list is begun in a turn."""
SECONDS = 30.0
"""Bounds a fetch, from the look-up of the name to the last byte."""
AHEAD = dt.timedelta(hours=1)
"""By how much the clock of a feed's publisher may be ahead of the one here."""


class Held(Struct, frozen=True):
    """A list that a site subscribed to, with how its last fetch went."""

    chosen: Subscription
    state: Fetched


class Answer(Struct, frozen=True):
    """What a list's address answered: its entries, None where they are those of before, and
    how many of what it tells that is."""

    entries: list[str] | None
    number: int = 0
    skipped: int = 0
    etag: str = ""
    digest: str = ""


def subscriptions_of(store: Store, site: str) -> Subscriptions:
    """Return the lists that a site subscribed to; raises `NotFound`."""
    return sites.policy(store, choosing.there(store, site)).subscribed


def shown(store: Store, site: str) -> list[Held]:
    """Return the lists that a site subscribed to with how their last fetch went."""
    states = subscriptions.states(store, site)
    return [
        Held(one, states.get(one.number, Fetched())) for one in subscriptions_of(store, site).lists
    ]


def etag(store: Store, site: str) -> str:
    """Return the name of what a site's people chose; a fetch does not change it."""
    return choosing.etag(_as_chosen(subscriptions_of(store, site)))


def _as_chosen(found: Subscriptions) -> Subscriptions:
    return Subscriptions(tuple(replace(one, digest="") for one in found.lists), found.last)


def subscribe(
    store: Store, site: str, wanted: Sequence[NewSubscription], by: By, if_match: str | None
) -> Subscriptions:
    """Put these subscriptions in place of a site's; new ones are fetched within a minute.

    Raises:
        BadEntry, InvalidInput: one cannot be; they are too many.
        NotFound, StaleChoice, StoreDown: as `choosing.put_settings`.
    """

    def change(known: Subscriptions) -> Subscriptions:
        if if_match is not None and choosing.etag(_as_chosen(known)) != if_match:
            raise StaleChoice("somebody else changed this since you read it; nothing was changed")
        return subscribed.rewritten(known, wanted, by.who, now_ms())

    before = {one.number for one in subscriptions_of(store, site).lists}
    new, is_new = choosing.changed(
        store, site, subscriptions_of, sites.put_subscriptions, change, None
    )
    if is_new:
        choosing.note(store, by, "subscriptions_changed", site)
        subscriptions.drop(store, site, sorted(before - {one.number for one in new.lists}))
    subscriptions.plan(store, site, now_ms() if new.lists else None)
    return new


def fetch_due(runtime: Runtime) -> int:
    """Fetch the lists that are due, of a hundred sites at most; return how many were tried.

    Where servers are slow the rest is left to the next turn after `A_TURN_SECONDS`, and the time
    of the one that was begun by then.
    """
    tried, until = 0, monotonic() + A_TURN_SECONDS
    for site in subscriptions.due(runtime.store, now_ms()):
        # Before it is fetched: whoever dies of a list does not meet it again at once.
        subscriptions.plan(runtime.store, site, now_ms() + AGAIN_MS)
        tried += fetch_site(runtime, site, until=until)
        if monotonic() >= until:
            break
    return tried


def fetch_site(
    runtime: Runtime, site: str, *, at_once: bool = False, until: float = math.inf
) -> int:
    """Fetch the lists of a site that are due, or all `at_once`, while it is not later than `until`
    (monotonic seconds); return how many were tried."""
    store, tried = runtime.store, 0
    for one in sites.policy(store, site).subscribed.lists:
        if monotonic() >= until:
            break
        state = subscriptions.states(store, site).get(one.number, Fetched())
        if at_once or now_ms() >= _due_ms(state):
            _fetch(runtime, site, one, state)
            tried += 1
    states = subscriptions.states(store, site)
    left = sites.policy(store, site).subscribed.lists
    due = [_due_ms(states.get(one.number, Fetched())) for one in left]
    subscriptions.plan(store, site, min(due) if due else None)
    return tried


def _due_ms(state: Fetched) -> int:
    if not state.tried_ms:
        return 0
    return state.tried_ms + (AGAIN_MS if state.error else EVERY_MS)


def ask(
    runtime: Runtime,
    url: str,
    reads: Reads,
    key: str = "",
    seen: str = "",
    known: Sequence[str] = (),
) -> Answer:
    """Return what a list's address answers now; `key` signs it where it is a feed, `seen` is the
    tag of the copy that is known, `known` the lines of that of a feed.

    Raises:
        OutboundError: it cannot be fetched, or holds nothing that can be read.
    """
    headers = {"Accept": "text/plain, */*;q=0.1"} | ({"If-None-Match": seen} if seen else {})
    allowed = runtime.settings.outbound_allow
    reply = request.get(url, headers, LIST_BYTES, SECONDS, allowed)
    if reply.status == 304 and seen:
        return Answer(None)
    if 300 <= reply.status < 400:
        raise OutboundError(f"it answered with status {reply.status}; redirects are not followed")
    if reply.status != 200:
        raise OutboundError(f"it answered with status {reply.status}")
    if reads == "feed":
        entries, number = _feed(reply.body, key, known)
        skipped = 0
    else:
        text = reply.body.decode("utf-8-sig", "replace")
        entries, skipped = ([], 0) if subscribed.is_page(text) else subscribed.read(reads, text)
        number = len(entries)
        if not entries or skipped > len(entries):
            # A page that says that the list has moved, in words; what is no text in UTF-8.
            raise OutboundError("what came is no list of this kind")
    digest = hashlib.blake2b("\n".join(entries).encode(), digest_size=12).hexdigest()
    tag = reply.etag if len(reply.etag) <= 256 and reply.etag.isprintable() else ""
    return Answer(entries[:LIST_ENTRIES], number, skipped, tag, digest)


def _feed(data: bytes, key: str, known: Sequence[str]) -> tuple[list[str], int]:
    """Return the lines of a feed, and how much it tells; `known` are those of the copy before."""
    try:
        feed = signing.read(data, key)
    except InvalidInput as error:
        raise OutboundError(str(error)) from error
    latest = dt.datetime.fromtimestamp(now_ms() / 1000, dt.UTC) + AHEAD
    if feed.made_at > latest:
        # It would keep away all that is made until then.
        raise OutboundError(
            "it was made in the future: its publisher's clock, or this one, is wrong"
        )
    before = _made_at(known, key)
    if before is not None and feed.made_at < before <= latest:
        # Whoever hands it out may keep an older one that its publisher has taken back.
        raise OutboundError("it is older than the one that was fetched before")
    if feed.good_until.timestamp() * 1000 <= now_ms():
        raise OutboundError("it was not made anew for so long that it is not believed any more")
    return data.decode().splitlines(), len(feed.texts) + len(feed.domains)


def _made_at(lines: Sequence[str], key: str) -> dt.datetime | None:
    """Return when a feed was made that this key has signed, None where it is none."""
    try:
        return signing.read("\n".join(lines).encode(), key).made_at
    except InvalidInput:
        return None


def _fetch(runtime: Runtime, site: str, one: Subscription, before: Fetched) -> None:
    store, now = runtime.store, now_ms()
    try:
        known = subscriptions.copy(store, site, one.number) if one.reads == "feed" else []
        seen = before.etag if one.digest else ""
        answer = ask(runtime, one.url, one.reads, one.key, seen, known)
    except OutboundError as error:
        log.warning("list %d of %s was not fetched: %s", one.number, site, error)
        state = replace(before, tried_ms=now, error=str(error)[:200])
        subscriptions.note(store, site, one.number, state)
        return
    if answer.entries is None:
        state = replace(before, tried_ms=now, fetched_ms=now, error="")
        subscriptions.note(store, site, one.number, state)
        return
    if answer.digest != one.digest:
        subscriptions.put_copy(store, site, one.number, answer.entries)
        _put_digest(store, site, one.number, answer.digest)
    state = Fetched(now, now, answer.number, answer.skipped, answer.etag)
    subscriptions.note(store, site, one.number, state)


def _put_digest(store: Store, site: str, number: int, digest: str) -> None:
    """Have every process take up a new copy from its next verdict on."""

    def change(known: Subscriptions) -> Subscriptions:
        lists = (
            replace(one, digest=digest) if one.number == number else one for one in known.lists
        )
        return Subscriptions(tuple(lists), known.last)

    choosing.changed(store, site, subscriptions_of, sites.put_subscriptions, change, None)
