"""Bringing a store to this version's layout, with what only the flow can make of its comments."""

from __future__ import annotations

from collections.abc import Callable

from moderation.flow import heartbeat
from moderation.flow.marks import marks_of_comment
from moderation.store import authors, codec, migrations, processes, schema, sites
from moderation.store.client import Store
from moderation.store.comments import reading

_AT_ONCE = 100
_NAMED = 10
_SAY_EVERY = 10_000


def in_the_way(store: Store) -> list[str]:
    """Return the processes that were heard of just now and do not work on this version's layout, a
    bounded number of them; none where the store need not be migrated.

    One that was killed is in the way until three of its heartbeats did not come.
    """
    if not 0 < schema.stored(store) < schema.VERSION:
        return []
    if processes.are_most(store):
        return [f"{processes.PROCESSES_AT_MOST} processes or more, not all of which can be known"]
    running, _ = heartbeat.parted(store)
    return [
        f"{process.kind} {process.pid} on {process.host}"
        for process in running
        if process.knows < schema.VERSION
    ][:_NAMED]


def migrate(
    store: Store,
    secret: bytes,
    progress: Callable[[str], None],
    may_raise: Callable[[], None] = lambda: None,
) -> int:
    """Bring a store to this layout step by step and return how many steps that took.

    `may_raise` is called before each raising of the number, and raises what forbids it.

    Raises:
        SchemaMismatch: the store is newer than this code, or somebody else migrated it meanwhile.
    """

    def note(opened: Store, said: Callable[[str], None]) -> None:
        migrations.STEPS[3](opened, said)
        for site in sites.names(opened):
            said(f"{site}: {_note_site(opened, site, secret, said)} comments noted")

    steps = {**migrations.STEPS, 3: note}
    return migrations.migrate(store, progress, steps, may_raise=may_raise)


def _note_site(store: Store, site: str, secret: bytes, progress: Callable[[str], None]) -> int:
    """Note a site's comments with their authors and with those like them, the oldest first."""
    last, done = b"", 0
    while ids := reading.page(store, site, None, last, b"", newest=False, n=_AT_ONCE):
        found = reading.get_many(store, site, ids)
        noted = [
            (raw, *marks_of_comment(secret, comment, codec.id_ms(raw)))
            for raw, comment in zip(ids, found, strict=True)
            if comment is not None
        ]
        authors.note(store, site, noted)
        last, done = ids[-1], done + len(ids)
        if done % _SAY_EVERY == 0:
            progress(f"{site}: {done} comments looked at")
    return done
