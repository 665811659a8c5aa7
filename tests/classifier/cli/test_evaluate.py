import json

import pytest

HOSTILE = "</td><script>alert(1)</script><img src=http://evil.example/x.png>&\"'"


@pytest.fixture
def evaluated(run, write, labelled, tmp_path):
    rows = labelled(160)
    for row in rows[::4]:
        row["source"] = HOSTILE
        row["lang"] = HOSTILE
    page = tmp_path / "page.html"
    ran = run("evaluate", write(rows), "--html", page, "--quiet")
    assert ran.status == 0
    return json.loads(ran.out), page.read_text(encoding="utf-8"), rows


def test_report_counts_every_row_once(evaluated):
    report, _, rows = evaluated
    spam = sum(row["label"] == "spam" for row in rows)
    for protocol in ("cold", "replay"):
        part = report[protocol]
        assert (part["rows"], part["spam"]) == (160, spam)
        for parts in part["slices"].values():
            assert sum(one["rows"] for one in parts.values()) == 160
        assert sum(part["statuses"]["spam"].values()) == spam
        assert sum(one["rows"] for one in part["calibration"]) == 160
    assert sum(one["rows"] for one in report["replay"]["learning_curve"]) == 160


def test_report_has_the_figures_of_the_field(evaluated):
    report, _, _ = evaluated
    part = report["replay"]
    assert part["auc"] > 0.9
    assert part["one_minus_auc_percent"] == pytest.approx(100 * (1 - part["auc"]))
    assert 0 <= part["brier"] <= 1
    assert 0 <= part["ece"] <= 1
    assert set(part["at_bands"]) == {"hold", "reject", "discard"}
    # Each source is a site with a learner of its own: 40 rows of one, 120 of the other.
    assert part["after_50_labels"]["rows"] == 70
    assert set(part["slices"]["link"]) == {"with link", "without link"}


def test_replay_figures_are_those_of_the_replay_command(run, write, labelled, tmp_path):
    from classifier.evaluation.counts import Counts
    from classifier.evaluation.metrics import roc_auc

    rows = labelled(200)
    path = write(rows)
    lines = run("replay", path, "--quiet").lines
    counts = Counts.of([line["score"] for line in lines], [r["label"] == "spam" for r in rows])
    report = tmp_path / "report.json"
    run("evaluate", path, "--json", report, "--html", tmp_path / "page.html", "--quiet")
    found = json.loads(report.read_text())["replay"]
    assert found["auc"] == pytest.approx(roc_auc(counts), abs=1e-12)
    for label in ("spam", "ham"):
        statuses = {"approved": 0, "held": 0, "spam": 0, "discard": 0}
        for line, row in zip(lines, rows, strict=True):
            if row["label"] == label:
                statuses["discard" if line["discard"] else line["status"]] += 1
        assert found["statuses"][label] == statuses


def test_page_stands_alone_and_shows_hostile_names_as_text(evaluated):
    _, page, _ = evaluated
    lower = page.lower()
    assert "<script" not in lower
    assert "<img" not in lower
    assert "&lt;script&gt;alert(1)" in page
    assert " src=" not in lower.replace("&lt;img src=", "")
    for fetching in ("<link", "@import", "url(", "<iframe", "<object", "href="):
        assert fetching not in lower
    assert page.count("<svg") == page.count("</svg>") == 3
    assert page.count("<table") == 5


def test_page_draws_bands_and_both_protocols(evaluated):
    _, page, _ = evaluated
    for text in (
        "Precision and recall",
        "Calibration",
        "Learning curve",
        ">hold<",
        ">reject<",
        "cold (nothing taught)",
        "replay (predict, then learn)",
    ):
        assert text in page


def test_cold_leaves_the_replay_out(run, write, labelled, tmp_path):
    path = write(labelled(40))
    ran = run("evaluate", path, "--cold", "--html", tmp_path / "page.html", "--quiet")
    report = json.loads(ran.out)
    assert "replay" not in report
    assert "Learning curve" not in (tmp_path / "page.html").read_text()


def test_rows_of_one_class_give_a_report_without_the_figures_that_need_two(
    run, write, labelled, tmp_path
):
    rows = [row for row in labelled(60) if row["label"] == "ham"]
    ran = run("evaluate", write(rows), "--html", tmp_path / "page.html", "--quiet")
    report = json.loads(ran.out)
    assert report["cold"]["auc"] is None
    assert report["cold"]["at_bands"]["hold"]["false_positive_rate"] is not None
    assert "–" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_row_without_label_is_a_bad_line(run, write, tmp_path):
    path = write([{"text": "hello", "label": "ham"}, {"text": "hidden"}])
    ran = run("evaluate", path, "--html", tmp_path / "page.html", "--quiet")
    assert ran.status == 2
    assert f"{path}:2: no label" in ran.err
    assert "hidden" not in ran.err
    assert not (tmp_path / "page.html").exists()


def test_more_sources_than_are_told_apart_are_counted_together(run, write, labelled, tmp_path):
    rows = [row | {"source": f"s{i:02}"} for i, row in enumerate(labelled(30))]
    ran = run("evaluate", write(rows), "--html", tmp_path / "page.html", "--quiet")
    sources = json.loads(ran.out)["replay"]["slices"]["source"]
    assert len(sources) == 21
    assert sources["(other)"]["rows"] == 10
