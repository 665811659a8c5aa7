"""The file of a history: opened whole or unpacked, read in bounded pieces, its place known."""

from __future__ import annotations

import codecs
import gzip
import io
import math
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from moderation.history.rows import Reject, Unreadable

LINE_BYTES = 4 << 20
"""Most bytes of a line: every text of a comment at its bound, written as JSON escapes."""
LINE_ENDS = ("\n", "\r", "\0", "\x1a")
"""What the last line of a whole file may end with: NULs and DOS's sign fill up what is whole."""
PIECE = 1 << 18
HEAD_BYTES = 1 << 16
UNPACKED_BYTES, UNPACKED_TIMES = 1 << 30, 200
"""A packed file may unpack to so many bytes, and so many times its size more."""

_GZIP = b"\x1f\x8b"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


class Source:
    """A file or folder that a history is read from.

    `encoding` is that of its text unless the file is marked otherwise (kept as `said`, '' where
    nobody said any); `table` is the table of comments to take of a dump with several; `now_ms` is
    the time of the import. `done` of `size` bytes of the file as it lies on the disk have been
    read.
    """

    def __init__(self, path: Path, *, now_ms: int, encoding: str = "", table: str = "") -> None:
        self.path = path
        self.now_ms = now_ms
        self.table = table
        self.watch: Callable[[], None] = lambda: None
        """Called with every piece that is read, rows or none; may raise to end the reading."""
        self._raw: BinaryIO | None = None
        self._passed = 0
        self.size = sum(f.stat().st_size for f in files_in(path)) if path.is_dir() else _size(path)
        if encoding:
            try:
                "a".encode(encoding)
            except (LookupError, ValueError):
                raise Unreadable("there is no such encoding: write utf-8 or latin-1") from None
        self.said = encoding

    @property
    def done(self) -> int:
        """How many bytes of the file were read so far."""
        if self._raw is None:
            return self._passed
        try:
            return self._raw.tell()
        except ValueError:
            return self.size

    @property
    def is_plain(self) -> bool:
        """Whether the file lies there as it is, not packed."""
        with self.path.open("rb") as file:
            return file.read(2) != _GZIP

    def again(self) -> None:
        """Begin anew."""
        self._raw, self._passed = None, 0

    def passed(self, size: int) -> None:
        """Note that so many bytes of a folder or database were read."""
        self._passed += size

    def opened(self) -> BinaryIO:
        """Return the bytes of the file, unpacked; what is broken there raises `Unreadable`."""
        try:
            raw = self._raw = self.path.open("rb", buffering=PIECE)
            packed = raw.read(2) == _GZIP
            raw.seek(0)
        except OSError as error:
            raise Unreadable(f"the file cannot be read: {error.strerror}") from error
        return io.BufferedReader(_Bytes(self, raw, packed), PIECE)

    def head(self) -> bytes:
        """Return the beginning of the file."""
        with self.opened() as file:
            return file.read(HEAD_BYTES)

    def beginning(self) -> bytes:
        """Return the beginning of the file in UTF-8, without a mark, to be told by."""
        head = self.head()
        encoding = self.encoding(head)
        if is_wide(encoding):
            return head.decode(encoding, "ignore").encode()
        return head.removeprefix(codecs.BOM_UTF8).lstrip()

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes of the file."""
        with self.opened() as file:
            while piece := file.read(PIECE):
                yield piece

    def as_utf8(self, *, all_text: bool = False) -> Iterator[bytes]:
        """Yield the bytes of the file without its mark, those of UTF-16 and UTF-32 as UTF-8.

        Others are passed on as they are, since they write what is ASCII in the same way, unless
        `all_text` is to be UTF-8.
        """
        encoding = self.encoding(self.head())
        if encoding == "utf-8" or not (all_text or is_wide(encoding)):
            pieces = self.pieces()
            yield next(pieces, b"").removeprefix(codecs.BOM_UTF8)
            yield from pieces
            return
        decode = codecs.getincrementaldecoder(encoding)().decode
        line = 1
        try:
            for piece in self.pieces():
                text = decode(piece).encode()
                line += text.count(b"\n")
                yield text
            decode(b"", final=True)
        except UnicodeError:
            raise Unreadable(f"line {line}: this is no {encoding.upper()}") from None

    def encoding(self, head: bytes) -> str:
        """Return the encoding of the file's text, by its byte order mark or as it was given."""
        return marked(head) or self.said or "utf-8"

    def lines(self) -> Iterator[tuple[int, str | Reject]]:
        """Yield the number and the text of each line; a line that cannot be read is a `Reject`.

        Line ends stay, as they may stand within a quoted field.

        Raises:
            Unreadable: the file ends within a character.
        """
        encoding = self.encoding(self.head())
        with self.opened() as file:
            if is_wide(encoding):
                text = io.TextIOWrapper(file, encoding, errors="strict", newline="")
                yield from _decoded(text)
                return
            for number, line in enumerate(_bounded(file), 1):
                if number == 1:
                    line = line.removeprefix(codecs.BOM_UTF8)
                place = f"line {number}"
                if len(line) > LINE_BYTES:
                    yield number, Reject(place, f"the line is longer than {LINE_BYTES:,} bytes")
                    continue
                try:
                    yield number, line.decode(encoding)
                except UnicodeDecodeError as error:
                    if _is_begun(line, encoding):
                        raise Unreadable(
                            f"{place}: the file ends within a character: it was cut off, or is in "
                            "another encoding (--encoding latin-1)"
                        ) from None
                    yield number, Reject(place, not_in(encoding, error.start))


def _is_begun(text: bytes, encoding: str) -> bool:
    """Say whether text that cannot be decoded is right as far as it goes: a character lacks bytes.

    A line with an end never is: no character in several bytes has that for one of them.
    """
    try:
        codecs.getincrementaldecoder(encoding)().decode(text)
    except UnicodeError:
        return False
    return True


def marked(head: bytes) -> str:
    """Return the encoding that a byte order mark names, '' where there is none."""
    return next((name for mark, name in _BOMS if head.startswith(mark)), "")


def is_wide(encoding: str) -> bool:
    """Say whether an encoding writes each sign of ASCII in several bytes."""
    return "a".encode(encoding) != b"a"


def not_in(encoding: str, byte: int) -> str:
    """Return the reason of text in another encoding."""
    return (
        f"byte {byte + 1} is no {encoding.upper()}: say in which encoding the file is "
        "(--encoding latin-1)"
    )


def _bounded(file: BinaryIO) -> Iterator[bytes]:
    """Yield lines; of one that is too long no more than shows that it is."""
    while line := file.readline(LINE_BYTES + 1):
        rest = line
        while rest and not rest.endswith(b"\n") and len(rest) > LINE_BYTES:
            rest = file.readline(LINE_BYTES + 1)
        yield line


def _decoded(text: io.TextIOWrapper) -> Iterator[tuple[int, str | Reject]]:
    number = 0
    try:
        while line := text.readline(LINE_BYTES + 1):
            number += 1
            if len(line) > LINE_BYTES:
                raise Unreadable(f"line {number} is longer than {LINE_BYTES:,} characters")
            yield number, line
    except UnicodeError:
        raise Unreadable(f"line {number + 1}: this is no {text.encoding.upper()}") from None


class _Bytes(io.RawIOBase):
    """A file's bytes, unpacked; damage is told as what it is, and so is a packed nothing."""

    def __init__(self, source: Source, raw: BinaryIO, packed: bool) -> None:
        super().__init__()
        self._source, self._raw = source, raw
        self._file: Any = gzip.GzipFile(fileobj=raw) if packed else raw
        self._left = UNPACKED_BYTES + UNPACKED_TIMES * source.size if packed else math.inf

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer."""
        self._source.watch()
        try:
            size: int = self._file.readinto(buffer)
        except (EOFError, OSError, zlib.error) as error:
            raise Unreadable("the packed file is cut off or damaged") from error
        self._left -= size
        if self._left < 0:
            raise Unreadable(
                f"the packed file is more than {UNPACKED_TIMES} times as large as it is packed: "
                "no history is"
            )
        return size

    def close(self) -> None:
        """Close the file below as well."""
        self._raw.close()
        super().close()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise Unreadable(f"the file cannot be read: {error.strerror}") from error


def files_in(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, in order; links are not followed."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path
