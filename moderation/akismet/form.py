"""What the fields of a call say; each is decoded when it is asked for, and no further than that.

So the key of a form is found before anything is decoded, and what is never asked for never is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence, Set
from functools import cached_property

from moderation.akismet.decoding import Text, codec_of, cut_escaped, decoded, unescaped
from moderation.akismet.fields import CONTENT, CONTEXT, MESSAGE, Fields, fields_of, urlencoded
from moderation.domain.shown import shows_nothing

_CONTEXTS = 16
_CHARACTER_BYTES = 12
"""Most bytes of a character: four of UTF-8, each of them escaped."""

_USUAL_BYTES = 1 << 16
"""Of a form up to this size all fields are decoded together."""

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_NOTHING = Text("")


class Form:
    """The fields of a call: those of the body, then those of the query where the body has none."""

    def __init__(self, body: bytes, query: bytes, content_type: str) -> None:
        self._bytes = body
        self._content_type = content_type
        self._body = fields_of(body, content_type)
        self._query = urlencoded(query)
        self._all = self._body.before(self._query) if query else self._body

    def __contains__(self, name: str) -> bool:
        return name in self._all.plain or name in self._all.listed

    @property
    def is_whole(self) -> bool:
        """Whether every field of the body was read."""
        return self._body.is_whole

    def text(self, name: str, most: int = 1024, between: str = " ") -> str:
        """Return a field, '' where there is none; at most so many characters of it.

        The values of an array are joined by `between`.
        """
        short, others = self._short
        text = short.get(name, "")
        if not text and name in others:
            return self.read(name, most, between).text
        return text if len(text) <= most else text[:most]

    def read(self, name: str, most: int, between: str = " ") -> Text:
        """Return a field as `text` does, and whether that is all of it."""
        return self._read(self._all, name, most, between)

    def line(self, name: str, most: int = 1024) -> str:
        """Return a field without white space at its ends."""
        return self.text(name, most).strip()

    def lines(self, most: Mapping[str, int]) -> dict[str, str]:
        """Return what `line` does of each of some fields, by its name: a call for each takes longer
        than all that it does."""
        short, others = self._short
        return {
            name: self.line(name, room) if name in others else short.get(name, "")[:room].strip()
            for name, room in most.items()
        }

    def first_line(self, names: Sequence[str], most: int) -> str:
        """Return the first of several fields that is not blank; all of the body go first."""
        for fields in (self._body, self._query):
            for name in names:
                line = self._read(fields, name, most, " ").text.strip()
                if line:
                    return line
        return ""

    def flag(self, name: str) -> bool:
        """Say whether a field is true: `1`, `true`; `0`, `False` and nothing at all are not."""
        text = self.line(name, 16)
        return bool(text) and text.strip("'\"").lower() in ("1", "true", "yes", "on")

    def contexts(self, most: int) -> list[str]:
        """Return the texts of the page, in whichever of three spellings they were sent."""
        values = self._all.listed.get(CONTEXT, [])[:_CONTEXTS]
        texts = [self._value(self._all, CONTEXT, value, most).text for value in values]
        return [text for text in texts if text]

    def content(self, most: int) -> Text | None:
        """Return the content, None where no field has that name or `message`."""
        name = CONTENT
        if MESSAGE in self and shows_nothing(self.read(CONTENT, most).text):
            name = MESSAGE
        return self.read(name, most, "\n") if name in self else None

    def digest(self, names: Sequence[str]) -> str:
        """Return a hash of some fields as they were sent, of the whole body where none is known."""
        values = [value for name in names for value in self._all.values(name)]
        data = b"&".join(values) if self.is_whole and any(values) else self._bytes
        return hashlib.blake2b(data, digest_size=16).hexdigest()

    def _read(self, fields: Fields, name: str, most: int, between: str) -> Text:
        values = fields.values(name)
        if len(values) == 1:
            return self._value(fields, name, values[0], most)
        return self._joined(fields, name, values, most, between) if values else _NOTHING

    def _joined(
        self, fields: Fields, name: str, values: Sequence[bytes], most: int, between: str
    ) -> Text:
        found: list[Text] = []
        left = most
        for value in values:
            if left <= 0:
                break
            found.append(self._value(fields, name, value, left))
            left -= len(found[-1].text) + len(between)
        return Text(
            between.join([text.text for text in found]),
            len(found) == len(values) and all(text.is_whole for text in found),
            all(text.is_readable for text in found),
        )

    def _value(self, fields: Fields, name: str, value: bytes, most: int) -> Text:
        room = most * _CHARACTER_BYTES
        is_whole = len(value) <= room
        if fields.is_escaped:
            value = unescaped(value if is_whole else cut_escaped(value, room))
        elif not is_whole:
            value = value[:room]
        found = decoded(value, fields.charsets.get(name, self._charset), is_whole)
        if len(found.text) <= most:
            return found
        return Text(found.text[:most], False, found.is_readable)

    @cached_property
    def _short(self) -> tuple[dict[str, str], Set[str]]:
        """The fields of a form of the usual size in UTF-8 that are read alone, and other names.

        Decoded in one go, they take a third of the time.
        """
        values, others = self._all.plain, self._all.listed.keys()
        if not values or len(self._bytes) > _USUAL_BYTES or self._charset or self._all.charsets:
            return {}, values.keys() | others
        data = b"\0".join(values.values())
        try:
            texts = (unescaped(data) if self._all.is_escaped else data).decode().split("\0")
        except UnicodeDecodeError:
            texts = []
        if len(texts) != len(values) or not others.isdisjoint(values):
            return {}, values.keys() | others
        return dict(zip(values, texts, strict=True)), others

    @cached_property
    def _charset(self) -> str:
        """The codec that the call, the form or the blog names; '' for UTF-8, or none."""
        declared = _CHARSET.search(self._content_type)
        found = codec_of(declared.group(1)) if declared else None
        for fields, name in (
            (self._body, "_charset_"),
            (self._body, "blog_charset"),
            (self._query, "blog_charset"),
        ):
            if found is not None:
                break
            value = fields.plain.get(name)
            found = codec_of(value[:40].decode("ascii", "ignore")) if value else None
        return found or ""
