"""The fields of a form as they stand in it, by name: whatever comes, something is read.

Urlencoded forms are read by own code, because the framework refuses what clients send: bodies
and forms beyond its bounds, charsets of old blogs, names without `=`. No value is decoded here.
"""

from __future__ import annotations

import functools
import re
from binascii import Error as NoEncoding
from binascii import a2b_base64, a2b_qp
from collections.abc import Sequence

import multipart

from moderation.akismet.decoding import codec_of, unescaped

AT_EITHER_END = 5000
"""So many fields are read from the beginning of an urlencoded form, and so many from its end."""

PARTS = 2000
"""So many parts are read of a multipart form; PHP takes 1,000 of them by default."""

CONTENT = "comment_content"
CONTEXT = "comment_context"
MESSAGE = "message"
"""What some forms call the content, as a name or within the brackets of another."""

_TEXTS = (CONTENT, MESSAGE)
"""Of these every value is read: a client may send a text in several fields of one name."""

_NAME_LENGTH = 64
"""Names up to this many bytes are kept as read: clients send the same ones again and again."""

_LONGEST_NAME = 1024
_NO_NAMES = ("", "")
_CREDENTIALS = frozenset(("HTTP_COOKIE", "HTTP_AUTHORIZATION"))
_ENCODED_WORD = re.compile(rb"=\?[\w-]{1,40}\?([qb])\?([^?]*)\?=", re.IGNORECASE)


class Fields:
    """The fields of one form; passwords, cookies and credentials that come along are left out.

    `plain` has the last of several values of one name, as PHP has; `listed` all values of arrays
    (`name[]`, `name[0]`, `name[word]`) and of texts, in their order. `charsets` are those that
    parts of their own declare. `is_whole` says whether every field was read.
    """

    def __init__(self, is_escaped: bool) -> None:
        self.plain: dict[str, bytes] = {}
        self.listed: dict[str, list[bytes]] = {}
        self.charsets: dict[str, str] = {}
        self.is_escaped = is_escaped
        self.is_whole = True

    def values(self, name: str) -> Sequence[bytes]:
        """Return every value of a field, none where there is no such field."""
        plain, listed = self.plain.get(name), self.listed.get(name, ())
        return listed if plain is None else (plain, *listed)

    def add(self, names: tuple[str, str], value: bytes) -> None:
        """Keep a value under its own name, and among those of an array or of a text."""
        own, array = names
        if own:
            self.plain[own] = value
        if array:
            self.listed.setdefault(array, []).append(value)

    def before(self, others: Fields) -> Fields:
        """Return these fields, and those of others, which are escaped, where these have none."""
        merged = Fields(self.is_escaped)
        merged.charsets = self.charsets
        read = (lambda value: value) if self.is_escaped else unescaped
        for name, value in others.plain.items():
            if name not in self.listed:
                merged.plain[name] = read(value)
        for name, values in others.listed.items():
            if name not in self.plain:
                merged.listed[name] = [read(value) for value in values]
        merged.plain |= self.plain
        merged.listed |= self.listed
        return merged


def fields_of(body: bytes, content_type: str) -> Fields:
    """Return the fields of a body, multipart where it says so, else urlencoded."""
    if content_type[:10].lower() == "multipart/":
        _, options = multipart.parse_options_header(content_type)
        return _of_parts(body, options.get("boundary", ""))
    return urlencoded(body)


def urlencoded(data: bytes) -> Fields:
    """Return the fields of an urlencoded form or a query: the first and the last of very many."""
    fields = Fields(is_escaped=True)
    if not data:
        return fields
    plain = fields.plain
    pairs = data.split(b"&", AT_EITHER_END)
    if len(pairs) > AT_EITHER_END:
        last = pairs.pop().rsplit(b"&", AT_EITHER_END)
        fields.is_whole = len(last) <= AT_EITHER_END
        pairs += last[-AT_EITHER_END:]
    for pair in pairs:
        raw_name, _, value = pair.partition(b"=")
        names = _kept(raw_name) if len(raw_name) <= _NAME_LENGTH else _escaped_names(raw_name)
        if names[1]:
            fields.add(names, value)
        else:
            plain[names[0]] = value
    plain.pop("", None)
    return fields


def _of_parts(body: bytes, boundary: str) -> Fields:
    """Return the fields of a multipart form (RFC 7578), as far as it can be read; no files."""
    fields = Fields(is_escaped=False)
    if b"\r\n" not in body:
        body = body.replace(b"\n", b"\r\n")
    part: multipart.MultipartSegment | None = None
    value = b""
    try:
        parser = multipart.PushMultipartParser(
            boundary.encode("latin-1", "replace"),
            max_segment_count=PARTS,
            # A file's name in any charset must not end the form: names of fields are ASCII.
            header_charset="latin-1",
            # Else headers that are continued on line after line take a third of a second a MiB.
            strict=True,
        )
        for event in parser.parse(body):
            if isinstance(event, multipart.MultipartSegment):
                part, value = event, b""
            elif event:
                value = bytes(event)
            elif part is not None:
                _add_part(fields, part, value)
                part = None
    except multipart.MultipartError:
        fields.is_whole = False
    if part is not None:
        # Without a boundary at its end the last part goes on to the end of the body.
        _add_part(fields, part, value)
    return fields


def _add_part(fields: Fields, part: multipart.MultipartSegment, value: bytes) -> None:
    if part.filename is not None or not part.name:
        return
    raw_name = part.name.encode("latin-1", "replace")
    if raw_name.startswith(b"=?"):
        raw_name = _ENCODED_WORD.sub(_word, raw_name)
    names = _names_of(raw_name)
    encoding = part.header("Content-Transfer-Encoding", "").strip().lower()
    if encoding in ("base64", "quoted-printable"):
        try:
            value = a2b_base64(value) if encoding == "base64" else a2b_qp(value)
        except NoEncoding:
            fields.is_whole = False
    fields.add(names, value)
    codec = codec_of(part.charset) if part.charset else None
    if codec is not None:
        fields.charsets |= dict.fromkeys(names, codec)


def _word(found: re.Match[bytes]) -> bytes:
    """Return what an encoded word stands for (RFC 2047), whatever its charset."""
    try:
        return a2b_qp(found[2], header=True) if found[1] in b"qQ" else a2b_base64(found[2])
    except NoEncoding:
        return b""


def _escaped_names(raw_name: bytes) -> tuple[str, str]:
    return _names_of(unescaped(raw_name)) if len(raw_name) <= _LONGEST_NAME else _NO_NAMES


_kept = functools.lru_cache(maxsize=1024)(_escaped_names)


def _names_of(raw_name: bytes) -> tuple[str, str]:
    """Return under which name of its own a field is found, and with others of which array.

    Either is '' where there is none; both of what is left out.
    """
    if len(raw_name) > _LONGEST_NAME:
        return _NO_NAMES
    name = raw_name.decode("utf-8", "surrogateescape")
    if _is_secret(name):
        return _NO_NAMES
    if name.startswith(CONTEXT):
        return "", CONTEXT
    base, bracket, rest = name.partition("[")
    if not bracket:
        return ("", name) if name in _TEXTS else (name, "")
    word = rest.rstrip("]").rpartition("[")[2]
    return name, word if word in _TEXTS and base != CONTENT else base


def _is_secret(name: str) -> bool:
    start = name[:5].upper()
    if start == "POST_":
        return "pass" in name.lower() or "pwd" in name.lower()
    return start == "HTTP_" and name.upper() in _CREDENTIALS
