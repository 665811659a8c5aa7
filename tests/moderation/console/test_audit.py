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
    assert head == ["at", "who", "what", "site", "about", "address"]
    assert len(rows) == 1501, "those, and the log-in of who exports"
    assert {row[1] for row in rows} == {"'" + FORMULA, "boss"}
    only = boss.get("/console/audit/export?who=boss&what=log_in").text
    assert len(only.splitlines()) == 2


@pytest.mark.parametrize("field", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "＝1"])
def test_what_begins_like_a_formula_is_text(field: str) -> None:
    assert harmless(field).startswith("'")
    assert harmless(field).isprintable()


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
