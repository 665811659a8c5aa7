"""What each family of features buys in accuracy and costs in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from classifier import FeatureBatch, LabelledRow, Learner, Model, tally
from classifier.evaluation import metrics
from classifier.evaluation.bases import Bases
from classifier.evaluation.generated import generated_rows
from classifier.evaluation.protocols import FIRST_LABELS, Winnow, hold_out, replay
from classifier.features import groups

Figures = dict[str, Any]

FAMILIES = {
    "characters": (groups.CHARS, groups.CJK),
    "words": (groups.WORDS,),
    "word pairs": (groups.PAIRS,),
    "edges and signs": (groups.EDGES, groups.SIGNS),
    "shape": (groups.SHAPE,),
    "author": (groups.AUTHOR,),
    "links": (groups.URL,),
    "topics": (groups.TOPIC,),
    "names and addresses": (groups.NAMES, groups.NAME_RUNS, groups.ADDRESSES),
    "site's own": (groups.SITE_ONLY, groups.SIGNALS),
}
SOURCES = ("django_cast", "youtube_uci", "umputun_tg_spam")
"""Left out of every base here, and what the families are judged on."""
TIMED_ROWS = 1024
ROUNDS = 31


def family_figures(bases: Bases, streams: dict[str, list[LabelledRow]]) -> Figures:
    """Return each family left out of base and learner, the base trained again without it.

    Accuracy is the mean over `streams`, one order each of rows of SOURCES; losses are positive
    where the family helps. Time is that of look-up and update; extraction is one fused pass over
    the text that no family can be taken out of.
    """
    if not streams:
        return {}
    whole = bases.without(*SOURCES)
    complete = _accuracy(whole, streams)
    families: Figures = {}
    for name, members in FAMILIES.items():
        with left_out(members):
            variant = f"no-{name.replace(' ', '-')}"
            model = bases.fitted(lambda row: row.source not in SOURCES, variant, whole, variant)
            found = _accuracy(model, streams)
        families[name] = {f"{key}_lost": complete[key] - found[key] for key in complete}
        families[name] |= _costs(model, members)
    found = {"streams": list(streams), "complete": complete, "families": families}
    return found | _whole_cost(whole)


@contextmanager
def left_out(members: Sequence[int]) -> Iterator[None]:
    """Give groups no weight, in base and learner, in this process while it lasts."""
    chosen = list(members)
    tables = (groups.BASE_WEIGHTS, groups.SITE_WEIGHTS, tally.GROUP_WEIGHTS)
    before = [table[chosen] for table in tables]
    try:
        for table in tables:
            table[chosen] = 0
        yield
    finally:
        for table, weights in zip(tables, before, strict=True):
            table[chosen] = weights


def dropped(batch: FeatureBatch, members: Sequence[int]) -> FeatureBatch:
    """Return the batch without the features of some groups."""
    kept = ~np.isin(batch.codes >> groups.GROUP_SHIFT, members)
    before = np.r_[0, np.cumsum(kept)]
    return FeatureBatch(batch.codes[kept], before[batch.starts].astype(np.int64))


def _accuracy(model: Model, streams: dict[str, list[LabelledRow]]) -> Figures:
    taught = [replay(Winnow(model), rows) for rows in streams.values()]
    cold = [hold_out(Winnow(model), [], rows) for rows in streams.values()]
    return {
        "replay_auc": _mean([metrics.roc_auc(run.counts()) for run in taught]),
        "replay_recall": _mean([metrics.recall_at_fpr(run.counts(FIRST_LABELS)) for run in taught]),
        "cold_auc": _mean([metrics.roc_auc(run.counts()) for run in cold]),
    }


def _costs(model: Model, members: Sequence[int]) -> Figures:
    """Return features of the family a generated comment, and what scoring and learning them
    takes.
    """
    rows = generated_rows(TIMED_ROWS)
    whole = model.features(rows)
    part = dropped(whole, members)
    score = _score_us(model, [whole, part])
    update = _update_us(model, [whole, part], rows)
    return {
        "features_per_comment": (len(whole.codes) - len(part.codes)) / len(rows),
        "score_microseconds": score[0] - score[1],
        "update_microseconds": update[0] - update[1],
    }


def _whole_cost(model: Model) -> Figures:
    rows = generated_rows(TIMED_ROWS)
    batch = model.features(rows)
    return {
        "extraction_microseconds": _best([lambda: model.features(rows)])[0] / len(rows),
        "features_per_comment": len(batch.codes) / len(rows),
        "score_microseconds": _score_us(model, [batch])[0],
        "update_microseconds": _update_us(model, [batch], rows)[0],
    }


def _score_us(model: Model, batches: Sequence[FeatureBatch]) -> list[float]:
    learner = Learner(model)
    learner.learn(batches[0][0], "spam")
    best = _best([partial(model.score, batch, learner) for batch in batches])
    return [taken / len(batch) for taken, batch in zip(best, batches, strict=True)]


def _update_us(
    model: Model, batches: Sequence[FeatureBatch], rows: Sequence[LabelledRow]
) -> list[float]:
    """Return median update of a learner each, once the window of earlier labels is full."""
    learners = [Learner(model) for _ in batches]
    taken: list[list[float]] = [[] for _ in batches]
    for i, row in enumerate(rows[:500]):
        for learner, batch, times in zip(learners, batches, taken, strict=True):
            began = time.perf_counter()
            learner.learn(batch[i], row.label)
            times.append(time.perf_counter() - began)
    return [float(np.median(times[150:])) * 1e6 for times in taken]


def _best(tasks: Sequence[Callable[[], object]]) -> list[float]:
    """Return the shortest run of each task in microseconds, taken in turn so that noise hits all
    alike.
    """
    best = [float("inf")] * len(tasks)
    for _ in range(ROUNDS):
        for i, task in enumerate(tasks):
            began = time.perf_counter()
            task()
            best[i] = min(best[i], time.perf_counter() - began)
    return [taken * 1e6 for taken in best]


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return sum(known) / len(known)
