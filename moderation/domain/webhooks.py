"""Webhooks: where a site wants to be told of what happens, and how telling it went.

They follow Standard Webhooks 1.0: https://www.standardwebhooks.com
"""

from __future__ import annotations

import random
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

Event = Literal["comment.scored", "comment.changed", "model.promoted"]
EVENTS: tuple[Event, ...] = ("comment.scored", "comment.changed", "model.promoted")
"""What a webhook can be told of."""

Url = Annotated[str, Meta(min_length=1, max_length=2048)]

AT_MOST = 10
"""Most webhooks of one site."""

SECRET_PREFIX = "whsec_"  # noqa: S105 - the public beginning of every secret
SECRET_BYTES = 32
"""Random bytes of a secret; the specification asks for 24 to 64."""

OVERLAP_HOURS = 24
OVERLAP_HOURS_AT_MOST = 168
"""Hours for which the secret before a rotation still signs as well."""

AGAIN_SECONDS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""After how long a message that failed is sent again: the specification's schedule, whose first try
is at once. After the last one it is given up."""
JITTER = 0.2
"""A try comes later than by the schedule by up to this share of it, so that what failed together is
not sent together."""
RETRY_AFTER_AT_MOST = 86_400
"""The longest that a receiver may have us wait, in seconds."""

FAILING_MS = 3 * 86_400_000
"""A webhook that fails for so long, with nothing delivered between, is disabled."""

Outcome = Literal["waiting", "told", "given up", "gone"]
"""How a message stands; `gone`: its comment was deleted or has expired."""
Disabled = Literal["failing", "gone", "by hand"]
"""Why nothing is sent to a webhook: it failed for days, it answered 410, or somebody said so."""


class Secret(Struct, frozen=True, array_like=True):
    """A secret, encrypted; it signs until a time (ms since 1970, 0: for ever)."""

    sealed: bytes
    until_ms: int = 0


class Webhook(Struct, frozen=True, omit_defaults=True):
    """An address of a site with what it wants to be told of; the newest secret comes first.

    With `personal` messages have the author's IP and e-mail address.
    """

    id: str
    url: str
    events: tuple[Event, ...]
    secrets: tuple[Secret, ...]
    created_ms: int
    personal: bool = False

    @property
    def host(self) -> str:
        """Where it is, without what may be a secret in its address."""
        return urlsplit(self.url).hostname or ""

    def good_secrets(self, now_ms: int) -> list[Secret]:
        """Return the secrets that sign now."""
        return [one for one in self.secrets if not one.until_ms or now_ms < one.until_ms]


class Health(Struct, frozen=True):
    """How a webhook is doing; times in ms since 1970, 0: never, or not now.

    `answer` is what came of the last try; `dropped` counts what was not told, because too much
    waited already.
    """

    told_ms: int = 0
    tried_ms: int = 0
    answer: str = ""
    failing_ms: int = 0
    disabled: Disabled | None = None
    disabled_ms: int = 0
    dropped: int = 0
    waiting: int = 0


class Message(Struct, frozen=True):
    """What a webhook is told of, once or, until it is told, again.

    `about` is the comment's id as bytes, or b"model"; `state` the comment as it then was, without
    what was submitted, or what is known of the model; `decision` whose word changed it.
    """

    number: str
    event: Event
    about: bytes
    state: bytes
    decision: bytes
    at_ms: int
    tries: int
    outcome: Outcome
    answer: str
    tried_ms: int
    due_ms: int


def again_seconds(tries: int, retry_after: int = 0) -> float | None:
    """Return after how many seconds to try again what failed so many times; None: not again.

    A receiver's `retry_after` may make it later, and never sooner.
    """
    if tries > len(AGAIN_SECONDS):
        return None
    planned = AGAIN_SECONDS[tries - 1] * random.uniform(1.0, 1.0 + JITTER)  # noqa: S311 - no secret
    return max(planned, float(min(retry_after, RETRY_AFTER_AT_MOST)))
