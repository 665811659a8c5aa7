"""What can go wrong, said without HTTP. `api/problems.py` maps each to a problem type."""

from __future__ import annotations

from moderation.domain.akismet import Refused
from moderation.domain.comments import Comment


class WinnowError(Exception):
    """Everything that Winnow raises on purpose. The message never holds submitted text."""


class InvalidInput(WinnowError):
    """A value that cannot be accepted."""


class BadEntry(InvalidInput):
    """One of several entries cannot be; `place` is its place in what was given, from 0."""

    def __init__(self, place: int, detail: str) -> None:
        super().__init__(f"entry {place + 1}: {detail}")
        self.place = place
        self.detail = detail


class NotFound(WinnowError):
    """There is no such thing, or not for this site."""


class NotAuthorised(WinnowError):
    """No token, or one that is unknown or revoked."""


class KeyRefused(NotAuthorised):
    """An Akismet key may not speak for a blog, or not now; `refused` says why."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.reason)
        self.refused = refused


class NotAllowed(WinnowError):
    """The token lacks the scope that the call needs."""


class StaleState(WinnowError):
    """The comment changed since the caller looked. `current` is its state now."""

    def __init__(self, current: Comment) -> None:
        super().__init__("the comment has changed since it was read")
        self.current = current


class Overruled(StaleState):
    """What the caller decided was saved, and the comment changed again before they were told."""


class StaleChoice(WinnowError):
    """What people chose was changed since the caller looked: the model in use, a site's settings
    or its list."""


class GateRefused(WinnowError):
    """Rules speak against a candidate; `reasons` say each of them and by how much."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("the gate refuses this model: " + "; ".join(reasons))
        self.reasons = reasons


class Conflict(WinnowError):
    """What is asked for does not go with what is there."""


class NothingToUndo(WinnowError):
    """The comment carries no decision, or no promotion of a model stands."""


class IdempotencyConflict(WinnowError):
    """The same idempotency key came with another body."""


class RateLimited(WinnowError):
    """The token has used up its calls. `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many comments for this token")
        self.retry_after = retry_after


class StoreDown(WinnowError):
    """The store did not answer in time, or refuses what it is asked."""


class StoreSilent(StoreDown):
    """The store did not answer, and nothing says why."""


class WrongStore(StoreDown):
    """What the store's address leads to is none of the kind that it says: it has to be changed."""


class StoreFull(WinnowError):
    """The store has no memory left for new comments."""


class SchemaMismatch(WinnowError):
    """The store was written by another version of Winnow."""


class SecretMismatch(WinnowError):
    """The store was written under another secret than this process has."""
