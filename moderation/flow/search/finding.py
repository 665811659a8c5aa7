"""Finding comments: by the index where it is up to date, else by looking through the newest."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from moderation.domain.comments import Comment
from moderation.flow.comments import reading
from moderation.flow.comments.reading import Filter
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.search import folders
from moderation.search import asking
from moderation.search.asking import Term, fits, has_whole_words
from moderation.search.index import Bounds, Place, Reader
from moderation.settings import Settings
from moderation.store import Store, codec
from moderation.store import search as stored
from moderation.store.comments import reading as comments_stored
from moderation.store.search import Positions

log = logging.getLogger(__name__)

BEHIND_MS = 5000
"""An index that lacks what changed before that is not asked."""
_ROUNDS = 8
_MORE = 10
_FRESH, _FRESH_BYTES = 200, 1 << 19
"""So many of the comments that changed last, and of so many bytes as they are stored, are looked at
beside the index."""

LONGEST_QUESTION, TYPED = asking.LONGEST, asking.TYPED
"""Characters of a question; the fields that may be typed in one."""
SCANNED_SITES = 50
"""Most sites whose comments are looked through together."""

How = Literal["index", "scan"]


class Found(Struct, frozen=True):
    """Comments, the id to go on after ('' at the end), and how they were found.

    By the index all that fit are found, page by page. By a scan a call looks at a bounded number of
    comments: `looked_to_ms` is how far back or on in time it has looked (0: through all of them),
    `sites_left` how many sites it has not looked at; `is_wordless` says that the index was not
    asked, for there is no word in what is sought.
    """

    comments: list[Comment]
    last: str
    how: How
    looked_to_ms: int = 0
    sites_left: int = 0
    is_wordless: bool = False


class Readers:
    """This process's reader of the index that serves."""

    def __init__(self) -> None:
        self._token = ""
        self._reader: Reader | None = None

    def of(self, runtime: Runtime) -> tuple[Reader, Positions] | None:
        """Return a reader of an index that is up to date and lies on this machine, and up to where
        that has the store's changes, else None."""
        parent = folders.root(runtime.settings)
        if parent is None:
            return None
        state = stored.state(runtime.store)
        if not state.token or now_ms() - state.at_ms > BEHIND_MS:
            return None
        folder = parent / state.token
        position = folders.position(folder) if folders.is_token(state.token) else None
        if position is None:
            return None
        if self._reader is None or state.token != self._token:
            self._reader, self._token = Reader(folder), state.token
        return self._reader, position.positions


def find(
    runtime: Runtime, of_sites: Sequence[str], wanted: Filter, after: str, limit: int
) -> Found:
    """Return a page of the comments of these sites that are asked for, going on after an id.

    Whatever the index says, what is returned is as the store has it now: of these sites, there,
    with the status and the words that are asked for.
    """
    found, is_wordless = None, False
    # What a site calls a comment, and when one changed, is not in the index.
    is_indexed = not wanted.external_id and not wanted.updated_from_ms
    if wanted.asks and is_indexed and of_sites:
        try:
            serving = runtime.own(Readers).of(runtime)
            if serving is not None:
                found = _by_index(runtime, *serving, of_sites, wanted, after, limit)
                is_wordless = found is None
        except (OSError, ValueError) as error:
            # An index that was removed or broken a moment ago; its writer sees to it.
            log.warning("the index of searches cannot be read: %s", type(error).__name__)
        if found is not None:
            return found
    scanned = of_sites[:SCANNED_SITES]
    page = reading.list_many(runtime, scanned, wanted, after, limit)
    looked = codec.id_ms(codec.id_bytes(page.last)) if page.last else 0
    left = len(of_sites) - len(scanned)
    return Found(page.comments, page.last, "scan", looked, left, is_wordless)


def phrases(wanted: Filter) -> list[str]:
    """Return what is to be marked in a comment that was found."""
    return asking.phrases(wanted.terms)


def _by_index(
    runtime: Runtime,
    reader: Reader,
    positions: Positions,
    of_sites: Sequence[str],
    wanted: Filter,
    after: str,
    limit: int,
) -> Found | None:
    """Return what the index finds, None where it has no word to look for.

    Comments that changed last are looked at whatever the index says of them: it may not have them
    yet. They are asked for first, for what the index takes in it drops from them only then.
    """
    terms, known = wanted.terms, frozenset(of_sites)
    bounds = _bounds(tuple(of_sites), wanted, codec.id_bytes(after) if after else b"")
    fresh = _fresh(runtime, positions, known, terms)
    found: list[Comment] = []
    for _ in range(_ROUNDS):
        number = limit - len(found) + _MORE
        indexed = reader.find(terms, bounds, number)
        if indexed is None:
            return None
        is_last = len(indexed) < number
        places = _merged(indexed, fresh, bounds, is_last)
        for place, comment in zip(places, _stored(runtime, places), strict=True):
            bounds = bounds.past(place.id)
            if comment and comment.site in known and fits(comment, terms):
                found.append(comment)
                if len(found) == limit:
                    return Found(found, codec.id_text(place.id), "index")
        if is_last:
            return Found(found, "", "index")
    return Found(found, codec.id_text(places[-1].id), "index")


def _fresh(
    runtime: Runtime, positions: Positions, known: frozenset[str], terms: Sequence[Term]
) -> list[Place]:
    """Return the comments that changed after what the index has and that have what is asked, their
    words whole as the index would find them."""
    changed = stored.newest(runtime.store, known, positions, _FRESH)
    read = stored.fetch_within(runtime.store, changed, _FRESH_BYTES, now_ms())
    return [
        Place(raw, site)
        for (site, raw), comment in zip(changed, read, strict=False)
        if comment and fits(comment, terms) and has_whole_words(comment, terms)
    ]


def _merged(indexed: list[Place], fresh: list[Place], bounds: Bounds, is_last: bool) -> list[Place]:
    """Return the index's places and those of the fresh ones that come before its last, in order;
    all of these where the index has no more."""
    upto = bounds if is_last else bounds.up_to(indexed[-1].id)
    among = {*indexed, *(place for place in fresh if upto.has(place.id))}
    return sorted(among, key=lambda place: place.id, reverse=bounds.newest_first)


def _bounds(of_sites: tuple[str, ...], wanted: Filter, last: bytes) -> Bounds:
    low = codec.id_at(wanted.from_ms) if wanted.from_ms else b""
    high = codec.id_at(wanted.to_ms) if wanted.to_ms else b""
    if wanted.newest_first:
        return Bounds(of_sites, low, last or high, True)
    return Bounds(of_sites, last or low, high, False)


def _stored(runtime: Runtime, places: Sequence[Place]) -> list[Comment | None]:
    """Return comments as the store has them now, in the order of their places."""
    by_site: dict[str, list[bytes]] = {}
    for place in places:
        by_site.setdefault(place.site, []).append(place.id)
    found = {
        Place(raw, site): comment
        for site, ids in by_site.items()
        for raw, comment in zip(
            ids, comments_stored.get_many(runtime.store, site, ids), strict=True
        )
    }
    return [found[place] for place in places]


def progress(store: Store) -> tuple[int, int] | None:
    """Return how many of how many comments are in an index that is being made, None: none is."""
    state = stored.state(store)
    return (state.done, state.total) if state.total else None


def is_here(store: Store, settings: Settings) -> bool:
    """Say whether the index that serves lies in the folder of this machine's settings: it does on
    the one machine whose process keeps it."""
    parent, token = folders.root(settings), stored.state(store).token
    return (
        parent is not None
        and folders.is_token(token)
        and (folders.position(parent / token) is not None)
    )


def behind_ms(store: Store) -> int | None:
    """Return how far behind the store its index is, None where it has none."""
    state = stored.state(store)
    return now_ms() - state.at_ms if state.token else None


def ask_anew(store: Store) -> Callable[[], tuple[bool, int, int]]:
    """Have the process that keeps the index make it anew; return what says whether it has, and how
    many of how many comments are in it so far."""
    number = stored.ask_anew(store)

    def look() -> tuple[bool, int, int]:
        state = stored.state(store)
        return state.made >= number, state.done, state.total

    return look
