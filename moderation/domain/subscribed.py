"""Lists that others keep and a site subscribed to: how they are read, and what they decide."""

from __future__ import annotations

import base64
import io
import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from moderation.domain.addresses import host_name
from moderation.domain.errors import BadEntry, InvalidInput
from moderation.domain.keywords import keys_of

Reads = Literal["domains", "networks", "keys", "feed"]
READS: tuple[Reads, ...] = ("domains", "networks", "keys", "feed")
Trusted = Literal["hold", "spam", "weigh"]
TRUSTED: tuple[Trusted, ...] = ("hold", "spam", "weigh")
"""What a list decides; a feed decides nothing: it weighs in."""
WEIGHT, LEAST_WEIGHT, MOST_WEIGHT = 1.5, 0.1, 4.0
"""Logits by which a feed moves the score of what it knows: where nobody chose, at least and at
most."""

SUBSCRIPTIONS = 10
"""Most lists that a site subscribes to."""
LIST_BYTES = 8 << 20
"""Most bytes of a list as it is fetched."""
LIST_ENTRIES = 250_000
"""Most entries of a list; what comes after them is not read."""
LIST_LOOKED_AT = 4 * LIST_ENTRIES
"""Most lines (and words that stand on one) of a list, with the blank ones, remarks and entries that
come again; what comes after them is not read."""

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
    yet); `by` and `at_ms` (since 1970) say who subscribed, and when, as it is now. A feed has the
    `key` that signs it and the `weight` in logits that it has.
    """

    number: int
    url: str
    reads: Reads
    action: Trusted
    note: str = ""
    by: str = ""
    at_ms: int = 0
    digest: str = ""
    key: str = ""
    weight: float = WEIGHT


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
    """How its lines are read: domains (also hosts files), networks (also addresses), or keys; or
    that it is a feed of campaigns that another installation publishes."""
    action: Trusted
    """What becomes of a comment that it fits: `hold` or `spam`; a feed weighs in the score
    (`weigh`)."""
    note: Annotated[str, Meta(max_length=500)] = ""
    """Why it is there, for people."""
    key: Annotated[str, Meta(max_length=64)] = ""
    """Of a feed: the public key that signs it, as its publisher told it."""
    weight: Annotated[float, Meta(ge=LEAST_WEIGHT, le=MOST_WEIGHT)] = WEIGHT
    """Of a feed: by how many logits it moves the score of what it knows."""


def as_written(one: Subscription) -> NewSubscription:
    """Return a subscription as somebody would write it."""
    return NewSubscription(one.url, one.reads, one.action, one.note, one.key, one.weight)


def rewritten(
    old: Subscriptions, wanted: Sequence[NewSubscription], by: str, now_ms: int
) -> Subscriptions:
    """Return these subscriptions; one of the same address and kind keeps number and copy.

    Raises:
        BadEntry: an address is none of http or https, or is there twice.
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
            raise BadEntry(place, "it is there already")
        if (one.reads == "feed") != (one.action == "weigh"):
            raise BadEntry(place, "a feed weighs in, and nothing else does")
        if one.reads == "feed" and not is_key(one.key):
            raise BadEntry(place, "write the key of the feed: 44 characters")
        if not LEAST_WEIGHT <= one.weight <= MOST_WEIGHT:  # Nor what is no number.
            raise BadEntry(place, f"a weight is {LEAST_WEIGHT} to {MOST_WEIGHT}")
        before = known.get((url, one.reads))
        chosen = (one.action, one.note, one.key.strip(), one.weight)
        if before and (before.action, before.note, before.key, before.weight) == chosen:
            lists.append(before)
            continue
        if before is None:
            last += 1
        lists.append(Subscription(
            number=before.number if before else last, url=url, reads=one.reads, action=one.action,
            note=one.note, by=by, at_ms=now_ms, key=one.key.strip(), weight=one.weight,
            digest=before.digest if before and before.key == one.key.strip() else "",
        ))  # fmt: skip
    return Subscriptions(tuple(lists), last)


def is_key(text: str) -> bool:
    """Say whether this is a public key as `feed key` prints one: 32 bytes in base64."""
    try:
        return len(base64.b64decode(text.strip(), validate=True)) == 32
    except ValueError:
        return False


def _url(text: str, place: int) -> str:
    url = text.strip()
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one or "@" in parts.netloc or not url.isprintable() or " " in url:
        raise BadEntry(place, "write an address that begins with https:// or http://")
    return url


def is_page(text: str) -> bool:
    """Say whether a text is a page that came in place of a list, or no text at all."""
    return "\0" in text or text.lstrip()[:64].lower().startswith(("<!doctype", "<html", "<?xml"))


def read(reads: Reads, text: str) -> tuple[list[str], int]:
    """Return the entries of a list in their one form, and how many lines were none.

    Remarks begin with `#`, `;` or `!`; of keys, which may hold any sign, with `#` alone and at
    the beginning of a line. What has more lines that are none than a list has entries is not read
    to its end.
    """
    entries: dict[str, None] = {}
    skipped = 0
    for found in islice(_READERS[reads](text), LIST_LOOKED_AT):
        if found == "":
            continue
        if found is None:
            skipped += 1
            if skipped > LIST_ENTRIES:
                break
        elif len(entries) < LIST_ENTRIES:
            entries[found] = None
        else:
            break
    return list(entries), skipped


def _lines(text: str) -> Iterator[str]:
    """Yield lines one by one: a list of them takes twenty times what the text does."""
    return iter(io.StringIO(text, newline=None))


# Readers yield an entry, None for what should be one, and '' for what need not be.


def _domains(text: str) -> Iterator[str | None]:
    for line in _lines(text):
        words = _REMARK.sub("", line).replace(",", " ").split()
        if len(words) > 1 and (words[0][0].isdigit() or ":" in words[0]):
            words = words[1:]  # A hosts file: an address, and the names that lead to it.
        if not words:
            yield ""
        for word in words:
            name = word.lower().removeprefix("||").removesuffix("^").removeprefix("*.")
            host = host_name(name.strip("."))
            if host in _LOCAL:
                yield ""
            else:
                yield host if "." in host and not host.replace(".", "").isdigit() else None


def _networks(text: str) -> Iterator[str | None]:
    for line in _lines(text):
        words = _REMARK.sub("", line).replace(",", " ").split(maxsplit=1)
        yield _network(words[0]) if words else ""


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
    for line in _lines(text):
        key = "".join(keys_of(line))
        if not key or key.startswith("#"):
            yield ""
        else:
            # A key of one or two characters is in nearly every comment; what was no UTF-8 in none.
            yield key if 3 <= len(key) <= 320 and "\ufffd" not in key else None


_READERS: dict[str, Callable[[str], Iterator[str | None]]] = {
    "domains": _domains,
    "networks": _networks,
    "keys": _keys,
}
