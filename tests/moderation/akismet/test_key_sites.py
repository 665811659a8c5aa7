"""The blogs of a key in a month, as JSON and as a table that a spreadsheet may open."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest

from tests.moderation.akismet.conftest import HAM, Client

MONTH = dt.datetime.now(dt.UTC).strftime("%Y-%m")


def several(client: Client) -> None:
    for name, times in (("a.example", 1), ("b.example", 3), ("c.example/x", 2)):
        for n in range(times):
            client.check(f"{HAM} {n}", blog=f"https://{name}")
    client.check("no", blog="https://a.example", honeypot_field_name="h", h="x")


def test_sites_of_a_key_as_json(client: Client) -> None:
    several(client)
    answer = client("1.2/key-sites").json
    assert (answer["limit"], answer["offset"], answer["total"]) == (500, 0, 3)
    assert [row["site"] for row in answer[MONTH]] == ["b.example", "a.example", "c.example/x"]
    assert answer[MONTH][1] == {
        "site": "a.example", "api_calls": "2", "spam": "1", "ham": "1", "missed_spam": "0",
        "false_positives": "0", "is_revoked": False,
    }  # fmt: skip
    page = client("1.2/key-sites", limit="1", offset="1", order="spam").json
    assert (len(page[MONTH]), page["offset"], page["total"]) == (1, 1, 3)
    assert client("1.2/key-sites", order="spam").json[MONTH][0]["site"] == "a.example"
    assert client("1.2/key-sites", filter="c.ex").json["total"] == 1
    assert client("1.2/key-sites", month="2020-01").json == {
        "2020-01": [], "limit": 500, "offset": 0, "total": 0,
    }  # fmt: skip


def test_sites_of_a_key_as_csv(client: Client) -> None:
    several(client)
    answer = client("1.2/key-sites", format="csv", limit="2")
    first, *rest = answer.text.splitlines()
    assert first == f"Active sites for {client.key} during {MONTH} (limit:2, offset: 0, total: 3)"
    rows = list(csv.reader(io.StringIO("\n".join(rest))))
    assert rows[0] == [
        "Site", "Total API Calls", "Spam", "Ham", "Missed Spam", "False Positives", "Is Revoked",
    ]  # fmt: skip
    assert rows[1:] == [
        ["b.example", "3", "0", "3", "0", "0", "false"],
        ["a.example", "2", "1", "1", "0", "0", "false"],
    ]
    assert answer.content_type == "text/csv; charset=utf-8"
    assert "b.example,3,0,3,0,0,false" in rest, "what is plain is not quoted"


@pytest.mark.parametrize(
    "blog",
    [
        "=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "＝1+1", "＋1", "－1", "＠a",
        "a.example;=1+1", 'a.example/"=1+1', "a.example,=1+1", "a.example/=1+1", "'=1+1",
        "https://=HYPERLINK(x)/y",
    ],
)  # fmt: skip
def test_no_cell_is_executed_by_a_spreadsheet(client: Client, blog: str) -> None:
    assert client.check(HAM, blog=blog).data == b"false"
    (name,) = client.blogs()
    text = client("1.2/key-sites", format="csv").text
    line = text.splitlines()[2]
    for separator in ",;\t":
        cells = next(csv.reader([line], delimiter=separator))
        assert not [cell for cell in cells if cell.strip().startswith(tuple("=+-@＝＋－＠"))]
    cells = next(csv.reader([line]))
    assert len(cells) == 7
    assert cells[0].removeprefix("'") == name.removeprefix("'")
    assert client("1.2/key-sites").json[MONTH][0]["site"] == name
