"""Makes the things that tests talk about; every argument has a default."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from typing import Any

from ulid import ULID

from moderation.domain.comments import Author, Submission
from moderation.domain.decisions import Decision
from moderation.domain.models import Promotion, Snapshot
from moderation.domain.sites import Retention, SiteSettings
from moderation.domain.verdicts import Verdict
from moderation.store import codec, keys, models, sites
from moderation.store.client import Store
from moderation.store.comments import accepting, counting, deciding

SITE = "blog.example"
RETENTION = accepting.ttls(Retention())
NOW = 1_790_000_000_000


def submission(
    content: str = "Thanks, the second example fixed my build.", **fields: Any
) -> Submission:
    """Return a comment as a site sends it; `author=` takes a dict."""
    author = Author(**fields.pop("author", {"name": "Ada", "email": "ada@mail.example"}))
    return Submission(content=content, author=author, **fields)


def verdict(status: str = "approved", score: float = 0.1, **fields: Any) -> Verdict:
    """Return a verdict of the model."""
    return Verdict(
        label="spam" if score >= 0.5 else "ham",
        status=status,  # type: ignore[arg-type]
        score=score,
        discard=fields.get("discard", False),
        reasons=(("words", 1.5),),
        model="2026.11.22-1+0",
        policy=0,
        decided_by=fields.get("decided_by", "model"),
    )


def write(sent: Submission | None = None, **fields: Any) -> accepting.Write:
    """Return a comment on its way into the store."""
    encoded = codec.encode(sent or submission())
    return accepting.Write(
        id=fields.pop("id", None) or ULID().bytes,
        external_id=sent.external_id if sent else "",
        digest=hashlib.blake2b(encoded, digest_size=8).digest(),
        submission=encoded,
        **fields,
    )


def accept(
    store: Store, *writes: accepting.Write, site: str = SITE, **on: Any
) -> list[accepting.Written] | str:
    """Write comments of one site by the script."""
    call = accepting.accept_call(site, writes, RETENTION, NOW, accepting.Conditions(**on))
    return accepting.written(store.run("accept", *call))


def decide(
    store: Store, raw_id: bytes, label: str | None, expected: tuple[int, int], **fields: Any
) -> tuple[str, int]:
    """Decide a comment, or undo its decision, by the script."""
    now = fields.get("now", NOW)
    decision = Decision(label or "ham", "ann", "api", now)  # type: ignore[arg-type]
    return deciding.decide(
        store,
        fields.get("site", SITE),
        raw_id,
        expected=expected,
        label=label,
        decision=codec.encode(decision),
        example=fields.get("example", b""),
        retention=RETENTION,
        now_ms=now,
        call=fields.get("call") or str(ULID()),
        replayable=fields.get("replayable", 1000),
        marks=fields.get("marks", (b"", b"")),
        drawn=fields.get("drawn", 0),
    )


def counts(store: Store, site: str = SITE) -> dict[str, int]:
    """Return the site's counters of the day that the factories use."""
    return counting.counters(store, site, [keys.day_of(NOW)])[0]


def put_settings(store: Store, site: str, new: SiteSettings) -> None:
    """Give a site these settings, whatever they were."""
    assert sites.put_settings(store, site, new, sites.read(store, site).settings)


def use_snapshot(store: Store, name: str) -> None:
    """Put a snapshot to use that is a name alone."""
    now = time.time_ns() // 1_000_000
    models.put(store, Snapshot(name, "made elsewhere", now, "ann", 1, "0" * 64), b"model")
    assert models.use(store, Promotion("promote", name, "", now, "ann"))


def all_keys(store: Store, pattern: str = "*") -> list[bytes]:
    """Return the keys of the store that a pattern fits."""
    return [name for server in store.each() for name in server.scan_iter(pattern)]


def empty(store: Store) -> None:
    """Throw away all that the store has."""
    for server in store.each():
        server.flushdb()


def contents(store: Store) -> Iterator[tuple[bytes, Any]]:
    """Yield every key of the store with what is there, each as the client reads it."""
    reads = {
        b"string": lambda key: store.redis.get(key),
        b"hash": lambda key: store.redis.hgetall(key),
        b"set": lambda key: store.redis.smembers(key),
        b"zset": lambda key: store.redis.zrange(key, 0, -1),
        b"list": lambda key: store.redis.lrange(key, 0, -1),
        b"stream": lambda key: store.redis.xrange(key),
    }
    for key in all_keys(store):
        yield key, reads[store.redis.type(key)](key)
