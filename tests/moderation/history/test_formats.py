"""Each format: what it is told by, whose word becomes which label, what is left out and why."""

from __future__ import annotations

import gzip
import json
import sqlite3
from pathlib import Path

import pytest

from moderation.history.rows import Article, Unreadable
from tests import histories
from tests.moderation.history.reading import found, rejects, rows


@pytest.mark.parametrize("kind", histories.WRITERS)
@pytest.mark.parametrize("packed", [False, True])
def test_generated_histories_are_told_and_read_packed_or_not(
    tmp_path: Path, kind: str, packed: bool
) -> None:
    path = histories.write(kind, tmp_path / "history", 120)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    name, items = found(path)
    assert name == kind
    read = rows(items)
    assert len(read) == 120 and rejects(items) == []
    prefix = "disqus" if kind == "disqus" else "wordpress"
    for made in histories.comments(120):
        row = read[f"{prefix}:{made.number}"]
        assert row.label == (None if made.waits else "spam" if made.is_spam else "ham")
        assert row.decided_ms == made.time.timestamp() * 1000
        assert made.text in row.submission.content
        assert row.submission.author.name == made.name
        assert row.submission.author.ip == "192.0.2.7"
        assert row.submission.created_at == made.time


def test_disqus_tells_spam_from_what_was_only_deleted(tmp_path: Path) -> None:
    post = (
        '<post dsq:id="{}"><message>{}</message><createdAt>2012-01-01T00:00:00Z</createdAt>'
        "<isDeleted>{}</isDeleted><isSpam>{}</isSpam><author><name>A</name></author>"
        '<thread dsq:id="7"/><parent dsq:id="1"/></post>\n'
    )
    text = (
        '<disqus xmlns:dsq="http://disqus.com/disqus-internals">\n'
        '<thread dsq:id="7"><link>http://b.example/a</link><title>T</title></thread>\n'
        + post.format(1, "good", "false", "false")
        + post.format(2, "spam", "true", "true")
        + post.format(3, "removed", "true", "false")
        + post.format(4, "", "true", "false")
        + "</disqus>"
    )
    _, items = found(tmp_path / "x.xml", text)
    labels = {name: row.label for name, row in rows(items).items()}
    assert labels == {"disqus:1": "ham", "disqus:2": "spam", "disqus:3": None}
    row = rows(items)["disqus:2"]
    assert (row.article, row.submission.parent_id) == ("7", "disqus:1")
    assert rejects(items) == [("line 6", "the comment was deleted")]


def test_isso_s_database_is_read_with_its_pages(tmp_path: Path) -> None:
    path = tmp_path / "comments.db"
    with sqlite3.connect(path) as database:
        database.executescript(
            "CREATE TABLE threads (id INTEGER PRIMARY KEY, uri, title);"
            "CREATE TABLE comments (tid, id INTEGER PRIMARY KEY, parent, created FLOAT, modified,"
            " mode INTEGER, remote_addr, text, author, email, website, likes, dislikes, voters);"
            "INSERT INTO threads VALUES (1, '/a/', 'A');"
            "INSERT INTO comments (tid, id, parent, created, mode, remote_addr, text, author)"
            " VALUES (1, 1, NULL, 1500000000.5, 1, '192.0.2.0', 'Good', 'Ann'),"
            " (1, 2, 1, 1500000001.0, 2, '192.0.2.0', 'Waits', 'Bob'),"
            " (1, 3, NULL, 1500000002.0, 4, '192.0.2.0', '', NULL);"
        )
    database.close()
    name, items = found(path)
    assert name == "isso"
    read = rows(items)
    assert {n: r.label for n, r in read.items()} == {"isso:1": "ham", "isso:2": None}
    assert read["isso:1"].decided_ms == 1500000000500
    assert read["isso:2"].submission.parent_id == "isso:1"
    assert Article("1", "/a/", "A") in items
    assert rejects(items) == [("comment 3", "the comment was deleted")]


def test_remark42_s_backup_is_read_line_by_line(tmp_path: Path) -> None:
    comment = {
        "id": "c1", "pid": "", "text": "<p>Hi</p>", "orig": "Hi", "time": "2020-02-02T02:02:02Z",
        "user": {"name": "Ann", "id": "github_1", "ip": "hash"},
        "locator": {"site": "s", "url": "http://b.example/a"},
    }  # fmt: skip
    lines = [
        {"version": 1, "users": [], "posts": []},
        comment,
        {**comment, "id": "c2", "pid": "c1", "user": {"name": "B", "block": True}},
        {**comment, "id": "c3", "text": "", "orig": "", "delete": True},
    ]
    text = "\n".join(json.dumps(line, separators=(",", ":")) for line in lines)
    name, items = found(tmp_path / "backup.gz", gzip.compress(text.encode()))
    assert name == "remark42"
    read = rows(items)
    assert {n: r.label for n, r in read.items()} == {"remark42:c1": "ham", "remark42:c2": None}
    assert read["remark42:c1"].submission.permalink == "http://b.example/a"
    assert read["remark42:c1"].submission.author.ip == ""
    assert rejects(items) == [("line 4", "the comment was deleted")]


def test_commento_s_export_is_read_with_who_wrote(tmp_path: Path) -> None:
    comment = {
        "commentHex": "a", "domain": "b.example", "url": "/a", "commenterHex": "p", "parentHex":
        "root", "markdown": "Hi", "html": "<p>Hi</p>", "creationDate": "2020-02-02T02:02:02Z",
        "state": "approved", "deleted": False,
    }  # fmt: skip
    export = {
        "version": 1,
        "comments": [
            comment,
            {**comment, "commentHex": "b", "parentHex": "a", "state": "flagged"},
            {**comment, "commentHex": "c", "state": "unapproved"},
            {**comment, "commentHex": "d", "deleted": True, "markdown": "[deleted]"},
        ],
        "commenters": [
            {"commenterHex": "p", "email": "p@mail.example", "name": "Pat", "link": "x"}
        ],
    }
    name, items = found(tmp_path / "x.json", gzip.compress(json.dumps(export).encode()))
    assert name == "commento"
    read = rows(items)
    labels = {name: row.label for name, row in read.items()}
    assert labels == {"commento:a": "ham", "commento:b": "spam", "commento:c": None}
    author = read["commento:b"].submission.author
    assert (author.name, author.email, author.url) == ("Pat", "p@mail.example", "x")
    assert read["commento:b"].submission.parent_id == "commento:a"
    assert rejects(items) == [("comment 4", "the comment was deleted")]


def test_comentario_s_export_is_read_as_well(tmp_path: Path) -> None:
    comment = {
        "id": "a", "pageId": "g", "markdown": "Hi", "userCreated": "p", "isApproved": True,
        "isPending": False, "isDeleted": False, "createdTime": "2022-01-01T00:00:00Z",
        "moderatedTime": "2022-01-02T00:00:00Z",
    }  # fmt: skip
    export = {
        "version": 3,
        "pages": [{"id": "g", "path": "/page"}],
        "commenters": [{"id": "p", "name": "Pat", "email": "p@mail.example"}],
        "comments": [
            comment,
            {**comment, "id": "b", "isApproved": False},
            {**comment, "id": "c", "isApproved": False, "isPending": True},
        ],
    }
    name, items = found(tmp_path / "x.json", json.dumps(export, indent=1))
    assert name == "commento"
    read = rows(items)
    labels = {name: row.label for name, row in read.items()}
    assert labels == {"commento:a": "ham", "commento:b": "spam", "commento:c": None}
    assert read["commento:a"].decided_ms == 1641081600000
    assert read["commento:a"].submission.permalink == "/page"


def test_discourse_s_review_queue_is_read_by_what_is_reviewed(tmp_path: Path) -> None:
    text = (
        "id,type,status,raw,username,created_at,updated_at\n"
        "1,ReviewableQueuedPost,1,Good post,ann,2020-01-01 00:00:00 UTC,2020-01-02 00:00:00 UTC\n"
        "2,ReviewableQueuedPost,2,Bad post,bob,2020-01-01 00:00:00 UTC,2020-01-02 00:00:00 UTC\n"
        "3,ReviewableFlaggedPost,1,Flagged rightly,bob,2020-01-01 00:00:00 UTC,\n"
        "4,ReviewableFlaggedPost,2,Flagged wrongly,eve,2020-01-01 00:00:00 UTC,\n"
        "5,ReviewableFlaggedPost,3,Ignored,eve,2020-01-01 00:00:00 UTC,\n"
        "6,ReviewableUser,1,A person,eve,2020-01-01 00:00:00 UTC,\n"
    )
    name, items = found(tmp_path / "x.csv", text)
    assert name == "discourse"
    labels = {n.rpartition(":")[2]: row.label for n, row in rows(items).items()}
    assert labels == {"1": "ham", "2": "spam", "3": "spam", "4": "ham", "5": None, "6": None}
    first = rows(items)["discourse:ReviewableQueuedPost:1"]
    assert first.decided_ms == 1577923200000
    archive = "id,verdict,category_id,topic_id,post_raw,other_json\n7,rejected,1,2,Bad,{}\n"
    name, items = found(tmp_path / "y.csv", archive)
    assert name == "discourse" and next(iter(rows(items).values())).label == "spam"


def test_staticman_s_folders_are_read_by_where_a_file_lies(tmp_path: Path) -> None:
    folder = tmp_path / "comments"
    for place, text in {
        "post-1/entry1.yml": "_id: a\nname: Ann\nemail: 0cc175b9c0f1b6a831c399e269772661\n"
        "message: 'Hi there'\ndate: 1500000000\n",
        "post-1/entry2.json": json.dumps({"_id": "b", "message": "Two", "date": "2020-01-01"}),
        "removed/entry3.yaml": "_id: c\nmessage: Buy now\ndate: 2020-01-01T00:00:00Z\n",
        "pending/entry4.yml": "_id: d\nmessage: Waits\n",
        "post-1/entry5.yml": "message: [broken\n",
        "post-1/readme.md": "no comment",
    }.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    name, items = found(folder)
    assert name == "staticman"
    read = rows(items)
    assert {n.rpartition(":")[2]: r.label for n, r in read.items()} == {
        "a": "ham", "b": "ham", "c": "spam", "d": None,
    }  # fmt: skip
    first = read["staticman:a"]
    assert (first.decided_ms, first.place) == (1500000000000, "file post-1/entry1.yml")
    author = first.submission.author
    assert (author.email, author.id) == ("", "0cc175b9c0f1b6a831c399e269772661")
    assert rejects(items) == [("file post-1/entry5.yml", "this is no object of YAML or JSON")]


def test_csv_is_read_by_the_names_in_its_first_line(tmp_path: Path) -> None:
    text = (
        "COMMENT_ID;AUTHOR;DATE;CONTENT;CLASS\n"
        'z1;Julius;2013-11-07T06:20:48;"Huh, anyway; check\nthis ""out""";1\n'
        "z2;Adam;2013-11-07T12:37:15;Hey guys;0\n"
        "z3;Eve;2013-11-07T12:37:15;One more;2\n"
        "z4;Eve;too few\n"
    )
    name, items = found(tmp_path / "x.csv", text)
    assert name == "csv"
    read = rows(items)
    assert {n: r.label for n, r in read.items()} == {"z1": "spam", "z2": "ham"}
    assert read["z1"].submission.content == 'Huh, anyway; check\nthis "out"'
    assert read["z1"].decided_ms == 1383805248000
    assert rejects(items) == [
        ("line 5", "its label is none of spam, ham, 1, 0, true, false, approved"),
        ("line 6", "it has 3 columns, the first line 5"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_text_in_other_encodings_is_read_by_its_mark_or_as_it_is_said(
    tmp_path: Path, encoding: str
) -> None:
    text = "id,content,label\n1,Grüße aus Köln,ham\n"
    given = "latin-1" if encoding == "latin-1" else ""
    name, items = found(tmp_path / "x.csv", text.encode(encoding), encoding=given)
    assert (name, rows(items)["1"].submission.content) == ("csv", "Grüße aus Köln")


def test_lines_of_json_are_taken_as_the_api_takes_labels(tmp_path: Path) -> None:
    full = {
        "content": "Hi", "label": "ham", "labelled_at": "2020-01-02T00:00:00Z",
        "external_id": "e1", "author": {"name": "Ann", "email": "a@mail.example"},
        "permalink": "http://b.example/a", "context": ["T"], "form_ms": 900, "honeypot": "x",
        "created_at": "2020-01-01T00:00:00Z", "type": "comment", "language": "en",
    }  # fmt: skip
    classifier = {
        "text": "Yo",
        "author": "Bob",
        "label": 1,
        "date": "2020-01-01",
        "url": "http://x",
    }
    text = f"{json.dumps(full)}\n\n{json.dumps(classifier)}\n"
    name, items = found(tmp_path / "x.jsonl", text)
    assert name == "jsonl"
    row = rows(items)["e1"]
    assert (row.label, row.decided_ms) == ("ham", 1577923200000)
    sent = row.submission
    assert (sent.context, sent.form_ms, sent.honeypot) == (["T"], 900, "x")
    assert (sent.author.email, sent.permalink, sent.language) == (
        "a@mail.example", "http://b.example/a", "en",
    )  # fmt: skip
    (other,) = [r for n, r in rows(items).items() if n != "e1"]
    assert (other.label, other.submission.author.name, other.submission.author.url) == (
        "spam", "Bob", "http://x",
    )  # fmt: skip


def test_what_is_none_of_them_is_said_so(tmp_path: Path) -> None:
    for data in (b"just words\n", b"\x00\x01\x02" * 100, b"a,b\n1,2\n", b"<html></html>"):
        with pytest.raises(Unreadable, match="its format cannot be told"):
            found(tmp_path / "x", data)
    with pytest.raises(Unreadable, match="the file is empty"):
        found(tmp_path / "x", b"")


IMPOSTORS = (
    "<rss http://wordpress.org/export/1.2/",
    "<disqus",
    "\nINSERT INTO `wp_comments` VALUES (1);",
    '{"version":1,"users":[],"comments":[{"commentHex":1}]}',
    "SQLite format 3\0",
)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_a_comment_says_does_not_change_the_format(
    tmp_path: Path, kind: str, encoding: str
) -> None:
    texts = [text.replace("\0", "") for text in IMPOSTORS]
    if kind == "csv":
        quoted = ('"' + text.replace('"', '""') + '"' for text in texts)
        data = "content,label\n" + "".join(f"{text},spam\n" for text in quoted)
    else:
        data = "".join(json.dumps({"content": text, "label": "spam"}) + "\n" for text in texts)
    name, items = found(tmp_path / "x", data.encode(encoding))
    assert name == kind
    assert [row.submission.content for row in rows(items).values()] == texts


@pytest.mark.parametrize("kind", ["wxr", "disqus"])
def test_xml_is_told_and_read_in_utf_16_too(tmp_path: Path, kind: str) -> None:
    text = histories.write(kind, tmp_path / "whole", 20).read_text()
    name, items = found(tmp_path / "x", text.replace("Visitor", "Jürgen").encode("utf-16"))
    assert (name, len(rows(items))) == (kind, 20)
    names = {row.submission.author.name.split()[0] for row in rows(items).values()}
    assert names == {"Jürgen"}
