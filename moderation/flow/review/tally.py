"""How many comments a person decided today: a UTC day, as everything that is counted by day.

Who changes a decision of today has decided no further comment; who withdraws one has decided one
less. What others overrule or withdraw was work all the same.
"""

from __future__ import annotations

from moderation.domain.comments import Comment
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import keys, people


def decided_today(runtime: Runtime, who: str) -> int:
    """Return how many comments a person decided in the console today."""
    return people.decided(runtime.store, who, keys.day_of(now_ms()))


def decided(runtime: Runtime, who: str, before: Comment) -> None:
    """Count a comment that a person decided; `before` is what it was."""
    if not _stands(before, who):
        _count(runtime, who, 1)


def withdrawn(runtime: Runtime, who: str, before: Comment, after: Comment) -> None:
    """Count a comment no longer whose decision a person withdrew."""
    if _stands(before, who) and not _stands(after, who):
        _count(runtime, who, -1)


def _stands(comment: Comment, who: str) -> bool:
    """Say whether a decision holds that this person made in the console today."""
    word = comment.decision
    if word is None or (word.by, word.via) != (who, "console"):
        return False
    return keys.day_of(word.at_ms) == keys.day_of(now_ms())


def _count(runtime: Runtime, who: str, more: int) -> None:
    people.count_decided(runtime.store, who, keys.day_of(now_ms()), more)
