"""What is left of an erased person elsewhere: audit log, lists, index of searches, files."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from time import sleep
from typing import Any, Literal

from moderation.domain.listed import Entry
from moderation.flow.privacy.finding import sites_of
from moderation.flow.privacy.person import Person
from moderation.flow.rows import personal_hash
from moderation.flow.runtime import Runtime
from moderation.flow.search import finding, folders
from moderation.flow.search.following import Indexer
from moderation.store import keys, leases, people, rewriting, sites
from moderation.store import search as stored

Note = Callable[[str, int, int], None]
Searches = Literal["made anew", "off", "none"]

ACTS_AT_ONCE = 1000
_LOOK_SECONDS = 0.1


def drop_acts(runtime: Runtime, person: Person, note: Note) -> int:
    """Take out of the audit log what names a person; return how many entries that were.

    From which address somebody acted stays: it is that of who works here.
    """
    dropped = looked = 0
    before = ""
    while found := people.acts(runtime.store, before, ACTS_AT_ONCE):
        before = found[-1][0]
        named = [at for at, act in found if person.is_named_in(act.note, act.about)]
        dropped += people.drop_acts(runtime.store, named)
        looked += len(found)
        note("looking through the audit log", looked, max(looked, people.AUDIT_KEPT))
    return dropped


def listed(runtime: Runtime, person: Person) -> list[tuple[str, Entry]]:
    """Return the entries of sites' lists that a person's e-mail or IP address stands in."""
    wanted = {
        (kind, personal_hash(runtime.secret, way, value))
        for kind, way, value in (("email", "email", person.email), ("address", "ip", person.ip))
        if value
    }
    ways = {"email": "email", "address": "ip"}
    return [
        (site, entry)
        for site in sites_of(runtime, person)
        for entry in _entries(runtime, site)
        if entry.kind in ways
        and (entry.kind, personal_hash(runtime.secret, ways[entry.kind], entry.value)) in wanted
    ]


def _entries(runtime: Runtime, site: str) -> tuple[Entry, ...]:
    listed = sites.policy(runtime.store, site).listed
    return sites.list_of(listed).entries if listed else ()


def count_listed(runtime: Runtime, person: Person) -> int:
    """Return how many entries of lists name a person: whether these stay is for people to say."""
    return len(listed(runtime, person))


def make_search_anew(
    runtime: Runtime,
    wanted: int,
    keep: Callable[[int], None],
    note: Note,
    turn: Callable[[], None],
) -> Searches:
    """Have the index of searches made anew, so that no word of what is gone is left on the disk.

    By whoever keeps the index; where nobody does, here. `wanted` is the index that was asked for
    before, if it was; `keep` is told of it. `turn` is called while another process makes it, and
    ends the waiting by raising.
    """
    parent = folders.root(runtime.settings)
    if parent is None:
        return "off"
    if not stored.state(runtime.store).token:
        return "none"
    making = "making the index of searches anew"
    while not (wanted and stored.state(runtime.store).made >= wanted):
        if not leases.is_held(runtime.store, keys.SEARCH_LEASE):
            indexer = Indexer(runtime.store, parent, Event(), lambda n, of: note(making, n, of))
            if indexer.make():
                break
        if not wanted:
            wanted = stored.ask_anew(runtime.store)
            keep(wanted)
        done, total = finding.progress(runtime.store) or (0, 0)
        note(making, done, total)
        turn()
        sleep(_LOOK_SECONDS)
    return "made anew"


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
