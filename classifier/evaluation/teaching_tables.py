"""The tables of a page that say what a site is like by how its people label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from classifier.evaluation.cells import MISSING, number, percent
from classifier.evaluation.imported import WAYS
from classifier.evaluation.teaching import FEWEST, SPANS
from classifier.evaluation.year import KINDS

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
            cells.append(_three(found[name][LATE]))
        rows.append(cells)
    return ("stream", *names), rows


def year(figures: Figures) -> Table:
    """Return what a year cost, a blog a row."""
    rows = []
    for name, found in figures["year"].items():
        per_1000 = (number(found["per_1000"][kind], 1) for kind in KINDS)
        rows.append(
            (name, found["from"], f"{found['comments']:,}", f"{found['spam']:,}", *per_1000)
        )
    return (
        "blog",
        "from",
        "comments",
        "spam",
        *(f"{title}, of 1,000" for title, _ in KINDS.values()),
    ), rows


def imported(figures: Figures) -> Table:
    """Return spam let through, ham rejected and ham held of the second half, a stream a row."""
    rows = [
        (stream, *(_three(found[way]) for way in WAYS))
        for stream, found in figures["import"].items()
        if min(found["nothing"][kind] for kind in ("spam", "ham")) >= FEWEST
    ]
    return (
        "second half of",
        "nothing taught",
        "`console` from there on",
        "first half imported",
        "both",
    ), rows


def _three(found: Figures) -> str:
    """Return spam let through, ham rejected and ham held, in percent."""
    values = [found[key] for key in ("spam_let_through", "ham_rejected", "ham_held")]
    return " / ".join(MISSING if v is None else f"{100 * v:.1f}" for v in values)


TABLES = {
    "regimes_late": ("regimes", regimes_late),
    "regimes_early": ("regimes", regimes_early),
    "regimes_by_stream": ("regimes", regimes_by_stream),
    "year": ("year", year),
    "imported": ("import", imported),
}
