"""A comment's text as pieces: what moved the score, links spelt out, signs that nobody sees."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from moderation.domain.hosts import look_alike

LEAST = 0.3
"""Logits below which a phrase is not marked."""
STRONG = 1.0
"""Logits from which a phrase is marked strongly."""
MOST = 60
"""Most phrases that are marked in one text: the strongest."""
WORDS = 6
"""Most words of a phrase."""
_FAINT = 0.05
"""Logits below which a word belongs to no phrase."""

_PICTURES = 0x2190
"""From here on stand arrows, signs and emoji."""

_TOKEN = re.compile(
    r"(?P<link>(?:https?://|www\.)[^\s<>\"']{1,2048})|(?P<word>\w{1,40})|(?P<space>\s+)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_LINK = re.compile(
    r"(?P<before>(?:https?://)?(?:[^/?#]*@)?)(?P<host>\[[^\]/?#]*\]|[^/?#:]*)(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
"""What stands before an @ is no part of the host (RFC 3986, 3.2.1), though it may look like one."""
_UNSEEN = re.compile(
    "([\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff])"
)


class Mark(Struct, frozen=True):
    """Code points of a comment's text, and what they add to its logit."""

    start: int
    end: int
    weight: float


class Part(Struct, frozen=True):
    """A piece: text as it is, of a link the host or the rest, the name of an unseen sign, or which
    name the host before it looks like, which is in ASCII then."""

    kind: Literal["text", "host", "link", "unseen", "alike"]
    text: str


class Phrase(Struct, frozen=True):
    """Parts that moved the score together: `sign` 1 towards spam, -1 towards fine, 0 neither."""

    sign: int
    is_strong: bool
    parts: list[Part]


class _Token(Struct):
    kind: str
    start: int
    end: int
    weight: float


def phrases(text: str, marks: Sequence[Mark]) -> list[Phrase]:
    """Return a text in phrases, marked by the weights (logits) of its code points."""
    tokens = list(_tokens(text, _sums(len(text), marks)))
    groups = list(_grouped(text, tokens))
    weights = [sum(token.weight for token in group) for group in groups]
    strongest = sorted(map(abs, weights), reverse=True)[:MOST]
    bar = max(LEAST, strongest[-1]) if len(strongest) == MOST else LEAST
    marked = [
        abs(weight) >= bar and _speaks(text, group[0])
        for weight, group in zip(weights, groups, strict=True)
    ]
    out: list[Phrase] = []
    for is_marked, pairs in itertools.groupby(
        zip(marked, groups, weights, strict=True), key=lambda triple: triple[0]
    ):
        if not is_marked:
            plain = [token for _, group, _ in pairs for token in group]
            out.append(Phrase(0, False, _parts(text, plain)))
            continue
        for _, group, weight in pairs:
            out.append(Phrase(1 if weight > 0 else -1, abs(weight) >= STRONG, _parts(text, group)))
    return out


def plain(text: str) -> str:
    """Return a text on one line for a list, without signs that nobody sees."""
    return " ".join(_UNSEEN.sub("", text).split())


def _sums(size: int, marks: Sequence[Mark]) -> list[float]:
    """Return the weight of all characters before each place."""
    density = [0.0] * (size + 1)
    for mark in marks:
        start, end = min(mark.start, size), min(mark.end, size)
        if end > start:
            density[start] += mark.weight / (end - start)
            density[end] -= mark.weight / (end - start)
    return [0.0, *itertools.accumulate(itertools.accumulate(density[:size]))]


def _tokens(text: str, sums: list[float]) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        start, end = found.span()
        yield _Token(found.lastgroup or "other", start, end, sums[end] - sums[start])


def _grouped(text: str, tokens: list[_Token]) -> Iterator[list[_Token]]:
    """Yield runs of words of one sign with what stands between them, and what else there is."""
    at = 0
    while at < len(tokens):
        first = tokens[at]
        if not _speaks(text, first) or abs(first.weight) < _FAINT:
            yield [first]
            at += 1
            continue
        end, words, probe = at + 1, 1, at + 1
        while probe < len(tokens) and words < WORDS and first.kind == "word":
            token = tokens[probe]
            if token.kind == "word":
                if abs(token.weight) < _FAINT or (token.weight > 0) != (first.weight > 0):
                    break
                end, words = probe + 1, words + 1
            elif token.kind != "space":
                break
            probe += 1
        yield tokens[at:end]
        at = end


def _speaks(text: str, token: _Token) -> bool:
    """Say whether a token may be marked: not blanks and punctuation, but words and pictures."""
    return token.kind in ("word", "link") or ord(text[token.start]) >= _PICTURES


def _parts(text: str, tokens: Sequence[_Token]) -> list[Part]:
    parts: list[Part] = []
    for is_link, run in itertools.groupby(tokens, key=lambda token: token.kind == "link"):
        held = list(run)
        piece = text[held[0].start : held[-1].end]
        if not is_link:
            parts += _seen(piece)
            continue
        for token in held:
            parts += _link(text[token.start : token.end])
    return parts


def _link(text: str) -> list[Part]:
    before, host, rest = _LINK.fullmatch(text).groups()  # type: ignore[union-attr]
    written, seen = look_alike(host)
    alike = [Part("alike", seen)] if seen else []
    parts = [*_seen(before, "link"), *_seen(written or host, "host"), *alike]
    return [*parts, *_seen(rest, "link")]


def _seen(text: str, kind: Literal["text", "host", "link"] | str = "text") -> list[Part]:
    pieces = _UNSEEN.split(text.replace("\r\n", "\n"))
    return [
        Part("unseen", f"U+{ord(piece):04X}") if at % 2 else Part(kind, piece)  # type: ignore[arg-type]
        for at, piece in enumerate(pieces)
        if piece
    ]
