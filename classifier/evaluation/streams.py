"""Labelled sources as streams: where they are, and in which order their rows come."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from classifier.row import LabelledRow
from classifier.training.data import known_leftovers, without_distrusted

Rows = list[LabelledRow]
Read = Callable[[Iterable[str]], Iterable[LabelledRow]]


def load_sources(folder: Path, read: Read) -> dict[str, Rows]:
    """Return every source of a folder of JSON-lines files, by name; raises `OSError`, or what
    `read` does.

    A row without a source belongs to its file's name. Rows listed as spam left over among ham are
    left out, as they are in training.
    """
    leftovers = known_leftovers()
    found: dict[str, Rows] = {}
    for path in data_files(folder):
        for row in read([str(path)]):
            if row.id in leftovers:
                continue
            row.source = row.source or path.name.partition(".")[0]
            found.setdefault(row.source, []).append(without_distrusted(row))
    return found


def data_files(folder: Path) -> list[Path]:
    """Return the JSON-lines files of a folder, plain or gzip, by name."""
    return sorted(path for path in folder.iterdir() if path.name.endswith((".jsonl", ".jsonl.gz")))


def has_both_labels(rows: Rows) -> bool:
    """Say whether a source has spam and ham."""
    return {"spam", "ham"} <= {row.label for row in rows}


def by_group(rows: Rows) -> dict[str, Rows]:
    """Return the rows of each group (page or video), groups by name."""
    found: dict[str, Rows] = {}
    for row in rows:
        found.setdefault(row.group, []).append(row)
    return dict(sorted(found.items()))


def has_dates(rows: Rows) -> bool:
    """Say whether any row has a date, so that the order is not free."""
    return any(row.date for row in rows)


def by_date(rows: Rows) -> Rows:
    """Return rows from oldest to newest; one without a date stays beside its neighbour in the file.

    A file that lists the newest first is turned around, so that undated rows turn with it.
    """
    dated = [row.date for row in rows if row.date]
    falls = sum(a > b for a, b in pairwise(dated))
    turned = rows[::-1] if falls > len(dated) / 2 else rows
    latest = min(dated, default="")
    keyed = []
    for row in turned:
        latest = row.date or latest
        keyed.append((latest, row))
    return [row for _, row in sorted(keyed, key=lambda pair: pair[0])]


def orders(rows: Rows, count: int) -> list[Rows]:
    """Return by date where there are dates, else `count` shuffles, the same in every run."""
    if has_dates(rows):
        return [by_date(rows)]
    found = []
    for seed in range(count):
        shuffled = list(rows)
        random.Random(seed).shuffle(shuffled)  # noqa: S311
        found.append(shuffled)
    return found


def without(sources: dict[str, Rows], left_out: Sequence[str]) -> Rows:
    """Return all rows of the other sources."""
    return [row for name, rows in sources.items() if name not in left_out for row in rows]
