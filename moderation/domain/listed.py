"""The one ordered list of a site: its entries, what may stand in them, and who wrote them."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from moderation.domain import wording
from moderation.domain.addresses import host_name, mailbox, parsed
from moderation.domain.errors import BadEntry, InvalidInput

Kind = Literal["words", "domain", "address", "email", "name"]
KINDS: tuple[Kind, ...] = ("words", "domain", "address", "email", "name")
Action = Literal["approve", "hold", "spam"]
ACTIONS: tuple[Action, ...] = ("approve", "hold", "spam")

ENTRIES = 65_000
"""Most entries of a site's list."""
LIST_BYTES = 16 << 20
"""Most bytes of a list as it is stored."""
WORDS = 12
"""Most words of an entry; of scripts without spaces each character is one."""

_SCHEME = re.compile(r"[a-z][a-z0-9+.\-]*://|//|\*\.")
_EMAIL = re.compile(r"([^\s@*]{0,64}\*?)@(\*\.)?([^\s@*]{1,253}|\*)")


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a list: what it fits and what becomes of a comment that it decides.

    `number` names it and is never used again; `value` is written in its one form; `by` and
    `at_ms` (milliseconds since 1970) say who wrote it, and when, as it is now.
    """

    number: int
    kind: Kind
    value: str
    action: Action
    note: str = ""
    by: str = ""
    at_ms: int = 0


class Listed(Struct, frozen=True, omit_defaults=True):
    """A site's list, in its order; `last` is the highest number that an entry ever had."""

    entries: tuple[Entry, ...] = ()
    last: int = 0


class Draft(Struct, frozen=True, forbid_unknown_fields=True):
    """An entry as somebody writes it."""

    kind: Kind
    """What `value` is."""
    value: Annotated[str, Meta(min_length=1, max_length=320)]
    """What a comment must have."""
    action: Action
    """What becomes of a comment that the entry decides."""
    note: Annotated[str, Meta(max_length=500)] = ""
    """Why it is there, for people."""


def too_long() -> InvalidInput:
    """Return what is raised where a list has more than `ENTRIES`."""
    return InvalidInput(f"a list has at most {ENTRIES:,} entries")


def rewritten(old: Listed, drafts: Sequence[Draft], by: str, now_ms: int) -> Listed:
    """Return a list of these entries in this order.

    What stood in it before keeps its number, and who wrote it unless it is changed.

    Raises:
        BadEntry: a value cannot be one of its kind, or is there twice.
        InvalidInput: there are too many entries.
    """
    if len(drafts) > ENTRIES:
        raise too_long()
    known = {(entry.kind, entry.value): entry for entry in old.entries}
    entries: list[Entry] = []
    seen: set[tuple[Kind, str]] = set()
    last = old.last
    for place, draft in enumerate(drafts):
        before = known.get((draft.kind, draft.value))
        value = draft.value if before else _normal_of(draft, place)
        if (draft.kind, value) in seen:
            raise BadEntry(place, "it is in the list already")
        seen.add((draft.kind, value))
        before = before or known.get((draft.kind, value))
        if before and (before.action, before.note) == (draft.action, draft.note):
            entries.append(before)
            continue
        if before is None:
            last += 1
        number = before.number if before else last
        entries.append(Entry(
            number=number, kind=draft.kind, value=value, action=draft.action, note=draft.note,
            by=by, at_ms=now_ms,
        ))  # fmt: skip
    return Listed(tuple(entries), last)


def _normal_of(draft: Draft, place: int) -> str:
    try:
        return normal(draft.kind, draft.value)
    except InvalidInput as error:
        raise BadEntry(place, str(error)) from error


def draft_of(entry: Entry) -> Draft:
    """Return an entry as somebody would write it again."""
    return Draft(entry.kind, entry.value, entry.action, entry.note)


def normal(kind: Kind, text: str) -> str:
    """Return the one form of an entry's value; raises `InvalidInput` where it cannot be one."""
    text = unicodedata.normalize("NFC", text).strip()
    if not text.isprintable():
        raise InvalidInput("it holds characters that cannot be seen")
    return _NORMAL[kind](text)


def _words(text: str) -> str:
    found = wording.words_of(text)
    if not found:
        raise InvalidInput("it holds no word")
    if len(found) > WORDS or len(text) > 100:
        raise InvalidInput(f"it has more than {WORDS} words, or than 100 characters")
    return " ".join(text.split())


def _domain(text: str) -> str:
    text = _SCHEME.sub("", text.lower(), count=1)
    host = re.split(r"[/?#:]", text, maxsplit=1)[0].removeprefix("www.")
    is_ending = host.startswith(".")
    host = host_name(host.strip("."))
    if not host or not ("." in host or is_ending) or host.replace(".", "").isdigit():
        raise InvalidInput("write a domain as example.com, or an ending as .example")
    return host if "." in host else f".{host}"


def _address(text: str) -> str:
    if "/" not in text:
        found = parsed(text)
        if found is None:
            raise InvalidInput("write an address or a network, as 192.0.2.7 or 192.0.2.0/24")
        return str(found)
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise InvalidInput("write a network as 192.0.2.0/24 or 2001:db8::/32") from error
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped and network.prefixlen >= 96:
        network = ipaddress.ip_network(f"{mapped}/{network.prefixlen - 96}")
    return str(network)


def _email(text: str) -> str:
    found = _EMAIL.fullmatch(mailbox(text))
    domain = found[3] if found else ""
    host = domain if domain == "*" else host_name(domain)
    if not found or not found[1] or not host or (host == "*" and found[1] == "*"):
        raise InvalidInput("write an e-mail as ann@example.com, *@example.com or shop*@*.example")
    return f"{found[1]}@{found[2] or ''}{host}"


def _name(text: str) -> str:
    found = name_words(text.removesuffix("*"))
    if not found or len(text) > 100:
        raise InvalidInput("write a name of at most 100 characters, or its beginning and *")
    return " ".join(found) + ("*" if text.endswith("*") else "")


def name_words(text: str) -> list[str]:
    """Return the words of an author's name in one case; signs alone are its words too."""
    return wording.words_of(text) or text.casefold().split()


_NORMAL = {
    "words": _words, "domain": _domain, "address": _address, "email": _email, "name": _name,
}  # fmt: skip
