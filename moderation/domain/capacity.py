"""How much so many machines carry, and what gives out first: measured costs, added up.

What one comment costs each process was measured once (`capacity.json`, by
`python -m tests.bench --full --only capacity`); everything here follows from that and from what an
operator says of their own comments. Rates are those of the busiest hour.
"""

from __future__ import annotations

import binascii
import functools
import math
from pathlib import Path

import msgspec
from msgspec import Struct

SHARDS = 64
"""Parts of the store that lie on one node each, with all that their sites have."""
LANES = 4
"""So many workers at most take comments from the streams at the same moment."""
BUSY = 0.6
"""Share of a processor that is planned for: beyond it what comes waits longer than it takes."""
SYSTEM_GIB = 0.5
"""What the system of a machine needs itself."""
_FOR_A_CLUSTER = 3
"""Fewer machines cannot agree on who has failed, and carry one store."""
_MOST_MACHINES = 1024
_BUSY_US = BUSY * 1e6
"""Of a second of one processor, in microseconds."""
_DAY = 86_400
_SLOTS = 16_384


class Cost(Struct, frozen=True, kw_only=True):
    """Processor time of one comment by process, in microseconds."""

    web: float
    store: float
    replica: float
    """Of one replica, where there is one."""
    worker: float = 0.0


class Figures(Struct, frozen=True, kw_only=True):
    """What was measured, when and where."""

    date: str
    machine: str
    check: Cost
    """Of a comment that is checked."""
    batch: Cost
    """Of one that comes in a batch and is judged by a worker."""
    cluster: float
    """How many times as much processor time web and store take where the store is a cluster."""
    beyond_bytes: int
    """What the store keeps of a comment beyond what was submitted."""
    web_mib: float
    """Memory of one process of the web server, and so on."""
    worker_mib: float
    beat_mib: float


class Wanted(Struct, frozen=True, kw_only=True):
    """What an operator says of their comments."""

    rate: float = 1.0
    """Comments a second in the busiest hour."""
    retention: float = 90.0
    """Days that they are kept."""
    peak: float = 3.0
    """How many times the average the busiest hour is."""
    size: int = 400
    """Bytes that are submitted for one."""
    largest: float = 0.05
    """The largest site's share of all."""
    site: float = 100.0
    """Comments a day of an ordinary site."""
    batches: bool = False
    """Whether they are submitted in batches instead of checked."""


class Machine(Struct, frozen=True, kw_only=True):
    """A machine: processors, memory."""

    cores: int = 4
    gib: float = 16.0


class Limit(Struct, frozen=True, kw_only=True):
    """The rate of the busiest hour beyond which something gives out."""

    what: str
    rate: float


class Plan(Struct, frozen=True, kw_only=True):
    """What so many machines carry."""

    machines: int
    primaries: int
    limits: list[Limit]
    """In order: the first gives out first."""
    web: int
    """Processes of all web servers."""
    workers: int
    """Processes of all workers."""
    stored_gib: float
    """All comments at the rate that is wanted, without replicas."""
    waiting_ms: float
    """Before a web process takes up a check, on average, at the rate that is wanted."""

    @property
    def rate(self) -> float:
        """Return the most comments a second in the busiest hour."""
        return self.limits[0].rate


@functools.cache
def measured() -> Figures:
    """Return what was measured last."""
    text = Path(__file__).with_suffix(".json").read_bytes()
    return msgspec.json.decode(text, type=Figures)


def fullest(primaries: int) -> int:
    """Return how many shards lie on the fullest of so many nodes that have equally many slots."""
    counts = [0] * primaries
    for shard in range(SHARDS):
        # The hash slot of a shard's tag: https://valkey.io/topics/cluster-spec/
        slot = binascii.crc_hqx(b"%02d" % shard, 0) % _SLOTS
        counts[slot * primaries // _SLOTS] += 1
    return max(counts)


def plan(machines: int, wanted: Wanted, machine: Machine, figures: Figures) -> Plan:
    """Return what so many machines carry, each with web processes, workers and, of three or more, a
    primary of the store and another one's replica.
    """
    primaries = min(machines, SHARDS) if machines >= _FOR_A_CLUSTER else 1
    cost = _cost(wanted, figures, primaries)
    web = max(math.ceil(wanted.rate * cost.web / _BUSY_US), 2 * machines)
    room = _room(machine, figures, primaries, math.ceil(web / machines))
    return Plan(
        machines=machines,
        primaries=primaries,
        limits=_limits(machines * machine.cores, primaries, wanted, figures, room),
        web=web,
        workers=max(math.ceil(wanted.rate * cost.worker / _BUSY_US), 2 * min(machines, LANES)),
        stored_gib=_average(wanted) * wanted.retention * _DAY * _each(wanted, figures) / 2**30,
        # A balancer gives each machine its part, and it waits there.
        waiting_ms=waiting(web // machines, wanted.rate / machines, cost.web / 1e6) * 1000,
    )


def fewest(wanted: Wanted, machine: Machine, figures: Figures) -> Plan | None:
    """Return the plan with fewest machines that carries what is wanted; None where none does."""
    for machines in (1, *range(_FOR_A_CLUSTER, _MOST_MACHINES + 1)):
        found = plan(machines, wanted, machine, figures)
        if found.rate >= wanted.rate:
            return found
    return None


def sites(rate: float, wanted: Wanted) -> int:
    """Return how many ordinary sites have such a rate together in the busiest hour."""
    return int(rate / wanted.peak * _DAY / wanted.site)


def waiting(servers: int, rate: float, seconds: float) -> float:
    """Return the average time before one of some servers takes up what comes at random.

    `seconds` is how long each is at work for it, on average. Infinite where they cannot keep up.
    Erlang's formula for M/M/c:
    https://en.wikipedia.org/wiki/Erlang_(unit)#Erlang_C_formula
    """
    load = rate * seconds
    if load >= servers:
        return math.inf
    # Erlang B by its recursion, which does not overflow; Erlang C follows from it.
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = load * blocked / (number + load * blocked)
    waits = blocked / (1 - load / servers * (1 - blocked))
    return waits * seconds / (servers - load)


def _cost(wanted: Wanted, figures: Figures, primaries: int) -> Cost:
    cost = figures.batch if wanted.batches else figures.check
    if primaries == 1:
        return msgspec.structs.replace(cost, replica=0.0)
    return msgspec.structs.replace(
        cost, web=cost.web * figures.cluster, store=cost.store * figures.cluster
    )


def _limits(
    cores: int, primaries: int, wanted: Wanted, figures: Figures, room: float
) -> list[Limit]:
    """Return everything that can give out, with the rate at which it does.

    `cores` are those of all machines, `room` the bytes of comments on one of them.
    """
    cost, share = _cost(wanted, figures, primaries), _share(primaries, wanted)
    kept = room / (share * _each(wanted, figures))
    total = cost.web + cost.store + cost.replica + cost.worker
    node = "the store"
    if primaries > 1:
        is_site = 2 * wanted.largest > share
        node = "the largest site's store node" if is_site else "the fullest store node"
    found = {
        "the processors of all machines": cores * _BUSY_US / total,
        f"the processor of {node}": _BUSY_US / (share * cost.store),
        f"the memory of {node}": kept / (wanted.retention * _DAY) * wanted.peak,
    }
    if wanted.batches:
        found["the lanes of the workers"] = LANES * _BUSY_US / cost.worker
    limits = [Limit(what=what, rate=rate) for what, rate in found.items()]
    return sorted(limits, key=lambda limit: limit.rate)


def _average(wanted: Wanted) -> float:
    return wanted.rate / wanted.peak


def _each(wanted: Wanted, figures: Figures) -> int:
    """Return the bytes of the store that a comment takes."""
    return wanted.size + figures.beyond_bytes


def _share(primaries: int, wanted: Wanted) -> float:
    """Return the share of all comments on the node that has most: the largest site's may be it."""
    if primaries == 1:
        return 1.0
    return wanted.largest + (1 - wanted.largest) * fullest(primaries) / SHARDS


def _room(machine: Machine, figures: Figures, primaries: int, web: int) -> float:
    """Return the bytes of comments that a machine with so many web processes has memory for.

    Half of what the other processes leave, as a store that writes its file anew has twice what
    changes meanwhile; of that half where the machine has another one's replica too.
    """
    others = web * figures.web_mib + 2 * figures.worker_mib + figures.beat_mib
    left = max(0.0, machine.gib - SYSTEM_GIB - others / 1024)
    return left * 2**30 / 2 / (2 if primaries > 1 else 1)
