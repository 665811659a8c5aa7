"""Dumps as the programs write them that people have: told whole from cut off, column by column."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.history import sqlstatements
from moderation.history.rows import Unreadable
from moderation.history.sqlstatements import Statements
from tests import histories
from tests.moderation.history.reading import found, refused, rejects, rows

COLUMNS = (
    "`comment_ID`, `comment_post_ID`, `comment_author`, `comment_author_email`, "
    "`comment_author_url`, `comment_author_IP`, `comment_date`, `comment_date_gmt`, "
    "`comment_content`, `comment_karma`, `comment_approved`, `comment_agent`, `comment_type`, "
    "`comment_parent`, `user_id`"
)
ROWS = [histories.sql_row(made) for made in histories.comments(6)]
SECOND = "-- the second half\n"


def inserts() -> str:
    """Return two statements with three comments each."""
    head = f"INSERT INTO `x9_comments` ({COLUMNS}) VALUES\n"
    first, second = (head + ",\n".join(some) + ";\n" for some in (ROWS[:3], ROWS[3:]))
    return first + SECOND + second


SAVED = "/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;\n"
GIVEN_BACK = "/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;\n"
PROGRAMS = {
    "phpMyAdmin": (
        "-- phpMyAdmin SQL Dump\n-- version 5.2.1\n\n"
        'SET SQL_MODE = "NO_AUTO_VALUE_ON_ZERO";\nSTART TRANSACTION;\n' + SAVED,
        "ALTER TABLE `x9_comments`\n  ADD PRIMARY KEY (`comment_ID`);\nCOMMIT;\n\n" + GIVEN_BACK,
    ),
    "phpMyAdmin without character sets": (
        "-- phpMyAdmin SQL Dump\n\nSTART TRANSACTION;\n",
        "COMMIT;\n",
    ),
    "mysqldump --skip-comments": (
        SAVED + "/*!50503 SET NAMES utf8mb4 */;\nLOCK TABLES `x9_comments` WRITE;\n",
        "UNLOCK TABLES;\n" + GIVEN_BACK,
    ),
    "Adminer": (
        "-- Adminer 4.8.1 MySQL 8.0.30 dump\n\nSET NAMES utf8;\n",
        "\n-- 2026-01-05 10:11:12 UTC\n",
    ),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_dump_that_breaks_off_between_two_statements_is_no_whole_one(
    tmp_path: Path, program: str
) -> None:
    head, end = PROGRAMS[program]
    whole = head + inserts() + end
    name, items = found(tmp_path / "x", whole)
    assert (name, len(rows(items)), rejects(items)) == ("sql", 6, [])
    with pytest.raises(Unreadable, match="the dump was cut off: its last lines are missing"):
        found(tmp_path / "x", whole.partition(SECOND)[0])


def test_a_dump_with_nothing_around_its_rows_is_read(tmp_path: Path) -> None:
    name, items = found(tmp_path / "x", inserts())
    assert (name, len(rows(items))) == ("sql", 6)


CREATED = (
    "CREATE TABLE `x9_comments` (\n  `comment_ID` bigint(20) NOT NULL,\n"
    "  `key` decimal(8,3) DEFAULT NULL,\n"
    "  `comment_content` text NOT NULL COMMENT 'it''s; the (text), as sent',\n"
    "  `comment_approved` varchar(20) NOT NULL DEFAULT '1',\n  `photo` blob,\n"
    "  PRIMARY KEY (`comment_ID`),\n  KEY `some` (`comment_content`(10),`key`)\n) ENGINE=InnoDB;\n"
)


@pytest.mark.parametrize("create", [CREATED, CREATED.replace("\n", " ") + "\n"])
def test_columns_of_plugins_disturb_no_row(tmp_path: Path, create: str) -> None:
    insert = b"INSERT INTO `x9_comments` VALUES (1,NULL,'one','spam','\xff\xd8\xff'),"
    insert += b"(2,1.5,'two','1',_binary '\xff\\'\\0'),(3,2.000,'three','1',0xFFD8);\n"
    _, items = found(tmp_path / "x", create.encode() + insert)
    read = {number: (row.submission.content, row.label) for number, row in rows(items).items()}
    assert read == {
        "wordpress:1": ("one", "spam"),
        "wordpress:2": ("two", "ham"),
        "wordpress:3": ("three", "ham"),
    }
    assert rejects(items) == []


@pytest.mark.parametrize("value", ["0x6869", "x'6869'", "_binary 0x6869", "_utf8mb4 'hi'", "N'hi'"])
def test_a_text_may_be_written_in_hexadecimal_and_name_its_encoding(
    tmp_path: Path, value: str
) -> None:
    head = "INSERT INTO `x9_comments` (`comment_ID`,`comment_content`,`comment_approved`) VALUES "
    _, items = found(tmp_path / "x", f"{head}(1,{value},'1');\n")
    assert [row.submission.content for row in rows(items).values()] == ["hi"]


ROUTINES = """DELIMITER ;;
CREATE PROCEDURE `tidy`()
BEGIN
  -- don't count what isn't there
--
  -- it's
  SELECT 5-1 / 2; # it's
  /* can't; won't */ SELECT "a;b";
END ;;
DELIMITER ;
"""


@pytest.mark.parametrize("head", ["", "-- MySQL dump 10.13\n"])
def test_quotes_in_the_remarks_of_routines_are_none(tmp_path: Path, head: str) -> None:
    end = "-- Dump completed on 2026-01-01\n" if head else ""
    name, items = found(tmp_path / "x", head + ROUTINES + inserts() + end)
    assert (name, len(rows(items)), rejects(items)) == ("sql", 6, [])


@pytest.mark.parametrize("piece", [1, 2, 3, 5])
def test_remarks_may_be_parted_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(sqlstatements, "PIECE", piece)
    monkeypatch.setattr(sqlstatements, "HEAD_BYTES", 4000)
    data = (ROUTINES + inserts()).encode()
    pieces = (data[at : at + piece] for at in range(0, len(data), piece))
    lines = list(Statements(pieces, lambda table, columns: columns or None).rows())
    assert len(lines) == 6


def databases(*names: str, prefix: str = "x9_") -> str:
    """Return a dump of databases that each have a table of comments of one name."""
    parts = [
        f"\n--\n-- Current Database: `{name}`\n--\n\n"
        f"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `{name}`;\n\nUSE `{name}`;\n"
        + inserts().replace("`x9_", f"`{prefix}")
        for name in names
    ]
    return "-- MySQL dump 10.13\n" + "".join(parts) + "-- Dump completed on 2026-03-01\n"


@pytest.mark.parametrize("table", ["", "x9_comments"])
def test_comments_of_several_databases_are_never_taken_for_one_site(
    tmp_path: Path, table: str
) -> None:
    alone = rows(found(tmp_path / "x.sql", databases("blog"), table=table)[1])
    assert len(alone) == 6
    why = refused(tmp_path / "x.sql", databases("blog", "shop"), table=table)
    assert why == "the dump has comments of several databases: dump the one alone"


def test_a_dump_that_names_the_databases_in_its_statements_is_told_apart_as_well(
    tmp_path: Path,
) -> None:
    dump = "".join(
        inserts().replace("INTO `x9_comments`", f"INTO `{name}`.`x9_comments`")
        for name in ("blog", "shop")
    )
    assert "several databases" in refused(tmp_path / "x.sql", dump)
