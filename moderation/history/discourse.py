"""Discourse's review queue as CSV: posts that waited, and posts that were flagged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from moderation.domain.verdicts import Label
from moderation.history import spreadsheet
from moderation.history.jsonlines import decoded
from moderation.history.rows import Found, Reject, Row, made, ms_of
from moderation.history.source import Source

_TEXTS = ("post_raw", "raw", "cooked")
_STATUS = {"0": "pending", "1": "approved", "2": "rejected", "3": "ignored", "4": "deleted"}
"""`reviewables.status`, which some exports write as a number."""
_WAITED: dict[str, Label] = {"approved": "ham", "rejected": "spam"}
_FLAGGED: dict[str, Label] = {"approved": "spam", "rejected": "ham"}
"""Who approves a flag agrees with it; who rejects it finds the post good."""


def is_one(head: bytes) -> bool:
    """Say whether a file begins like one."""
    names = frozenset(spreadsheet.names_in(head))
    has_text = not names.isdisjoint((*_TEXTS, "payload"))
    return has_text and ("verdict" in names or {"status", "type"} <= names)


def read(source: Source) -> Iterator[Found]:
    """Yield what is found, row by row."""
    yield from spreadsheet.read(source, _row_of)


def _row_of(record: Mapping[str, Any], place: str, now_ms: int) -> Row | Reject:
    more = decoded(record.get("payload") or record.get("other_json") or "{}")
    payload = more if isinstance(more, dict) else {}
    text = next((record[name] for name in _TEXTS if record.get(name)), payload.get("raw"))
    kind = (record.get("type") or "ReviewableQueuedPost").strip()
    created = ms_of(record.get("created_at"), now_ms)
    number = (record.get("id") or "").strip()
    submission = made(
        text,
        external_id=f"discourse:{kind}:{number}" if number else "",
        name=record.get("username") or payload.get("username"),
        email=record.get("email"),
        ip=record.get("ip_address"),
        author_id=record.get("target_created_by_id") or record.get("created_by_id"),
        created_ms=created,
        permalink=record.get("url"),
        kind="forum-post",
    )
    if submission is None:
        return Reject(place, "the post has no text")
    decided = ms_of(record.get("reviewed_at") or record.get("updated_at"), now_ms)
    return Row(submission, _label(record, kind), place, created if decided is None else decided)


def _label(record: Mapping[str, Any], kind: str) -> Label | None:
    status = (record.get("verdict") or record.get("status") or "").strip().lower()
    status = _STATUS.get(status, status)
    if kind == "ReviewableQueuedPost":
        return _WAITED.get(status)
    if kind in ("ReviewableFlaggedPost", "ReviewableAkismetPost"):
        flag = (record.get("flag_type") or record.get("reviewable_score_type") or "spam").lower()
        return _FLAGGED.get(status) if flag in ("spam", "8") else None
    return None
