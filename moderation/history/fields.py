"""Rows of named values: what columns and keys are called elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from moderation.domain.verdicts import Label
from moderation.history.rows import Reject, Row, label_of, made, ms_of, str_of

CONTENT = ("content", "text", "comment_content", "comment", "body", "message", "comment_text")
_OF_AUTHOR = {
    "name": ("author.name", "author", "name", "author_name", "comment_author", "username", "user"),
    "email": ("author.email", "email", "author_email", "comment_author_email"),
    "url": ("author.url", "url", "author_url", "comment_author_url", "website", "homepage"),
    "ip": ("author.ip", "ip", "author_ip", "comment_author_ip", "ip_address", "remote_addr"),
    "user_agent": ("author.user_agent", "user_agent", "comment_agent", "agent"),
    "author_id": ("author.id", "author_id", "user_id"),
}
_OTHER = {
    "permalink": ("permalink", "page_url", "post_url", "page"),
    "parent_id": ("parent_id", "comment_parent", "parent"),
    "kind": ("type", "comment_type"),
    "language": ("language", "lang"),
}
_IDS = ("external_id", "id", "comment_id")
_CREATED = (
    "created_at",
    "date",
    "comment_date_gmt",
    "comment_date",
    "created",
    "timestamp",
    "time",
)
_DECIDED = ("labelled_at", "labeled_at", "decided_at", "moderated_at")
_SPAM = ("label", "spam", "is_spam", "isspam", "class", "category")
_APPROVED = ("status", "state", "comment_approved", "approved", "is_approved")
_STATUS: dict[str, Label | None] = {
    **dict.fromkeys(("1", "true", "yes", "approved", "approve", "published", "ham"), "ham"),
    "spam": "spam",
}
_NO_TIME = "its time cannot be read: it counts as decided with what stands before it"
_NO_TIME_OF_LABEL = "the time of its label cannot be read: that of the comment counts"
NAMES = frozenset((*CONTENT, *_SPAM, *_APPROVED, *_IDS, *_CREATED, *_DECIDED))


def has_content(names: Collection[str]) -> bool:
    """Say whether one of these columns holds the text of a comment."""
    return any(name in names for name in CONTENT)


def says_label(names: Collection[str]) -> bool:
    """Say whether one of these columns tells spam from ham."""
    return any(name in names for name in (*_SPAM, *_APPROVED))


def is_time(name: str) -> bool:
    """Say whether a column holds times."""
    return name in _CREATED or name in _DECIDED


def row_of(
    record: Mapping[str, Any], place: str, now_ms: int, day_first: bool | None = None
) -> Row | Reject:
    """Return the row of named values; names are in lower case, an author's may be apart."""
    values = _flat(record)
    if not has_content(values):
        return Reject(place, "it has no text: no field is called content, text, comment or body")
    created = ms_of(_first(values, _CREATED), now_ms, day_first)
    chosen = {name: _first(values, names) for name, names in (_OF_AUTHOR | _OTHER).items()}
    submission = made(
        _first(values, CONTENT),
        external_id=str_of(_first(values, _IDS)).strip(),
        created_ms=created,
        **chosen,
    )
    if submission is None:
        return Reject(place, "the comment has no text")
    try:
        label = _label(values)
    except ValueError as error:
        return Reject(place, str(error))
    said = str_of(_first(values, _DECIDED) or _first(values, _CREATED)).strip()
    decided, note = ms_of(said, now_ms, day_first), ""
    if said and decided is None:
        note = _NO_TIME if created is None else _NO_TIME_OF_LABEL
    return Row(
        msgspec.structs.replace(submission, **_more(record)),
        label,
        place,
        created if decided is None else decided,
        note=note,
    )


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in record.items():
        key = str_of(name).strip().lower()
        if isinstance(value, Mapping) and key in ("author", "user"):
            values |= {f"author.{str_of(k).lower()}": v for k, v in value.items()}
        else:
            values[key] = value
    return values


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((values[name] for name in names if values.get(name) not in (None, "")), "")


def _label(values: Mapping[str, Any]) -> Label | None:
    if any(name in values for name in _SPAM):
        return label_of(_first(values, _SPAM))
    status = str_of(_first(values, _APPROVED)).strip().lower()
    return _STATUS.get(status)


def _more(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what only our own rows have, as far as it is what it should be."""
    more: dict[str, Any] = {}
    context = record.get("context")
    if isinstance(context, list):
        more["context"] = [str_of(text)[:16_384] for text in context[:16]]
    if isinstance(record.get("honeypot"), str):
        more["honeypot"] = str_of(record["honeypot"])[:1024]
    form_ms = record.get("form_ms")
    if isinstance(form_ms, int) and 0 <= form_ms <= 86_400_000:
        more["form_ms"] = form_ms
    return more
