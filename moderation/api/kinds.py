"""The types of problems that the API answers with (RFC 9457): one table."""

from __future__ import annotations

from msgspec import Struct


class Kind(Struct, frozen=True):
    """One problem type: its URI is `/problems/` and the name it stands under in `KINDS`."""

    status: int
    title: str
    meaning: str


KINDS: dict[str, Kind] = {
    "malformed-json": Kind(
        400,
        "The body is not JSON",
        "The body cannot be read as JSON in UTF-8; `errors` says where it breaks.",
    ),
    "invalid-parameter": Kind(
        400,
        "A parameter or header cannot be used",
        "A query parameter or a header is unknown, repeated or has a value that is not allowed; "
        "`errors` names it.",
    ),
    "invalid-cursor": Kind(
        400,
        "The cursor cannot be used",
        "A cursor is good for the list, the filters and the site that it was made for: follow "
        "`next` as it is, or start again without a cursor.",
    ),
    "bad-request": Kind(400, "The request cannot be understood", "It is not proper HTTP."),
    "unauthorised": Kind(
        401,
        "A valid token is needed",
        "There is no `Authorization: Bearer` header, or its token is unknown or was revoked.",
    ),
    "forbidden": Kind(
        403,
        "The token may not do this",
        "The token lacks the scope that the call needs, belongs to no site, or for a call of the "
        "installation to one; or a page of another site sent the form.",
    ),
    "not-found": Kind(
        404, "There is no such thing", "There is nothing here, or nothing that this site may see."
    ),
    "method-not-allowed": Kind(
        405, "The method is not allowed here", "`Allow` names those that are."
    ),
    "request-timeout": Kind(
        408,
        "The body did not come in time",
        "A body must come with at least 1,024 bytes a second and be whole within two minutes. "
        "Nothing was stored.",
    ),
    "nothing-to-undo": Kind(
        409, "There is nothing to undo", "The comment carries no decision, or no promotion stands."
    ),
    "gate-refused": Kind(
        409,
        "The gate refuses this model",
        "Rules speak against it, or it was not judged yet; `detail` says by how much.",
    ),
    "conflict": Kind(
        409,
        "This does not go with what is there",
        "Another model has this name, or this version cannot use it. Nothing was changed.",
    ),
    "stale": Kind(
        412,
        "What you saw has changed",
        "A comment was decided or revised, another model was put to use, or a site's settings or "
        "list were changed, since the ETag in `If-Match` was given; `current` is the comment as it "
        "is now, and the `ETag` of this answer names its state. Nothing was changed.",
    ),
    "too-large": Kind(
        413,
        "The body is too large",
        "A body has a most number of bytes, a batch of items as well. Nothing was stored.",
    ),
    "unsupported-media-type": Kind(
        415,
        "The body has the wrong media type",
        "`Content-Type` must be one that the call takes, in UTF-8 and without a content encoding.",
    ),
    "validation": Kind(
        422,
        "A field cannot be accepted",
        "The body is JSON, but a field is unknown, missing or has a value that is not allowed; "
        "`errors` points to it. Nothing was stored.",
    ),
    "idempotency-conflict": Kind(
        422,
        "The idempotency key was used before",
        "The same `Idempotency-Key` came with another body in the last 24 hours.",
    ),
    "precondition-required": Kind(
        428,
        "If-Match is needed",
        "Send the `ETag` that you saw as `If-Match`, so that you decide what you looked at.",
    ),
    "rate-limited": Kind(
        429,
        "Too many comments",
        "The token has used up its comments of this minute; `Retry-After` says when to go on.",
    ),
    "internal-error": Kind(
        500,
        "Something went wrong in Winnow",
        "This is a fault of Winnow. Its log says where under the `request_id`.",
    ),
    "too-busy": Kind(
        503,
        "Too much is on its way",
        "So many clients were sending bodies that there was no room for this one; those that had "
        "not sent for longest are given up first. Nothing was stored: send the same again after "
        "`Retry-After` seconds.",
    ),
    "store-down": Kind(
        503,
        "The store does not answer",
        "Nothing was promised: send the same again after `Retry-After` seconds, with the same "
        "`external_id` or `Idempotency-Key`.",
    ),
    "store-mismatch": Kind(
        503,
        "The store belongs to another version",
        "The store was written by another version of Winnow; the operator must migrate it.",
    ),
    "secret-mismatch": Kind(
        503,
        "The store was written under another secret",
        "The secret of this process is not that of the store; the operator must put it back.",
    ),
    "disk-full": Kind(
        507,
        "There is no room for the file",
        "The disk on which files wait for their import would have less than 1 GiB left. Nothing "
        "was kept.",
    ),
    "store-full": Kind(
        507,
        "The store is full",
        "The store has no memory or no disk left for new comments. Decisions and deletions still "
        "work.",
    ),
}
"""Every problem type; docs/problems.md has the same table."""
