"""Files that are broken, foreign or made to do harm: refused with a line, in bounded memory."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest

from moderation.history import elements, source, sqlstatements
from moderation.history.formats import FORMATS, detect
from moderation.history.rows import Found, Reject, Row, Unreadable
from moderation.history.source import Source
from tests import histories

NOW = int(time.time() * 1000)
ROOT = Path(__file__).parents[3]


def read(path: Path, data: bytes, name: str = "", **options: str) -> list[Found]:
    path.write_bytes(data)
    opened = Source(path, now_ms=NOW, **options)
    return list(FORMATS[name or detect(opened)].read(opened))


def refused(path: Path, data: bytes, name: str = "", **options: str) -> str:
    with pytest.raises(Unreadable) as error:
        read(path, data, name, **options)
    return str(error.value)


def history(tmp_path: Path, kind: str, count: int = 40) -> bytes:
    return histories.write(kind, tmp_path / "whole", count).read_bytes()


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = {
    "billion laughs": f'<!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]>',
    "a file of the machine": '<!DOCTYPE rss [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
    "an address": '<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/x.dtd">',
}


@pytest.mark.parametrize("kind", BOMBS)
def test_xml_that_declares_anything_is_refused(tmp_path: Path, kind: str) -> None:
    text = history(tmp_path, "wxr").decode().replace("<rss", BOMBS[kind] + "\n<rss", 1)
    text = text.replace("Visitor", "&l9;Visitor")
    why = refused(tmp_path / "x", text.encode())
    assert why == "line 2: it declares a document type or entities, which no export has"


def test_a_cut_off_wxr_names_the_line_at_which_it_ends(tmp_path: Path) -> None:
    whole = history(tmp_path, "wxr")
    for share in (0.3, 0.5, 0.9):
        part = whole[: int(len(whole) * share)]
        line = part.count(b"\n") + 1
        assert refused(tmp_path / "x", part) == (
            f"line {line}: the file ends in the middle: it was cut off"
        )


def test_two_roots_are_refused_at_the_line_of_the_second(tmp_path: Path) -> None:
    whole = history(tmp_path, "wxr")
    line = whole.count(b"\n") + 1
    why = refused(tmp_path / "x", whole + whole.partition(b"\n")[2])
    assert why == f"line {line}: a second root begins here: two files in one"


def test_xml_in_another_encoding_than_it_says_is_refused_and_read_when_that_is_said(
    tmp_path: Path,
) -> None:
    text = history(tmp_path, "wxr").decode().replace("Visitor 3", "Jürgen 3")
    data = text.encode("latin-1")
    assert "in another encoding than the file says" in refused(tmp_path / "x", data)
    assert refused(tmp_path / "x", data).startswith("line ")
    found = read(tmp_path / "x", data, encoding="latin-1")
    names = {item.submission.author.name for item in found if isinstance(item, Row)}
    assert any(name.startswith("Jürgen") for name in names)


def test_control_characters_that_wordpress_writes_do_no_harm(tmp_path: Path) -> None:
    data = history(tmp_path, "wxr").replace(b"Number 7 ", b"Number\x08 7 \x1b[31m")
    rows = [item for item in read(tmp_path / "x", data) if isinstance(item, Row)]
    assert len(rows) == 40


def test_xml_with_another_root_is_another_kind(tmp_path: Path) -> None:
    why = refused(tmp_path / "x", b"<opml><body/></opml>", "wxr")
    assert why == "line 1: its root is not <rss>: this is another kind of XML"


def test_deep_xml_and_endless_tags_are_refused(tmp_path: Path) -> None:
    deep = b"<rss>" + b"<a>" * 100_000
    assert "nested too deeply" in refused(tmp_path / "x", deep, "wxr")
    endless = b"<rss><item x='" + b"y" * (elements.TAG_BYTES + (2 << 20))
    assert "a tag is longer than" in refused(tmp_path / "x", endless, "wxr")


def test_a_dump_without_comments_of_wordpress_says_what_is_missing(tmp_path: Path) -> None:
    tables = (
        b"CREATE TABLE `users` (\n  `id` int\n);\nINSERT INTO `users` VALUES (1),(2);\n",
        b"CREATE TABLE `forum_comments` (\n  `id` int,\n  `body` text\n);\n"
        b"INSERT INTO `forum_comments` VALUES (1,'x');\n",
        b"INSERT INTO `forum_comments` (`id`, `body`) VALUES (1,'x');\n",
    )
    for data in tables:
        assert "there is no table of WordPress's comments" in refused(tmp_path / "x", data)


@pytest.mark.parametrize("share", [0.4, 0.7, 0.99])
def test_a_cut_off_dump_is_refused_with_its_line(tmp_path: Path, share: float) -> None:
    whole = history(tmp_path, "sql")
    why = refused(tmp_path / "x", whole[: int(len(whole) * share)], "sql")
    assert why.startswith("line ") and "cut off" in why


def test_a_dump_cut_off_between_two_statements_is_told_by_its_missing_end(tmp_path: Path) -> None:
    whole = history(tmp_path, "sql")
    part = whole[: whole.index(b"UNLOCK TABLES")]
    assert "its last lines are missing" in refused(tmp_path / "x", part)


def test_statements_within_a_comment_are_text(tmp_path: Path) -> None:
    evil = "'); INSERT INTO `blog_comments` VALUES (99,'x'); -- "
    made = next(histories.comments(1))
    row = histories.sql_row(histories.Made(1, False, False, made.time, evil, evil))
    data = histories.SQL_HEAD.format("blog_") + (
        f"INSERT INTO `other` VALUES ({histories.quoted(evil)});\n"
        f"INSERT INTO `blog_comments` VALUES {row};\n" + histories.SQL_END
    )
    (only,) = [item for item in read(tmp_path / "x", data.encode()) if isinstance(item, Row)]
    assert only.submission.content == evil


def wide(kind: str) -> bytes:
    million = 1_000_000
    if kind == "csv header":
        return b"content," + b"x," * million + b"label\nhi,ham\n"
    if kind == "csv row":
        return b"content,label\nhi,ham\n" + b"1," * million + b"2\nho,spam\n"
    head = histories.SQL_HEAD.format("wp_").encode()
    end = histories.SQL_END.encode()
    if kind == "sql row":
        return head + b"INSERT INTO `wp_comments` VALUES (" + b"1," * million + b"2);\n" + end
    names = b",".join(b"`c%d`" % n for n in range(million))
    if kind == "sql insert":
        return b"INSERT INTO `wp_comments` (" + names + b") VALUES (1,2);\n"
    columns = b",\n".join(b"  `c%d` int" % n for n in range(million))
    insert = b"INSERT INTO `wp_comments` VALUES (1,2);\n"
    return b"CREATE TABLE `wp_comments` (\n" + columns + b"\n);\n" + insert


WIDE = {
    "csv header": "line 1: it has more than 1,000 columns",
    "csv row": "it has 1,000,001 columns",
    "sql row": "it has not the 15 columns of its table",
    "sql insert": "there is no table of WordPress's comments",
    "sql create": "there is no table of WordPress's comments",
}


@pytest.mark.parametrize("kind", WIDE)
def test_a_million_columns_are_refused(tmp_path: Path, kind: str) -> None:
    name = "csv" if kind.startswith("csv") else "sql"
    data = wide(kind)
    if kind in ("csv row", "sql row"):
        found = read(tmp_path / "x", data, name)
        assert WIDE[kind] in [item.reason for item in found if isinstance(item, Reject)]
        assert kind == "sql row" or len([i for i in found if isinstance(i, Row)]) == 2
    else:
        assert WIDE[kind] in refused(tmp_path / "x", data, name)


def test_a_million_columns_are_named_where_the_format_is_to_be_found_out(tmp_path: Path) -> None:
    assert refused(tmp_path / "x", wide("csv header")) == (
        "its format cannot be told: its first line has more than 1,000 columns"
    )


def test_text_in_another_encoding_is_rejected_by_line(tmp_path: Path) -> None:
    data = b"content,label\nfine,ham\nGr\xfc\xdfe,ham\nagain,spam\n"
    found = read(tmp_path / "x", data)
    assert [i.place for i in found if isinstance(i, Reject)] == ["line 3"]
    assert "--encoding latin-1" in next(i.reason for i in found if isinstance(i, Reject))
    assert len([i for i in found if isinstance(i, Row)]) == 2
    dump = history(tmp_path, "sql").replace(b"Visitor 3", b"J\xfcrgen 3")
    rejected = [i for i in read(tmp_path / "x", dump) if isinstance(i, Reject)]
    assert rejected and all("--encoding latin-1" in item.reason for item in rejected)


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    assert "no such encoding" in refused(tmp_path / "x", b"{}", encoding="klingon")


def test_a_damaged_packed_file_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(history(tmp_path, "wxr", 400))
    for data in (packed[: len(packed) // 2], packed[:500] + b"XXXX" + packed[504:]):
        why = refused(tmp_path / "x", data, "wxr")
        assert why == "the packed file is cut off or damaged"


def test_quotes_that_never_close_cost_their_own_row(tmp_path: Path) -> None:
    rest = b'broken,"' + b"x" * 3_000_000 + b"\n" + b"fine,ham\n" * 3
    found = read(tmp_path / "x", b"content,label\n" + rest)
    assert any(isinstance(item, Reject) for item in found)


def test_json_that_is_nested_or_long_beyond_measure_is_rejected(tmp_path: Path) -> None:
    lines = (
        b'{"content": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"content": "' + b"x" * (source.LINE_BYTES + 10) + b'"}',
        b'{"content": "fine", "label": "ham"}',
        b'{"content": "\\ud800 lone", "label": "ham"}',
        b'{"content": "\\u0000 nothing \\u0000", "label": "ham"}',
        b"[1, 2]",
        b"7",
    )
    found = read(tmp_path / "x", b"\n".join(lines), "jsonl")
    kept = [item.submission.content for item in found if isinstance(item, Row)]
    assert kept == ["fine", " nothing "]
    assert [i.place for i in found if isinstance(i, Reject)] == [
        "line 1", "line 2", "line 4", "line 6", "line 7",
    ]  # fmt: skip


def test_a_yaml_bomb_is_no_comment(tmp_path: Path) -> None:
    folder = tmp_path / "comments"
    folder.mkdir()
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    lines += [f"{b}: &{b} [*{a},*{a},*{a},*{a},*{a},*{a}]" for a, b in zip("abcdefgh", "bcdefghi")]  # noqa: B905
    (folder / "bomb.yml").write_text("\n".join([*lines, "message: *i"]))
    (folder / "object.yml").write_text("!!python/object/apply:os.system ['true']")
    (folder / "link.yml").symlink_to("/etc/passwd")
    opened = Source(folder, now_ms=NOW)
    found = list(FORMATS[detect(opened)].read(opened))
    assert {type(item) for item in found} == {Reject} and len(found) == 2


def test_a_database_whose_tables_are_views_is_refused(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "x.db"
    with sqlite3.connect(path) as database:
        database.executescript(
            "CREATE TABLE t (x); CREATE VIEW comments AS SELECT * FROM t;"
            "CREATE VIEW threads AS SELECT * FROM t;"
        )
    database.close()
    with pytest.raises(Unreadable, match="not Isso's"):
        list(FORMATS["isso"].read(Source(path, now_ms=NOW)))
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(Unreadable):
        list(FORMATS["isso"].read(Source(path, now_ms=NOW)))


def test_times_that_cannot_be_are_left_out(tmp_path: Path) -> None:
    dates = (
        "0000-00-00",
        "9999-12-31T23:59:59Z",
        "-5",
        "1e400",
        "1970-01-01",
        "tomorrow",
        "1" * 99,
    )
    text = "content,label,date\n" + "".join(f"text {d},ham,{d}\n" for d in dates)
    rows = [item for item in read(tmp_path / "x", text.encode()) if isinstance(item, Row)]
    assert [row.decided_ms for row in rows] == [None] * len(dates)


def test_a_row_is_not_read_beyond_its_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlstatements, "ROW_BYTES", 1 << 20)
    head = histories.SQL_HEAD.format("wp_").encode()
    for table in (b"wp_comments", b"other"):
        data = head + b"INSERT INTO `" + table + b"` VALUES (1,'" + b"x" * (6 << 20)
        assert "a row is longer than" in refused(tmp_path / "x", data, "sql")
