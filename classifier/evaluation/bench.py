"""How fast the classifier is, beside others on the same rows in the same run, on one core."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from classifier import LabelledRow, Learner, Model
from classifier.evaluation.generated import generated_rows
from classifier.evaluation.peers import SpamBayes

ROWS = 4096
TAUGHT = 500
ROUNDS = 7
SLOW_ROWS = 512
"""Rows a round where each takes longer, so that a run takes seconds; rates are by the row."""
LEARNERS = 32

Task = tuple[Callable[[], object], int]


def run_bench(model: Model) -> dict[str, Any]:
    """Measure in about half a minute; rates in comments a second, each the best of 7 rounds.

    The rounds of all rates are interleaved, so a busy moment of the machine hits all alike.
    """
    with _one_core():
        rows = generated_rows(ROWS)
        learner = Learner(model)
        update_us = _update_us(learner, generated_rows(TAUGHT, seed=21))
        tasks: dict[str, Task] = {
            str(size): (_scoring(model, rows[:count], size), count)
            for size, count in ((1, SLOW_ROWS), (32, ROWS), (256, ROWS))
        }
        tasks["taught"] = (_scoring(model, rows, 256, learner), ROWS)
        tasks["sklearn"] = (_sklearn_scoring(rows[:SLOW_ROWS]), SLOW_ROWS)
        if SpamBayes.available():
            tasks["sbclassifier"] = (_sbclassifier_scoring(rows[:SLOW_ROWS]), SLOW_ROWS)
        rates = _best_rates(tasks)
        found: dict[str, Any] = {
            "comments_per_second": {size: round(rates[size]) for size in ("1", "32", "256")},
            "taught_comments_per_second": {"256": round(rates["taught"])},
            "sklearn_per_second": round(rates["sklearn"]),
            "ratio": round(rates["256"] / rates["sklearn"], 1),
            "single_us": round(_single_us(model, rows[:2048]), 1),
            "update_us": round(update_us, 1),
            "site_bytes": _site_bytes(model, learner),
        }
        if "sbclassifier" in rates:
            found["sbclassifier_per_second"] = round(rates["sbclassifier"])
            found["sbclassifier_ratio"] = round(rates["256"] / rates["sbclassifier"], 1)
        return found | {"model": model.name, "characters": _mean_length(rows)}


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep this process on one core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _scoring(
    model: Model, rows: Sequence[LabelledRow], size: int, learner: Learner | None = None
) -> Callable[[], object]:
    parts = [rows[i : i + size] for i in range(0, len(rows), size)]

    def score() -> None:
        for part in parts:
            model.score(part, learner)

    return score


def _sklearn_scoring(rows: Sequence[LabelledRow]) -> Callable[[], object]:
    """Return the pipeline of the budgets, fitted on the rows it scores: only its speed is
    measured.
    """
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.linear_model import SGDClassifier
    from sklearn.pipeline import make_pipeline

    texts = [row.text for row in rows]
    pipeline = make_pipeline(
        HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5)),
        SGDClassifier(loss="log_loss", random_state=0, max_iter=5, tol=None),
    )
    pipeline.fit(texts, [row.label for row in rows])
    return lambda: pipeline.predict_proba(texts)


def _sbclassifier_scoring(rows: Sequence[LabelledRow]) -> Callable[[], object]:
    filter_ = SpamBayes(bigrams=False)
    filter_.learn_all(generated_rows(TAUGHT, seed=21))

    return lambda: filter_.score_all(rows)


def _best_rates(tasks: dict[str, Task]) -> dict[str, float]:
    best = dict.fromkeys(tasks, float("inf"))
    for task, _ in tasks.values():
        task()
    gc.collect()
    for _ in range(ROUNDS):
        for name, (task, _) in tasks.items():
            began = time.perf_counter()
            task()
            best[name] = min(best[name], time.perf_counter() - began)
    return {name: tasks[name][1] / seconds for name, seconds in best.items()}


def _single_us(model: Model, rows: Sequence[LabelledRow]) -> float:
    """Return median time of one comment alone, features and score."""
    return _median_us([partial(model.score, [row]) for row in rows])


def _update_us(learner: Learner, rows: Sequence[LabelledRow]) -> float:
    """Return median time of one update once the window of earlier labels is full."""
    tasks = [partial(learner.learn, row, row.label) for row in rows]
    return _median_us(tasks, skip=len(rows) // 2)


def _median_us(tasks: Sequence[Callable[[], object]], skip: int = 0) -> float:
    taken = []
    for task in tasks:
        began = time.perf_counter_ns()
        task()
        taken.append(time.perf_counter_ns() - began)
    return statistics.median(taken[skip:]) / 1000


def _site_bytes(model: Model, learner: Learner) -> int:
    """Return resident memory that one learner loaded from its checkpoint adds (mean of 32)."""
    blob = learner.to_bytes()
    kept = [Learner.from_bytes(blob, model)]
    before = _resident_bytes()
    if before is None:
        return len(blob)
    kept += [Learner.from_bytes(blob, model) for _ in range(LEARNERS)]
    after = _resident_bytes() or before
    kept.clear()
    # Freed pages that the allocator hands out again hide a part: the checkpoint is the floor.
    return max((after - before) // LEARNERS, len(blob))


def _resident_bytes() -> int | None:
    status = Path("/proc/self/statm")
    if not status.exists():
        return None
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _mean_length(rows: Sequence[LabelledRow]) -> int:
    return round(statistics.mean(len(row.text) for row in rows))
