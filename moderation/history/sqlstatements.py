"""The rows of a dump of MySQL or MariaDB, as they come by: a statement is never kept whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from moderation.history.rows import Reject, Unreadable

ROW_BYTES = 64 << 20
"""Most bytes of one row, or of one value in a table that is passed over."""
HEAD_BYTES = 1 << 20
"""Most bytes of a statement before its values."""
COLUMNS = 100
PIECE = 1 << 18

_CUT = "it was cut off, or a quote in it has no end"
_STRING = rb"'(?:[^'\\]++|\\.|'')*+'"
_QUOTED = rb'"(?:[^"\\]++|\\.|"")*+"|`[^`]*+`'
_BETWEEN = re.compile(rb"(?:[\s\0\x1a]++|--[^\n]*+\n|\#[^\n]*+\n|/\*.*?\*/|;)*+", re.S)
_BEGUN = re.compile(rb"--[^\n]*\Z|#[^\n]*\Z|/(?:\*(?:(?!\*/).)*)?\Z|-\Z", re.S)
_REMARK = rb"--(?:[^\S\n][^\n]*+)?\n|\#[^\n]*+\n|/\*.*?\*/"
_REST = re.compile(
    rb"(?:[^'\"`;/\#-]++|" + _STRING + rb"|" + _QUOTED + rb"|" + _REMARK
    # A sign that may begin a remark whose rest is not read yet is left.
    + rb"|-(?=[^-])|--(?=\S)|/(?=[^*]))*+",
    re.S,
)  # fmt: skip
_NAME = rb"(?:`[^`]{1,64}`|\"[^\"]{1,64}\"|[\w$]{1,64})"
_INSERT = re.compile(
    rb"(?:INSERT|REPLACE)\s+(?:(?:IGNORE|DELAYED|LOW_PRIORITY)\s+)*INTO\s+"
    rb"(?:(?P<database>" + _NAME + rb")\s*\.\s*)?(?P<table>" + _NAME + rb")\s*"
    rb"(?P<then>\(|VALUES?\b)",
    re.I,
)
_USE = re.compile(rb"USE\s+(" + _NAME + rb")\s*;", re.I)
_VALUES = re.compile(rb"([^)]*)\)\s*VALUES?\b", re.I)
_CREATE = re.compile(
    rb"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:"
    + _NAME
    + rb"\s*\.\s*)?("
    + _NAME
    + rb")\s*\(",
    re.I,
)
_FLAT = rb"[^'\"`()]++|" + _STRING + rb"|" + _QUOTED
_IN_BRACKETS = rb"\((?:" + _FLAT + rb"|\((?:" + _FLAT + rb"|\((?:" + _FLAT + rb")*+\))*+\))*+\)"
_DEFINITION = re.compile(
    rb"\s*+(" + _NAME + rb")((?:[^'\"`(),]++|" + _STRING + rb"|" + _QUOTED + rb"|" + _IN_BRACKETS
    + rb")*+)([,)])",
    re.S,
)  # fmt: skip
_NO_COLUMN = frozenset(
    (b"PRIMARY", b"KEY", b"UNIQUE", b"INDEX", b"CONSTRAINT", b"FULLTEXT", b"SPATIAL", b"FOREIGN",
     b"CHECK", b"PERIOD")
)  # fmt: skip
_ROW = re.compile(rb"\s*+\(((?:[^'()]++|" + _STRING + rb"|\([^()]*+\))*+)\)\s*+([,;]|ON\s)", re.S)
_ROW_BEGINS = re.compile(rb"\s*+(?:\(|\Z)")
_VALUE = re.compile(
    rb"\s*+(?:(?:_\w+\s*|N)?'((?:[^'\\]++|\\.|'')*+)'|(?:_\w+\s*)?(?:0x|X')([0-9A-F]*+)'?|([^',]*+))\s*+(?:,|\Z)",
    re.S | re.I,
)
_ESCAPED = re.compile(rb"\\(.)|''", re.S)
_UNESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0", b"b": b"\b", b"Z": b"\x1a"}


class Line(Struct, frozen=True):
    """One row of a table: its values by column, None for NULL."""

    table: str
    values: dict[str, bytes | None]
    place: str


class Statements:
    """The statements of a dump.

    `wants` is asked of each table that has rows, with its columns where they are known, and says
    which columns it has; None has its rows passed over.
    """

    def __init__(
        self,
        pieces: Iterator[bytes],
        wants: Callable[[str, Sequence[str]], Sequence[str] | None],
    ) -> None:
        self._pieces = pieces
        self._wants = wants
        self._data = b""
        self._at = 0
        self._line = 1
        self._is_whole = False
        self._columns: dict[str, list[str]] = {}
        self._used = ""
        self.database = ""
        """The database of the statement with rows that is read; '' where the dump names none."""

    @property
    def line(self) -> int:
        """The line at which it reads."""
        return self._line

    def rows(self) -> Iterator[Line | Reject]:
        """Yield the rows of the tables that are wanted.

        Raises:
            Unreadable: the dump is cut off, or one of its rows is too long to be one.
        """
        while self._begin():
            insert = self._head(_INSERT)
            if insert is not None:
                yield from self._insert(insert)
                continue
            use = self._head(_USE)
            if use is not None:
                self._used = _name(use.group(1))
            create = self._head(_CREATE)
            if create is not None:
                self._create(create)
            self._pass_over()

    def _more(self) -> bool:
        """Read on; the longer what is not understood yet, the more of it at once."""
        wanted = max(PIECE, len(self._data) - self._at)
        parts, size = [self._data[self._at :]], 0
        while size < wanted:
            piece = next(self._pieces, b"")
            if not piece:
                self._is_whole = True
                break
            parts.append(piece)
            size += len(piece)
        self._data, self._at = b"".join(parts), 0
        if size and len(self._data) - size > ROW_BYTES:
            raise Unreadable(f"line {self._line}: a row is longer than {ROW_BYTES:,} bytes")
        return size > 0

    def _take(self, end: int) -> None:
        self._line += self._data.count(b"\n", self._at, end)
        self._at = end

    def _begin(self) -> bool:
        """Go to the next statement; False where there is none."""
        while True:
            found = _BETWEEN.match(self._data, self._at)
            self._take(found.end() if found else self._at)
            rest = len(self._data) - self._at
            if (rest >= HEAD_BYTES or self._is_whole) and not _BEGUN.match(self._data, self._at):
                return rest > 0
            if not self._more():
                if _BEGUN.match(self._data, self._at):
                    return False
                return len(self._data) > self._at

    def _head(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        return pattern.match(self._data, self._at)

    def _pass_over(self) -> None:
        """Go behind the statement."""
        while True:
            found = _REST.match(self._data, self._at)
            self._take(found.end() if found else self._at)
            if self._data[self._at : self._at + 1] == b";":
                self._take(self._at + 1)
                return
            if not self._more():
                raise Unreadable(f"line {self._line}: the dump ends within a statement: {_CUT}")

    def _create(self, found: re.Match[bytes]) -> None:
        columns: list[str] = []
        at, end = found.end(), self._at + HEAD_BYTES
        while len(columns) <= COLUMNS and (one := _DEFINITION.match(self._data, at, end)):
            if one.group(1).upper() not in _NO_COLUMN:
                columns.append(_name(one.group(1)))
            if one.group(3) == b")":
                break
            at = one.end()
        if len(self._columns) < 10_000:
            self._columns[_name(found.group(1))] = columns

    def _insert(self, found: re.Match[bytes]) -> Iterator[Line | Reject]:
        table, named = _name(found["table"]), found["database"]
        self.database = self._used if named is None else _name(named)
        columns: Sequence[str] = self._columns.get(table, [])
        end = found.end()
        if found["then"] == b"(":
            listed = _VALUES.match(self._data, end)
            if listed is None or listed.group(1).count(b",") >= COLUMNS:
                columns, end = [""] * (COLUMNS + 1), end if listed is None else listed.end()
            else:
                columns, end = [_name(n) for n in listed.group(1).split(b",")], listed.end()
        wanted = self._wants(table, columns)
        self._take(end)
        if wanted is None:
            self._pass_over()
            return
        yield from self._values(table, wanted)

    def _values(self, table: str, columns: Sequence[str]) -> Iterator[Line | Reject]:
        number = 0
        while True:
            found = _ROW.match(self._data, self._at)
            if found is None:
                if not _ROW_BEGINS.match(self._data, self._at):
                    raise Unreadable(f"line {self._line}: here should stand a row in brackets")
                if not self._more():
                    raise Unreadable(f"line {self._line}: the dump ends within a row: {_CUT}")
                continue
            number += 1
            values = _values_of(found.group(1))
            self._take(found.start(1))
            place = f"line {self._line}, row {number}"
            self._take(found.end())
            if values is None or len(values) != len(columns):
                yield Reject(place, f"it has not the {len(columns)} columns of its table")
            else:
                yield Line(table, dict(zip(columns, values, strict=True)), place)
            if found.group(2) == b";":
                return
            if found.group(2) != b",":
                self._pass_over()  # ON DUPLICATE KEY UPDATE …
                return


def _values_of(row: bytes) -> list[bytes | None] | None:
    """Return the values of a row, None where they are too many or cannot be told."""
    values: list[bytes | None] = []
    at = 0
    while at < len(row):
        found = _VALUE.match(row, at)
        if found is None or len(values) == COLUMNS or found.end() == at:
            return None
        text, digits, bare = found.groups()
        if text is not None:
            is_plain = b"\\" not in text and b"''" not in text
            values.append(text if is_plain else _ESCAPED.sub(_unescape, text))
        elif digits is not None:
            values.append(bytes.fromhex(digits.decode() if len(digits) % 2 == 0 else ""))
        else:
            values.append(None if bare.strip().upper() == b"NULL" else bare.strip())
        at = found.end()
    return values


def _unescape(found: re.Match[bytes]) -> bytes:
    sign: bytes | None = found.group(1)
    return b"'" if sign is None else _UNESCAPED.get(sign, sign)


def _name(quoted: bytes) -> str:
    return quoted.strip().strip(b'`"').decode("utf-8", "replace")
