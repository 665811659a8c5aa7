"""Bodies as bytes: read once, bounded, of the right media type, decoded without detours."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from moderation.api import nulls, validation
from moderation.api.problems import FieldError, Refusal
from moderation.domain.comments import Submission

SINGLE_BYTES = 4 << 20
"""Most bytes of a body with one comment: every text at its bound, written as JSON escapes."""
BATCH_BYTES = 8 << 20
BATCH_ITEMS = 1000

JSON = "application/json"
NDJSON = "application/x-ndjson"
BYTES = "application/octet-stream"
_NDJSON_NAMES = (NDJSON, "application/ndjson", "application/jsonl")

Environ = dict[str, Any]
T = TypeVar("T", bound=Submission)


def read(environ: Environ, most: int) -> bytes:
    """Return the body; refuses one of more than `most` bytes or with a content encoding.

    The server has it at hand as a whole, or says by `BodyMissing` why it has not.
    """
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise Refusal("unsupported-media-type", "Send the body without a content encoding.")
    data = bytes(environ["wsgi.input"].read(most + 1))
    if len(data) > most:
        raise too_large(most)
    return data


def too_large(most: int) -> Refusal:
    """Return the refusal of a body of more than `most` bytes."""
    return Refusal("too-large", f"The body may have {most} bytes at most.")


def media_type(environ: Environ, *allowed: str) -> str:
    """Return the media type of the body, one of those allowed; NDJSON by its usual name."""
    text: str = environ.get("CONTENT_TYPE", "")
    if text in allowed:
        return text
    name, _, parameters = text.partition(";")
    name = name.strip().lower()
    if name in _NDJSON_NAMES:
        name = NDJSON
    charset = parameters.replace(" ", "").replace('"', "").lower()
    if name not in allowed or charset not in ("", "charset=utf-8"):
        raise Refusal("unsupported-media-type", f"Send {' or '.join(allowed)} in UTF-8.")
    return name


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Reader(Generic[T]):
    """Decodes bodies of one kind of submission."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._one = msgspec.json.Decoder(kind).decode
        self._lines = msgspec.json.Decoder(kind).decode_lines
        self._array = msgspec.json.Decoder(list[kind]).decode  # type: ignore[valid-type]

    def one(self, data: bytes, now: dt.datetime | None = None) -> T:
        """Return one item; refuses what it may not hold."""
        item = _decoded(self._one, self._kind, data)
        validation.check(item, now or _now())
        if b"\\u0000" in data:
            validation.check_nul(item)
        return item

    def many(self, data: bytes, media: str, now: dt.datetime | None = None) -> list[T | Refusal]:
        """Return the items of a JSON array or of lines, a refusal in the place of a bad one."""
        now = now or _now()
        quick = self._quick(data, media, now)
        if quick is not None:
            return quick
        found: list[T | Refusal] = []
        for part in _lines(data) if media == NDJSON else _elements(data):
            if len(found) == BATCH_ITEMS:
                raise too_many()
            found.append(self._or_refusal(part, now))
        return found

    def _quick(self, data: bytes, media: str, now: dt.datetime) -> list[T | Refusal] | None:
        """Decode everything at once; None where something needs a closer look."""
        # What may be far more than a batch is not decoded at once: it would take memory.
        if data.count(b"{") > 4 * BATCH_ITEMS or b"\\u0000" in data:
            return None
        try:
            items: list[T] = (self._lines if media == NDJSON else self._array)(data)
            if media == NDJSON and len(items) != len(data.rstrip().splitlines()):
                return None
            for item in items:
                validation.check(item, now)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Refusal):
            return None
        return list(items) if len(items) <= BATCH_ITEMS else None

    def _or_refusal(self, data: bytes, now: dt.datetime) -> T | Refusal:
        try:
            return self.one(data, now)
        except Refusal as refusal:
            # A line that is not JSON is an item that cannot be accepted, as any other bad one.
            return Refusal("validation", errors=refusal.errors)


def too_many() -> Refusal:
    """Return the refusal of a batch with too many items."""
    return Refusal("too-large", f"A batch may have {BATCH_ITEMS} items at most.")


def _lines(data: bytes) -> Iterator[bytes]:
    return (line for line in io.BytesIO(data) if line.strip())


_scan = json.JSONDecoder().raw_decode
_BLANK = re.compile(r"[ \t\r\n]*")


def _elements(data: bytes) -> Iterator[bytes]:
    """Yield the elements of a JSON array one by one, as they were written."""
    text = data.decode("utf-8", "surrogateescape")
    at = _after(text, 0, "[")
    if at < 0:
        raise validation.invalid("", "Expected array.")
    if _after(text, at, "]") >= 0:
        return
    while True:
        start = _BLANK.match(text, at).end()  # type: ignore[union-attr]
        try:
            at = _scan(text, start)[1]
        except (ValueError, RecursionError) as error:
            raise validation.refusal_of(error) from error
        yield text[start:at].encode("utf-8", "surrogateescape")
        comma = _after(text, at, ",")
        if comma < 0:
            break
        at = comma
    end = _after(text, at, "]")
    if end < 0 or _BLANK.fullmatch(text, end) is None:
        raise validation.refusal_of(ValueError())


def _after(text: str, at: int, sign: str) -> int:
    """Return the place behind a sign that comes next but for white space, -1 if it does not."""
    at = _BLANK.match(text, at).end()  # type: ignore[union-attr]
    return at + 1 if text.startswith(sign, at) else -1


S = TypeVar("S", bound=Struct)


def _decoded(decode: Callable[[bytes], S], kind: type[S], data: bytes) -> S:
    try:
        try:
            return decode(data)
        except msgspec.ValidationError:
            if b"null" not in data:
                raise
            return nulls.decode_without(data, kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise validation.refusal_of(error) from error


def decode(decoder: msgspec.json.Decoder[S], data: bytes) -> S:
    """Return a small body that is not a comment."""
    item = _decoded(decoder.decode, decoder.type, data)
    if b"\\u0000" in data:
        validation.check_nul(item)
    return item


def decode_optional(decoder: msgspec.json.Decoder[S], environ: Environ, most: int) -> S:
    """Return a small body that may be left out: then every field is what it is by default."""
    data = read(environ, most)
    if not data:
        return decoder.type()
    media_type(environ, JSON)
    return decode(decoder, data)


def header_error(header: str, detail: str) -> Refusal:
    """Return the refusal of a header."""
    return Refusal("invalid-parameter", errors=[FieldError(detail, header=header)])
