"""Writing up to a hundred comments of one site at once: the accepting script's call."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any, Literal

from msgspec import Struct

from moderation.domain.comments import STATUSES, Status
from moderation.domain.sites import Retention
from moderation.domain.verdicts import Verdict
from moderation.store import codec, keys
from moderation.store.client import Store
from moderation.store.comments.published import PLAIN, Teaching
from moderation.store.faults import store_errors
from moderation.store.sites import SiteState, state_of

AT_ONCE = 100
"""Most comments that one script handles: it blocks the store for about 2 ms."""
LIMIT_MS = 120_000
IDEMPOTENCY_MS = 24 * 3600 * 1000
_NUMBERS = struct.Struct(">QQQQQQIIIBBBBB10s")
_ABOUT = struct.Struct(">16sBBBHH")
_LENGTH = struct.Struct(">H")
_LONG = struct.Struct(">I")


class Write(Struct, frozen=True, gc=False):
    """One comment on its way into the store; `label` with `decision` and `example` decide it.

    `author` and `alike` are the marks under which one that has a verdict is noted with its authors
    and with what is like it, b"" for neither.
    """

    id: bytes
    external_id: str
    digest: bytes
    submission: bytes
    verdict: Verdict | None = None
    status: Status = "queued"
    label: str | None = None
    decision: bytes = b""
    example: bytes = b""
    author: bytes = b""
    alike: bytes = b""


class Written(Struct, frozen=True, gc=False):
    """What became of a `Write`: new, a new revision, or the same comment again.

    `stored` is the comment as it then stood, where it was not new and came alone.
    """

    id: bytes
    kind: Literal["new", "revision", "same"]
    revision: int
    status: Status
    stored: bytes = b""


class Conditions(Struct, frozen=True):
    """What must hold before anything is written, and what is counted.

    `tokens` is the revision of the site's tokens that the caller knows (None: any), `settings`
    that of its settings, compared where `tokens` is (None: any); `state` is
    what the verdicts were made with (None: unasked), and has the tokens' revision in it;
    `idempotency` is the keyed hash of the client's key with the digest of its request; `charge`
    is what counts against `per_minute` (0: each comment of the call); `replayable` is how many
    labels back a learner may be made anew without a job; `tells`: the site has webhooks.
    """

    tokens: int | None = None
    settings: int | None = None
    state: SiteState | None = None
    idempotency: tuple[str, bytes] | None = None
    token_id: str = ""
    per_minute: int = 0
    charge: int = 0
    replayable: int = 1000
    tells: bool = False


_KIND: dict[bytes, Literal["new", "revision", "same"]] = {
    b"n": "new",
    b"r": "revision",
    b"s": "same",
}


def ttls(retention: Retention) -> list[int]:
    """Return the time to live by status code, in milliseconds; 0 is for ever."""
    days = (retention.queued, retention.approved, retention.held, retention.spam)
    return [day * 86_400_000 for day in days]


class Notes(Struct, frozen=True):
    """What is noted of a new comment beside itself.

    `told` is the label that its site is told, `wait` for ham that it asks about again before it
    shows it, '' for what the status says. `kept` lives for as
    long as the comment: a prefix to which the comment's id is added with what stands there, or a
    key that leads to the comment's id with b"" in its place.
    """

    told: str = ""
    kept: Sequence[tuple[bytes, bytes]] = ()


NO_NOTES = Notes()


def accept_call(
    site: str,
    writes: Sequence[Write],
    retention: list[int],
    now_ms: int,
    on: Conditions,
    notes: Notes = NO_NOTES,
    teaching: Teaching = PLAIN,
) -> tuple[list[str], list[bytes]]:
    """Return keys and arguments of the script that writes up to `AT_ONCE` comments.

    `notes` are on the first of them, `teaching` belongs to the labels. What comes with a
    label is no answer to anybody.
    """
    k = keys.of_site(site)
    names, request = [k.meta], b""
    if on.idempotency is not None:
        name, request = on.idempotency
        names.append(k.idempotency + name)
    if on.per_minute:
        names.append(_limit_key(site, on.token_id, now_ms))
    # Most comments come without a label, many without a verdict.
    is_taught = any(w.label for w in writes)
    words = 3 if is_taught else 2
    is_judged = is_taught or any(w.verdict for w in writes)
    numbers = _NUMBERS.pack(
        now_ms, *retention, IDEMPOTENCY_MS, on.per_minute, on.charge or len(writes), on.replayable,
        len(writes), words, is_judged, on.tells, codec.HOW_CODE[teaching.how],
        keys.day_of(now_ms).encode(),
    )  # fmt: skip
    known, state = _known(on), b"" if on.state is None else _state_text(on.state)
    args = [b"".join((
        numbers, _short(site.encode()), _short(known), _short(request),
        _LENGTH.pack(len(state)), state, teaching.evidence,
    ))]  # fmt: skip
    for w in writes:
        told = codec.TOLD_NOTHING if w.label else codec.TOLD_CODE[notes.told]
        args.append(_about(w))
        args.append(codec.pack_new(w.verdict, w.status, w.digest, now_ms, told) + w.submission)
        if is_taught:
            taught = _LONG.pack(len(w.decision)) + w.decision + w.example
            args.append(taught if w.label else b"")
    if notes.kept:
        args.append(b"".join(map(_note, notes.kept)))
    return names, args


def _note(note: tuple[bytes, bytes]) -> bytes:
    name, value = note
    return _LENGTH.pack(len(name)) + name + _LONG.pack(len(value)) + value


def _short(word: bytes) -> bytes:
    """Return a word of at most 255 bytes behind its length."""
    return bytes((len(word),)) + word


def _about(w: Write) -> bytes:
    """Return in one word what the script is told of a comment beside what it keeps of it."""
    by = 0 if w.verdict is None else codec.BY_CODE[w.verdict.decided_by]
    external = w.external_id.encode()
    bucket = keys.external_bucket(w.external_id) if external else 0
    return b"".join((
        _ABOUT.pack(
            w.id, by, codec.LABEL_CODE[w.label], codec.drawn(w.verdict), bucket, len(external)
        ),
        external, _LENGTH.pack(len(w.author)), w.author, w.alike,
    ))  # fmt: skip


def _known(on: Conditions) -> bytes:
    if on.tokens is None:
        return b""
    return (f"{on.tokens}" if on.settings is None else f"{on.tokens} {on.settings}").encode()


def _limit_key(site: str, token_id: str, now_ms: int) -> str:
    return f"{keys.of_site(site).limit}{token_id}:{now_ms // 60_000}"


def charging(site: str, token_id: str, now_ms: int) -> Callable[[Any], None]:
    """Return what counts a call in a pipeline that writes no comment against a token's limit."""

    def count(pipe: Any) -> None:
        name = _limit_key(site, token_id, now_ms)
        pipe.incr(name)
        pipe.pexpire(name, LIMIT_MS)

    return count


def _state_text(s: SiteState) -> bytes:
    text = f"{s.labels} {s.epoch} {s.settings} {s.tokens} {s.created_ms} {s.snapshot}"
    return text.encode()


def first_use(store: Store, site: str, key: str, digest: bytes, now_ms: int) -> tuple[bytes, int]:
    """Return with what request and when (ms) an idempotency key was first used: this one, now,
    where it was not."""
    name = keys.of_site(site).idempotency + key
    value = digest + now_ms.to_bytes(8, "big")
    with store_errors():
        before = store.redis.set(name, value, nx=True, get=True, px=IDEMPOTENCY_MS)
    first = before or value
    return first[:-8], int.from_bytes(first[-8:], "big")


def written(answer: list[Any]) -> list[Written] | str:
    """Return what the accepting script answered: comments, or the word for why none."""
    if answer[0] != b"ok":
        return str(answer[0].decode())
    stored = answer[2] if len(answer) > 2 else b""
    return [
        Written(raw_id, _KIND[kind], revision, STATUSES[status], stored)
        for raw_id, kind, revision, status in codec.unpack_written(answer[1])
    ]


def signals_instead(answer: list[Any]) -> bytes:
    """Return what is known of the first comment, where the script answered the state instead."""
    return bytes(answer[7])


def state_instead(answer: list[Any]) -> SiteState | None:
    """Return the site's state where the accepting script found another than it was told."""
    return state_of(answer[1:7]) if answer[0] == b"stale" else None
