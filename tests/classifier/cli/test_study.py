import gzip
import json

import pytest

from classifier.evaluation.generated import generated_rows

pytestmark = pytest.mark.timeout(600)
"""The other filters are slow, and on a busy machine far slower."""

PAGE = """# Accuracy

<!-- table replay_auc -->
old figures
<!-- /table -->

Words between.

<!-- table left_out_video -->
kept as it was
<!-- /table -->
"""


@pytest.fixture
def data(tmp_path):
    """Return three small sources: two with both labels, one of ham alone."""
    folder = tmp_path / "data"
    folder.mkdir()
    for seed, name in enumerate(("alpha", "beta", "gamma_ham")):
        lines = [
            {"text": row.text, "author": row.author, "label": row.label, "source": name}
            for row in generated_rows(120, seed)
            if name != "gamma_ham" or row.label == "ham"
        ]
        packed = gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode())
        (folder / f"{name}.jsonl.gz").write_bytes(packed)
    return folder


@pytest.fixture
def study(run, data, tmp_path):
    def study(*options):
        return run("study", data, "--work", tmp_path / "work", "--orders", "2", *options)

    return study


def test_cold_and_replay_stand_beside_the_peers(study):
    found = json.loads(study("--only", "cold,replay").out)
    cold = found["cold"]["sources"]
    assert set(cold) == {"alpha", "beta", "gamma_ham"}
    assert set(found["replay"]) == {"alpha", "beta"}, "a source of ham alone cannot be replayed"
    assert "sbclassifier" in found["peers"]
    for stream in found["replay"].values():
        for name in ("winnow", *found["peers"]):
            assert stream[name]["orders"] == 2
            assert stream[name]["auc_low"] <= stream[name]["auc"] <= stream[name]["auc_high"]
    ham = cold["gamma_ham"]["ham"]
    assert ham["rejected"] <= ham["held_or_rejected"]
    assert cold["gamma_ham"]["auc"] is None


def test_blogs_are_pooled_beside_peers_that_learned_the_same_rows(study, tmp_path):
    page = tmp_path / "accuracy.md"
    page.write_text(
        "<!-- table cold_blogs -->\n<!-- /table -->\n<!-- table cold_bands -->\n<!-- /table -->"
    )
    ran = study("--only", "cold", "--json", tmp_path / "o.json", "--markdown", page)
    found = json.loads((tmp_path / "o.json").read_text())["cold"]
    assert found["filters"] == ["winnow", "sbclassifier", "scikit-learn"]
    blogs = found["blogs"]
    assert blogs["with_both"] == ["alpha", "beta"]
    assert blogs["both"]["rows"] == 240 < blogs["all"]["rows"]
    for name in found["filters"]:
        assert 0.5 < blogs["both"][name]["auc"] <= 1
    bands = blogs["all"]["bands"]
    assert bands["spam_rejected"] <= bands["spam_caught"]
    assert "cold: sbclassifier on 8 folds" in ran.err
    assert "cold: scikit-learn on 8 folds" in ran.err
    text = page.read_text()
    assert "2 blogs with spam and ham, 240 comments" in text
    assert "| scikit-learn | " in text


def test_tables_of_a_page_are_renewed_and_the_rest_is_left(study, tmp_path):
    page = tmp_path / "accuracy.md"
    page.write_text(PAGE)
    assert study("--only", "replay", "--markdown", page, "--json", tmp_path / "o.json").out == ""
    text = page.read_text()
    assert "old figures" not in text
    assert "| alpha | 2 | " in text
    assert "| mean |" in text
    assert "Words between." in text
    assert "kept as it was" in text, "a section that was not measured keeps its table"


def test_a_stream_whose_spam_all_comes_first_is_left_out_of_the_replay(study, data):
    lines = [
        {
            "text": row.text,
            "label": "spam" if i == 0 else "ham",
            "source": "delta",
            "date": f"2020-01-01T00:{i // 60:02}:{i % 60:02}",
        }
        for i, row in enumerate(generated_rows(70, 9))
    ]
    (data / "delta.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    ran = study("--only", "replay", "--orders", "1")
    assert set(json.loads(ran.out)["replay"]) == {"alpha", "beta"}
    assert "delta is left out" in ran.err


@pytest.mark.slow
def test_a_second_run_trains_nothing_and_finds_the_same(study):
    first = study("--only", "replay")
    second = study("--only", "replay")
    assert "fitting a base" in first.err
    assert "fitting a base" not in second.err
    assert second.out == first.out


def test_a_missing_peer_is_said_loudly(study, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    ran = study("--only", "replay")
    assert "WITHOUT bogofilter" in ran.err
    assert "apt-get install bogofilter" in ran.err
    found = json.loads(ran.out)
    assert found["peers"] == ["sbclassifier"]
    assert "bogofilter" not in found["replay"]["alpha"]


def test_an_unknown_section_is_refused(study):
    ran = study("--only", "everything")
    assert (ran.status, ran.out) == (2, "")
    assert "cold, dilution, corpus, replay, repeats, youtube, ablation" in ran.err


def test_a_folder_that_is_not_there_is_one_line(run, tmp_path):
    ran = run("study", tmp_path / "none", "--work", tmp_path / "work", "--quiet")
    assert ran.status == 2
    assert ran.err.count("\n") == 1


VIDEOS = ("Youtube01-Psy", "Youtube02-KatyPerry")


@pytest.fixture
def videos(data):
    """Return comments of two videos, dated, as the YouTube source has them."""
    lines = [
        {
            "text": row.text,
            "author": row.author,
            "label": row.label,
            "source": "youtube_uci",
            "group": VIDEOS[i % 2],
            "date": f"2015-01-01T00:{i // 60:02}:{i % 60:02}",
        }
        for i, row in enumerate(generated_rows(160, 9))
    ]
    (data / "youtube_uci.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.slow
@pytest.mark.usefixtures("videos")
def test_youtube_is_scored_by_video_and_pooled(study):
    found = json.loads(study("--only", "youtube").out)["youtube"]
    left_out, later = found["leave_one_video_out"], found["first_70_percent"]
    assert {"winnow, taught", "winnow, base", "sbclassifier", "tfidf+logistic"} <= set(left_out)
    for table, rows in ((left_out, 80), (later, 24)):
        for by_video in table.values():
            assert set(by_video) == {*VIDEOS, "pooled"}
            assert [by_video[video]["rows"] for video in VIDEOS] == [rows, rows]
            assert by_video["pooled"]["rows"] == 2 * rows
            share = sum(by_video[video]["accuracy"] for video in VIDEOS) / 2
            assert by_video["pooled"]["accuracy"] == pytest.approx(share)
    assert left_out["winnow, taught"]["pooled"]["auc"] > 0.9


@pytest.mark.slow
@pytest.mark.usefixtures("videos")
def test_ablation_judges_each_family_and_writes_its_table(study, tmp_path):
    page = tmp_path / "accuracy.md"
    page.write_text("<!-- table ablation -->\n<!-- /table -->\n")
    found = json.loads(study("--only", "ablation", "--markdown", page).out)["ablation"]
    assert found["streams"] == list(VIDEOS)
    assert found["families"]["characters"]["features_per_comment"] > 100
    assert found["families"]["author"]["features_per_comment"] > 0
    counted = sum(family["features_per_comment"] for family in found["families"].values())
    assert counted == pytest.approx(found["features_per_comment"])
    for family in found["families"]:
        assert f"| {family} | " in page.read_text()


TAUGHT_PAGE = """# Accuracy

<!-- table regimes_late -->
<!-- /table -->

<!-- table regimes_early -->
<!-- /table -->

<!-- table regimes_by_stream -->
<!-- /table -->
"""


def test_a_stream_is_played_as_people_label_and_the_page_says_so(study, tmp_path):
    page = tmp_path / "accuracy.md"
    page.write_text(TAUGHT_PAGE)
    found = json.loads(study("--only", "regimes", "--markdown", page).out)["regimes"]
    assert set(found["streams"]) == {"alpha", "beta"}
    for stream in found["streams"].values():
        assert {"none", "all", "console", "errors", "spamonly"} <= set(stream)
        assert stream["none"]["1-50"]["labels_per_1000"] == 0
        assert stream["all"]["51-200"]["labels_per_1000"] == 1000
        first = stream["all"]["1-50"]
        shares = [first[f"spam_{what}"] for what in ("let_through", "held", "rejected")]
        assert first["spam"] + first["ham"] == 50
        assert sum(shares) == pytest.approx(1)
    assert found["mean"] == {}, "no stream has enough after two hundred comments"
    text = page.read_text()
    assert "| alpha | " in text
    assert "| regime | comments 1–50: spam let through |" in text
