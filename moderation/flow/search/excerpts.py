"""What is shown of a comment that was found: the part around the first match, matches apart."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from moderation.search.words import marks

LONGEST = 240
"""Code points of an excerpt."""
_BEFORE = 60


class Part(Struct, frozen=True):
    """A piece of a text, and whether it is a match."""

    text: str
    is_match: bool = False


def excerpt(text: str, phrases: Sequence[str], longest: int = LONGEST) -> list[Part]:
    """Return a text, or its part around the first match, with the matches apart."""
    found = marks(text, phrases)
    start = max(0, found[0][0] - _BEFORE) if found and found[0][0] > longest - _BEFORE else 0
    end = min(len(text), start + longest)
    parts = [Part("…")] if start else []
    at = start
    for low, high in found:
        low, high = max(low, at), min(high, end)
        if low >= high:
            continue
        parts += [Part(text[at:low]), Part(text[low:high], True)]
        at = high
    parts += [Part(text[at:end]), Part("…" if end < len(text) else "")]
    return [part for part in parts if part.text]
