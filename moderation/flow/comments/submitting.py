"""Comments accepted now and scored soon: written, and the bell of their lane rung."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from moderation.domain.comments import Comment, Status, Submission
from moderation.domain.errors import IdempotencyConflict
from moderation.flow import revised
from moderation.flow.authorise import Grant, confirm, limited
from moderation.flow.drafts import fresh_comment, write_of
from moderation.flow.rows import keyed_hash
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.tasks import SCORE_INBOX
from moderation.store import keys
from moderation.store.codec import id_bytes, id_text, new_id, unpack_comment
from moderation.store.comments import accepting, inbox
from moderation.store.comments.accepting import Written


class Accepted(Struct, frozen=True, gc=False):
    """What became of one submission. A call that is answered by its idempotency key a second time
    is told the same, whatever has become of the comment since.

    `stored` is the comment as it then stood, where it was not new and came alone.
    """

    id: str
    revision: int
    kind: str
    status: Status
    stored: Comment | None = None


def submit(
    runtime: Runtime,
    grant: Grant,
    submissions: Sequence[Submission],
    *,
    idempotency_key: str = "",
    body: bytes = b"",
) -> list[Accepted]:
    """Write comments of one site and ring for the workers, in one round trip.

    Every hundred are written at once or not at all; a store that fails in between raises, and
    sending the same again with `external_id` or `idempotency_key` doubles nothing.

    Raises:
        IdempotencyConflict: the key was used with another body; nothing was written.
        RateLimited: the token has not that many left in this minute; nothing was written.
        NotAuthorised, StoreFull: what came after was not written. StoreDown: it is not known to be.
    """
    revision, settings = runtime.known_settings(grant.site)
    writes = [write_of(runtime, new_id(), submission) for submission in submissions]
    parts = [writes[at : at + accepting.AT_ONCE] for at in range(0, len(writes), accepting.AT_ONCE)]
    request = _digest(body, len(writes))
    now = now_ms()
    done: list[list[Written]] = []
    while len(done) < len(parts):
        calls = []
        # A limit is met by the first part for all of them: the others must wait for its answer.
        until = 1 if grant.token.per_minute and not done else len(parts)
        for number in range(len(done), until):
            key = keyed_hash(runtime.secret, "idempotency", f"{idempotency_key}/{number}")
            on = accepting.Conditions(
                tokens=grant.revision,
                settings=revision,
                idempotency=(key, request) if idempotency_key else None,
                token_id=grant.token.id,
                per_minute=0 if number else grant.token.per_minute,
                charge=len(writes),
            )
            retention = accepting.ttls(settings.retention)
            calls.append(accepting.accept_call(grant.site, parts[number], retention, now, on))
        before = len(done)
        try:
            _write(runtime, grant, calls, done)
        finally:
            for part in done[before:]:
                revised.note(runtime, grant.site, part)
        if len(done) < until:
            grant = confirm(runtime, grant)
            revision, settings = runtime.read_settings(grant.site)
    return [_accepted(grant.site, written) for part in done for written in part]


def _digest(body: bytes, number: int) -> bytes:
    """Return what a request is known by: its bytes, and how many comments were found in them."""
    return hashlib.blake2b(body, digest_size=16, salt=number.to_bytes(4, "big")).digest()


def first_use_ms(runtime: Runtime, grant: Grant, idempotency_key: str, body: bytes) -> int:
    """Return when an idempotency key was first used with a body, which may be now.

    What is compared with the time of day is compared with that, so that the same call is read
    alike each time.

    Raises:
        IdempotencyConflict: the key was used with another body. StoreDown, StoreFull.
    """
    name = keyed_hash(runtime.secret, "idempotency", idempotency_key)
    digest = _digest(body, 0)
    first, used_ms = accepting.first_use(runtime.store, grant.site, name, digest, now_ms())
    if first != digest:
        raise _conflict()
    return used_ms


def _conflict() -> IdempotencyConflict:
    return IdempotencyConflict("the idempotency key came with another body before")


def _accepted(site: str, w: Written) -> Accepted:
    stored = unpack_comment(site, w.id, w.stored) if w.stored else None
    return Accepted(id_text(w.id), w.revision, w.kind, w.status, stored)


def _write(runtime: Runtime, grant: Grant, calls: list[Any], done: list[list[Written]]) -> None:
    """Write parts of a batch and add to `done` those written before tokens or settings changed, or
    before one was refused."""
    lane = keys.shard_of(grant.site) % keys.LANES
    if runtime.store.is_spread:
        # The bell may be on another server, and rung before the comments are there it is in vain.
        answers = runtime.store.run_many("accept", calls)
        free = inbox.ring_after(runtime.store, lane)
    else:
        *answers, free = runtime.store.run_many(
            "accept", calls, lambda pipe: inbox.ring(pipe, lane)
        )
    if free:
        runtime.tasks.send(SCORE_INBOX, lane)
    for answer in map(accepting.written, answers):
        if answer == "changed":
            break
        if answer == "limited":
            raise limited(now_ms())
        if isinstance(answer, str):
            raise _conflict()
        done.append(answer)


def comment_of(grant: Grant, submission: Submission, done: Accepted) -> Comment:
    """Return a comment that was accepted alone as it then stood."""
    if done.stored is not None:
        return done.stored
    return fresh_comment(grant.site, submission, None, done.status, id_bytes(done.id))
