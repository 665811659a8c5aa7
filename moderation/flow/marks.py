"""What a comment is noted under besides itself: keyed hashes of its authors, and its likeness."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

from classifier import marks_of
from moderation.domain.addresses import host_name, mailbox, network_of
from moderation.domain.comments import Comment, Submission
from moderation.flow.rows import keyed_digest, spelt
from moderation.store import authors, signals
from moderation.store.comments.deletions import Marks

_HOST = re.compile(
    r"(?:https?:)?//(?:[^\s/?#@<>\"']{0,64}@)?([^\s/?#:<>\"'@\]\[)]{4,253})", re.IGNORECASE
)
LINKS = 5
"""Most domains of links of a comment that have a reputation; the first count."""


def author_mark(
    secret: bytes, submission: Submission, now: int, like: bytes | None = None
) -> bytes:
    """Return the mark of a comment's author: what is known of an e-mail address, of an id and of an
    IP address is kept under a keyed hash of each.

    With `like`, its likeness (b"" it has none), the mark leads to its campaign and to what has a
    reputation, too.
    """
    author = submission.author
    email, address = spelt("email", author.email), spelt("ip", author.ip)
    own = author.id and spelt("author", author.id)
    known = []
    if email:
        known.append((signals.EMAIL, _who(secret, "email", email)))
    if own:
        known.append((signals.ID, _who(secret, "author", own)))
    if address:
        known.append((signals.ADDRESS, _who(secret, "ip", address)))
    campaign = b""
    reputations: list[tuple[int, bytes]] = []
    if like is not None:
        reputations = known + _more(secret, submission, email, address)
        if len(like) == signals.MARK_BYTES:
            campaign = like + _tags(known, author.name)
    if not reputations and not known and not campaign:
        return b""
    written = submission.created_at
    at = now if written is None else min(now, max(0, round(written.timestamp() * 1000)))
    people = [who for _, who in known]
    return authors.pack_mark(
        at, _short(author.name)[-1], bool(address), people, campaign, signals.packed(reputations)
    )


def _short(name: str) -> bytes:
    """Return four bytes by which names are told apart, in whatever case."""
    return zlib.crc32(name.casefold().encode("utf-8", "replace")).to_bytes(4, "big")


def _tags(known: Sequence[tuple[int, bytes]], name: str) -> bytes:
    """Return two bytes each by which the address and the author of a campaign are told apart."""
    address = email = own = b""
    for kind, who in known:
        if kind == signals.ADDRESS:
            address = who
        elif kind == signals.ID:
            own = who
        else:
            email = who
    author = own or email or _short(name) if name or len(known) > 1 else bytes(2)
    return (address[:2] or bytes(2)) + author[:2]


def _who(secret: bytes, way: str, value: str) -> bytes:
    """Return the bytes by which what is hashed is known, as `authors.who` shortens them."""
    return keyed_digest(secret, way, value)[: authors.WHO_BYTES]


def _more(
    secret: bytes, submission: Submission, email: str, address: str
) -> list[tuple[int, bytes]]:
    """Return what else of a comment has a reputation: its author's network, alone and with the
    e-mail, the name where that is all, the domain of the author's address, those of its links."""
    author, found = submission.author, []
    network = network_of(address) if address else ""
    if network:
        found.append((signals.NETWORK, _who(secret, "net", network)))
        if email:
            found.append((signals.PAIR, _who(secret, "pair", _pair(email, network))))
    elif not (email or author.id.strip()) and author.name.strip():
        # Nothing else says who it is, as on sites that only keep names.
        name = " ".join(author.name.casefold().split())
        found.append((signals.NAME, _who(secret, "name", name)))
    for host in hosts_in(author.url)[:1]:
        found.append((signals.AUTHOR_DOMAIN, _who(secret, "domain", host)))
    links = dict.fromkeys(hosts_in(submission.content))
    for host in list(links)[:LINKS]:
        found.append((signals.LINK_DOMAIN, _who(secret, "link", host)))
    return found


def pair_of(email: str, network: str) -> str:
    """Return the words for an e-mail address, in any spelling, that comes from a network."""
    return _pair(mailbox(email), network)


def _pair(email: str, network: str) -> str:
    return f"{email} {network}"


def hosts_in(text: str) -> list[str]:
    """Return the hosts of the addresses that are written out in a text, without `www.`, in their
    order; of one that is an address alone (an author's) its host."""
    if "//" not in text:
        return []  # Most texts have none, and to look for one takes as long as all other marks.
    found = (host_name(host) for host in _HOST.findall(text))
    return [host.removeprefix("www.") for host in found if host]


def likeness(submission: Submission) -> bytes:
    """Return the mark by which comments like this one are found."""
    return likenesses([submission])[0]


def likenesses(submissions: Sequence[Submission]) -> list[bytes]:
    """Return the mark of each comment by which those like it are found."""
    return marks_of([submission.content for submission in submissions]) if submissions else []


def marks_of_comment(secret: bytes, comment: Comment, now: int) -> Marks:
    """Return the marks of a stored comment: of its authors, and of what is like it.

    What could not be scored is not read for its likeness either.
    """
    verdict = comment.verdict
    alike = likeness(comment.submission) if verdict and verdict.score is not None else b""
    return author_mark(secret, comment.submission, now, alike), alike
