"""How comments are written as bytes; `scripts/comment.lua` reads the headers."""

from __future__ import annotations

import hashlib
import os
import struct
import threading
import time
from collections.abc import Iterator
from functools import lru_cache

import msgspec
from ulid import ULID

from moderation.domain.bands import BANDS, Band
from moderation.domain.comments import STATUSES, Comment, Submission
from moderation.domain.decisions import HOWS, Decision, How
from moderation.domain.reasons import CODES, NUMBERS
from moderation.domain.verdicts import LABELS, DecidedBy, Verdict

UNREADABLE = (msgspec.MsgspecError, struct.error, ValueError, LookupError)
"""What is raised where stored bytes are none that any version wrote; by faults of ours, too."""


class Unreadable(ValueError):
    """Stored bytes are none that any version wrote: raised where nothing but they can be at fault,
    for whoever does more than to read."""


_COMMENT = struct.Struct(">BBBBIHIIHHQ8s")
_BY: tuple[DecidedBy, ...] = ("model", "rule", "fail_mode")

STATUS_CODE: dict[str, int] = {status: code for code, status in enumerate(STATUSES)}
LABEL_CODE: dict[str | None, int] = {label: code for code, label in enumerate(LABELS)}
_BANDS: tuple[Band | None, ...] = (None, *BANDS)
BAND_CODE: dict[Band | None, int] = {band: code for code, band in enumerate(_BANDS)}
BY_CODE: dict[str, int] = {by: code for code, by in enumerate(_BY)}
HOW_CODE: dict[How | None, int] = {how: code for code, how in enumerate(HOWS)}

SAMPLED_AT_MOST = 128
"""Most comments of a site that were drawn at random and wait to be decided; the newest stay. The
store keeps so many in a few bytes each."""

TOLD_STATUS, TOLD_NOTHING = 1, 4
"""What a site took a comment for: what its status by the verdict says; nothing at all."""
TOLD_CODE: dict[str, int] = {"": TOLD_STATUS, "ham": 2, "spam": 3, "wait": 5}


_WRITTEN = struct.Struct(">16scIB")
_WAITING = struct.Struct(">16sII")
_RECORDED = struct.Struct(">B16sIBBBBHB")
_SHOWN = struct.Struct(">16sI")


class _PackedVerdict(msgspec.Struct, array_like=True):
    """A verdict as codes and numbers: about 50 bytes instead of 200.

    `flags`: label, 2 bits for the status, discard, 2 for who judged, 3 for the band. `score` in
    millionths; `reasons` alternates a reason's number (or its code, where it has none) with
    hundredths of a logit. `audit` is there where the comment was drawn at random, `earlier` where
    it was judged anew: the packed verdicts that it had before.
    """

    flags: int
    score: int | None
    reasons: list[int | str]
    snapshot: str
    place: list[int]
    policy: int
    signals: dict[str, float] = {}
    audit: float | None = None
    earlier: list[bytes] = []


_packed_verdict = msgspec.msgpack.Decoder(_PackedVerdict).decode

encode = msgspec.msgpack.Encoder().encode
_submission = msgspec.msgpack.Decoder(Submission).decode
decision = msgspec.msgpack.Decoder(Decision).decode
"""Return a decision by its bytes."""


def digest(secret: bytes, encoded: bytes) -> bytes:
    """Return eight keyed bytes by which two submissions are known to be the same.

    The key keeps an author from finding two texts with the same digest (64 bits alone would
    take 2^32 tries) and so from changing an approved comment unseen.
    """
    return hashlib.blake2b(encoded, digest_size=8, key=secret[:64]).digest()


def id_bytes(text: str) -> bytes:
    """Return the 16 bytes of a comment's id; raises ValueError where it cannot be one."""
    return bytes(ULID.from_str(text).bytes)


class _Ids:
    """Ids that grow within a millisecond too, so that a batch keeps its order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ms = self._last = 0
        self._random = b""

    def next(self) -> int:
        with self._lock:
            ms = time.time_ns() // 1_000_000
            if ms == self._ms:
                self._last += 1
            else:
                # The system is asked for a hundred at once: each time takes a system call.
                given = self._random or os.urandom(1000)
                self._random = given[10:]
                self._ms, self._last = ms, ms << 80 | int.from_bytes(given[:10], "big")
            return self._last

    def forget(self) -> None:
        """Begin anew in a process that was forked: its parent would give the same ids."""
        self._lock = threading.Lock()
        self._ms, self._random = 0, b""


_ids = _Ids()
os.register_at_fork(after_in_child=_ids.forget)


def new_id() -> bytes:
    """Return the 16 bytes of a new comment's id."""
    return _ids.next().to_bytes(16, "big")


_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(a + b for a in _DIGITS for b in _DIGITS)


def id_text(raw: bytes) -> str:
    """Return the 26 characters of a comment's id, two at a time: it is quicker."""
    n = int.from_bytes(raw, "big")
    high, low, p = n >> 60, n & (1 << 60) - 1, _PAIRS
    return (
        p[high >> 60] + p[high >> 50 & 1023] + p[high >> 40 & 1023] + p[high >> 30 & 1023]
        + p[high >> 20 & 1023] + p[high >> 10 & 1023] + p[high & 1023]
        + p[low >> 50] + p[low >> 40 & 1023] + p[low >> 30 & 1023] + p[low >> 20 & 1023]
        + p[low >> 10 & 1023] + p[low & 1023]
    )  # fmt: skip


def id_at(ms: int) -> bytes:
    """Return the lowest id of a time (milliseconds since 1970)."""
    return max(0, min(ms, 2**48 - 1)).to_bytes(6, "big") + bytes(10)


def id_ms(raw: bytes) -> int:
    """Return when an id was made, in milliseconds since 1970."""
    return int.from_bytes(raw[:6], "big")


def unpack_comment(site: str, raw_id: bytes, data: bytes) -> Comment:
    """Return the comment that was written as `data`."""
    (_, status, _, _, revision, decisions, active, last, n_verdict, n_decision, updated, _) = (
        _COMMENT.unpack_from(data)
    )
    view = memoryview(data)[_COMMENT.size :]
    after = n_verdict + n_decision
    return Comment(
        id=id_text(raw_id),
        site=site,
        revision=revision,
        status=STATUSES[status],
        submission=_submission(view[after:]),
        verdict=_unpack_verdict(view[:n_verdict]) if n_verdict else None,
        decision=decision(view[n_verdict:after]) if n_decision else None,
        decisions=decisions,
        active_label=active,
        last_label=last,
        created_ms=id_ms(raw_id),
        updated_ms=updated,
    )


def pack_new(
    verdict: Verdict | None, status: str, digest: bytes, now_ms: int, told: int = TOLD_STATUS
) -> bytes:
    """Return all of a new comment as it is stored but its submission, which follows."""
    if verdict is None:
        return _COMMENT.pack(told, 0, 0, 0, 1, 0, 0, 0, 0, 0, now_ms, digest)
    packed = pack_verdict(verdict)
    return _COMMENT.pack(
        told, STATUS_CODE[status], STATUS_CODE[verdict.status], LABEL_CODE[verdict.label],
        1, 0, 0, 0, len(packed), 0, now_ms, digest,
    ) + packed  # fmt: skip


@lru_cache(maxsize=1024)
def _split_model(name: str) -> tuple[str, list[int]]:
    snapshot, _, place = name.partition("+")
    return snapshot, [int(part) for part in place.split(".")] if place else []


def pack_verdict(verdict: Verdict) -> bytes:
    """Return a verdict as it is stored."""
    flags = (
        (verdict.label == "spam")
        | STATUS_CODE[verdict.status] << 1
        | verdict.discard << 3
        | BY_CODE[verdict.decided_by] << 4
        | BAND_CODE[verdict.band] << 6
    )
    reasons: list[int | str] = []
    for code, weight in verdict.reasons:
        reasons += (NUMBERS.get(code, code), round(weight * 100))
    score = None if verdict.score is None else round(verdict.score * 1_000_000)
    # As `_PackedVerdict`, in order: a tuple is quicker made than a struct.
    fields = (flags, score, reasons, *_split_model(verdict.model), verdict.policy, verdict.signals)
    if verdict.earlier:
        earlier = [pack_verdict(one) for one in verdict.earlier]
        return encode((*fields, verdict.audit, earlier))
    return encode(fields if verdict.audit is None else (*fields, verdict.audit))


def drawn(verdict: Verdict | None) -> int:
    """Return how many comments drawn at random are kept, 0 for one that was not drawn."""
    return SAMPLED_AT_MOST if verdict is not None and verdict.audit is not None else 0


def pack_recorded(
    site: int, raw_id: bytes, revision: int, verdict: Verdict, status: str, is_looked_up: bool
) -> bytes:
    """Return a verdict as the recording script takes it; `site` is its index in the call, and
    `is_looked_up` says whether it was made with what is known of its author."""
    return _RECORDED.pack(
        site, raw_id, revision, STATUS_CODE[status], STATUS_CODE[verdict.status],
        LABEL_CODE[verdict.label], BY_CODE[verdict.decided_by], drawn(verdict),
        is_looked_up,
    ) + pack_verdict(verdict)  # fmt: skip


def _unpack_verdict(data: bytes | memoryview) -> Verdict:
    p = _packed_verdict(data)
    place = "+" + ".".join(map(str, p.place)) if p.place else ""
    codes, weights = p.reasons[::2], p.reasons[1::2]
    return Verdict(
        label="spam" if p.flags & 1 else "ham",
        status=STATUSES[p.flags >> 1 & 3],  # type: ignore[arg-type]
        score=None if p.score is None else p.score / 1_000_000,
        discard=bool(p.flags >> 3 & 1),
        reasons=tuple(
            (CODES[code] if isinstance(code, int) else code, int(weight) / 100)
            for code, weight in zip(codes, weights, strict=True)
        ),
        model=p.snapshot + place,
        policy=p.policy,
        decided_by=_BY[p.flags >> 4 & 3],
        signals=p.signals,
        band=_BANDS[p.flags >> 6 & 7],
        audit=p.audit,
        earlier=tuple(map(_unpack_verdict, p.earlier)),
    )


def unpack_written(data: bytes) -> Iterator[tuple[bytes, bytes, int, int]]:
    """Return id, kind, revision and status code of what the accepting script wrote."""
    return _WRITTEN.iter_unpack(data)


def unpack_waiting(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Return the id, revision and size of each comment of an inbox entry."""
    return _WAITING.iter_unpack(data)


def unpack_shown(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Return the id and the score in millionths of each comment that may be evidence."""
    return _SHOWN.iter_unpack(data)


def revision_of(data: bytes) -> int:
    """Return the revision of a stored comment."""
    return int.from_bytes(data[4:8], "big")


def unjudged(data: bytes) -> Submission | None:
    """Return what the site sent of a stored comment, None where it has a verdict."""
    fields = _COMMENT.unpack_from(data)
    if fields[8]:
        return None
    return _submission(memoryview(data)[_COMMENT.size + fields[9] :])
