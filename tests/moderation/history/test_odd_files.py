"""Files as they come from other people's machines: read where that is safe, else named."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import random
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from moderation.history import sqlstatements
from moderation.history.formats import FORMATS, detect
from moderation.history.rows import Found, Reject, Row, Unreadable
from moderation.history.source import Source
from tests import histories
from tests.moderation.history.reading import NOW, found

KINDS = ("wxr", "sql", "disqus", "csv", "jsonl")
SQL_HEAD, SQL_END = histories.SQL_HEAD.format("wp_").encode(), histories.SQL_END.encode()


def history(folder: Path, kind: str) -> bytes:
    """Return a history of forty comments."""
    if kind in histories.WRITERS:
        return histories.write(kind, folder / "whole", 40).read_bytes()
    labels = ("ham", "spam")
    if kind == "csv":
        rows = [f'{n},"says ""so"" {n}",{labels[n % 2]}\n' for n in range(40)]
        return "".join(["id,content,label\n", *rows]).encode()
    return "".join(
        f'{{"content":"says {n}","label":"{labels[n % 2]}"}}\n' for n in range(40)
    ).encode()


def rows_of(items: list[Found]) -> list[Row]:
    return [item for item in items if isinstance(item, Row)]


def refused(path: Path, data: bytes, **options: str) -> str:
    with pytest.raises(Unreadable) as error:
        found(path, data, **options)
    return str(error.value)


def wide(mark: bytes, encoding: str, data: bytes) -> bytes:
    return mark + data.decode().encode(encoding)


WRITTEN = {
    "a mark of UTF-8": lambda data: codecs.BOM_UTF8 + data,
    "UTF-16 with its mark": lambda data: wide(codecs.BOM_UTF16_LE, "utf-16-le", data),
    "UTF-16 the other way": lambda data: wide(codecs.BOM_UTF16_BE, "utf-16-be", data),
    "UTF-32 with its mark": lambda data: wide(codecs.BOM_UTF32_LE, "utf-32-le", data),
    "line ends of Windows": lambda data: data.replace(b"\n", b"\r\n"),
    "NULs and the end sign of DOS at its end": lambda data: data + b"\0" * 1000 + b"\x1a",
    "packed in two parts": lambda data: gzip.compress(data[:900]) + gzip.compress(data[900:]),
    "packed and filled up with NULs": lambda data: gzip.compress(data) + b"\0" * 512,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", WRITTEN)
def test_the_same_history_is_read_however_it_was_written(
    tmp_path: Path, kind: str, how: str
) -> None:
    data = history(tmp_path, kind)
    before = found(tmp_path / "x", data)
    after = found(tmp_path / "x", WRITTEN[how](data))
    assert len(rows_of(before[1])) == 40
    texts = [
        [(row.submission.content.replace("\r", ""), row.label) for row in rows_of(items)]
        for _, items in (before, after)
    ]
    assert (after[0], texts[1]) == (kind, texts[0])
    rejected = [item for item in after[1] if isinstance(item, Reject)]
    assert len(rejected) == (how.startswith("NULs") and kind in ("csv", "jsonl"))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_packed_otherwise_is_named(tmp_path: Path, kind: str) -> None:
    data, archive = history(tmp_path, kind), io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("history", data)
    for packed, name in (
        (archive.getvalue(), "a ZIP archive"),
        (bz2.compress(data), "packed with bzip2"),
        (lzma.compress(data), "packed with xz"),
        (gzip.compress(gzip.compress(data)), "packed with gzip twice"),
    ):
        why = refused(tmp_path / "x", packed)
        assert why == f"this is {name}: unpack it first, or pack it with gzip once"
    assert refused(tmp_path / "x", gzip.compress(data) + b"more") == (
        "the packed file is cut off or damaged"
    )


@pytest.mark.parametrize("encoding", ["rot13", "base64", "hex", "undefined", "a\0b", "x" * 99])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_encoding_of_text_is_refused(tmp_path: Path, kind: str, encoding: str) -> None:
    why = refused(tmp_path / "x", history(tmp_path, kind), encoding=encoding)
    assert why == "there is no such encoding: write utf-8 or latin-1"


UNTOLD = {
    b"c\0o\0n\0t\0e\0n\0t\0\n\0": "its format cannot be told: it is no text; one of UTF-16",
    b'[{"content": "a", "label": "spam"}]': "its format cannot be told: it is one list of JSON;",
    b"content,label\ra,spam\rb,ham\r": "its format cannot be told: its lines end with CR alone",
    b"id,content\n1,hi\n": "line 1: no column says what is spam",
    b"<!DOCTYPE html><html><body>404</body></html>": "its format cannot be told",
    b'"content,\r"': "its format cannot be told: its lines end with CR alone",
}


@pytest.mark.parametrize("data", UNTOLD)
def test_what_cannot_be_a_history_is_told_what_it_is(tmp_path: Path, data: bytes) -> None:
    assert refused(tmp_path / "x", data).startswith(UNTOLD[data])


def test_a_wxr_may_have_blank_lines_before_it_and_keeps_its_line_numbers(tmp_path: Path) -> None:
    data = b"\r\n\n  " + history(tmp_path, "wxr")
    _, items = found(tmp_path / "x", data)
    line = data[: data.index(b"<wp:comment>")].count(b"\n") + 1
    assert rows_of(items)[0].place == f"line {line}"
    cut = data[: len(data) // 2]
    assert refused(tmp_path / "x", cut).startswith(f"line {cut.count(bytes([10])) + 1}: ")


def test_xml_that_is_not_what_it_says_is_told_so(tmp_path: Path) -> None:
    data = history(tmp_path, "wxr")
    warned = b"<br />\nWarning: something\n" + data
    assert refused(tmp_path / "x", warned) == (
        "line 1: its root is not <rss>: this is another kind of XML"
    )
    for name in (b"klingon", b"UTF-16"):
        why = refused(tmp_path / "x", data.replace(b"UTF-8", name, 1))
        assert why == "line 1: the file says that it is in an encoding that is not known"


def test_a_dump_that_begins_with_a_warning_is_read_and_its_end_is_looked_for(
    tmp_path: Path,
) -> None:
    warning = b"mysqldump: [Warning] Using a password on the command line can be insecure.\n"
    data = warning + history(tmp_path, "sql")
    name, items = found(tmp_path / "x", data)
    assert (name, len(rows_of(items))) == ("sql", 40)
    part = data[: data.index(b"UNLOCK TABLES")]
    assert "its last lines are missing" in refused(tmp_path / "x", part)


def test_rows_that_end_otherwise_do_not_end_the_dump(tmp_path: Path) -> None:
    row = b"(1,1,'a','','','','','','text; (x',0,'1','','',0,0)"
    insert = b"INSERT INTO `wp_comments` VALUES " + row
    data = SQL_HEAD + insert + b" ON DUPLICATE KEY UPDATE x=';';\n" + insert + b";\n" + SQL_END
    _, items = found(tmp_path / "x", data)
    assert [row.submission.content for row in rows_of(items)] == ["text; (x", "text; (x"]


def test_a_table_without_rows_is_said_to_be_empty(tmp_path: Path) -> None:
    assert "or no row in it" in refused(tmp_path / "x", SQL_HEAD + SQL_END)


SIGNS = [
    *"'\"\\\n\r\t\0\x1a%_;(),`#äé語😀a ",
    "--",
    "/*",
    "*/",
    "''",
    "\\'",
    "INSERT INTO x VALUES ",
]


def written(text: str, draw: random.Random) -> str:
    """Return a text as programs write it into a dump; a quote either way."""
    for sign, escaped in (
        ("\\", "\\\\"), ("'", draw.choice(["\\'", "''"])), ("\n", "\\n"), ("\r", "\\r"),
        ("\0", "\\0"), ("\x1a", "\\Z"), ('"', '\\"'),
    ):  # fmt: skip
        text = text.replace(sign, escaped)
    return f"'{text}'"


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64, 1000])
def test_quotes_backslashes_and_signs_of_many_bytes_may_be_parted_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    draw = random.Random(piece)
    monkeypatch.setattr(sqlstatements, "PIECE", piece)
    monkeypatch.setattr(sqlstatements, "HEAD_BYTES", 4000)
    texts = ["x" + "".join(draw.choices(SIGNS, k=draw.randrange(1, 30))) for _ in range(150)]
    parts = [SQL_HEAD.decode()]
    for first in range(0, 150, 10):
        values = [
            f"({n},1,{written(text, draw)},'','','','','',{written(text, draw)},0,'1','','',0,0)"
            for n, text in list(enumerate(texts))[first : first + 10]
        ]
        parts += [
            f"INSERT INTO `other` VALUES ({written(texts[first], draw)});\n",
            "/* it's; */\n-- it's; (\n",
            f"INSERT INTO `wp_comments` VALUES {','.join(values)};\n",
        ]
    path = tmp_path / "x.sql"
    path.write_bytes("".join([*parts, SQL_END.decode()]).encode())
    source = Source(path, now_ms=NOW)
    # As the file is read in larger pieces than these, they are made of what is read.
    whole = source.pieces
    monkeypatch.setattr(
        source,
        "pieces",
        lambda: (p[i : i + piece] for p in whole() for i in range(0, len(p), piece)),
    )
    items = list(FORMATS[detect(source)].read(source))
    assert [row.submission.content for row in rows_of(items)] == [
        text.replace("\0", "") for text in texts
    ]


def test_a_packed_nothing_is_not_unpacked_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.history.source.UNPACKED_BYTES", 1 << 20)
    head, nothing = history(tmp_path, "wxr").partition(b"<channel>")[0], b" " * (32 << 20)
    for kind, data in (("wxr", head), ("sql", b"SET x = 1;"), ("csv", b"content,label\n")):
        why = refused(tmp_path / "x", gzip.compress(data + nothing))
        assert why.startswith("the packed file is more than 200 times as large"), kind


def test_isso_s_database_with_a_log_beside_it_is_not_read_in_part(tmp_path: Path) -> None:
    path = tmp_path / "comments.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(
            "CREATE TABLE threads (id INTEGER PRIMARY KEY, uri TEXT, title TEXT);"
            "CREATE TABLE comments (tid INTEGER, id INTEGER PRIMARY KEY, parent INTEGER,"
            " created FLOAT, mode INTEGER, remote_addr TEXT, text TEXT, author TEXT, email TEXT,"
            " website TEXT);"
            "INSERT INTO comments VALUES (1, 1, NULL, 1500000000, 1, '', 'hi', '', '', '');"
        )
        with pytest.raises(Unreadable, match="part of the database is in a file beside it"):
            found(path)
    # Who closed it last put all of it into the database.
    assert [row.submission.external_id for row in rows_of(found(path)[1])] == ["isso:1"]
