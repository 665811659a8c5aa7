"""From a decoder's complaint to the place in the body that it is about."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from moderation.api.problems import FieldError, Refusal
from moderation.domain.comments import CONTENT_BYTES, Submission
from moderation.domain.errors import BadEntry

EARLIEST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)
LATEST_AHEAD = dt.timedelta(days=1)
_NAME_LENGTH = 64

_PATH = re.compile(r" - at `(\$[\w.\[\]]*)`$")
_FIELD = re.compile(r"Object (?:contains unknown|missing required) field `(.*)`$", re.DOTALL)
_BYTE = re.compile(r"^JSON is malformed: ([a-z0-9 -]+) \(byte (\d+)\)$")


def pointer_of(message: str) -> str:
    """Return the JSON pointer (RFC 6901) of the field that a decoder complains about."""
    found = _PATH.search(message)
    path = found.group(1) if found else "$"
    parts = [part.rstrip("]") for part in re.split(r"[.\[]", path)[1:]]
    field = _FIELD.match(message[: found.start()] if found else message)
    if field:
        parts.append(field.group(1)[:_NAME_LENGTH])
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def detail_of(message: str) -> str:
    """Return what is wrong, in words that repeat nothing of what was sent."""
    text = _PATH.sub("", message)
    if text.startswith("Object contains unknown field"):
        return "There is no such field."
    if text.startswith("Object missing required field"):
        return "This field is needed."
    if text.startswith("Invalid enum value"):
        return "This is not one of the values that are allowed."
    return text.replace("`", "") + "."


def field_error(message: str) -> FieldError:
    """Return a decoder's complaint as a field error."""
    return FieldError(detail_of(message), pointer=pointer_of(message))


def refusal_of(error: Exception) -> Refusal:
    """Return what to answer when a body could not be decoded."""
    if isinstance(error, msgspec.ValidationError):
        return Refusal("validation", errors=[field_error(str(error))])
    return Refusal("malformed-json", errors=[FieldError(syntax(error), pointer="")])


def syntax(error: Exception) -> str:
    """Return where JSON breaks, without a word of it."""
    if isinstance(error, UnicodeDecodeError):
        return "The text is not valid UTF-8."
    if isinstance(error, RecursionError):
        return "The JSON is nested too deeply."
    found = _BYTE.match(str(error))
    if found:
        return f"The JSON is malformed at byte {found.group(2)}: {found.group(1)}."
    return "The JSON ends too early or holds a broken escape."


def check(submission: Submission, now: dt.datetime) -> None:
    """Refuse what the schema cannot say: bytes of content and the time of writing."""
    content = submission.content
    if len(content) * 4 > CONTENT_BYTES and len(content.encode()) > CONTENT_BYTES:
        raise invalid("/content", f"Expected at most {CONTENT_BYTES} bytes of UTF-8.")
    if submission.created_at is not None:
        check_time("/created_at", submission.created_at, now)


def check_time(pointer: str, time: dt.datetime, now: dt.datetime) -> None:
    """Refuse a time before 1990 or more than a day ahead."""
    if not EARLIEST <= time <= now + LATEST_AHEAD:
        raise invalid(pointer, "Expected a time from 1990 on that is not more than a day ahead.")


def check_nul(value: Any) -> None:
    """Refuse U+0000 in any text of a decoded body; call it only where one may be there."""
    for pointer, text in texts(value):
        if "\0" in text:
            raise invalid(pointer, "The character U+0000 is not allowed.")


def texts(value: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a decoded body with its pointer."""
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, f"{pointer}/{index}")
    elif isinstance(value, msgspec.Struct):
        for name, item in zip(value.__struct_encode_fields__, fields_of(value), strict=True):
            yield from texts(item, f"{pointer}/{name}")


def fields_of(value: msgspec.Struct) -> tuple[Any, ...]:
    """Return the values of a struct in the order of its fields."""
    return tuple(getattr(value, name) for name in value.__struct_fields__)


def misplaced(error: BadEntry, pointer: str) -> Refusal:
    """Return what to answer where one of several things cannot be, at its place in the body."""
    return invalid(pointer, f"{error.detail[0].upper()}{error.detail[1:]}.")


def invalid(pointer: str, detail: str) -> Refusal:
    """Return the refusal of one field."""
    return Refusal("validation", errors=[FieldError(detail, pointer=pointer)])
