"""A blog's year and an imported history are counted as they were played."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from classifier import LabelledRow, Model
from classifier.evaluation.imported import imported_figures
from classifier.evaluation.year import KINDS, year_figures, year_picture
from tests.classifier.factories import some_rows

START = datetime(2021, 3, 1, tzinfo=UTC)


def stream(count: int, days: float, start: datetime = START) -> list[LabelledRow]:
    """Return comments of both kinds at even distances."""
    return [
        LabelledRow(
            text=row.text, author=row.author, url=row.url, label=label, id=f"{start:%Y}-{i}",
            date=f"{start + timedelta(days=i * days):%Y-%m-%dT%H:%M:%S}",
        )
        for i, (row, label) in enumerate(some_rows(count))
    ]  # fmt: skip


def test_the_busiest_year_is_counted_week_by_week() -> None:
    quiet, busy = stream(20, 20.0), stream(104, 3.5, datetime(2024, 6, 3, tzinfo=UTC))
    found = year_figures(Model.load(), [*quiet, *busy])
    assert (found["from"], found["comments"]) == ("2024-06-03", 104)
    assert [week["comments"] for week in found["weeks"]] == [2] * 52
    assert found["spam"] == sum(row.label == "spam" for row in busy)
    for kind in KINDS:
        total = sum(week[kind] for week in found["weeks"])
        assert found["per_1000"][kind] == 1000 * total / 104
    assert found["per_1000"]["asked"] > 0


def test_a_year_is_drawn_as_it_was_counted() -> None:
    found = year_figures(Model.load(), stream(104, 3.5))
    svg = year_picture({"a <blog>": found})
    texts = [node.text or "" for node in ElementTree.fromstring(svg).iter() if node.text]
    assert any(
        text.startswith("a <blog>, the year from 2021-03-01: 104 comments") for text in texts
    )
    bars = sum(1 for week in found["weeks"] for kind in KINDS if week[kind])
    assert svg.count("<rect") == bars + len(KINDS)


def test_an_imported_half_is_learned_and_only_the_second_half_is_judged() -> None:
    rows = stream(200, 1.0)
    turned = [
        LabelledRow(text=row.text, author=row.author, url=row.url, label=other, id=row.id)
        for row, other in zip(
            rows, ("ham" if row.label == "spam" else "spam" for row in rows), strict=True
        )
    ]
    found = imported_figures(Model.load(), rows)
    assert all(one["spam"] + one["ham"] == 100 for one in found.values())
    assert found["imported"]["spam_let_through"] <= found["nothing"]["spam_let_through"]
    contrary = imported_figures(Model.load(), [*turned[:100], *rows[100:]])
    assert contrary["nothing"] == found["nothing"]
    assert contrary["imported"]["spam_let_through"] > found["imported"]["spam_let_through"]
