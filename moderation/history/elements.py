"""XML of any size, an element at a time: nothing of it is kept longer than it is needed."""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import closing
from typing import Any
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException, expatreader

from moderation.history.rows import Unreadable
from moderation.history.source import Source, marked, not_in

TEXT_CHARACTERS = 1 << 18
"""What is kept of the text of an element; a comment's is cut to far less."""
FIELDS = 200
"""Most elements that are kept of a record, and most records within it."""
DEPTH = 64
TAG_BYTES = 8 << 20
"""Most bytes of one tag with its attributes: the parser keeps it whole."""

# WordPress writes control characters as they were sent; XML knows none of them.
_CONTROLS = bytes(n for n in range(32) if n not in (9, 10, 13))
_BLANKED = bytes.maketrans(_CONTROLS, b" " * len(_CONTROLS))
_BLANKED_TEXT = dict.fromkeys(_CONTROLS, " ")

_DECLARATION = re.compile(
    rb"<\?xml[^>]{1,200}?encoding\s*=\s*[\"']([A-Za-z][\w.:-]{0,40})[\"']", re.ASCII
)
"""Expat knows UTF and what writes each sign in one byte; Python decodes GBK, Shift-JIS and Big5."""


class Record:
    """An element that is looked for: the text of those below it by their path, its attributes.

    `around` is the record that it stands in, as far as that was read; `within` are the records of
    kinds that are kept until the one around them ends.
    """

    __slots__ = ("around", "attributes", "fields", "line", "tag", "within")

    def __init__(self, tag: str, line: int, around: Record | None) -> None:
        self.tag, self.line, self.around = tag, line, around
        self.fields: dict[str, str] = {}
        self.attributes: dict[str, str] = {}
        self.within: list[Record] = []

    def __getitem__(self, path: str) -> str:
        return self.fields.get(path, "").strip()


class _Handler(ContentHandler):
    """Collects records; those that are whole wait in `whole`."""

    def __init__(
        self, wanted: Collection[str], kept: Collection[str], line: Callable[[], int]
    ) -> None:
        super().__init__()
        self.whole: deque[Record] = deque()
        self.roots: list[str] = []
        self.events = self.unseen = 0
        self._wanted, self._kept = frozenset(wanted) | frozenset(kept), frozenset(kept)
        self._path: list[str] = []
        self._records: list[tuple[int, Record]] = []
        self._text: list[str] = []
        self._length = 0
        self._line = line

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - SAX
        """Begin an element."""
        self.events += 1
        if not self._path:
            self.roots.append(name)
        self._path.append(name)
        if len(self._path) > DEPTH:
            raise Unreadable(f"line {self.line}: elements are nested too deeply")
        self._text, self._length = [], 0
        around = self._records[-1][1] if self._records else None
        if name in self._wanted:
            record = Record(name, self.line, around)
            record.attributes = dict(attrs.items()) if len(attrs) <= FIELDS else {}
            self._records.append((len(self._path), record))
        elif around is not None and len(attrs) and len(around.fields) < FIELDS:
            for key, value in list(attrs.items())[:8]:
                around.fields.setdefault(f"{self._below()}@{key}", value[:TEXT_CHARACTERS])

    def characters(self, content: str) -> None:
        """Take text."""
        self.events += 1
        if self._records and self._length < TEXT_CHARACTERS:
            self._text.append(content)
            self._length += len(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX
        """End an element."""
        self.events += 1
        if self._records:
            depth, record = self._records[-1]
            if depth == len(self._path):
                self._records.pop()
                self._end(record)
            elif self._text and len(record.fields) < FIELDS:
                record.fields.setdefault(self._below(), "".join(self._text))
        self._text, self._length = [], 0
        self._path.pop()

    def _below(self) -> str:
        return "/".join(self._path[self._records[-1][0] :])

    def _end(self, record: Record) -> None:
        if record.tag not in self._kept:
            self.whole.append(record)
        elif record.around is not None and len(record.around.within) < FIELDS:
            record.around.within.append(record)

    def taken(self) -> Iterator[Record]:
        """Yield the records that are whole, once."""
        while self.whole:
            yield self.whole.popleft()

    @property
    def line(self) -> int:
        """Where it reads."""
        return self._line()


def records(
    source: Source, root: str, wanted: Collection[str], kept: Collection[str] = ()
) -> Iterator[Record]:
    """Yield the elements of these tags when they end; those of `kept` stay in what is around them.

    Raises:
        Unreadable: it is no XML, cut off, has a second root or another one, or declares entities.
    """
    parser = expatreader.create_parser(forbid_dtd=True)
    blank = _blank_lines(source)
    handler = _Handler(wanted, kept, lambda: parser.getLineNumber() + blank)
    parser.setContentHandler(handler)
    with closing(_texts(source, handler)) as pieces:
        while (error := _fed(parser, handler, pieces, root)) is None:
            yield from handler.taken()
    # What stood before the place where it breaks is whole.
    yield from handler.taken()
    if isinstance(error, Unreadable):
        raise error


class _End(Exception):
    """The document was read to its end."""


def _fed(
    parser: Any, handler: _Handler, pieces: Iterator[bytes | str], root: str
) -> Exception | None:
    """Have the parser read the next piece; return what ends the reading, None while it goes on."""
    try:
        piece = next(pieces, None)
        if piece is None:
            parser.close()
            return _End()
        before = handler.events
        parser.feed(piece)
        if handler.roots and handler.roots[0] != root:
            return _other_root(root)
        handler.unseen = handler.unseen + len(piece) if handler.events == before else 0
        if handler.unseen > TAG_BYTES:
            return Unreadable(f"line {handler.line}: a tag is longer than {TAG_BYTES:,} bytes")
    except Unreadable as error:
        return error
    except DefusedXmlException:
        return Unreadable(
            f"line {handler.line}: it declares a document type or entities, which no export has"
        )
    except SAXParseException as error:
        if handler.roots and handler.roots[0] != root:
            return _other_root(root)
        return Unreadable(_why(error, handler.line))
    except LookupError:
        return Unreadable("line 1: the file says that it is in an encoding that is not known")
    except SAXException:
        return Unreadable(f"line {handler.line}: this is no XML")
    return None


def _other_root(root: str) -> Unreadable:
    return Unreadable(f"line 1: its root is not <{root}>: this is another kind of XML")


def _blank_lines(source: Source) -> int:
    """Return how many lines stand before the beginning, which XML forbids and plugins write."""
    head = source.head()
    return head[: len(head) - len(_begun(head))].count(b"\n")


def _begun(head: bytes) -> bytes:
    return head.removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n")


def _texts(source: Source, handler: _Handler) -> Generator[bytes | str, None, None]:
    head = source.head()
    # What somebody says wins over a mark, and a mark over what XML declares: a file that is saved
    # anew in another encoding often still declares the one before.
    encoding = source.said or marked(head) or _declared(_begun(head))
    pieces = source.pieces()
    if not encoding:
        yield _begun(next(pieces, b"")).translate(_BLANKED)
        for piece in pieces:
            yield piece.translate(_BLANKED)
        return
    decode = codecs.getincrementaldecoder(encoding)().decode
    is_first = True
    for piece in pieces:
        if is_first:
            piece = piece.removeprefix(codecs.BOM_UTF8)
        try:
            text = decode(piece).translate(_BLANKED_TEXT)
        except UnicodeError as error:
            place = f"line {handler.line}: "
            raise Unreadable(place + not_in(encoding, getattr(error, "start", 0))) from None
        yield text.lstrip("\ufeff \t\r\n") if is_first else text
        is_first = False


def _declared(head: bytes) -> str:
    """Return the encoding that XML declares where expat does not know it, '' otherwise."""
    found = _DECLARATION.match(head)
    name = found.group(1).decode() if found else "utf-8"
    try:
        is_single = len(bytes(range(256)).decode(name, "replace")) == 256
    except (LookupError, ValueError):
        return ""
    return "" if is_single or name.lower().startswith(("utf", "ucs")) else name


def _why(error: SAXParseException, line: int) -> str:
    """Return what is wrong with XML, and where; expat's messages quote nothing."""
    message = str(error.getMessage())
    place = f"line {line}: "
    if message.startswith(("no element found", "unclosed")):
        return place + "the file ends in the middle: it was cut off"
    if message.startswith("junk after document element"):
        return place + "a second root begins here: two files in one"
    if message.startswith("not well-formed"):
        return place + (
            "this is no XML, or it is in another encoding than the file says (--encoding latin-1)"
        )
    if "encoding" in message:
        return place + "the file says that it is in an encoding that is not known"
    return place + f"this is no proper XML ({message})"
