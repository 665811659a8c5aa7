"""What is held of a person who writes, handed out a bounded page at a time."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from moderation.domain.comments import Comment, Status, Submission
from moderation.domain.decisions import LabelEntry
from moderation.domain.errors import InvalidInput
from moderation.domain.people import Act
from moderation.domain.verdicts import Label
from moderation.flow.people.links import By
from moderation.flow.people.records import Way
from moderation.flow.privacy import finding, traces
from moderation.flow.privacy.finding import START, Piece, Place, Unread, What
from moderation.flow.privacy.person import Person, sought
from moderation.flow.rows import training_row
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import authors, codec, people
from moderation.store.comments import reading

PIECES = 50
"""Most pieces that one page looks through, of up to `finding.AT_ONCE` comments or labels each."""
PAGE_BYTES = 4 << 20
"""From so many bytes on a page goes no further; what is put out at once is one piece more at
most."""


class Sent(Submission, kw_only=True, omit_defaults=True):
    """A comment as its site sent it."""


class HeldComment(Struct, frozen=True, tag_field="kind", tag="comment"):
    """A comment, or an older revision of one, as the site sent it, and what was made of it."""

    site: str
    """The site that it was sent by."""
    id: str
    """The comment."""
    revision: int
    """Counts its texts."""
    status: Status
    """How it stands."""
    at_ms: int
    """When it came in."""
    sent: Sent
    """All that the site sent."""
    score: float | None
    """The probability of spam; null where nothing was scored."""
    reasons: list[str]
    """What moved the score most, by the codes of the reasons."""
    model: str
    """What scored it."""
    decision: Label | None
    """What a person or the site said of it."""


class HeldLabel(Struct, frozen=True, tag_field="kind", tag="label"):
    """What the filter learns from a comment: a label, or evidence that nobody labelled."""

    site: str
    """The site that it teaches."""
    id: str
    """The comment, which may have expired."""
    label: Label | None
    """What it is an example of; null where it is kept as evidence of what is fine."""
    at_ms: int
    """When it was labelled, or kept."""
    text: str
    """The text that is learned."""
    name: str
    """The author's name."""
    url: str
    """The author's address in the web."""
    email_domain: str
    """What is learned of the e-mail address."""
    permalink: str
    """The page."""


class HeldRecord(Struct, frozen=True, tag_field="kind", tag="record"):
    """What is known of somebody under a keyed hash: how his comments on a site ended."""

    site: str
    """The site."""
    known_by: Way
    """What the hash is of."""
    first_ms: int
    """The first day on which something came."""
    last_ms: int
    """The last day."""
    approved: int
    """How many were approved."""
    spam: int
    """How many were spam."""


class HeldEntry(Struct, frozen=True, tag_field="kind", tag="list"):
    """An entry of a site's list that somebody wrote for this address."""

    site: str
    """The site."""
    value: str
    """What is listed."""
    action: str
    """What becomes of a comment that it fits."""
    at_ms: int
    """When it was written."""


class HeldUnread(Struct, frozen=True, tag_field="kind", tag="unread"):
    """Something that is kept and cannot be read: whose it is nobody can tell."""

    site: str
    """The site."""
    what: What
    """What it is."""
    id: str
    """Which one; empty where there is one."""


Held = HeldComment | HeldLabel | HeldRecord | HeldEntry | HeldUnread


class Page(Struct, frozen=True):
    """What one page has, where the next goes on ('' at the end), how far the look is."""

    held: list[Held]
    next: str
    looked: int


def page(runtime: Runtime, person: Person, after: str = "") -> Page:
    """Return the page after a place; one may be empty and not be the last.

    Raises:
        InvalidInput: `after` is no place.
    """
    held: list[Held] = []
    looked = size = 0
    place = _place(after)
    for number, piece in enumerate(finding.pieces(runtime, person, place), 1):
        some = list(_held(runtime, person, piece))
        held += some
        looked, size = looked + piece.looked, size + sum(map(_size, some))
        if number == PIECES or size >= PAGE_BYTES:
            return Page(held, _text(piece.place), looked)
    return Page(held, "", looked)


def note(runtime: Runtime, person: Person, by: By) -> None:
    """Write into the audit log that somebody had what is held of a person put out, not of whom."""
    act = Act(now_ms(), by.who, "person_exported", by.address, person.site)
    people.note(runtime.store, act)


def _held(runtime: Runtime, person: Person, piece: Piece) -> Iterator[Held]:
    unread = list(piece.unread)
    if piece.begins_site:
        try:
            yield from _records(runtime, person, piece.site)
        except codec.Unreadable:
            unread.append(Unread(piece.site, "record"))
        try:
            for line in traces.listed(runtime, person, piece.site):
                yield HeldEntry(piece.site, line.value, line.action, line.at_ms)
        except codec.UNREADABLE:
            unread.append(Unread(piece.site, "list"))
    for entry in piece.entries:
        try:
            yield from _label(piece.site, entry)
        except codec.Unreadable:
            unread.append(Unread(piece.site, "label", str(entry.seq)))
    for comment in piece.comments:
        raw, missed = codec.id_bytes(comment.id), list[bytes]()
        older = reading.older(runtime.store, piece.site, raw, comment.revision, missed)
        yield from map(_comment, older)
        yield _comment(comment)
        if missed:
            unread.append(Unread(piece.site, "comment", comment.id))
    yield from (HeldUnread(one.site, one.what, one.which) for one in unread)


def _comment(comment: Comment) -> HeldComment:
    verdict = comment.verdict
    return HeldComment(
        site=comment.site,
        id=comment.id,
        revision=comment.revision,
        status=comment.status,
        at_ms=comment.created_ms,
        sent=Sent(**msgspec.structs.asdict(comment.submission)),
        score=verdict.score if verdict else None,
        reasons=[code for code, _ in verdict.reasons] if verdict else [],
        model=verdict.model if verdict else "",
        decision=comment.decision.label if comment.decision else None,
    )


def _label(site: str, entry: LabelEntry) -> Iterator[HeldLabel]:
    if entry.example is None:
        return
    row = training_row(entry.example.row)
    yield HeldLabel(
        site=site,
        id=entry.example.comment,
        label=entry.label if entry.kind == "label" else None,
        at_ms=entry.example.labelled_ms,
        text=row.text,
        name=row.author,
        url=row.url,
        email_domain=row.email,
        permalink=row.permalink,
    )


def _records(runtime: Runtime, person: Person, site: str) -> Iterator[HeldRecord]:
    hashes = sought(runtime.secret, person).recorded()
    asked = [(site, authors.who(found), b"") for _, found in hashes]
    for (way, _), known in zip(hashes, authors.read(runtime.store, asked), strict=True):
        if known is not None:
            days = known.first_day * authors.DAY_MS, known.last_day * authors.DAY_MS
            yield HeldRecord(site, way, *days, known.approved, known.spam)


def _size(held: Held) -> int:
    if isinstance(held, HeldComment):
        return len(held.sent.content) + sum(map(len, held.sent.context))
    return len(held.text) if isinstance(held, HeldLabel) else 0


def _text(place: Place) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def _place(text: str) -> Place:
    if not text:
        return START
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        place = msgspec.json.decode(data, type=Place)
        if place.after:
            int(place.after) if place.stage == "labels" else codec.id_bytes(place.after)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise InvalidInput("this is no place to go on from") from error
    return place
