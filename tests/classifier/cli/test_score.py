import gzip
import json
import os
import subprocess
import sys

import pytest

from classifier import Learner, Model

HAM = {"text": "Thanks, the second example fixed my build."}
SPAM = {"text": "Cheap viagra and cialis, order now at http://pills-online.example/buy"}
REPLY = {"text": "I disagree with the third paragraph, the bridge was built in 1892."}


def test_a_verdict_a_line_in_the_order_of_the_rows(run, write):
    rows = [SPAM if i % 7 == 3 else HAM | {"text": f"{HAM['text']} {i}"} for i in range(600)]
    found = run("score", write(rows)).lines
    assert len(found) == 600
    model = Model.load()
    alone = [float(model.score([row]).probability[0]) for row in map(as_row, rows[:20])]
    assert [line["score"] for line in found[:20]] == alone
    assert {i for i, line in enumerate(found) if line["score"] == found[3]["score"]} == set(
        range(3, 600, 7)
    )


def as_row(row):
    from classifier import Row

    return Row(**{key: row[key] for key in row if key != "label"})


def test_a_line_has_exactly_these_four(run, write):
    (line,) = run("score", write([SPAM])).lines
    assert set(line) == {"score", "label", "status", "discard"}
    assert line["label"] == "spam"
    assert line["status"] in ("held", "spam")
    assert 0 <= line["score"] <= 1
    assert isinstance(line["discard"], bool)


def test_plain_gzip_standard_input_and_several_files_give_the_same(run_process, write):
    rows = [SPAM, HAM, REPLY]
    plain, packed = write(rows), write(rows, "rows.jsonl.gz")
    expected = run_process("score", plain).out
    assert len(expected.splitlines()) == 3
    assert run_process("score", packed).out == expected
    assert run_process("score", "-", stdin=plain.read_bytes()).out == expected
    assert run_process("score", "-", stdin=packed.read_bytes()).out == expected
    assert run_process("score", plain, packed).out == expected * 2


def test_score_learns_nothing_and_does_not_look_at_labels(run, write):
    plain = run("score", write([SPAM, SPAM, SPAM])).out
    taught = run("score", write([SPAM | {"label": "ham"}] * 3)).out
    assert taught == plain
    assert len(set(plain.splitlines())) == 1


def test_replay_predicts_before_it_learns(run, write):
    row = REPLY | {"label": "spam"}
    cold = run("score", write([row])).lines[0]["score"]
    first, second, *_, last = run("replay", write([row, row, row, row])).lines
    assert first["score"] == cold, "the first row was scored after its own label was learned"
    assert second["score"] > cold
    assert last["score"] > 0.5


def test_replay_goes_on_learning_from_file_to_file(run, write):
    row = REPLY | {"label": "spam"}
    one = write([row], "one.jsonl")
    assert run("replay", one, one, one).out == run("replay", write([row] * 3)).out


def test_replay_of_a_row_without_label_learns_nothing(run, write):
    first, second = run("replay", write([REPLY, REPLY | {"label": None}])).lines
    assert first == second


def test_replay_equals_a_learner_taught_by_hand(run, write, labelled):
    rows = labelled(300)
    model = Model.load()
    learner = Learner(model)
    expected = []
    for row in rows:
        one = as_row({k: v for k, v in row.items() if k != "source"})
        expected.append(float(model.score([one], learner).probability[0]))
        learner.learn(one, row["label"])
    assert [line["score"] for line in run("replay", write(rows)).lines] == expected


@pytest.mark.parametrize(
    "line, why",
    [
        (b'{"text": "secret-token"', "not JSON"),
        (b"secret-token", "not JSON"),
        (b'["secret-token"]', "Expected `object`"),
        (b'"secret-token"', "Expected `object`"),
        (b'{"author": "secret-token"}', "`text`"),
        (b'{"text": 17, "author": "secret-token"}', "text: Expected `str`"),
        (b'{"text": "secret-token", "label": "eggs"}', "label"),
        (b'{"text": "secret-token", "signals": {"secret-token": "x"}}', "signals"),
        (b'{"text": "\xff secret-token"}', "UTF-8"),
        (b'{"text": "secret-token \\ud800"}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_line_is_named_and_not_shown(run, write, line, why):
    path = write([HAM, line, HAM])
    ran = run("score", path, "--quiet")
    assert ran.status == 2
    assert f"{path}:2: " in ran.err
    assert why in ran.err
    assert len(ran.err.splitlines()) == 1
    assert "secret" not in ran.err
    assert len(ran.lines) == 1, "the rows before the bad line are scored, none after it"


def test_a_line_without_end_is_refused_in_bounded_memory(run, tmp_path):
    path = tmp_path / "endless.jsonl"
    with path.open("wb") as file:
        file.write(b'{"text": "')
        for _ in range(17):
            file.write(b"a" * 1024 * 1024)
    ran = run("score", path, "--quiet")
    assert (ran.status, ran.out) == (2, "")
    assert f"{path}:1: longer than 16 MiB" in ran.err


def test_gzip_that_ends_early_is_named(run, tmp_path):
    path = tmp_path / "cut.jsonl.gz"
    whole = gzip.compress(b"".join(json.dumps({"text": os.urandom(99).hex()}).encode() + b"\n"
                                   for _ in range(1000)))  # fmt: skip
    path.write_bytes(whole[: len(whole) // 2])
    ran = run("score", path, "--quiet")
    assert ran.status == 2
    assert "the gzip data is damaged or ends early" in ran.err
    assert len(ran.lines) > 100


def test_a_file_that_is_not_there_is_one_line(run, tmp_path):
    ran = run("score", tmp_path / "none.jsonl", "--quiet")
    assert ran.status == 2
    assert ran.err.count("\n") == 1
    assert "No such file" in ran.err


def test_a_model_that_is_no_model_is_one_line(run, write, tmp_path):
    broken = tmp_path / "broken.model"
    broken.write_bytes(b"not a model")
    ran = run("score", write([HAM]), "--model", broken, "--quiet")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("error: ")
    assert ran.err.count("\n") == 1


def test_blank_lines_nulls_numbers_as_names_and_unknown_properties_are_taken(run, write):
    odd = {"text": HAM["text"], "author": None, "context": None, "id": 7, "stars": [1, {}]}
    plain = run("score", write([HAM])).out
    assert run("score", write([b"", odd, b"  "])).out == plain


def test_a_reader_that_leaves_early_ends_it_quietly(write):
    path = write([HAM] * 50_000, "many.jsonl.gz")
    process = subprocess.Popen(
        [sys.executable, "-m", "classifier", "score", str(path), "--quiet"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert process.stderr.read() == b""
    process.stderr.close()


def test_progress_goes_to_standard_error_alone(run, write):
    ran = run("score", write([HAM] * 10))
    assert "10 rows" in ran.err
    assert len(ran.lines) == 10


def test_help_has_examples_for_every_command(run):
    top = run("--help").out
    for command in ("train", "score", "replay", "explain", "evaluate", "study", "bench"):
        assert f"\n    {command} " in top
        ran = run(command, "--help")
        assert ran.status == 0
        assert f"python -m classifier {command}" in ran.out.partition("examples:")[2]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(write):
    """Peak memory of 400,000 rows is that of 40,000."""

    def peak(count):
        path = write([HAM] * count, f"{count}.jsonl.gz")
        code = (
            "import resource,sys;from classifier.cli import main;"
            f"main(['score',{str(path)!r},'--quiet']);"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        assert len(done.stdout.splitlines()) == count
        return int(done.stderr)

    assert peak(400_000) < peak(40_000) + 20_000


def test_replay_says_which_label_a_row_was_given(run, write):
    rows = [SPAM | {"label": "spam"}, HAM | {"label": "ham"}, REPLY]
    found = run("replay", write(rows)).lines
    assert [line["taught"] for line in found] == ["spam", "ham", None]
    assert set(found[0]) == {"score", "label", "status", "discard", "taught"}


def test_where_nobody_teaches_replay_scores_as_score_does(run, write):
    rows = [(SPAM if n % 3 else HAM) | {"label": "spam" if n % 3 else "ham"} for n in range(30)]
    replayed = run("replay", write(rows), "--teach", "none").lines
    assert [{**line, "taught": ...} for line in run("score", write(rows)).lines] == [
        {**line, "taught": ...} for line in replayed
    ]
    assert {line["taught"] for line in replayed} == {None}


def test_chance_in_a_replay_is_the_seeds(run, write):
    rows = [HAM | {"text": f"{HAM['text']} {n}", "label": "spam"} for n in range(200)]
    path = write(rows)
    lazy = [run("replay", path, "--teach", "lazy", "--seed", seed).out for seed in ("1", "1", "2")]
    assert lazy[0] == lazy[1] != lazy[2]


def test_a_replay_of_what_nobody_labelled_says_so(run, write):
    unlabelled = run("replay", write([HAM, SPAM]))
    assert unlabelled.status == 1 and len(unlabelled.lines) == 2
    assert "label" in unlabelled.err
    assert run("replay", write([])).status == 1
    assert run("replay", write([HAM, SPAM]), "--teach", "none").status == 0
    assert run("replay", write([HAM, SPAM | {"label": "spam"}])).status == 0


def test_a_byte_order_mark_is_no_part_of_the_first_line(run_process, write):
    plain = write([SPAM, HAM])
    marked = b"\xef\xbb\xbf" + plain.read_bytes()
    assert run_process("score", "-", stdin=marked).out == run_process("score", plain).out


@pytest.mark.parametrize("label", [1, "1", True, "SPAM", ["spam"]])
def test_another_label_is_refused_in_words(run, write, label):
    refused = run("replay", write([HAM | {"label": label}]))
    assert refused.status != 0
    assert refused.err.rstrip().endswith(':1: label is neither "spam" nor "ham"')
