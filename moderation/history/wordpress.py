"""WordPress's comments and what is noted of them, whichever way they were exported."""

from __future__ import annotations

import re
from collections.abc import Mapping

from moderation.domain.verdicts import Label
from moderation.history.rows import Reject, Row, Said, made, ms_of

_LABEL_OF: dict[str, Label] = {"1": "ham", "approve": "ham", "approved": "ham", "spam": "spam"}
"""`comment_approved`; 0 waits, and what lies in the trash was not called spam."""

_EVENTS: dict[str, Label] = {
    "report-spam": "spam", "status-spam": "spam",
    "report-ham": "ham", "status-approved": "ham", "status-unspam": "ham",
}  # fmt: skip
"""What a person did, as Akismet's plugin notes it; its own checks are no person's word."""

META_KEYS = frozenset(("akismet_history", "_wp_trash_meta_status"))
_EVENT = re.compile(r's:5:"event";s:\d+:"([a-z-]{1,40})"')
_TIME = re.compile(r's:4:"time";[di]:(\d{9,11}(?:\.\d+)?)')


def external_id(comment_id: str | None) -> str:
    """Return the name that a comment of WordPress has here."""
    return f"wordpress:{comment_id}" if comment_id else ""


def comment(
    values: Mapping[str, str | None], article: str, place: str, now_ms: int
) -> Row | Reject:
    """Return the row of a comment, by the names of its columns."""
    created = ms_of(values.get("comment_date_gmt"), now_ms)
    if created is None:
        created = ms_of(values.get("comment_date"), now_ms)
    author = values.get("user_id") or ""
    kind = values.get("comment_type") or "comment"
    submission = made(
        values.get("comment_content"),
        external_id=external_id(values.get("comment_ID")),
        name=values.get("comment_author"),
        email=values.get("comment_author_email"),
        url=values.get("comment_author_url"),
        ip=values.get("comment_author_IP"),
        user_agent=values.get("comment_agent"),
        author_id="" if author == "0" else author,
        created_ms=created,
        parent_id=_parent(values.get("comment_parent")),
        kind=kind,
    )
    if submission is None:
        return Reject(place, "the comment has no text")
    label = _LABEL_OF.get((values.get("comment_approved") or "").strip())
    return Row(submission, label, place, created, article)


def _parent(value: str | None) -> str:
    return external_id(value) if value and value != "0" else ""


def meta(
    comment_id: str | None, key: str | None, value: str | None, place: str, now_ms: int
) -> Said | None:
    """Return what a row of `wp_commentmeta` says of a comment, None where that is no label.

    `akismet_history` is an array of PHP with the event and its time; `_wp_trash_meta_status` is
    what a comment was before it was thrown away.
    """
    if not comment_id or not value:
        return None
    if key == "_wp_trash_meta_status":
        if value == "spam":
            return Said(external_id(comment_id), "spam", None, place, settles=True)
    elif key == "akismet_history":
        event, time = _EVENT.search(value), _TIME.search(value)
        label = _EVENTS.get(event.group(1)) if event else None
        if label is not None:
            at = ms_of(time.group(1), now_ms) if time else None
            return Said(external_id(comment_id), label, at, place)
    return None
