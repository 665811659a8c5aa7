"""Files that break off or hold what no program writes: refused as a whole or row by row, told."""

from __future__ import annotations

import codecs
import json
import subprocess
import sys
from pathlib import Path

import pytest

from moderation.history.formats import FORMATS
from moderation.history.rows import Reject, Row, Unreadable
from tests.moderation.history import reading
from tests.moderation.history.reading import refused

EXPORT = {
    "version": 1,
    "comments": [{"commentHex": "a", "markdown": "Schöner Text", "state": "approved"}],
}
REMARKS = b'{"version":1,"users":[],"posts":[]}\n'


@pytest.mark.parametrize(
    "data",
    [
        b'{"content": "fine", "label": "ham"}\n{"content": "bro',
        REMARKS + b'{"id": "1", "text": "fine"}\n{"id": "2", "te',
        b'content,label\nfine,ham\n"bro',
        b"content,author,label\nfine,Ann,ham\nbroken,An",
        'content,author,label\r\nfine,Ann,ham\r\nbroken,"An'.encode("utf-16"),
    ],
    ids=["jsonl", "remark42", "csv in quotes", "csv in a row", "csv of UTF-16"],
)
def test_what_ends_within_its_last_line_was_cut_off(tmp_path: Path, data: bytes) -> None:
    why = refused(tmp_path / "x", data)
    assert why.startswith(("line 2: ", "line 3: "))
    assert "was cut off" in why


LINES = {
    "jsonl": '{{"content": "fine", "label": "ham"}}\nbroken\n{{"content": "{}", "label": "ham"}}\n',
    "csv": 'content,label\nfine,ham\n"{}",ham\n',
    "csv without quotes": "content,label\nfine,ham\n{},ham\n",
}


@pytest.mark.parametrize("kind", LINES)
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Спасибо", "utf-8"), ("谢谢分享", "utf-8"), ("👍🏽", "utf-8"), ("谢谢", "gbk"),
        ("表示", "cp932"),
    ],
)  # fmt: skip
def test_what_ends_within_a_character_was_cut_off(
    tmp_path: Path, kind: str, text: str, encoding: str
) -> None:
    data = LINES[kind].format(text).encode(encoding)
    begins = data.index(text.encode(encoding))
    options = {} if encoding == "utf-8" else {"encoding": encoding}
    for size in range(begins + 1, begins + len(text.encode(encoding))):
        opened = reading.source(tmp_path / "x", data[:size], **options)
        with pytest.raises(Unreadable, match=r"^line 3: .* was cut off"):
            list(FORMATS[kind.split()[0]].read(opened))
    whole = [f for f in reading.found(tmp_path / "x", data, **options)[1] if isinstance(f, Row)]
    assert [row.submission.content for row in whole] == ["fine", text]


@pytest.mark.parametrize("head", [b"{}\n", b"content,label\nfine,ham\n"])
def test_another_encoding_at_the_end_of_a_file_is_no_cut(tmp_path: Path, head: bytes) -> None:
    for last in (b"caf\xe9\n", b"caf\xff", b"caf\xe9 noir"):
        _, found = reading.found(tmp_path / "x", head + last)
        assert "is no UTF-8" in reading.rejects(found)[-1][1]


@pytest.mark.parametrize(
    "data",
    [
        b'{"content": "fine", "label": "ham"}\n[1]',
        b"content,label\nfine,ham\n,ham",
        b"content,label\nfine,ham\nbetter,ham",
        b"content,label\nfine,ham\none,two,three",
    ],
)
def test_a_last_line_that_is_whole_needs_no_end(tmp_path: Path, data: bytes) -> None:
    _, found = reading.found(tmp_path / "x", data)
    assert "fine" in [f.submission.content for f in found if isinstance(f, Row)]


def test_a_quote_without_an_end_names_all_lines_that_it_took(tmp_path: Path) -> None:
    rows = b"".join(b"%d,ham\n" % number for number in range(300_000))
    _, found = reading.found(tmp_path / "x", b'content,label\n"open,ham\n' + rows)
    rejects = [f for f in found if isinstance(f, Reject)]
    assert len(rejects) == 1
    assert rejects[0].place.startswith("lines 2 to ")
    last = int(rejects[0].place.rpartition(" ")[2])
    assert len(found) - 1 == 300_002 - last


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_commento_s_export_may_have_any_encoding(tmp_path: Path, encoding: str) -> None:
    data = json.dumps(EXPORT, ensure_ascii=False).encode(encoding)
    said = encoding if encoding == "latin-1" else ""
    _, found = reading.found(tmp_path / "x", data, encoding=said)
    assert [f.submission.content for f in found if isinstance(f, Row)] == ["Schöner Text"]


def test_lists_within_lists_take_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "x"
    begins = json.dumps(EXPORT)[:-2] + ', {"commentHex": "b", "markdown": '
    path.write_text(begins + "[" * 200_000)
    script = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "from pathlib import Path\n"
        "from tests.moderation.history.reading import refused\n"
        "print(refused(Path(sys.argv[1]), Path(sys.argv[1]).read_bytes()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "after comment 1: lists or objects are nested too deeply\n", done.stderr


def test_a_number_without_measure_is_no_text(tmp_path: Path) -> None:
    folder = tmp_path / "comments"
    folder.mkdir()
    (folder / "a.yml").write_text("message: 0x" + "f" * 5000)
    (folder / "b.yml").write_text("message: fine\n_id: 0x" + "f" * 5000)
    _, found = reading.found(folder)
    assert [type(f) for f in found] == [Reject, Row]


WXR = (
    '\n<?xml version="1.0" encoding="{}"?>\n'
    '<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><item><wp:comment>'
    "<wp:comment_content>{}\x08</wp:comment_content><wp:comment_approved>1</wp:comment_approved>"
    "</wp:comment></item></channel></rss>"
)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb2312", "中文评论"), ("Shift_JIS", "表示のコメント"), ("EUC-KR", "한국어"),
        ("Big5", "中文"), ("windows-1252", "40 € – gut"), ("ISO-8859-1", "schön"),
    ],
)  # fmt: skip
def test_xml_is_read_in_the_encoding_that_it_names(
    tmp_path: Path, encoding: str, text: str
) -> None:
    data = WXR.format(encoding, text).encode(encoding)
    for options in ({}, {"encoding": encoding}):
        _, found = reading.found(tmp_path / "x", data, **options)
        assert [f.submission.content for f in found if isinstance(f, Row)] == [text]


def test_xml_that_is_not_in_the_encoding_that_it_names_is_refused(tmp_path: Path) -> None:
    data = WXR.format("gb2312", "\xff\xff").encode("latin-1")
    assert "is no GB2312" in refused(tmp_path / "x", data)


@pytest.mark.parametrize("declared", ["GBK", "Shift_JIS", "windows-1252", "utf-8", "klingon"])
@pytest.mark.parametrize(
    ("mark", "encoding", "said"),
    [
        (b"", "utf-8", "utf-8"), (b"", "utf-8", "UTF8"), (b"", "euc-kr", "euc-kr"),
        (codecs.BOM_UTF8, "utf-8", "utf-8"), (codecs.BOM_UTF8, "utf-8", ""),
        (codecs.BOM_UTF16_LE, "utf-16-le", ""),
        # The mark of a program that wrote something else behind it.
        (codecs.BOM_UTF8, "euc-kr", "euc-kr"),
    ],
)  # fmt: skip
def test_what_is_said_wins_over_a_mark_and_a_mark_over_what_xml_declares(
    tmp_path: Path, declared: str, mark: bytes, encoding: str, said: str
) -> None:
    data = mark + WXR.lstrip().format(declared, "한국어").encode(encoding)
    _, found = reading.found(tmp_path / "x", data, encoding=said)
    assert [f.submission.content for f in found if isinstance(f, Row)] == ["한국어"]
