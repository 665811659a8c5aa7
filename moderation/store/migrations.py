"""Bringing a store from an older layout to this version's, a step for each."""

from __future__ import annotations

import struct
from collections.abc import Callable

from moderation.domain.errors import SchemaMismatch
from moderation.store import authors, codec, keys, labels, schema, sites
from moderation.store.client import Store
from moderation.store.faults import store_errors

_LABELLED = struct.Struct(">II")
_BUCKETS = 4096
_AT_ONCE = 1000


def note_labelled(store: Store, progress: Callable[[str], None]) -> None:
    """Note of every labelled comment which entry of its site's label log is the last about it."""
    for site in sites.names(store):
        found = _last_entries(store, site)
        prefix = keys.of_site(site).labelled
        noted = list(found.items())
        for at in range(0, len(noted), _AT_ONCE):
            with store_errors():
                pipe = store.redis.pipeline(transaction=False)
                for raw, (revision, seq) in noted[at : at + _AT_ONCE]:
                    bucket = int.from_bytes(raw[14:], "big") % _BUCKETS
                    pipe.hset(f"{prefix}{bucket}", raw, _LABELLED.pack(revision, seq))
                pipe.execute()
        progress(f"{site}: {len(found)} labelled comments noted")


def _last_entries(store: Store, site: str) -> dict[bytes, tuple[int, int]]:
    """Return of each labelled comment its revision then and the last entry about it."""
    found: dict[bytes, tuple[int, int]] = {}
    about: dict[int, tuple[bytes, int]] = {}
    last = sites.read(store, site).labels
    for start in range(0, last, labels.AT_ONCE):
        for entry in labels.entries(store, site, start, min(last, start + labels.AT_ONCE)):
            if entry.example is not None:
                raw = codec.id_bytes(entry.example.comment)
                about[entry.seq] = raw, entry.example.revision
            elif entry.kind == "undo" and entry.drops in about:
                about[entry.seq] = about[entry.drops]
            if entry.seq in about:
                raw, revision = about[entry.seq]
                found[raw] = revision, entry.seq
    return found


def note_drawn(store: Store, progress: Callable[[str], None]) -> None:
    """Note of every site until when evidence counts as drawn: its newest label.

    A log of layout 2 has none, and nothing else in it changes; but who only knows that layout
    cannot read evidence, so it must not work on a log that may have some.
    """
    for site in sites.names(store):
        last = sites.read(store, site).labels
        newest = labels.entries(store, site, max(0, last - _AT_ONCE), last)
        times = [entry.decision.at_ms for entry in newest if entry.decision is not None]
        if times:
            with store_errors():
                store.redis.hsetnx(keys.of_site(site).meta, "drawn", codec.id_at(max(times)))
        progress(
            f"{site}: {'looked for evidence from its newest label on' if times else 'no label'}"
        )


def forget_people(store: Store, progress: Callable[[str], None]) -> None:
    """Drop what is known of authors, so that a step that was cut short counts nothing twice.

    What comments of layout 3 say of them and of each other is noted by whoever knows the secret:
    `flow.sites.upgrading`.
    """
    for site in sites.names(store):
        authors.drop_all(store, site)


def leave(store: Store, progress: Callable[[str], None]) -> None:
    """Change nothing: what a store of layout 4 holds is read as it is.

    But who only knows that layout reads neither what rules say of a verdict nor what sites choose.
    """


Step = Callable[[Store, Callable[[str], None]], None]

STEPS: dict[int, Step] = {1: note_labelled, 2: note_drawn, 3: forget_people, 4: leave}
"""`STEPS[n]` brings a store from layout n to n + 1; running it twice does no harm."""


def migrate(
    store: Store,
    progress: Callable[[str], None],
    steps: dict[int, Step] | None = None,
    version: int = schema.VERSION,
    may_raise: Callable[[], None] = lambda: None,
) -> int:
    """Bring the store to this layout step by step and return how many steps that took.

    `may_raise` is called before each raising of the number, and raises what forbids it.

    Raises:
        SchemaMismatch: the store is newer than this code, or somebody else migrated it meanwhile.
    """
    steps = STEPS if steps is None else steps
    found = schema.stored(store)
    if found > version:
        schema.check(store, version)
        return 0  # The release after this one has raised it.
    if found == 0:
        with store_errors():
            store.redis.set(keys.SCHEMA, version, nx=True)
        return 0
    for before in range(found, version):
        progress(f"layout {before} to {before + 1}")
        steps[before](store, progress)
        may_raise()
        if not store.run("layout", [keys.SCHEMA], [before, before + 1]):
            raise SchemaMismatch(
                "the store's layout was changed by somebody else meanwhile: run `./winnow migrate` "
                "again when that has ended"
            )
    return version - found
