"""The checkpoints of a site's learner: what it was at places of the label log, to save time."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from moderation.store import entry_codec, keys
from moderation.store.client import Store
from moderation.store.faults import store_errors


class Checkpoint(Struct, frozen=True):
    """The name of a learner that was taught those labels up to entry `seq` that hold as of `as_of`.

    It was made with a snapshot and in an epoch. Whoever needs the learner as of a place before
    `as_of` cannot use it.
    """

    snapshot: str
    epoch: int
    as_of: int
    seq: int

    @property
    def is_plain(self) -> bool:
        """Whether it is the learner as it was when the log ended with `seq`."""
        return self.as_of == self.seq

    @property
    def name(self) -> str:
        """The name that it has in the store."""
        return f"{self.snapshot}:{self.place}"

    @property
    def place(self) -> str:
        """What follows the snapshot in its name."""
        return f"{self.epoch}:{self.as_of}:{self.seq}"


class Spacing(Struct, frozen=True):
    """How checkpoints are spaced: one `every` so many labels as far back as `reach`, older ones
    at doubling distances."""

    every: int
    reach: int


class MadeFrom(Struct, frozen=True):
    """What a learner was made anew from: so many labels, in an epoch, asked for so many times."""

    labels: int
    epoch: int
    asked: int


def kept(store: Store, site: str, snapshot: str) -> list[Checkpoint]:
    """Return a site's checkpoints that were made with a snapshot, the newest place first."""
    with store_errors():
        names = store.redis.hkeys(keys.of_site(site).checkpoints)
    found = []
    for name in names:
        made_with, *place = name.decode().rsplit(":", 3)
        if made_with == snapshot and len(place) == 3:
            found.append(Checkpoint(snapshot, *map(int, place)))
    return sorted(found, key=lambda c: (c.seq, c.as_of), reverse=True)


def read(store: Store, site: str, checkpoint: Checkpoint) -> bytes | None:
    """Return a checkpoint's learner; None where it is gone."""
    with store_errors():
        found: bytes | None = store.redis.hget(keys.of_site(site).checkpoints, checkpoint.name)
    return found


def drop(store: Store, site: str, checkpoint: Checkpoint) -> None:
    """Forget a checkpoint."""
    with store_errors():
        store.redis.hdel(keys.of_site(site).checkpoints, checkpoint.name)


def put(
    store: Store, site: str, checkpoint: Checkpoint, blob: bytes, in_use: str, spacing: Spacing
) -> bool:
    """Keep a checkpoint, and drop those that are superfluous as the log is now.

    `in_use` is the snapshot that was in use when it was made. Return False, with nothing kept,
    where that or the epoch has moved on. Those of snapshots that are neither in use nor to be
    kept for now go.
    """
    k = keys.of_site(site)
    c = checkpoint
    answer = store.run(
        "checkpoint",
        [k.meta, k.checkpoints, k.snapshot, k.other_snapshots],
        [c.epoch, in_use, c.snapshot, c.place, blob, spacing.every, spacing.reach],
    )
    return bool(answer)


def put_rebuilt(
    store: Store,
    site: str,
    snapshot: str,
    made_from: MadeFrom,
    blob: bytes,
    earlier: Mapping[int, bytes],
) -> bool:
    """Append a `rebuilt` entry with its checkpoints, and take back that it was asked for.

    `blob` is the learner as of that entry, `earlier` what it was at places before it. Return
    False where labels, epoch or what was asked for have changed meanwhile.
    """
    k = keys.of_site(site)
    places = [word for place in earlier.items() for word in place]
    m = made_from
    answer = store.run(
        "rebuilt",
        [k.meta, k.label, k.labels, k.checkpoints],
        [site, m.labels, m.epoch, m.asked, snapshot, entry_codec.pack_rebuilt(), blob, *places],
    )
    return bool(answer)
