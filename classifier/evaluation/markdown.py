"""The tables of docs/accuracy.md, each written between two comment lines of the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from classifier.evaluation import dilution, teaching_tables
from classifier.evaluation.cells import number, percent, signed
from classifier.training.data import OTHER_GENRES

Figures = dict[str, Any]
Table = tuple[Sequence[str], Iterable[Sequence[str]]]


def refresh_page(page: Path, figures: Figures) -> list[str]:
    """Bring the tables of a page up to date and return their names.

    A table stands between `<!-- table NAME -->` and `<!-- /table -->`; one whose section was not
    measured stays as it is. Raises `OSError`, and `ValueError` if the page asks for an unknown one.
    """
    text = page.read_text(encoding="utf-8")
    done: list[str] = []

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        if name not in TABLES:
            raise ValueError(f"{page}: there is no table {name}")
        section, make = TABLES[name]
        if not figures.get(section):
            return found[0]
        done.append(name)
        return f"<!-- table {name} -->\n{_markdown(make(figures))}<!-- /table -->"

    pattern = re.compile(r"<!-- table (\w+) -->\n.*?<!-- /table -->", re.DOTALL)
    page.write_text(pattern.sub(fill, text), encoding="utf-8")
    return done


def _markdown(table: Table) -> str:
    head, rows = table
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _made_with(figures: Figures) -> Table:
    rows = sum(figures["rows"].values())
    peers = ", ".join(figures["peers"]) or "none"
    return (
        ("what", "value"),
        [
            ("shipped model", figures["model"]),
            ("Python", figures["python"]),
            ("labelled rows", f"{rows:,} of {len(figures['rows'])} sources"),
            ("peers", peers),
        ],
    )


def _cold_blogs(figures: Figures) -> Table:
    found = figures["cold"]["blogs"]
    both, everything = found["both"], found["all"]
    pair = ("auc", "recall_at_1_percent_fpr")
    rows = [
        (name, _both(both[name], pair, 4), _both(everything[name], pair, 4), _ahead(figures, name))
        for name in figures["cold"]["filters"]
    ]
    blogs = f"{len(found['with_both'])} blogs with spam and ham, {both['rows']:,} comments"
    whole = f"all {len(found['sources'])} blogs, {everything['rows']:,} comments"
    return ("AUC / recall at 1 % false positives", blogs, whole, "best AUC, recall on"), rows


def _ahead(figures: Figures, name: str) -> str:
    """Return on how many blogs with 40 rows of each class a filter is the best of all."""
    filters = figures["cold"]["filters"]
    judged = [
        figures["cold"]["sources"][source]
        for source in figures["cold"]["blogs"]["with_both"]
        if min(figures["cold"]["sources"][source][kind]["rows"] for kind in ("spam", "ham")) >= 40
    ]
    counts = []
    for key in ("auc", "recall_at_1_percent_fpr"):
        best = [max(_of(found, other)[key] for other in filters) for found in judged]
        won = sum(_of(found, name)[key] >= top for found, top in zip(judged, best, strict=True))
        counts.append(str(won))
    return f"{', '.join(counts)} of {len(judged)}"


def _of(found: Figures, name: str) -> Figures:
    inner: Figures = found if name == "winnow" else found[name]
    return inner


def _cold_bands(figures: Figures) -> Table:
    found = figures["cold"]["blogs"]
    keys = ("ham_rejected", "ham_held", "spam_rejected", "spam_caught")
    rows = [
        (label, *(percent(found[kind]["bands"][key], 2) for key in keys))
        for kind, label in (("both", "blogs with spam and ham"), ("all", "all blogs"))
    ]
    return ("default bands", "ham rejected", "ham held", "spam rejected", "spam caught"), rows


def _cold_auc(figures: Figures) -> Table:
    filters = figures["cold"]["filters"]
    pair = ("auc", "recall_at_1_percent_fpr")
    rows = [
        (source, f"{found['rows']:,}", *(_both(_of(found, name), pair) for name in filters))
        for source, found in figures["cold"]["sources"].items()
        if found["auc"] is not None
    ]
    return ("source left out", "rows", *filters), rows


def _cold_ham(figures: Figures) -> Table:
    rows = [
        (
            source,
            f"{ham['rows']:,}",
            percent(ham["rejected"]),
            percent(ham["held_or_rejected"]),
            f"{ham['with_link']:,}",
            percent(ham["rejected_with_link"]),
            percent(ham["held_or_rejected_with_link"]),
        )
        for source, found in figures["cold"]["sources"].items()
        if (ham := found.get("ham"))
    ]
    head = ("source left out", "ham", "rejected", "held or rejected")
    return (*head, "ham with a link", "rejected", "held or rejected"), rows


def _cold_spam(figures: Figures) -> Table:
    rows = [
        (
            source,
            f"{spam['rows']:,}",
            percent(spam["held_or_rejected"]),
            percent(spam["rejected"]),
        )
        for source, found in figures["cold"]["sources"].items()
        if (spam := found.get("spam"))
    ]
    return ("source left out", "spam", "held or rejected", "rejected"), rows


def _seed_corpus(figures: Figures) -> Table:
    head = [
        "source left out",
        "AUC",
        "spam held or rejected",
        "ham rejected",
        "ham held or rejected",
        "spam, ham within the limit",
    ]
    return head, [
        [name, *(_without_with(found, *keys) for keys in _CORPUS_FIGURES)]
        for name, found in figures["corpus"].items()
    ]


_CORPUS_FIGURES = (
    ("auc", ""),
    ("held_or_rejected", "spam"),
    ("rejected", "ham"),
    ("held_or_rejected", "ham"),
    ("held_within_limit", "spam"),
)


def _without_with(found: Figures, figure: str, label: str) -> str:
    """Return the figure without the seed corpus and with it."""
    values = [(found[way][label] if label else found[way])[figure] for way in ("without", "with")]
    return " → ".join(percent(value) if label else number(value) for value in values)


def _replay_auc(figures: Figures) -> Table:
    filters = ["winnow", *figures["peers"]]
    rows = [
        (stream, str(found["winnow"]["orders"]), *(_auc_interval(found[name]) for name in filters))
        for stream, found in figures["replay"].items()
    ]
    comments = [stream for stream in figures["replay"] if stream not in OTHER_GENRES]
    for label, streams in (("mean", list(figures["replay"])), ("mean of comments", comments)):
        means = []
        for name in filters:
            values = [figures["replay"][stream][name]["auc"] for stream in streams]
            means.append(f"{sum(values) / len(values):.4f}")
        rows.append((label, "", *means))
    return ("stream", "orders", *filters), rows


def _repeats(figures: Figures) -> Table:
    kinds = ("exact", "near", "replaced", "added", "dropped", "exchanged", "later")
    rows = [
        (source, labels, f"{shares['decisions']}", *(percent(shares[kind]) for kind in kinds))
        for source, found in figures["repeats"].items()
        for labels, shares in found["decided"].items()
    ]
    head = ("source left out", "labels before", "decisions", "exact", "capitals and signs")
    changed = ("a word replaced", "added", "dropped", "link or number exchanged")
    return (*head, *changed, "exact, 100 labels later"), rows


def _swept(figures: Figures) -> Table:
    rows = []
    for source, parts in figures["repeats"].items():
        found = parts["stream"]
        rows.append((source, *(f"{found[key]:,}" for key in ("comments", "follow", "wrongly"))))
    return ("source left out", "comments", "follow an earlier decision", "wrongly"), rows


def _replay_recall(figures: Figures) -> Table:
    filters = ["winnow", *figures["peers"]]
    rows = []
    for stream, found in figures["replay"].items():
        late = [number(found[name]["recall_after_50_labels"]) for name in filters]
        whole = number(found["winnow"]["recall_at_1_percent_fpr"])
        rows.append((stream, *late, whole))
    return ("stream", *filters, "winnow, whole stream"), rows


def _left_out_video(figures: Figures) -> Table:
    return _youtube_table(figures["youtube"]["leave_one_video_out"])


def _youtube_table(table: Figures) -> Table:
    rows = [
        (
            name,
            number(found["pooled"]["accuracy"]),
            number(found["pooled"]["f1"]),
            number(found["pooled"]["auc"]),
        )
        for name, found in table.items()
    ]
    return ("pooled over the five videos", "accuracy", "F1", "AUC"), rows


def _last_30_percent(figures: Figures) -> Table:
    table = figures["youtube"]["first_70_percent"]
    published = figures["youtube"]["published_70_30_accuracy"]
    videos = [video for video in next(iter(table.values())) if video != "pooled"]
    rows = [
        (name, *(number(found[video]["accuracy"]) for video in videos))
        for name, found in table.items()
    ]
    best = ("published, best a video", *(number(published.get(video)) for video in videos))
    return ("accuracy", *videos), [*rows, best]


def _ablation(figures: Figures) -> Table:
    rows = [
        (
            family,
            f"{found['features_per_comment']:.0f}",
            signed(found["replay_auc_lost"], 4),
            signed(found["replay_recall_lost"], 3),
            signed(found["cold_auc_lost"], 4),
            signed(found["score_microseconds"], 2),
            signed(found["update_microseconds"], 0),
        )
        for family, found in figures["ablation"]["families"].items()
    ]
    head = ("family left out", "features a comment", "replay AUC lost", "replay recall lost")
    return (*head, "cold AUC lost", "score, µs", "update, µs"), rows


def _both(found: Figures, keys: tuple[str, str], digits: int = 3) -> str:
    return f"{number(found[keys[0]], digits)} / {number(found[keys[1]])}"


def _auc_interval(found: Figures) -> str:
    return f"{found['auc']:.4f} ({found['auc_low']:.3f}–{found['auc_high']:.3f})"


TABLES: dict[str, tuple[str, Callable[[Figures], Table]]] = {
    "made_with": ("model", _made_with),
    **teaching_tables.TABLES,
    "cold_blogs": ("cold", _cold_blogs),
    "cold_bands": ("cold", _cold_bands),
    "cold_auc": ("cold", _cold_auc),
    "cold_ham": ("cold", _cold_ham),
    "cold_spam": ("cold", _cold_spam),
    "dilution": ("dilution", dilution.table),
    "seed_corpus": ("corpus", _seed_corpus),
    "replay_auc": ("replay", _replay_auc),
    "replay_recall": ("replay", _replay_recall),
    "repeats": ("repeats", _repeats),
    "swept": ("repeats", _swept),
    "left_out_video": ("youtube", _left_out_video),
    "last_30_percent": ("youtube", _last_30_percent),
    "ablation": ("ablation", _ablation),
}
