"""Training from files and the seed corpus gives a calibrated, bounded, repeatable model."""

from __future__ import annotations

import gzip
from pathlib import Path

import msgspec
import numpy as np
import pytest

from classifier import LabelledRow, Model
from classifier.training.calibrate import (
    MOST_COLD_HELD,
    MOST_COLD_REJECTED,
    bands_of,
    calibrate_base,
    folds_of,
    parts_of,
)
from classifier.training.card import model_card
from classifier.training.data import DataError, corpus_rows, known_leftovers, read_rows
from classifier.training.train import train_model
from tests.classifier.factories import PILLS, THANKS, some_rows


def write(path: Path, count: int, seed: int, source: str) -> Path:
    lines = [
        msgspec.json.encode(
            LabelledRow(text=row.text, author=row.author, label=label, source=source)
        )
        for row, label in some_rows(count, seed)
    ]
    path.write_bytes(gzip.compress(b"\n".join(lines)))
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("data")
    return [write(folder / f"s{n}.jsonl.gz", 150, n, f"s{n}") for n in range(3)]


@pytest.fixture(scope="module")
def trained(files: list[Path]) -> Model:
    return train_model(files, corpus=False)


def test_it_tells_apart_what_it_was_taught_and_repeats_bit_for_bit(
    trained: Model, files: list[Path]
) -> None:
    rows = some_rows(100, seed=99)
    found = trained.score([row for row, _ in rows]).probability > 0.5
    assert np.mean(found == [label == "spam" for _, label in rows]) > 0.95
    assert train_model(files, corpus=False).to_bytes() == trained.to_bytes()


def test_manifest_and_card_say_what_it_is_made_from(trained: Model, files: list[Path]) -> None:
    manifest = trained.manifest
    assert set(manifest["data"]) >= {path.name for path in files}
    assert sum(sum(counts.values()) for counts in manifest["rows"].values()) == 450
    card = model_card(trained)
    assert all(f"| {path.name.partition('.')[0]} |" in card for path in files)
    assert trained.name in card


def test_the_corpus_alone_is_enough() -> None:
    model = train_model([])
    assert model.score([PILLS]).probability[0] > model.score([THANKS]).probability[0]
    assert model.manifest["rows"].keys() == {"corpus"}


def test_a_bad_line_is_named_and_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"text":"a","label":"ham"}\n{"text":"secret","label":"maybe"}\n')
    with pytest.raises(DataError, match=r"bad\.jsonl, line 2") as caught:
        list(read_rows(path))
    assert "secret" not in str(caught.value)
    with pytest.raises(DataError, match="spam and ham"):
        train_model([write(tmp_path / "one.jsonl.gz", 1, 1, "one")], corpus=False)


def test_known_leftovers_are_no_ham(tmp_path: Path, files: list[Path]) -> None:
    leftover = sorted(known_leftovers())[0]
    path = tmp_path / "ham.jsonl"
    path.write_bytes(msgspec.json.encode(LabelledRow(text="x", label="ham", id=leftover)))
    model = train_model([*files, path], corpus=False)
    assert "ham" not in model.manifest["rows"]


def test_sources_are_left_out_whole() -> None:
    rows = [LabelledRow(text=str(i), source=f"s{i % 5}", lang="de") for i in range(50)]
    rows += [LabelledRow(text=str(i), source="only", lang="ru", label="ham") for i in range(600)]
    rows += [LabelledRow(text=str(i), source="spam", lang="ru", label="spam") for i in range(600)]
    parts, folds = parts_of(rows), folds_of(parts_of(rows))
    for part in set(parts):
        assert len({fold for fold, own in zip(folds, parts, strict=True) if own == part}) == 1
    halves = [folds[parts.index(f"only/{half}")] for half in "01"]
    assert halves[0] != halves[1]


def test_rows_of_the_corpus_move_no_source_to_another_fold() -> None:
    sizes = {"a": 90, "b": 70, "c": 40, "d": 30, "e": 20, "f": 10, "g": 9, "h": 8, "i": 7, "j": 6}
    parts = [name for name, size in sizes.items() for _ in range(size)]
    for grown in (0, 25, 65, 200):
        corpus = ["corpus-en"] * grown + ["corpus-de"] * (grown // 2)
        folds = folds_of(parts + corpus)
        assert folds[: len(parts)].tolist() == folds_of(parts).tolist()
        if grown:
            assert len(set(folds[len(parts) : len(parts) + grown].tolist())) == 1


def scored(names: tuple[str, ...], shift: list[float], seed: int):  # type: ignore[no-untyped-def]
    """Return scores, labels and sources of 1,000 rows a name, spam about one above its ham."""
    draw, count = np.random.default_rng(seed), len(names) * 1000
    sources = [names[i % len(names)] for i in range(count)]
    labels = np.where(draw.random(count) < 0.4, 1, -1)
    return labels + np.tile(shift, 1000) + draw.normal(0, 0.7, count), labels, sources


def test_bands_use_what_they_promise_on_the_mean_source_and_on_all_comments() -> None:
    names = ("blog", "forum", "chat")
    scores, labels, sources = scored(names, [0.0, 0.3, -0.2], 3)
    found = calibrate_base(scores, labels, sources)
    chances = 1 / (1 + np.exp(-(found.slope * scores + found.offset)))
    ham = [chances[(np.array(sources) == name) & (labels < 0)] for name in names]
    for band, most in ((found.hold, MOST_COLD_HELD), (found.reject, MOST_COLD_REJECTED)):
        mean = np.mean([(own >= band).mean() for own in ham])
        whole = (np.concatenate(ham) >= band).mean()
        assert max(mean, whole) <= most
    assert np.mean([(own >= found.hold).mean() for own in ham]) > MOST_COLD_HELD / 2
    likely = (chances > 0.7) & (chances < 0.8)
    assert 0.6 < (labels[likely] > 0).mean() < 0.9
    bands = bands_of(found)
    assert bands.hold < bands.reject < bands.discard < 1


def test_mail_places_no_bands() -> None:
    blogs = scored(("blog", "forum"), [0.0, 0.0], 3)
    mail = scored(("spamassassin", "sms_uci"), [1.5, 1.5], 4)
    alone = calibrate_base(*blogs)
    both = calibrate_base(np.r_[blogs[0], mail[0]], np.r_[blogs[1], mail[1]], [*blogs[2], *mail[2]])
    raw = [(np.log(c.hold / (1 - c.hold)) - c.offset) / c.slope for c in (alone, both)]
    assert raw[0] == pytest.approx(raw[1], abs=0.02)


def test_the_corpus_has_a_source_for_each_language() -> None:
    assert len({row.source for row in corpus_rows()}) >= 30
