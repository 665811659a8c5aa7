"""Jobs, kept for thirty days after they last changed; who works on one holds its lease."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from moderation.domain.jobs import Job
from moderation.store import codec, keys
from moderation.store.client import Store
from moderation.store.faults import store_errors

KEPT_MS = 30 * 86_400_000
LEASE_MS = 15_000
"""A job whose holder said nothing for so long is taken up by another."""

What = Literal["take", "keep", "leave", "end", "cancel", "give up"]
Answer = Literal["ok", "missing", "over", "held", "lost", "unwanted"]

_TEXT = frozenset(("id", "kind", "site", "by", "state", "stage", "error"))


def put(store: Store, job: Job) -> None:
    """Keep a new job, and forget those that are older than they are kept."""
    before = b"(" + _place(codec.id_at(job.created_ms - KEPT_MS))
    with store_errors():
        pipe = store.redis.pipeline(transaction=True)
        pipe.hset(keys.job(job.id), mapping=_fields(msgspec.structs.asdict(job)))
        pipe.pexpire(keys.job(job.id), KEPT_MS)
        for name in {keys.jobs(""), keys.jobs(job.site)}:
            pipe.zadd(name, {job.id: 0})
            pipe.zremrangebylex(name, b"-", before)
        pipe.zadd(keys.JOBS_OPEN, {job.id: job.created_ms})
        pipe.execute()


def get(store: Store, job_id: str) -> Job | None:
    """Return a job, None where there is none or not any more."""
    return get_many(store, [job_id])[0]


def get_many(store: Store, ids: list[str]) -> list[Job | None]:
    """Return jobs in the order of their ids in one round trip; None for one that is gone."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for job_id in ids:
            pipe.hgetall(keys.job(job_id))
        return [_job(found) for found in pipe.execute()]


def page(store: Store, site: str, before: str, count: int) -> list[str]:
    """Return up to `count` ids of a site's jobs ('': of all jobs), newest first, after `before`."""
    high = b"(" + before.encode() if before else b"+"
    with store_errors():
        found = store.redis.zrevrangebylex(keys.jobs(site), high, b"-", start=0, num=count)
    return [job_id.decode() for job_id in found]


def open_ids(store: Store, most: int = 1000) -> list[str]:
    """Return the ids of jobs that are not over, oldest first."""
    with store_errors():
        return [found.decode() for found in store.redis.zrange(keys.JOBS_OPEN, 0, most - 1)]


def is_held(store: Store, job_id: str) -> bool:
    """Say whether somebody works on a job, or died doing so a moment ago."""
    with store_errors():
        return bool(store.redis.exists(keys.job_lease(job_id)))


def change(store: Store, job_id: str, what: What, token: str = "", **fields: Any) -> Answer:
    """Change a job as `scripts/job.lua` says, and return what came of it."""
    changed = [part for pair in _fields(fields).items() for part in pair]
    names = [keys.job(job_id), keys.job_lease(job_id), keys.JOBS_OPEN]
    answer = store.run("job", names, [what, token, LEASE_MS, KEPT_MS, job_id, *changed])
    return answer.decode()  # type: ignore[no-any-return]


def _place(raw_id: bytes) -> bytes:
    return codec.id_text(raw_id).encode()


def _fields(values: dict[str, Any]) -> dict[str, bytes]:
    return {
        name: value.encode() if name in _TEXT else b"%d" % value if isinstance(value, bool)
        else msgspec.json.encode(value)
        for name, value in values.items()
    }  # fmt: skip


def _job(found: dict[bytes, bytes]) -> Job | None:
    if b"id" not in found:
        return None
    values: dict[str, Any] = {
        name: found[name.encode()].decode() if name in _TEXT
        else msgspec.json.decode(found[name.encode()])
        for name in Job.__struct_fields__
        if name.encode() in found
    }  # fmt: skip
    values["is_unwanted"] = bool(values.get("is_unwanted"))
    return msgspec.convert(values, Job)
