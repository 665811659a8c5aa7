"""What is left of an erased person elsewhere: audit log, lists, index of searches, files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event
from time import sleep
from typing import Any, Literal

from msgspec import Struct

from moderation.domain.listed import Entry
from moderation.flow.privacy.finding import Unread, sites_of
from moderation.flow.privacy.person import Person
from moderation.flow.rows import personal_hash
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.search import finding, folders
from moderation.flow.search.following import Indexer
from moderation.store import codec, keys, leases, people, rewriting, sites
from moderation.store import search as stored

Note = Callable[[str, int, int], None]
Searches = Literal["made anew", "asked for", "off", "none"]

ACTS_AT_ONCE = 1000
WAITED_MS = 3_600_000
"""For so long an erasure waits for the index of searches."""
_LOOK_SECONDS = 0.1
_MAKING = "making the index of searches anew"


def drop_acts(runtime: Runtime, person: Person, note: Note) -> tuple[int, list[Unread]]:
    """Take out of the audit log what names a person; return how many entries that were, and what
    cannot be read of it.

    From which address somebody acted stays: it is that of who works here.
    """
    dropped = looked = 0
    before, unread = "", list[str]()
    while found := people.acts(runtime.store, before, ACTS_AT_ONCE, unread):
        before = found[-1][0]
        named = [at for at, act in found if person.is_named_in(act.note, act.about)]
        dropped += people.drop_acts(runtime.store, named)
        looked += len(found)
        note("looking through the audit log", looked, max(looked, people.AUDIT_KEPT))
    return dropped, [Unread("", "entry of the audit log", one) for one in unread]


def listed(runtime: Runtime, person: Person, site: str) -> list[Entry]:
    """Return the entries of a site's list that a person's e-mail or IP address stands in.

    Raises:
        One of `codec.UNREADABLE`: the list cannot be read.
    """
    stored = sites.listed(runtime.store, site)
    if not stored:
        return []
    wanted = {
        (kind, personal_hash(runtime.secret, way, value))
        for kind, way, value in (("email", "email", person.email), ("address", "ip", person.ip))
        if value
    }
    ways = {"email": "email", "address": "ip"}
    return [
        entry
        for entry in sites.list_of(stored).entries
        if entry.kind in ways
        and (entry.kind, personal_hash(runtime.secret, ways[entry.kind], entry.value)) in wanted
    ]


def count_listed(runtime: Runtime, person: Person) -> tuple[int, list[Unread]]:
    """Return how many entries of lists name a person, as whether these stay is for people to say,
    and the lists that cannot be read."""
    count, unread = 0, []
    for site in sites_of(runtime, person):
        try:
            count += len(listed(runtime, person, site))
        except codec.UNREADABLE:
            unread.append(Unread(site, "list"))
    return count, unread


class Wanted(Struct):
    """An index of searches that was asked for: the how many-th (0: none yet), and when."""

    number: int = 0
    asked_ms: int = 0


def make_search_anew(
    runtime: Runtime,
    wanted: Wanted,
    keep: Callable[[], None],
    note: Note,
    turn: Callable[[], None],
) -> Searches:
    """Have the index of searches made anew, so that no word of what is gone is left on the disk.

    By whoever keeps the index; where nobody does, here, if it lies here. `wanted` is filled in, and
    `keep` called, once it was asked for. `turn` is called while another process makes it, and ends
    the waiting by raising. What has not come after `WAITED_MS` stays asked for.
    """
    parent, store = folders.root(runtime.settings), runtime.store
    if parent is None:
        return "off"
    if not stored.state(store).token:
        return "none"
    while not (wanted.number and stored.state(store).made >= wanted.number):
        is_kept = leases.is_held(store, keys.SEARCH_LEASE)
        if not is_kept and _made_here(runtime, parent, note):
            break
        if not wanted.number:
            wanted.number, wanted.asked_ms = stored.ask_anew(store), now_ms()
            keep()
        lies_here = (parent / stored.state(store).token).is_dir()
        if now_ms() - wanted.asked_ms > WAITED_MS or not (is_kept or lies_here):
            return "asked for"
        note(_MAKING, *(finding.progress(store) or (0, 0)))
        turn()
        sleep(_LOOK_SECONDS)
    return "made anew"


def _made_here(runtime: Runtime, parent: Path, note: Note) -> bool:
    """Make the index anew in this process, where the one that serves lies here too."""
    if not (parent / stored.state(runtime.store).token).is_dir():
        return False
    return Indexer(runtime.store, parent, Event(), lambda n, of: note(_MAKING, n, of)).make()


def rewrite_files(runtime: Runtime, note: Note) -> dict[str, Any]:
    """Have the store write its append-only file anew; return what came of it, and what else keeps
    the store's data."""
    came: rewriting.What | None = None
    for what in rewriting.rewrite(runtime.store):
        note("writing the append-only file anew", 0, 0)
        came = what
    files = rewriting.files(runtime.store)
    return {
        "append_only_file": came,
        "store": "ours" if files.lies_in(runtime.settings.data) else "outside",
        "snapshots": files.snapshots,
        "replicas": files.replicas,
    }
