"""Comments in as JSON lines, plain or gzip, from files or standard input; verdicts out."""

from __future__ import annotations

import codecs
import gzip
import io
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from classifier.row import LabelledRow

LONGEST_LINE = 16 * 1024 * 1024
BATCH = 256
GZIP_MAGIC = b"\x1f\x8b"
_NO_LABEL = 'label is neither "spam" nor "ham"'


class BadLine(Exception):
    """A line that is no comment; its message names file and line and never quotes the line."""

    def __init__(self, source: str, number: int, why: str) -> None:
        super().__init__(f"{source}:{number}: {why}")


class _InputRow(LabelledRow, kw_only=True):
    text: str


_decode_row = msgspec.json.Decoder(_InputRow).decode
_decode_any = msgspec.json.Decoder().decode


def read_rows(sources: Iterable[str], *, labels_required: bool = False) -> Iterator[LabelledRow]:
    """Yield each line's comment in order, reading ahead no more than one line.

    `-` is standard input; gzip is recognised by its content; blank lines are skipped; a
    property that is `null` counts as absent. Raises `BadLine`, or `OSError` of an unreadable file.
    """
    for source in sources:
        name = "standard input" if source == "-" else source
        with _opened(source) as stream:
            for number, line in _numbered_lines(stream, name):
                row = _row(line, name, number)
                if labels_required and not row.label:
                    raise BadLine(name, number, "no label: write spam or ham")
                yield row


def batches(rows: Iterable[LabelledRow], size: int = BATCH) -> Iterator[list[LabelledRow]]:
    """Yield rows in lists of `size`; the rows before a bad line still come, then its error."""
    batch: list[LabelledRow] = []
    try:
        for row in rows:
            batch.append(row)
            if len(batch) == size:
                yield batch
                batch = []
    except BadLine:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


@contextmanager
def _opened(source: str) -> Iterator[BinaryIO]:
    if source == "-":
        yield _unpacked(sys.stdin.buffer)
    else:
        with Path(source).open("rb") as file:
            yield _unpacked(file)


def _unpacked(stream: BinaryIO) -> BinaryIO:
    buffered = io.BufferedReader(cast(io.RawIOBase, stream), 1 << 16)
    if buffered.peek(2)[:2] == GZIP_MAGIC:
        return cast(BinaryIO, gzip.open(buffered))
    return buffered


def _numbered_lines(stream: BinaryIO, name: str) -> Iterator[tuple[int, bytes]]:
    number = 0
    while True:
        number += 1
        try:
            line = stream.readline(LONGEST_LINE + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise BadLine(name, number, "the gzip data is damaged or ends early") from None
        if not line:
            return
        if len(line) > LONGEST_LINE:
            raise BadLine(name, number, f"longer than {LONGEST_LINE >> 20} MiB")
        if number == 1:
            # What Windows writes before UTF-8 is no part of the first line.
            line = line.removeprefix(codecs.BOM_UTF8)
        if line and not line.isspace():
            yield number, line


def _row(line: bytes, name: str, number: int) -> LabelledRow:
    try:
        try:
            row: LabelledRow = _decode_row(line)
        except msgspec.ValidationError:
            row = _lenient_row(_decode_any(line))
    except msgspec.ValidationError as error:
        raise BadLine(name, number, _why(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadLine(name, number, "not JSON in UTF-8") from None
    if row.label not in ("", "spam", "ham"):
        raise BadLine(name, number, _NO_LABEL)
    return row


def _lenient_row(found: object) -> LabelledRow:
    """Return the row without its nulls, and with names that only sort rows written as text."""
    if not isinstance(found, dict):
        raise msgspec.ValidationError("Expected `object`")
    present = {key: value for key, value in found.items() if value is not None}
    for key in ("id", "source", "group"):
        if isinstance(present.get(key), int | float):
            present[key] = str(present[key])
    return msgspec.convert(present, _InputRow)


def _why(error: msgspec.ValidationError) -> str:
    # msgspec names types and the place, never a value; keys of maps come from the input, so
    # only the first property, which is one of ours, is named.
    what, _, place = str(error).partition(" - at `$")
    first = place.rstrip("`").lstrip(".").split(".")[0].split("[")[0]
    if first == "label":
        return _NO_LABEL
    return f"{first}: {what}" if first else what
