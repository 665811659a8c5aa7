"""WordPress: its export and dumps of its database, with what Akismet noted of comments."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.history.rows import Article, Said, Unreadable
from tests import histories
from tests.moderation.history.reading import found, rejects, rows


def test_wxr_names_the_line_the_page_and_what_akismet_noted(tmp_path: Path) -> None:
    history = 'a:3:{s:4:"time";d:1600000000.5;s:5:"event";s:11:"report-spam";s:4:"user";s:3:"ann";}'
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
<item><title>A bench</title><link>http://blog.example/bench</link>
<wp:comment><wp:comment_id>4</wp:comment_id>
<wp:comment_author><![CDATA[Bob]]></wp:comment_author>
<wp:comment_date_gmt>2020-05-01 10:00:00</wp:comment_date_gmt>
<wp:comment_content><![CDATA[Buy <b>now</b> &amp; here]]></wp:comment_content>
<wp:comment_approved>spam</wp:comment_approved><wp:comment_type>trackback</wp:comment_type>
<wp:comment_parent>3</wp:comment_parent><wp:comment_user_id>0</wp:comment_user_id>
<wp:commentmeta><wp:meta_key>akismet_history</wp:meta_key>
<wp:meta_value><![CDATA[{history}]]></wp:meta_value></wp:commentmeta>
</wp:comment>
<wp:comment><wp:comment_id>5</wp:comment_id><wp:comment_content></wp:comment_content>
<wp:comment_approved>1</wp:comment_approved></wp:comment>
<wp:comment><wp:comment_id>6</wp:comment_id><wp:comment_content>gone</wp:comment_content>
<wp:comment_approved>trash</wp:comment_approved></wp:comment>
</item></channel></rss>"""
    name, items = found(tmp_path / "x.xml", text)
    assert name == "wxr"
    row = rows(items)["wordpress:4"]
    assert (row.place, row.label, row.decided_ms) == ("line 5", "spam", 1588327200000)
    assert row.submission.content == "Buy <b>now</b> &amp; here"
    assert (row.submission.type, row.submission.parent_id) == ("trackback", "wordpress:3")
    assert row.submission.author.id == ""
    (article,) = [item for item in items if isinstance(item, Article)]
    assert (article.name, article.permalink, article.title) == (
        row.article, "http://blog.example/bench", "A bench",
    )  # fmt: skip
    assert [item for item in items if isinstance(item, Said)] == [
        Said("wordpress:4", "spam", 1600000000500, "line 11")
    ]
    assert rejects(items) == [("line 14", "the comment has no text")]
    assert rows(items)["wordpress:6"].label is None, "what was thrown away was not called spam"


DUMP = (
    histories.SQL_HEAD.format("x_")
    + """INSERT INTO `x_comments` (`comment_ID`, `comment_content`, `comment_approved`,
  `comment_date_gmt`) VALUES
(1, 'It''s a \\'quoted\\' (text), with \\\\ and \\n;', 'spam', '2020-01-01 00:00:00'),
(2, NULL, '1', '0000-00-00 00:00:00'),
(3, _utf8mb4'INSERT INTO `x_comments` VALUES (9,1)', '1', '2020-01-02 00:00:00'),
(4, 0x48656c6c6f, '0', '2020-01-02 00:00:00'),
(5, 'too', 'few');
CREATE TABLE `x_commentmeta` (`meta_id` bigint, `comment_id` bigint);
INSERT INTO `x_commentmeta` (`meta_id`,`comment_id`,`meta_key`,`meta_value`) VALUES
(1,3,'akismet_history','a:3:{s:4:\\"time\\";i:1580000000;s:5:\\"event\\";s:10:\\"report-ham\\";}'),
(2,3,'akismet_history','a:3:{s:4:\\"time\\";i:1590000000;s:5:\\"event\\";s:10:\\"check-spam\\";}'),
(3,7,'_wp_trash_meta_status','spam'),(4,3,'rating','5');
INSERT INTO `x_posts` (`ID`,`post_title`,`guid`,`post_type`) VALUES (7,'A post','http://b.example/?p=7','post');
"""
    + histories.SQL_END
)


def test_a_dump_is_read_as_mysql_writes_it(tmp_path: Path) -> None:
    name, items = found(tmp_path / "dump.sql", DUMP)
    assert name == "sql"
    read = rows(items)
    assert read["wordpress:1"].submission.content == "It's a 'quoted' (text), with \\ and \n;"
    assert read["wordpress:1"].label == "spam"
    assert read["wordpress:3"].submission.content == "INSERT INTO `x_comments` VALUES (9,1)"
    assert read["wordpress:4"].submission.content == "Hello"
    assert read["wordpress:4"].label is None
    assert set(read) == {"wordpress:1", "wordpress:3", "wordpress:4"}
    assert [reason for _, reason in rejects(items)] == [
        "the comment has no text", "it has not the 4 columns of its table",
    ]  # fmt: skip
    assert [i for i in items if isinstance(i, Said)] == [
        Said("wordpress:3", "ham", 1580000000000, "line 33, row 1"),
        Said("wordpress:7", "spam", None, "line 35, row 3", settles=True),
    ]
    assert [i for i in items if isinstance(i, Article)] == [
        Article("7", "http://b.example/?p=7", "A post")
    ]


def test_a_dump_of_several_sites_is_read_for_the_one_that_is_named(tmp_path: Path) -> None:
    made = list(histories.comments(2))
    parts = [histories.SQL_HEAD.format(prefix) for prefix in ("wp_", "wp_2_")]
    text = "".join(
        f"{part}INSERT INTO `{prefix}comments` VALUES {histories.sql_row(row)};\n"
        for part, prefix, row in zip(parts, ("wp_", "wp_2_"), made, strict=True)
    )
    path = tmp_path / "dump.sql"
    with pytest.raises(Unreadable, match="--table wp_comments or wp_2_comments"):
        found(path, text + histories.SQL_END)
    for table, number in (("wp_comments", 1), ("wp_2_comments", 2)):
        assert set(rows(found(path, None, table=table)[1])) == {f"wordpress:{number}"}
