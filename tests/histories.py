"""Writes histories as other software exports them, of any size, the same each time."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO
from xml.sax.saxutils import escape

from msgspec import Struct

FIRST = dt.datetime(2016, 3, 1, 8, tzinfo=dt.UTC)
_GOOD = (
    "The {0} bench in {1} stands well after the winter, thanks for the plan.",
    "I tried {1} instead of oak and the {0} joint holds; it's lighter too.",
    "Does the {0} drawing fit a smaller {1} board? Mine is 20 cm.",
    "Your note about {1} saved my {0} weekend, greetings from Graz.",
)
_BAD = (
    "Cheap {0} watches and {1} bags at http://{0}-{1}.example/shop now!!!",
    "Earn ${0}00 a day from home, write to {1} on telegram",
    "best {0} casino bonus {1} http://win.{1}.example",
    "Hot {0} pills without prescription, order {1} today http://{0}.example",
)
_WORDS = ("garden", "corner", "kitchen", "folding", "larch", "beech", "walnut", "pine", "steel")


class Made(Struct, frozen=True):
    """One comment of a history that was made up."""

    number: int
    is_spam: bool
    waits: bool
    time: dt.datetime
    name: str
    text: str


def comments(count: int, faults: bool = False) -> Iterator[Made]:
    """Yield comments in the order of their numbers: a third spam, one in fifty waits.

    With `faults` one in five hundred has no text.
    """
    draw = random.Random(7)
    for number in range(1, count + 1):
        is_spam = number % 3 == 0
        words = draw.choice(_WORDS), draw.choice(_WORDS)
        text = draw.choice(_BAD if is_spam else _GOOD).format(*words)
        yield Made(
            number, is_spam, number % 50 == 0, FIRST + dt.timedelta(minutes=7 * number),
            f"Visitor {draw.randrange(5000)}",
            "" if faults and number % 500 == 0 else f"{text}\nNumber {number} isn't the last.",
        )  # fmt: skip


def _stamp(time: dt.datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")


def _wxr(file: TextIO, count: int, faults: bool) -> None:
    file.write(
        '<?xml version="1.0" encoding="UTF-8" ?>\n'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"\n'
        '  xmlns:wp="http://wordpress.org/export/1.2/">\n<channel>\n'
    )
    for number, made in enumerate(comments(count, faults)):
        if number % 100 == 0:
            file.write("</item>\n" if number else "")
            file.write(
                f"<item><title>Post {number}</title><link>http://blog.example/?p={number}</link>\n"
                f"<content:encoded><![CDATA[<p>Text of post {number}</p>]]></content:encoded>\n"
            )
        status = "0" if made.waits else "spam" if made.is_spam else "1"
        file.write(
            f"<wp:comment>\n<wp:comment_id>{made.number}</wp:comment_id>\n"
            f"<wp:comment_author><![CDATA[{made.name}]]></wp:comment_author>\n"
            "<wp:comment_author_email>a@mail.example</wp:comment_author_email>\n"
            "<wp:comment_author_IP>192.0.2.7</wp:comment_author_IP>\n"
            f"<wp:comment_date_gmt>{_stamp(made.time)}</wp:comment_date_gmt>\n"
            f"<wp:comment_content><![CDATA[{made.text}]]></wp:comment_content>\n"
            f"<wp:comment_approved>{status}</wp:comment_approved>\n"
            "<wp:comment_type></wp:comment_type>\n<wp:comment_parent>0</wp:comment_parent>\n"
            "</wp:comment>\n"
        )
    file.write("</item>\n</channel>\n</rss>\n")


def quoted(text: str) -> str:
    """Return a text as mysqldump writes it."""
    for sign, written in (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ('"', '\\"')):
        text = text.replace(sign, written)
    return f"'{text}'"


SQL_HEAD = """-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `{0}comments`;
CREATE TABLE `{0}comments` (
  `comment_ID` bigint unsigned NOT NULL AUTO_INCREMENT,
  `comment_post_ID` bigint unsigned NOT NULL DEFAULT '0',
  `comment_author` tinytext NOT NULL,
  `comment_author_email` varchar(100) NOT NULL DEFAULT '',
  `comment_author_url` varchar(200) NOT NULL DEFAULT '',
  `comment_author_IP` varchar(100) NOT NULL DEFAULT '',
  `comment_date` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `comment_date_gmt` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `comment_content` text NOT NULL,
  `comment_karma` int NOT NULL DEFAULT '0',
  `comment_approved` varchar(20) NOT NULL DEFAULT '1',
  `comment_agent` varchar(255) NOT NULL DEFAULT '',
  `comment_type` varchar(20) NOT NULL DEFAULT 'comment',
  `comment_parent` bigint unsigned NOT NULL DEFAULT '0',
  `user_id` bigint unsigned NOT NULL DEFAULT '0',
  PRIMARY KEY (`comment_ID`),
  KEY `comment_post_ID` (`comment_post_ID`)
) ENGINE=InnoDB;
LOCK TABLES `{0}comments` WRITE;
"""
SQL_END = "UNLOCK TABLES;\n-- Dump completed on 2026-03-01 10:00:00\n"


def sql_row(made: Made, status: str = "") -> str:
    """Return a comment as a row of `wp_comments`."""
    status = status or ("0" if made.waits else "spam" if made.is_spam else "1")
    time = quoted(_stamp(made.time))
    return (
        f"({made.number},7,{quoted(made.name)},'a@mail.example','','192.0.2.7',{time},{time},"
        f"{quoted(made.text)},0,'{status}','Mozilla/5.0 (X11; \\'x\\')','comment',0,0)"
    )


def _sql(file: TextIO, count: int, faults: bool) -> None:
    file.write(SQL_HEAD.format("blog_"))
    rows: list[str] = []
    for made in comments(count, faults):
        rows.append(sql_row(made))
        if len(rows) == 1000 or made.number == count:
            file.write(f"INSERT INTO `blog_comments` VALUES {','.join(rows)};\n")
            rows = []
    file.write(SQL_END)


def _disqus(file: TextIO, count: int, faults: bool) -> None:
    file.write(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">\n'
    )
    for number in range(0, count, 100):
        file.write(
            f'<thread dsq:id="{number + 1}">\n<id>post-{number}</id>\n'
            f"<link>http://blog.example/{number}/</link>\n<title>Post {number}</title>\n</thread>\n"
        )
    for made in comments(count, faults):
        thread = (made.number - 1) // 100 * 100 + 1
        file.write(
            f'<post dsq:id="{made.number}">\n<id/>\n'
            f"<message><![CDATA[{made.text and f'<p>{made.text}</p>'}]]></message>\n"
            f"<createdAt>{made.time:%Y-%m-%dT%H:%M:%SZ}</createdAt>\n"
            f"<isDeleted>{str(made.waits).lower()}</isDeleted>\n"
            f"<isSpam>{str(made.is_spam and not made.waits).lower()}</isSpam>\n"
            f"<author>\n<name>{escape(made.name)}</name>\n<isAnonymous>true</isAnonymous>\n</author>\n"
            f'<ipAddress>192.0.2.7</ipAddress>\n<thread dsq:id="{thread}"/>\n</post>\n'
        )
    file.write("</disqus>\n")


WRITERS: dict[str, Callable[[TextIO, int, bool], None]] = {
    "wxr": _wxr,
    "sql": _sql,
    "disqus": _disqus,
}


def write(kind: str, path: Path, count: int, faults: bool = False) -> Path:
    """Write a history of so many comments and return its path; `faults`: as in `comments`."""
    with path.open("w", encoding="utf-8") as file:
        WRITERS[kind](file, count, faults)
    return path
