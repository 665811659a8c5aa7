"""The audit log: filtered, paged, and exported as what no spreadsheet executes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from moderation.console.audit import harmless
from moderation.domain.people import Act
from moderation.store import Store, people
from tests.moderation.console.conftest import Browser

FORMULA = '=HYPERLINK("https://evil.example","x")'


@pytest.fixture
def boss(person: Callable[..., Browser]) -> Browser:
    return person("boss", "administrator", ())


def test_the_log_is_exported_without_formulas(boss: Browser, store: Store) -> None:
    for n in range(1500):
        people.note(store, Act(1_790_000_000_000 + n, FORMULA, "log_in", "192.0.2.1"))
    answer = boss.get("/console/audit/export")
    assert answer.mimetype == "text/csv"
    head, *rows = csv.reader(io.StringIO(answer.text))
    assert head == ["at", "who", "what", "site", "about", "address", "note"]
    assert len(rows) == 1501, "those, and the log-in of who exports"
    assert {row[1] for row in rows} == {"'" + FORMULA, "boss"}
    only = boss.get("/console/audit/export?who=boss&what=log_in").text
    assert len(only.splitlines()) == 2


@pytest.mark.parametrize(
    "field",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "＝1", '"=1"', "\ufe66" + "1",
        "\u207c1", "\u200f=1", "\ufeff=1",
    ],
)  # fmt: skip
def test_what_begins_like_a_formula_is_text(field: str) -> None:
    assert harmless(field).startswith("'")
    assert harmless(field).isprintable()


@pytest.mark.parametrize("field", ["x;=1+1", 'x;"=1', "x; +1", "x|=cmd", "x,@SUM(A1)", 'x,"" -1'])
def test_what_begins_like_a_formula_behind_another_separator_is_text(field: str) -> None:
    # Where the decimal sign is a comma, spreadsheets part cells by semicolons.
    text = io.StringIO()
    csv.writer(text).writerow([harmless(field), "end"])
    for separator in ";,|":
        cells = text.getvalue().strip().replace('"', "").split(separator)
        assert [cell for cell in cells if cell.strip()[:1] in tuple("=+-@")] == []


def test_lines_and_signs_that_turn_the_text_leave_one_row_an_entry(
    boss: Browser, store: Store
) -> None:
    people.note(store, Act(1_790_000_000_000, "a\r\nb\x1b[2J", "log_in", "", "", "\u202egnp.exe"))
    text = boss.get("/console/audit/export?what=log_in").text
    rows = list(csv.reader(io.StringIO(text)))
    assert len(text.splitlines()) == len(rows) == 3
    assert rows[1][1] == "a  b [2J" and rows[1][4] == " gnp.exe"


def test_every_act_on_a_comment_says_from_where(ann: Browser, store: Store, hold) -> None:
    first, second = hold("one"), hold("two")
    ann.decide(first, "spam")
    now = {"etag": '"1-1"'}
    ann.post(f"/console/comments/{first.site}/{first.id}/undo", now)
    ann.post(f"/console/comments/{second.site}/{second.id}/escalate")
    acts = {act.what: act.address for _, act in people.acts(store, "", 10) if act.about}
    assert acts == dict.fromkeys(("spam", "undone", "escalated"), "127.0.0.1")


def test_who_was_given_which_role_stands_in_the_export(boss: Browser, store: Store) -> None:
    people.note(store, Act(1_790_000_000_000, "boss", "role_changed", "", "", "ann", "-x → y"))
    (row,) = list(
        csv.reader(io.StringIO(boss.get("/console/audit/export?what=role_changed").text))
    )[1:]
    assert row[4:] == ["ann", "", "'-x → y"]


def test_older_entries_are_a_page_away(boss: Browser, store: Store) -> None:
    for n in range(250):
        people.note(store, Act(1_790_000_000_000 + n, f"person {n}", "log_in"))
    page, seen = boss.get("/console/audit").text, 0
    while True:
        seen += page.count("<td>logged in")
        if "Older ones" not in page:
            break
        page = boss.get(
            page.partition('class="more"')[2].split('href="')[1].split('"')[0].replace("&amp;", "&")
        ).text
    assert seen == 251
