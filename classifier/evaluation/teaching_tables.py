"""The tables of a page that say what a site is like by how its people label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from classifier.evaluation.cells import MISSING, number, percent
from classifier.evaluation.teaching import SPANS

Figures = dict[str, Any]
Table = tuple[Sequence[str], Iterable[Sequence[str]]]

LATE = "201-"
WHO = {
    "none": "nobody teaches",
    "all": "every comment is decided",
    "console": "what is held is decided, half of the missed spam reported",
    "noisy": "the same, with one label in twenty wrong",
    "lazy": "what is held is decided, a tenth of the missed spam reported",
    "errors": "an Akismet client: missed spam and false positives are reported",
    "lazyerr": "an Akismet client: a fifth of the missed spam is reported",
    "spamonly": "an Akismet client: only missed spam is reported",
    "hamonly": "only false positives are corrected",
    "wrong": "fifty right decisions, six wrong ones, then none",
}


def regimes_late(figures: Figures) -> Table:
    """Return the means over streams after 200 comments, a regime a row."""
    rows = []
    for name, spans in figures["regimes"]["mean"].items():
        found = spans[LATE]
        rows.append(
            (
                f"{WHO[name]} (`{name}`)",
                percent(found["spam_let_through"]),
                percent(found["spam_held"]),
                percent(found["ham_rejected"]),
                percent(found["worst_ham_rejected"]),
                percent(found["ham_held"]),
                number(found["labels_per_1000"], 0),
            )
        )
    head = ("how the site labels", "spam let through", "spam held", "good comments rejected")
    return (*head, "on the worst stream", "good comments held", "labels per 1,000 comments"), rows


def regimes_early(figures: Figures) -> Table:
    """Return the means over streams of the first comments, a regime a row."""
    early = [span for span in SPANS if span != LATE]
    head = ["regime"]
    for span in early:
        first, last = span.split("-")
        head += [f"comments {first}–{last}: spam let through", "good rejected", "good held"]
    rows = []
    for name, spans in figures["regimes"]["mean"].items():
        cells = [name]
        for span in early:
            keys = ("spam_let_through", "ham_rejected", "ham_held")
            cells += [percent(spans[span][key]) for key in keys]
        rows.append(cells)
    return head, rows


def regimes_by_stream(figures: Figures) -> Table:
    """Return spam let through, ham rejected and ham held after 200 comments, a stream a row."""
    streams = figures["regimes"]["streams"]
    names = list(next(iter(streams.values())))
    rows = []
    for stream, found in streams.items():
        cells = [stream]
        for name in names:
            late = found[name][LATE]
            keys = ("spam_let_through", "ham_rejected", "ham_held")
            values = [late[key] for key in keys]
            cells.append(" / ".join(MISSING if v is None else f"{100 * v:.1f}" for v in values))
        rows.append(cells)
    return ("stream", *names), rows


TABLES = {
    "regimes_late": ("regimes", regimes_late),
    "regimes_early": ("regimes", regimes_early),
    "regimes_by_stream": ("regimes", regimes_by_stream),
}
