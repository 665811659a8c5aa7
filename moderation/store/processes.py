"""Processes that tell of themselves, what went wrong last, and what all did in the last days.

A process is kept for `KEPT_MS` after it was last heard of, so that one that was killed can be seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import msgspec

from moderation.domain.processes import Fault, Moment, Process
from moderation.store import keys
from moderation.store.client import Store
from moderation.store.faults import store_errors

KEPT_MS = 15 * 60_000
PROCESSES_AT_MOST = 4000
"""Those that were killed of late count too."""
FAULTS_AT_MOST = 100
STEPS: dict[int, int] = {15 * 60_000: 25 * 3_600_000, 3 * 3_600_000: 15 * 86_400_000}
"""How long the stretches of time are that are counted in (ms), and how long each is kept."""

_process = msgspec.json.Decoder(Process).decode
_fault = msgspec.json.Decoder(Fault).decode


def beat(
    store: Store,
    process: Process,
    now_ms: int,
    *,
    faults: Sequence[Fault] = (),
    counts: Mapping[str, int] = {},
    most: Mapping[str, int] = {},
    ended: bool = False,
) -> None:
    """Note what a process says of itself, in one round trip that takes what is bounded.

    `counts` are added to those of this stretch of time, of `most` the largest is kept.
    """
    fields = [(f"c{name}", value) for name, value in counts.items() if value]
    fields += [(f"m{name}", value) for name, value in most.items()]
    said = b"" if ended else msgspec.json.encode(process)
    names = [keys.PROCESSES, keys.process(process.id), keys.FAULTS]
    store.run(
        "beat",
        [*names, *(keys.moment(step, now_ms) for step in STEPS)],
        [process.id, now_ms, KEPT_MS, PROCESSES_AT_MOST, said, FAULTS_AT_MOST,
         len(faults), *map(msgspec.json.encode, faults), *STEPS.values(),
         *(part for pair in fields for part in pair)],
    )  # fmt: skip


def count(store: Store, what: str) -> None:
    """Count something that happens rarely, for good: names are few, and spelt in the code."""
    with store_errors():
        store.redis.hincrby(keys.COUNTED, what, 1)


def counted(store: Store) -> dict[str, int]:
    """Return how often each thing that is counted happened."""
    with store_errors():
        found = store.redis.hgetall(keys.COUNTED)
    return {what.decode(): int(number) for what, number in found.items()}


def every(store: Store, now_ms: int) -> list[Process]:
    """Return the processes that were heard of of late, in no order."""
    with store_errors():
        found = store.redis.zrangebyscore(
            keys.PROCESSES, now_ms - KEPT_MS, "+inf", withscores=True, start=0,
            num=PROCESSES_AT_MOST,
        )  # fmt: skip
        if not found:
            return []
        said = store.redis.mget([keys.process(name.decode()) for name, _ in found])
    return [
        msgspec.structs.replace(process, heard_ms=int(heard))
        for (_, heard), data in zip(found, said, strict=True)
        if (process := _understood(data)) is not None
    ]


def are_most(store: Store) -> bool:
    """Say whether as many processes are kept as can be, so that some may have been dropped."""
    with store_errors():
        return int(store.redis.zcard(keys.PROCESSES)) >= PROCESSES_AT_MOST


def _understood(data: bytes | None) -> Process | None:
    """Return what a process said; None where it is gone, or of a kind that a newer version has."""
    with suppress(msgspec.DecodeError):
        return None if data is None else _process(data)
    return None


def ago_ms(store: Store, of: Sequence[Process]) -> list[int]:
    """Return how long ago processes told last, by the store's clock alone."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for process in of:
            pipe.pttl(keys.process(process.id))
        return [KEPT_MS - max(0, int(left)) for left in pipe.execute()]


def faults(store: Store) -> list[Fault]:
    """Return what went wrong last, the newest first."""
    with store_errors():
        return [_fault(data) for data in store.redis.lrange(keys.FAULTS, 0, FAULTS_AT_MOST - 1)]


def moments(store: Store, step_ms: int, first_ms: int, number: int) -> list[Moment]:
    """Return what was done in so many stretches of time of a length, the oldest first."""
    times = [(first_ms // step_ms + n) * step_ms for n in range(number)]
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for at in times:
            pipe.hgetall(keys.moment(step_ms, at))
        return [_moment(at, found) for at, found in zip(times, pipe.execute(), strict=True)]


def _moment(at_ms: int, found: Mapping[bytes, bytes]) -> Moment:
    counts: dict[str, int] = {}
    checks: dict[int, int] = {}
    for field, value in found.items():
        name = field.decode()[1:]
        if name.isdecimal():
            checks[int(name)] = int(value)
        else:
            counts[name] = int(value)
    return Moment(at_ms, counts, checks)
