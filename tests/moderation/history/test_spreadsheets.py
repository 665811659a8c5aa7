"""CSV as spreadsheets write it: their dates, and the line that only names the separator."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from moderation.history.formats import FORMATS
from moderation.history.rows import Row, Unreadable, time_at
from tests.moderation.history.reading import found, refused, rejects, rows, source


def sheet(*dates: str, head: str = "id;content;date;label") -> str:
    """Return a sheet with a comment at each of some dates."""
    lines = [f'{n};"Says; {n}";{date};ham' for n, date in enumerate(dates)]
    return "\r\n".join([head, *lines, ""])


def read(path: Path, text: str) -> list[Row]:
    name, items = found(path / "x.csv", text)
    assert (name, rejects(items)) == ("csv", [])
    return list(rows(items).values())


def times(path: Path, *dates: str) -> list[dt.datetime | None]:
    found_rows = read(path, sheet(*dates))
    return [None if r.decided_ms is None else time_at(r.decided_ms) for r in found_rows]


def at(*words: int) -> dt.datetime:
    return dt.datetime(*words, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("31.12.2009 14:05", at(2009, 12, 31, 14, 5)),
        ("1.2.2009", at(2009, 2, 1)),
        ("01.02.09 7:05:09", at(2009, 2, 1, 7, 5, 9)),
        ("2009/2/1 9:05", at(2009, 2, 1, 9, 5)),
        ("2009-2-1 9:05", at(2009, 2, 1, 9, 5)),
        ("40178.5", at(2009, 12, 31, 12)),
        ("40178,25", at(2009, 12, 31, 6)),
        ("40178", at(2009, 12, 31)),
    ],
)
def test_a_date_is_read_as_spreadsheets_write_it(
    tmp_path: Path, written: str, meant: dt.datetime
) -> None:
    assert times(tmp_path, written) == [meant]


def test_which_comes_first_of_day_and_month_is_known_by_the_dates_of_the_file(
    tmp_path: Path,
) -> None:
    american = times(tmp_path, "2/1/2009 2:05 PM", "2/13/2009 12:05 AM", "1/2/2010")
    assert american == [at(2009, 2, 1, 14, 5), at(2009, 2, 13, 0, 5), at(2010, 1, 2)]
    british = times(tmp_path, "02/01/2009 14:05", "13/02/2009, 14:05:06", "1-2-2010")
    assert british == [at(2009, 1, 2, 14, 5), at(2009, 2, 13, 14, 5, 6), at(2010, 2, 1)]


def test_a_time_that_cannot_be_read_is_told_and_never_guessed(tmp_path: Path) -> None:
    unclear = read(tmp_path, sheet("1/2/2009", "3/4/2009"))
    both = read(tmp_path, sheet("13/2/2009", "2/13/2009"))
    odd = read(tmp_path, sheet("last summer", "", "31.13.2009", "31.2.2009 25:61"))
    late = read(tmp_path, sheet("2199-01-01"))
    for row in (*unclear, *both, *(r for r in odd if r.place != "line 3"), *late):
        assert row.decided_ms is None
        assert row.note.startswith("its time cannot be read")
    assert odd[1].note == ""


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_line_that_only_names_the_separator_is_none_of_the_table(
    tmp_path: Path, mark: str
) -> None:
    text = f"{mark}sep=|\r\nid|content|date|label\r\n1|a;b;c;d;e|2009-01-02|spam\r\n"
    (row,) = read(tmp_path, text)
    assert (row.submission.content, row.label, row.place) == ("a;b;c;d;e", "spam", "line 3")


def test_a_sheet_without_a_column_of_texts_is_refused_and_told_what_it_is_called(
    tmp_path: Path,
) -> None:
    sheet_of_theirs = "Kommentar;Autor;Spam\r\nHallo;Ann;1\r\n"
    assert "a table needs a column called content" in refused(tmp_path / "x.csv", sheet_of_theirs)
    with pytest.raises(Unreadable, match="line 1: no column has the text: one called content"):
        list(FORMATS["csv"].read(source(tmp_path / "x.csv")))
    assert "a table" not in refused(tmp_path / "x.csv", "Just words.\n")
