"""The label log of a site and the checkpoints of its learner."""

from __future__ import annotations

from collections.abc import Sequence

from moderation.domain.decisions import LabelEntry
from moderation.store import codec, keys
from moderation.store.client import Store
from moderation.store.faults import store_errors

AT_ONCE = 200


def entries(store: Store, site: str, after: int, to: int) -> list[LabelEntry]:
    """Return the entries after sequence number `after` up to `to`, in order.

    At most `AT_ONCE` are read in one round trip. An entry that is gone comes out as erased.
    """
    prefix = keys.of_site(site).label
    out: list[LabelEntry] = []
    for start in range(after + 1, to + 1, AT_ONCE):
        seqs = range(start, min(to, start + AT_ONCE - 1) + 1)
        with store_errors():
            found = store.redis.mget([f"{prefix}{seq}" for seq in seqs])
        for seq, data in zip(seqs, found, strict=True):
            out.append(
                LabelEntry(seq, "erased", None, 0, 0, 0)
                if data is None
                else codec.unpack_label(seq, data)
            )
    return out


def entry(store: Store, site: str, seq: int) -> LabelEntry | None:
    """Return one entry, None where there is none."""
    with store_errors():
        data = store.redis.get(f"{keys.of_site(site).label}{seq}")
    return None if data is None else codec.unpack_label(seq, data)


def checkpoints(store: Store, site: str, snapshot: str) -> dict[int, bytes]:
    """Return the names of a site's checkpoints for a snapshot, by sequence number."""
    found: dict[int, bytes] = {}
    with store_errors():
        for field in store.redis.hkeys(keys.of_site(site).checkpoints):
            name, _, seq = field.decode().rpartition(":")
            if name == snapshot:
                found[int(seq)] = field
    return found


def checkpoint(store: Store, site: str, field: bytes) -> bytes | None:
    """Return a checkpoint by its name."""
    with store_errors():
        found: bytes | None = store.redis.hget(keys.of_site(site).checkpoints, field)
    return found


def drop_checkpoint(store: Store, site: str, field: bytes) -> None:
    """Forget a checkpoint by its name."""
    with store_errors():
        store.redis.hdel(keys.of_site(site).checkpoints, field)


def put_checkpoint(
    store: Store, site: str, snapshot: str, seq: int, epoch: int, blob: bytes, drop: list[bytes]
) -> None:
    """Keep a learner as of `seq`, unless the site's epoch has moved on.

    The checkpoints named in `drop` go, and all that were made with another snapshot.
    """
    k = keys.of_site(site)
    store.run("checkpoint", [k.meta, k.checkpoints], [f"{snapshot}:{seq}", epoch, blob, *drop])


def put_rebuilt(
    store: Store,
    site: str,
    snapshot: str,
    made_from: tuple[int, int],
    raise_epoch: bool,
    blob: bytes,
) -> bool:
    """Append a `rebuilt` entry with its checkpoint, and take back that it was asked for.

    `made_from` is the number of labels and the epoch; False if either changed meanwhile.
    """
    k = keys.of_site(site)
    answer = store.run(
        "rebuilt",
        [k.meta, k.label, k.labels, k.checkpoints],
        [site, *made_from, snapshot, int(raise_epoch), blob, codec.pack_rebuilt()],
    )
    return bool(answer)


def ask_rebuild(store: Store, site: str) -> None:
    """Note that a site's learner must be made anew, until a job has done it."""
    with store_errors():
        store.redis.hset(keys.of_site(site).meta, "rebuild", 1)


def rebuilds_asked(store: Store, sites: Sequence[str]) -> list[str]:
    """Return those of these sites whose learner must be made anew, in one round trip."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for site in sites:
            pipe.hexists(keys.of_site(site).meta, "rebuild")
        return [site for site, asked in zip(sites, pipe.execute(), strict=True) if asked]
