"""What a site needs to talk to Winnow: ask about a comment, and understand what it is told.

Standard library, and `standardwebhooks` to check signatures. Copy it, and change what you like.
"""

from __future__ import annotations

import datetime as dt
import json
import urllib.request
from collections.abc import Mapping
from typing import Any, NamedTuple

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SECONDS = 3.0
"""A visitor waits no longer; the comment is then held, and Winnow is asked again later."""

SHOWN_AS = {"approved": "published", "held": "awaiting", "queued": "awaiting", "spam": "refused"}
"""What a status of Winnow means on this site."""


class Word(NamedTuple):
    """What Winnow says of a comment: how to show it, and as of when (s since 1970)."""

    external_id: str
    shown_as: str
    at: float


class Winnow:
    """A Winnow at an address, with a token of this site (scope `submit`)."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token

    def check(self, comment: Mapping[str, Any]) -> Word | None:
        """Return what becomes of a comment; None where Winnow cannot be asked just now.

        Sent again under the same `external_id` it is the same comment, so that asking again after
        an answer that was lost does no harm.
        """
        request = urllib.request.Request(
            f"{self._url}/v1/check",
            json.dumps(comment).encode(),
            {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                found = json.load(answer)
        except (OSError, ValueError):  # No connection, an error's status, or no JSON.
            return None
        if not found["recorded"]:  # Its store is away: this is the fall-back, to be asked again.
            return None
        return _word(found)


def read_webhook(secret: str, headers: Mapping[str, str], body: bytes) -> Word | None:
    """Return what a webhook tells, None where it is about no comment of ours.

    Raises:
        PermissionError: Winnow did not sign this, or did so more than five minutes ago.
    """
    try:
        told = Webhook(secret).verify(body, dict(headers))
    except (WebhookVerificationError, ValueError) as error:
        raise PermissionError("the signature is wrong") from error
    is_comment = told["type"] in ("comment.scored", "comment.changed")
    return _word(told["data"]) if is_comment and told["data"].get("external_id") else None


def _word(comment: Mapping[str, Any]) -> Word:
    at = dt.datetime.fromisoformat(comment["updated_at"]).timestamp()
    return Word(comment.get("external_id", ""), SHOWN_AS[comment["status"]], at)
