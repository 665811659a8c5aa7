"""What is held of a person, looked for a piece at a time: in the label logs, then among comments.

No index leads from a person to his comments: it would have to live as long as they do and cost each
of them memory, for what is asked a few times a year.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from moderation.domain.comments import Comment
from moderation.domain.decisions import LabelEntry
from moderation.flow.privacy.person import Person, Sought, sought
from moderation.flow.runtime import Runtime
from moderation.store import Store, codec, labels, sites
from moderation.store import search as counted
from moderation.store.comments import reading

AT_ONCE = 200
"""Comments, or entries of a log, that are read at once."""
AT_ONCE_BYTES = 8 << 20

What = Literal["comment", "label", "list", "record", "learner", "models", "entry of the audit log"]
Stage = Literal["labels", "comments", "done"]


class Place(Struct, frozen=True):
    """How far a look is: on which site, at its labels or its comments or done with it, after which
    of them (a sequence number, an id, or '' for none)."""

    site: str = ""
    stage: Stage = "labels"
    after: str = ""


START = Place()


class Unread(Struct, frozen=True):
    """Something that is kept and cannot be read, so that nobody can tell whose it is: what it is,
    and which (an id or a number, '' where there is one)."""

    site: str
    what: What
    which: str = ""

    def __str__(self) -> str:
        return " ".join(word for word in (self.site, self.what, self.which) if word)


class Piece(Struct, frozen=True):
    """A piece of a site that was looked through: what is the person's, and where to go on.

    `unread` names what cannot be read and may be theirs.
    """

    site: str
    comments: list[Comment]
    entries: list[LabelEntry]
    looked: int
    place: Place
    begins_site: bool = False
    ends_site: bool = False
    unread: list[Unread] = []


def sites_of(runtime: Runtime, person: Person) -> list[str]:
    """Return the sites on which a person is looked for, sorted."""
    return [person.site] if person.site else sites.names(runtime.store)


def size(runtime: Runtime, person: Person) -> int:
    """Return how many comments and entries of label logs are looked through."""
    if person.site:
        states = {person.site: sites.read(runtime.store, person.site)}
    else:
        states = sites.read_all(runtime.store)
    entries = sum(state.labels for state in states.values())
    return entries + counted.count(runtime.store, list(states))


def pieces(runtime: Runtime, person: Person, place: Place = START) -> Iterator[Piece]:
    """Yield all there is, site by site, going on after a place."""
    who = sought(runtime.secret, person)
    for site in sites_of(runtime, person):
        here = place if site == place.site else Place(site)
        if site < place.site or here.stage == "done":
            continue
        if here.stage == "labels":
            if not here.after:
                yield Piece(site, [], [], 0, Place(site, "labels", "0"), begins_site=True)
            yield from _entries(runtime.store, site, who, int(here.after or 0))
            here = Place(site, "comments")
        yield from _comments(runtime.store, site, who, here.after)


def _entries(store: Store, site: str, who: Sought, after: int) -> Iterator[Piece]:
    while (end := sites.read(store, site).labels) > after:
        last = min(end, after + AT_ONCE)
        numbers: list[int] = []
        read = labels.entries(store, site, after, last, numbers)
        found = [entry for entry in read if _is_taught_by(entry, who, numbers)]
        unread = [Unread(site, "label", str(number)) for number in numbers]
        looked, after = last - after, last
        yield Piece(site, [], found, looked, Place(site, "labels", str(after)), unread=unread)


def _is_taught_by(entry: LabelEntry, who: Sought, unread: list[int]) -> bool:
    """Say whether a person wrote what an entry teaches; where its row would have to be read for
    that, and cannot, its number is put into `unread`."""
    try:
        return entry.example is not None and who.taught(entry.example)
    except codec.Unreadable:
        unread.append(entry.seq)
        return False


def _comments(store: Store, site: str, who: Sought, after: str) -> Iterator[Piece]:
    last = codec.id_bytes(after) if after else b""
    while True:
        ids, missed = reading.page(store, site, None, last, b"", False, AT_ONCE), list[bytes]()
        read, _ = reading.get_within(store, site, ids, AT_ONCE_BYTES, missed) if ids else ([], 0)
        found = [comment for comment in read if comment and _is_of(store, comment, who, missed)]
        own = {comment.id for comment in found}
        texts = [codec.id_text(raw) for raw in dict.fromkeys(missed)]
        unread = [Unread(site, "comment", text) for text in texts if text not in own]
        if read:
            last = ids[len(read) - 1]
        is_last = len(read) == len(ids) < AT_ONCE
        place = Place(site, "comments", codec.id_text(last) if last else "")
        place = Place(site, "done") if is_last else place
        yield Piece(site, found, [], len(read), place, ends_site=is_last, unread=unread)
        if is_last:
            return


def _is_of(store: Store, comment: Comment, who: Sought, unread: list[bytes]) -> bool:
    """Say whether a person wrote a comment, or an older revision of it."""
    if who.wrote(comment.submission.author):
        return True
    raw = codec.id_bytes(comment.id)
    older = reading.older(store, comment.site, raw, comment.revision, unread)
    return any(who.wrote(one.submission.author) for one in older)
