"""The HTML page of an evaluation: one file, no script, nothing fetched."""

from __future__ import annotations

from html import escape
from typing import Any

from classifier.evaluation.svg import Axis, Plot

Report = dict[str, Any]

STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:1.5rem}
figure{margin:0}figcaption{font-size:.9rem}svg{width:100%;height:auto}
svg text{font-size:12px;fill:currentColor}.grid{stroke:currentColor;opacity:.15}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:.5rem 0}
td,th{padding:.25rem .7rem;border-bottom:1px solid #8884;text-align:right}
th[scope=row]{text-align:left;font-weight:400;overflow-wrap:anywhere}
"""

NAMES = {
    "cold": "cold (nothing taught)",
    "replay": "replay (predict, then learn)",
}
COLUMNS = (
    ("rows", "rows", "d"),
    ("spam", "spam", "d"),
    ("AUC", "auc", ".4f"),
    ("recall at 1 % FPR", "recall_at_1_percent_fpr", ".3f"),
    ("Brier", "brier", ".4f"),
    ("ECE", "ece", ".4f"),
)


def build_page(report: Report) -> str:
    """Return the page of a report; everything that came from data is escaped."""
    protocols = [name for name in NAMES if name in report]
    last = protocols[-1]
    files = ", ".join(escape(name) for name in report["files"])
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Evaluation of {escape(report['model'])}</title><style>{STYLE}</style></head>"
        f"<body><h1>Evaluation of model {escape(report['model'])}</h1>"
        f"<p>{report['rows']:,} comments ({report['spam']:,} spam, {report['ham']:,} ham) from"
        f" {files}.</p>"
        + _metrics_table("Overall", {NAMES[name]: report[name] for name in protocols}, report)
        + _bands_table(report, protocols)
        + '<div class="plots">'
        + _figure(
            _precision_recall(report, protocols),
            f"Diamonds: what reaches each band, {NAMES[last]}.",
        )
        + _figure(
            _calibration(report, protocols),
            "On the diagonal a score is a probability; areas are rows.",
        )
        + (_figure(_learning(report), "By labels learned before.") if last == "replay" else "")
        + "</div>"
        + "".join(
            _metrics_table(f"By {slice_name}, {NAMES[last]}", parts, report)
            for slice_name, parts in report[last]["slices"].items()
        )
        + "</body></html>\n"
    )


def _figure(plot: Plot, caption: str) -> str:
    title = escape(plot.title)
    return (
        f"<figure><h2>{title}</h2>{plot.svg()}<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _metrics_table(caption: str, parts: dict[str, Report], report: Report) -> str:
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title, _, _ in COLUMNS)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{_number(part[key], form)}</td>" for _, key, form in COLUMNS)
        + "</tr>"
        for name, part in parts.items()
    )
    return _table(caption, '<th scope="col"></th>' + head, body)


def _bands_table(report: Report, protocols: list[str]) -> str:
    head = (
        '<th scope="col"></th><th scope="col">threshold</th><th scope="col">precision</th>'
        '<th scope="col">recall</th><th scope="col">ham that reaches it</th>'
    )
    body = "".join(
        f'<tr><th scope="row">{band}, {escape(NAMES[name])}</th>'
        f"<td>{_number(report['bands'][band], '.3f') if name == 'cold' else 'by site'}</td>"
        + "".join(
            f"<td>{_number(found[key], '.4f')}</td>"
            for key in ("precision", "recall", "false_positive_rate")
        )
        + "</tr>"
        for name in protocols
        for band, found in report[name]["at_bands"].items()
    )
    return _table("At the bands", head, body)


def _table(caption: str, head: str, body: str) -> str:
    return (
        f'<div class="wide"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, "," + form if form == "d" else form)


def _precision_recall(report: Report, protocols: list[str]) -> Plot:
    plot = Plot("Precision and recall", Axis("recall of spam"), Axis("precision"))
    for name in protocols:
        points = [(at["recall"], at["precision"]) for at in report[name]["precision_recall"]]
        plot.line(points, NAMES[name])
    for step, (band, found) in enumerate(report[protocols[-1]]["at_bands"].items()):
        if found["precision"] is not None and found["recall"] is not None:
            plot.marker((found["recall"], found["precision"]), band, step)
    return plot


def _calibration(report: Report, protocols: list[str]) -> Plot:
    plot = Plot("Calibration", Axis("mean score"), Axis("share that is spam"))
    plot.diagonal()
    for name in protocols:
        points = [(one["confidence"], one["spam_share"]) for one in report[name]["calibration"]]
        weights = [one["rows"] for one in report[name]["calibration"]]
        plot.line(points, NAMES[name], dots=True, weights=weights)
    return plot


def _learning(report: Report) -> Plot:
    curve = report["replay"]["learning_curve"]
    last = max(10.0, float(curve[-1]["labels"]) if curve else 10.0)
    ticks = [tick for tick in (1, 10, 50, 100, 400, 1600, 6400, 25600) if tick <= last]
    plot = Plot("Learning curve", Axis("labels learned", 1, last, ticks, log=True), Axis("share"))
    for name, values in (
        ("AUC", [at["auc"] for at in curve]),
        ("spam held or rejected", [at["at_bands"]["hold"]["recall"] for at in curve]),
        ("ham held or rejected", [at["at_bands"]["hold"]["false_positive_rate"] for at in curve]),
    ):
        pairs = zip(curve, values, strict=True)
        points = [(max(1.0, at["labels"]), value) for at, value in pairs if value is not None]
        plot.line(points, name, dots=True)
    return plot
