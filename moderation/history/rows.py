"""What is read of a history, and how foreign values become ours."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from functools import partial
from typing import Any

from msgspec import Struct

from moderation.domain.comments import CONTENT_BYTES, Author, Submission
from moderation.domain.verdicts import Label
from moderation.history import dates

EARLIEST_MS = 631_152_000_000
"""1990: what is said to be older has no time that can be believed."""
AHEAD_MS = 86_400_000
NUMBER_BITS = 1024
"""A longer number is no text of anything, and Python writes none of more than 4,300 digits."""


class Row(Struct, frozen=True):
    """One comment of a history. Times are milliseconds since 1970, `place` is where it stands.

    `label` is None where nobody decided. `article` names an `Article` that may come before or
    after it. `note`: what of it could not be read, '' where all of it was.
    """

    submission: Submission
    label: Label | None
    place: str
    decided_ms: int | None = None
    article: str = ""
    note: str = ""


class Article(Struct, frozen=True):
    """The page under which comments stand, by the name that rows have for it."""

    name: str
    permalink: str = ""
    title: str = ""
    published_ms: int | None = None


class Said(Struct, frozen=True):
    """What a history says elsewhere of a comment: that it was decided, and when.

    `settles`: the comment's own row has no label, so this is it.
    """

    external_id: str
    label: Label
    at_ms: int | None
    place: str
    settles: bool = False


class Reject(Struct, frozen=True):
    """What cannot be imported, and why, in words that quote nothing of it."""

    place: str
    reason: str


Found = Row | Article | Said | Reject


class Unreadable(Exception):
    """The file as a whole cannot be read on; the message says where and why, and quotes nothing."""


def made(
    content: Any,
    *,
    external_id: str = "",
    name: Any = "",
    email: Any = "",
    url: Any = "",
    ip: Any = "",
    user_agent: Any = "",
    author_id: Any = "",
    created_ms: int | None = None,
    permalink: Any = "",
    parent_id: Any = "",
    kind: Any = "",
    language: Any = "",
) -> Submission | None:
    """Return a submission of foreign values, cut to what may be kept; None without any text.

    Without an id it gets one that is made of what it says: the same row is the same comment.
    """
    text = _cut(str_of(content))
    if not text.strip():
        return None
    author = Author(
        name=str_of(name)[:256],
        email=str_of(email)[:320],
        url=str_of(url)[:2048],
        ip=str_of(ip)[:64],
        user_agent=str_of(user_agent)[:512],
        id=str_of(author_id)[:256],
    )
    made_id = external_id or _id_of(text, author, created_ms, str_of(permalink))
    return Submission(
        content=text,
        author=author,
        permalink=str_of(permalink)[:2048],
        type=str_of(kind)[:64],
        external_id=made_id[:256],
        parent_id=str_of(parent_id)[:256],
        created_at=None if created_ms is None else time_at(created_ms),
        language=str_of(language)[:64],
    )


def _id_of(text: str, author: Author, created_ms: int | None, permalink: str) -> str:
    words = (text, author.name, author.email, author.url, author.ip, str(created_ms), permalink)
    digest = hashlib.blake2b(digest_size=16)
    for word in words:
        data = word.encode("utf-8", "replace")
        digest.update(len(data).to_bytes(8, "big") + data)
    return f"import:{digest.hexdigest()}"


def str_of(value: Any) -> str:
    """Return a value as text that can be kept: without U+0000 and lone surrogates."""
    if value is None or isinstance(value, (dict, list, tuple, set)):
        return ""
    if isinstance(value, int) and value.bit_length() > NUMBER_BITS:
        return ""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _cut(text: str) -> str:
    data = text.encode() if 4 * len(text) > CONTENT_BYTES else b""
    return text if len(data) <= CONTENT_BYTES else data[:CONTENT_BYTES].decode("utf-8", "ignore")


def time_at(ms: int) -> dt.datetime:
    """Return a time in UTC."""
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC)


_LABELS: dict[str, Label | None] = {
    **dict.fromkeys(("spam", "1", "true", "yes", "rejected", "junk"), "spam"),
    **dict.fromkeys(("ham", "0", "false", "no", "approved", "not spam", "notspam", "good"), "ham"),
    **dict.fromkeys(("", "null", "none", "pending", "held", "unapproved", "unlabelled"), None),
}  # fmt: skip


def label_of(value: Any) -> Label | None:
    """Return a label of a column that says whether a comment is spam; raises ValueError."""
    if isinstance(value, bool):
        return "spam" if value else "ham"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        return _LABELS[str_of(value).strip().lower()]
    except KeyError:
        raise ValueError("its label is none of spam, ham, 1, 0, true, false, approved") from None


_NUMBER = re.compile(r"-?\d{1,16}(?:[.,]\d{1,16})?", re.ASCII)


def ms_of(value: Any, now_ms: int, day_first: bool | None = None) -> int | None:
    """Return a time in milliseconds, None where there is none that can be believed.

    Taken are RFC 3339 and the forms of databases with or without a zone (UTC then), RFC 2822,
    seconds or milliseconds since 1970, and what spreadsheets write; `day_first` says what 1/2/2009
    is, which is none where nobody knows.
    """
    ms: float | None = None
    if isinstance(value, dt.datetime):
        ms = _aware(value)
    elif isinstance(value, dt.date):
        ms = _aware(dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC))
    else:
        text = str_of(value).strip()[:64]
        if _NUMBER.fullmatch(text):
            number = float(text.replace(",", "."))
            day = dates.of_days(number)
            ms = _aware(day) if day else number if abs(number) > 1e11 else number * 1000
        elif text:
            ms = _parsed(text, day_first)
    return int(ms) if ms is not None and EARLIEST_MS <= ms <= now_ms + AHEAD_MS else None


def _parsed(text: str, day_first: bool | None) -> float | None:
    text = text.removesuffix(" UTC")
    for form in (
        dt.datetime.fromisoformat,
        partial(dates.written, is_day_first=day_first),
        _rfc2822,
    ):
        try:
            return _aware(form(text))
        except (ValueError, TypeError, OverflowError):
            continue
    return None


def _rfc2822(text: str) -> dt.datetime:
    from email.utils import parsedate_to_datetime

    return parsedate_to_datetime(text)


def _aware(time: dt.datetime) -> float | None:
    try:
        return (time if time.tzinfo else time.replace(tzinfo=dt.UTC)).timestamp() * 1000
    except (ValueError, OverflowError):
        return None
