"""What an author changed from one revision of a comment to the next, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

WORDS_AT_MOST = 1500
"""Words of each text that are compared."""
_PIECES = re.compile(r"[^\W_]+\s*|\s+|.", re.DOTALL)


class Piece(NamedTuple):
    """A run of text, and whether it stayed, came or went."""

    kind: Literal["same", "inserted", "removed"]
    text: str


def differences(before: str, after: str) -> list[Piece]:
    """Return one text's pieces and the other's in reading order; none if they are too long."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    if max(len(old), len(new)) > WORDS_AT_MOST:
        return []
    return list(_pieces(old, new))


def _pieces(old: list[str], new: list[str]) -> Iterator[Piece]:
    # Of long texts words that stand in many places are no anchors: without that, a thousand times
    # the same word would take minutes.
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=True).get_opcodes():
        if what == "equal":
            yield Piece("same", "".join(old[a:b]))
            continue
        if b > a:
            yield Piece("removed", "".join(old[a:b]))
        if d > c:
            yield Piece("inserted", "".join(new[c:d]))
