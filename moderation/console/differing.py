"""What sets one text apart from another that is like it, in few words."""

from __future__ import annotations

import re

from msgspec import Struct

from moderation.flow.comments.phrases import plain

WORDS = 18
"""Most words of an excerpt."""
BEFORE = 4
"""Words before the first one that differs."""
_READ = 4000
_CUT = 40

_WORD = re.compile(r"\S+")


class Piece(Struct, frozen=True):
    """Words in a row that are all in the other text, or all not."""

    text: str
    differs: bool


def excerpt(text: str, other: str) -> list[Piece]:
    """Return some words of a text about the first that the other lacks; dots stand for the rest."""
    known = {_bare(word) for word in _WORD.findall(plain(other[:_READ]))}
    words = [(word, _bare(word) not in known) for word in _WORD.findall(plain(text[:_READ]))]
    first = next((i for i, (_, differs) in enumerate(words) if differs), 0)
    start = max(0, min(first - BEFORE, len(words) - WORDS))
    shown = words[start : start + WORDS]
    pieces: list[Piece] = []
    for word, differs in shown:
        cut = word if len(word) <= _CUT else word[: _CUT - 1] + "…"
        if pieces and pieces[-1].differs == differs:
            pieces[-1] = Piece(f"{pieces[-1].text} {cut}", differs)
        else:
            pieces.append(Piece(cut, differs))
    if start > 0:
        pieces.insert(0, Piece("…", False))
    if start + WORDS < len(words):
        pieces.append(Piece("…", False))
    return pieces


def _bare(word: str) -> str:
    """Return a word without its case and the signs about it, the word itself where it is signs."""
    return word.casefold().strip(".,;:!?()[]{}\"'«»„“”‚‘’…、。！？") or word
