"""Lists that others keep and a site subscribed to: how they are read, and what they decide."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from moderation.domain.comments import Submission
from moderation.domain.errors import InvalidInput
from moderation.domain.keywords import Searched, fields_of, keys_of
from moderation.domain.listed import host_name
from moderation.domain.matching import NOWHERE, Addresses, Domains, domains_named

Reads = Literal["domains", "networks", "keys"]
READS: tuple[Reads, ...] = ("domains", "networks", "keys")
Trusted = Literal["hold", "spam"]
TRUSTED: tuple[Trusted, ...] = ("hold", "spam")

SUBSCRIPTIONS = 10
"""Most lists that a site subscribes to."""
LIST_BYTES = 8 << 20
"""Most bytes of a list as it is fetched."""
LIST_ENTRIES = 250_000
"""Most entries of a list; what comes after them is not read."""

_REMARK = re.compile(r"[#;!].*")
_LOCAL = frozenset((
    "localhost", "localhost.localdomain", "local", "broadcasthost", "ip6-localhost",
    "ip6-loopback", "ip6-localnet", "ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters",
    "ip6-allhosts",
))  # fmt: skip
"""Names with which hosts files begin, for the machine that reads them."""


class Subscription(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A list that a site subscribed to.

    `number` names it and is never used again; `digest` is of what was fetched last ('' nothing
    yet); `by` and `at_ms` (since 1970) say who subscribed, and when, as it is now.
    """

    number: int
    url: str
    reads: Reads
    action: Trusted
    note: str = ""
    by: str = ""
    at_ms: int = 0
    digest: str = ""


class Subscriptions(Struct, frozen=True, omit_defaults=True):
    """The lists of a site, in their order; `last` is the highest number that one ever had."""

    lists: tuple[Subscription, ...] = ()
    last: int = 0


class Fetched(Struct, frozen=True, omit_defaults=True):
    """How the last fetch of a list went; times are ms since 1970, 0: never.

    `error` says why the last try failed ('' it did not): then the copy before is still used.
    """

    tried_ms: int = 0
    fetched_ms: int = 0
    entries: int = 0
    skipped: int = 0
    etag: str = ""
    error: str = ""


class NewSubscription(Struct, frozen=True, forbid_unknown_fields=True):
    """A subscription as somebody writes it."""

    url: Annotated[str, Meta(min_length=1, max_length=2048)]
    """Where the list is fetched from, once a day."""
    reads: Reads
    """How its lines are read: domains (also hosts files), networks (also addresses), or keys."""
    action: Trusted
    """What becomes of a comment that it fits: `hold` or `spam`."""
    note: Annotated[str, Meta(max_length=500)] = ""
    """Why it is there, for people."""


class BadSubscription(InvalidInput):
    """A subscription that cannot be; `place` is its place in what was given, from 0."""

    def __init__(self, place: int, detail: str) -> None:
        super().__init__(f"list {place + 1}: {detail}")
        self.place = place
        self.detail = detail


def rewritten(
    old: Subscriptions, wanted: Sequence[NewSubscription], by: str, now_ms: int
) -> Subscriptions:
    """Return these subscriptions; one of the same address and kind keeps number and copy.

    Raises:
        BadSubscription: an address is none of http or https, or is there twice.
        InvalidInput: there are too many.
    """
    if len(wanted) > SUBSCRIPTIONS:
        raise InvalidInput(f"a site subscribes to at most {SUBSCRIPTIONS} lists")
    known = {(one.url, one.reads): one for one in old.lists}
    lists: list[Subscription] = []
    last = old.last
    for place, one in enumerate(wanted):
        url = _url(one.url, place)
        if any(url == other.url for other in lists):
            raise BadSubscription(place, "it is there already")
        before = known.get((url, one.reads))
        if before and (before.action, before.note) == (one.action, one.note):
            lists.append(before)
            continue
        if before is None:
            last += 1
        lists.append(Subscription(
            number=before.number if before else last, url=url, reads=one.reads, action=one.action,
            note=one.note, by=by, at_ms=now_ms, digest=before.digest if before else "",
        ))  # fmt: skip
    return Subscriptions(tuple(lists), last)


def _url(text: str, place: int) -> str:
    url = text.strip()
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one or "@" in parts.netloc or not url.isprintable() or " " in url:
        raise BadSubscription(place, "write an address that begins with https:// or http://")
    return url


def read(reads: Reads, text: str) -> tuple[list[str], int]:
    """Return the entries of a list in their one form, and how many lines were none.

    Remarks begin with `#`, `;` or `!`; of keys, which may hold any sign, with `#` alone and at
    the beginning of a line.
    """
    entries: dict[str, None] = {}
    skipped = 0
    for found in _READERS[reads](text):
        if found is None:
            skipped += 1
        elif len(entries) < LIST_ENTRIES:
            entries[found] = None
        else:
            break
    return list(entries), skipped


def _domains(text: str) -> Iterator[str | None]:
    for line in text.splitlines():
        words = _REMARK.sub("", line).replace(",", " ").split()
        if len(words) > 1 and (words[0][0].isdigit() or ":" in words[0]):
            words = words[1:]  # A hosts file: an address, and the names that lead to it.
        for word in words:
            name = word.lower().removeprefix("||").removesuffix("^").removeprefix("*.")
            host = host_name(name.strip("."))
            if host not in _LOCAL:
                yield host if "." in host and not host.replace(".", "").isdigit() else None


def _networks(text: str) -> Iterator[str | None]:
    for line in text.splitlines():
        for word in _REMARK.sub("", line).replace(",", " ").split()[:1]:
            yield _network(word)


def _network(word: str) -> str | None:
    try:
        network = ipaddress.ip_network(word, strict=False)
    except ValueError:
        return None
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped and network.prefixlen >= 96:
        network = ipaddress.ip_network(f"{mapped}/{network.prefixlen - 96}")
    # A list that holds everybody back is a mistake, or an attack on whoever trusts it.
    return str(network) if network.prefixlen >= (8 if network.version == 4 else 16) else None


def _keys(text: str) -> Iterator[str | None]:
    for key in keys_of(text.replace("\r", "\n")):
        if not key.startswith("#"):
            # A key of one or two characters is in nearly every comment.
            yield key if 3 <= len(key) <= 320 else None


_READERS = {"domains": _domains, "networks": _networks, "keys": _keys}


class Copy:
    """What was fetched of a list, ready to be asked, for any number of threads."""

    def __init__(self, reads: Reads, entries: Sequence[str], digest: str = "") -> None:
        self.digest = digest
        self._found = _SEARCHED[reads](entries)

    def fits(self, comment: Submission, named: list[str]) -> bool:
        """Say whether some entry fits a comment, which names these domains."""
        return self._found(comment, named)


Fits = Callable[[Submission, list[str]], bool]


def _in_domains(entries: Sequence[str]) -> Fits:
    index = Domains()
    for entry in entries:
        index.add(entry, 0)
    return lambda _, named: index.first_of(named) < NOWHERE


def _in_networks(entries: Sequence[str]) -> Fits:
    index = Addresses()
    for entry in entries:
        index.add(entry, 0)
    return lambda comment, _: index.first(comment) < NOWHERE


def _in_keys(entries: Sequence[str]) -> Fits:
    keys = Searched(list(entries))
    return lambda comment, _: bool(keys) and keys.is_in(fields_of(comment))


_SEARCHED: dict[Reads, Callable[[Sequence[str]], Fits]] = {
    "domains": _in_domains, "networks": _in_networks, "keys": _in_keys,
}  # fmt: skip


class Slot:
    """Where the copy of a list stands that serves; another takes its place at any time."""

    __slots__ = ("copy",)

    def __init__(self, copy: Copy) -> None:
        self.copy = copy


class Subscribed(Struct, frozen=True):
    """The lists of a site with the copies of them."""

    lists: tuple[tuple[Subscription, Slot], ...] = ()

    def first(self, comment: Submission, action: Trusted) -> Subscription | None:
        """Return the first list with this action that fits a comment."""
        some = [(one, slot) for one, slot in self.lists if one.action == action]
        is_named = any(one.reads == "domains" for one, _ in some)
        named = domains_named(comment) if is_named else []
        return next((one for one, slot in some if slot.copy.fits(comment, named)), None)


NO_SUBSCRIPTIONS = Subscribed()
