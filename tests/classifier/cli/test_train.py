import pytest

from classifier import Model
from classifier.training.card import model_card


def test_without_files_the_corpus_alone_gives_a_model_that_works(run, write, tmp_path):
    out = tmp_path / "corpus.model"
    ran = run("train", "--out", out)
    assert ran.status == 0
    assert f"written to {out}" in ran.err
    rows = write(
        [
            {"text": "Cheap viagra and casino bonus, order now at http://pills.example/buy"},
            {"text": "Thanks, the second example fixed my build."},
        ]
    )
    spam, ham = run("score", rows, "--model", out).lines
    assert spam["score"] > ham["score"]
    assert Model.load(out).feature_version == Model.load().feature_version


def test_files_are_learned_besides_the_corpus(run, write, tmp_path, labelled):
    rows = [
        {"text": f"the zorbling flumes of {row['text']}", "label": "spam", "source": "z"}
        for row in labelled(150)
        if row["label"] == "ham"
    ]
    out, card = tmp_path / "taught.model", tmp_path / "CARD.md"
    named = ("--name", "2026.11.30-2", "--card", card)
    assert run("train", write(rows, "z.jsonl.gz"), "--out", out, *named, "--quiet").status == 0
    (line,) = run("score", write([{"text": "zorbling flumes"}]), "--model", out).lines
    assert line["score"] > run("score", write([{"text": "zorbling flumes"}])).lines[0]["score"]
    assert Model.load(out).name == "2026.11.30-2"
    assert card.read_text("utf-8") == model_card(Model.load(out))
    assert "| z |" in card.read_text("utf-8")


def test_a_bad_line_leaves_no_model_and_does_not_show_the_line(run, write, tmp_path):
    out = tmp_path / "none.model"
    ran = run("train", write([b'{"text": "secret", "label": 3}']), "--out", out, "--quiet")
    assert ran.status == 2
    assert "line 1" in ran.err or ":1:" in ran.err
    assert "secret" not in ran.err
    assert not out.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


def test_gzip_that_ends_early_is_named(run, write, tmp_path, labelled):
    path = write(labelled(300), "cut.jsonl.gz")
    path.write_bytes(path.read_bytes()[:-400])
    ran = run("train", path, "--out", tmp_path / "none.model", "--quiet")
    assert ran.status == 2
    assert "the gzip data is damaged or ends early" in ran.err


def test_standard_input_is_learned_like_a_file(run_process, run, write, tmp_path, labelled):
    path = write(labelled(50), "rows.jsonl.gz")
    piped, named = tmp_path / "piped.model", tmp_path / "named.model"
    ran = run_process("train", "-", "--out", piped, "--quiet", stdin=path.read_bytes())
    assert (ran.status, ran.err) == (0, "")
    run("train", path, "--out", named, "--quiet")
    rows = write(labelled(20, seed=9))
    assert run("score", rows, "--model", piped).out == run("score", rows, "--model", named).out


def test_a_missing_file_is_one_line(run, tmp_path):
    ran = run("train", tmp_path / "none.jsonl", "--out", tmp_path / "out.model", "--quiet")
    assert ran.status == 2
    assert ran.err.count("\n") == 1


def test_out_is_required(run):
    ran = run("train")
    assert ran.status == 2
    assert "--out" in ran.err


def test_manifest_tells_the_rows(run, tmp_path):
    out = tmp_path / "corpus.model"
    run("train", "--out", out, "--quiet")
    rows = Model.load(out).manifest["rows"]
    assert set(rows) == {"corpus"}
    assert min(rows["corpus"]["spam"], rows["corpus"]["ham"]) > 500


@pytest.mark.parametrize("name", ["", "two words", "-1", "a" * 65, "../up", "line\nbreak"])
def test_a_name_that_no_model_can_have_is_refused_before_anything_is_read(run, tmp_path, name):
    missing = tmp_path / "none.jsonl"
    ran = run("train", missing, "--out", tmp_path / "out.model", f"--name={name}", "--quiet")
    assert ran.status == 2
    assert "--name" in ran.err
    assert str(missing) not in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--out", "--card"])
@pytest.mark.parametrize("place", ["nowhere/x", "rows.jsonl/x", "."])
def test_a_place_that_takes_no_file_is_told_before_a_row_is_read(
    run, write, tmp_path, option, place
):
    rows = write([b"no row"])
    places = {"--out": tmp_path / "out.model", option: tmp_path / place}
    words = [word for pair in places.items() for word in pair]
    ran = run("train", rows, *words, "--quiet")
    assert ran.status == 2
    assert "rows.jsonl:1" not in ran.err and ran.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]
