"""What a webhook is sent: body, id, time and signatures.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import msgspec
from msgspec.structs import replace
from standardwebhooks.webhooks import Webhook as Signer

from moderation.domain.comments import Comment
from moderation.domain.models import Promotion
from moderation.domain.webhooks import Message, Webhook
from moderation.flow.comments.outgoing import comment_out, time_of
from moderation.flow.models import withdrawing
from moderation.flow.runtime import Runtime
from moderation.flow.sealing import unseal
from moderation.store import codec
from moderation.store.comments import reading

_ID_DIGITS = 10


def message_id(site: str, number: str) -> str:
    """Return the `webhook-id` of a message, the same each time it is sent."""
    digest = hashlib.blake2b(site.encode(), digest_size=_ID_DIGITS // 2).hexdigest()
    return f"msg_{digest}_{number}"


def number_of(site: str, given: str) -> str:
    """Return the number of a message by its `webhook-id`, '' where it is none of the site."""
    start = message_id(site, "")
    return given.removeprefix(start) if given.startswith(start) and len(given) < 64 else ""


def body(runtime: Runtime, site: str, webhook: Webhook, message: Message) -> bytes | None:
    """Return the JSON that a webhook is sent, None where the comment is gone.

    A comment is as it was when the message was written; IP and e-mail address are left out unless
    the webhook has them.
    """
    told: dict[str, Any] = {"type": message.event, "timestamp": time_of(message.at_ms)}
    if message.event == "model.promoted":
        return msgspec.json.encode({**told, "data": _promotion(message.state)})
    comment = _comment(runtime, site, message)
    if comment is None:
        return None
    if not webhook.personal:
        author = replace(comment.submission.author, ip="", email="")
        comment.submission = replace(comment.submission, author=author)
    if message.event == "comment.changed":
        told |= _whose(message.decision)
    return msgspec.json.encode({**told, "data": comment_out(comment, withdrawing.names(runtime))})


def _comment(runtime: Runtime, site: str, message: Message) -> Comment | None:
    raw, revision = message.about, codec.revision_of(message.state)
    found = reading.get(runtime.store, site, raw)
    if found is not None and found.revision != revision:
        found = reading.get(runtime.store, site, raw, revision)
    if found is None:
        return None
    return codec.unpack_comment(site, raw, message.state + codec.encode(found.submission))


def _whose(decision: bytes) -> dict[str, str]:
    """Return by whose word a comment changed: a person's, or a new verdict's."""
    if not decision:
        return {"by": "model", "via": "rescoring"}
    word = codec.decision(decision)
    return {"by": word.by, "via": word.via}


def _promotion(data: bytes) -> dict[str, Any]:
    change = msgspec.json.decode(data, type=Promotion)
    return {
        "name": change.name, "previous": change.previous, "kind": change.kind, "by": change.by,
        "reason": change.reason, "at": time_of(change.at_ms),
    }  # fmt: skip


def headers(
    secret: bytes, site: str, webhook: Webhook, message: Message, sent: bytes, now_ms: int
) -> dict[str, str]:
    """Return id, time and a signature by each secret that is good now, the newest first."""
    number, at = message_id(site, message.number), dt.datetime.fromtimestamp(now_ms // 1000, dt.UTC)
    signatures = [
        Signer(unseal(secret, one.sealed)).sign(number, at, sent.decode())
        for one in webhook.good_secrets(now_ms)
    ]
    return {
        "Content-Type": "application/json",
        "webhook-id": number,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
