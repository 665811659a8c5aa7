import json

import pytest

from classifier import REASONS

TEXT = "Cheap viagra and cialis, order now at http://pills-online.example/buy"


def test_spans_signals_and_bias_sum_to_the_logit(run):
    found = json.loads(run("explain", "--text", TEXT, "--author", "Best Pills").out)
    parts = [span["weight"] for span in found["spans"]]
    parts += [signal["weight"] for signal in found["signals"]]
    assert found["bias"] + sum(parts) == pytest.approx(found["logit"], abs=1e-4)
    assert found["label"] == "spam"


def test_spans_show_the_words_and_signals_speak_plainly(run):
    found = json.loads(run("explain", "--text", TEXT).out)
    for span in found["spans"]:
        if span["field"] == "text":
            assert span["words"] == TEXT[span["start"] : span["end"]]
    for signal in found["signals"]:
        assert signal["text"] == REASONS[signal["code"]]


def test_the_score_is_that_of_score_and_moves_with_what_was_taught(run, write):
    row = {"text": "The bridge was built in 1892.", "author": "Ada"}
    path = write([row])
    cold = json.loads(run("explain", path).out)
    assert cold["score"] == run("score", path).lines[0]["score"]
    history = write([row | {"label": "spam"}] * 4, "history.jsonl")
    taught = json.loads(run("explain", path, "--after", history).out)
    assert taught["score"] > max(0.5, cold["score"])


def test_nothing_to_explain_is_said(run, write):
    ran = run("explain", write([]))
    assert ran.status == 2
    assert "no row to explain" in ran.err
