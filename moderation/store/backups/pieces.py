"""A key of the store as a line of JSON."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

Kind = Literal["string", "hash", "set", "zset", "list", "stream", "none"]

_BINARY = "base64:"


class Piece(Struct, frozen=True, omit_defaults=True, tag_field="line", tag="key"):
    """A key, or a part of it, as it stood at one moment; a later piece of a key counts.

    `values` has a string's value, a hash's fields and values in turn, a sorted set's members and
    scores in turn, the members of a set or a list, or for each entry of a stream its id, how many
    words follow and these. `adds`: the values come to what was there, else they are all that there
    is; of a sorted set, those of `drops` go. `expires_at` in milliseconds since 1970, 0 never. A
    key that is gone has kind `none`.
    """

    key: str
    kind: Kind
    values: tuple[str, ...] = ()
    expires_at: int = 0
    adds: bool = False
    drops: tuple[str, ...] = ()


def text(data: bytes) -> str:
    """Return bytes as a string that can stand in a file of text, and be looked at in a terminal."""
    if data.isascii():
        found = data.decode("ascii")
        if found.isprintable() and not found.startswith(_BINARY):
            return found
    return _BINARY + base64.b64encode(data).decode("ascii")


def data(text: str) -> bytes:
    """Return the bytes of such a string; raises ValueError where it is none."""
    if text.startswith(_BINARY):
        return base64.b64decode(text[len(_BINARY) :], validate=True)
    return text.encode("ascii")


def texts(values: Iterable[bytes]) -> tuple[str, ...]:
    """Return the strings of many."""
    return tuple(map(text, values))


def datas(values: Sequence[str]) -> list[bytes]:
    """Return the bytes of many; raises ValueError where one is none."""
    return list(map(data, values))
