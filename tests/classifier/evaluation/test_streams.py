import random

from classifier.evaluation.generated import generated_rows
from classifier.evaluation.streams import by_date, by_group, load_sources, orders, without
from classifier.row import LabelledRow


def dated(*dates):
    return [LabelledRow(text=f"{i}", date=date) for i, date in enumerate(dates)]


def texts(rows):
    return "".join(row.text for row in rows)


def test_rows_come_oldest_first():
    assert texts(by_date(dated("2020-01-02", "2020-01-03", "2020-01-01"))) == "201"


def test_an_undated_row_stays_behind_its_older_neighbour():
    assert texts(by_date(dated("2020-01-02", "", "2020-01-03", "2020-01-01"))) == "3012"


def test_a_file_with_the_newest_first_is_turned_with_its_undated_rows():
    # File order is new to old, so row 1 (undated) came just after row 2.
    assert texts(by_date(dated("2020-01-03", "", "2020-01-02", "2020-01-01"))) == "3210"


def test_free_orders_are_shuffles_that_repeat():
    rows = dated(*[""] * 9)
    found = orders(rows, 5)
    assert len({texts(order) for order in found}) == 5
    assert all(sorted(texts(order)) == sorted(texts(rows)) for order in found)
    assert [texts(order) for order in orders(rows, 5)] == [texts(order) for order in found]


def test_dated_rows_have_one_order():
    assert len(orders(dated("2020-01-02", "2020-01-01"), 5)) == 1


def test_sources_are_read_by_name_and_left_out(tmp_path):
    (tmp_path / "b.jsonl").touch()
    (tmp_path / "a.jsonl.gz").touch()
    (tmp_path / "notes.txt").touch()

    def read(names):
        for name in names:
            assert not name.endswith(".txt")
            yield LabelledRow(text=name, source="" if "a.jsonl" in name else "named")

    sources = load_sources(tmp_path, read)
    assert set(sources) == {"a", "named"}
    assert [row.source for row in without(sources, ["a"])] == ["named"]


def test_groups_come_by_name():
    rows = [LabelledRow(text=name, group=name) for name in "bab"]
    assert {name: len(part) for name, part in by_group(rows).items()} == {"a": 1, "b": 2}


def test_generated_rows_repeat_and_have_the_length_asked_for():
    state = random.getstate()
    rows = generated_rows(500)
    assert rows == generated_rows(500)
    assert rows != generated_rows(500, seed=1)
    assert random.getstate() == state, "the global generator was touched"
    assert 180 < sum(len(row.text) for row in rows) / len(rows) < 240
    assert {row.label for row in rows} == {"spam", "ham"}
