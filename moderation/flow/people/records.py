"""What is known of who writes: how their comments on a site ended, since when, how many today."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from msgspec import Struct

from moderation.domain.addresses import mailbox, network_of
from moderation.domain.comments import Comment, Status
from moderation.flow.lookup import raw_id
from moderation.flow.marks import pair_of
from moderation.flow.rows import keyed_hash, personal_hash
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import authors, knowing

Way = Literal["author", "email", "ip"]
WAYS: tuple[Way, ...] = ("author", "email", "ip")
"""What people are known by, what says most first: their id, an e-mail address, an IP address."""


class Known(Struct, frozen=True):
    """What is known of the author of a comment, by the first of the ways that the site gives.

    `strip` has how the last comments ended, at most twenty, the oldest first; `approved` and `spam`
    count all; `today` is what came on this UTC day. `from_address` and `names` are what came from
    the comment's IP address today, and under how many names (8: eight or more).
    """

    way: Way
    first_ms: int
    strip: tuple[Status, ...]
    approved: int
    spam: int
    today: int
    from_address: int = 0
    names: int = 0


def known_of(
    runtime: Runtime, comments: Sequence[Comment], apart: Collection[str] = ()
) -> list[Known | None]:
    """Return what is known of the author of each comment, None where nothing is, in one round trip.

    What is asked about with its outcome hidden stands in `apart`, by its id: its own outcome is
    left out of its author's record.
    """
    asked: list[tuple[str, bytes, bytes]] = []
    ways: list[list[Way]] = []
    for comment in comments:
        hashes = _hashes(runtime, comment)
        ways.append(list(hashes))
        left_out = raw_id(comment.id) if comment.id in apart else b""
        asked += [(comment.site, authors.who(found), left_out) for found in hashes.values()]
    found = iter(authors.read(runtime.store, asked))
    today = now_ms() // authors.DAY_MS
    return [_known({way: next(found) for way in of_one}, today) for of_one in ways]


def _hashes(runtime: Runtime, comment: Comment) -> dict[Way, str]:
    author = comment.submission.author
    values = {"author": author.id, "email": author.email, "ip": author.ip}
    hashes = {way: personal_hash(runtime.secret, way, values[way]) for way in WAYS}
    return {way: found for way, found in hashes.items() if found}


def _known(found: dict[Way, authors.Record | None], today: int) -> Known | None:
    for way, record in found.items():
        if record is None:
            continue
        address = found.get("ip")
        is_today = address is not None and address.last_day == today
        return Known(
            way=way,
            first_ms=record.first_day * authors.DAY_MS,
            strip=record.strip,
            approved=record.approved,
            spam=record.spam,
            today=record.today if record.last_day == today else 0,
            from_address=address.today if address is not None and is_today else 0,
            names=address.names if address is not None and is_today else 0,
        )
    return None


def forget(
    runtime: Runtime,
    site: str,
    *,
    email: str = "",
    ip: str = "",
    author_id: str = "",
    before: Collection[str] = (),
) -> int:
    """Drop what a site counts of a person, by whatever is known of him: records, paces and
    reputations; return how many that were. Comments of his that come later begin anew.

    `before` are more keyed hashes that he may stand under.
    """
    values = {"author": author_id, "email": email, "ip": ip}
    hashes = [*(personal_hash(runtime.secret, way, values[way]) for way in WAYS), *before]
    network = network_of(ip) if ip else ""
    if mailbox(email) and network:
        hashes.append(keyed_hash(runtime.secret, "pair", pair_of(email, network)))
    people = [authors.who(found) for found in hashes if found]
    return knowing.forget(runtime.store, site, people, now_ms())
