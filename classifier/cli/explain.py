"""`explain`: why one comment has its score."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import msgspec

from classifier import REASONS, Explanation, LabelledRow, Learner, Model, explain
from classifier.cli.lines import BadLine, read_rows
from classifier.cli.options import Commands, add_command, add_files, add_model, load_model
from classifier.cli.verdicts import verdict_line


def add_commands(commands: Commands) -> None:
    """Add `explain`."""
    command = add_command(
        commands,
        "explain",
        _explain,
        "explain the first row of FILE, or --text: spans and signals with weights in logits",
        "  python -m classifier explain --text 'cheap pills http://pills.example'\n"
        "  python -m classifier explain comment.json --after history.jsonl.gz\n",
    )
    add_files(command, "?")
    add_model(command)
    command.add_argument("--text", help="the comment's text, instead of FILE")
    command.add_argument("--author", default="", help="with --text: the author's name")
    command.add_argument("--url", default="", help="with --text: the author's URL")
    command.add_argument(
        "--after", metavar="FILE", help="labelled rows that the site's learner learns first"
    )


def explained(model: Model, row: LabelledRow, found: Explanation) -> dict[str, Any]:
    """Return the explanation as JSON: each span with the words it covers, each signal in plain
    words.
    """
    verdict: dict[str, Any] = msgspec.to_builtins(
        verdict_line(float(found.probability), model.bands)
    )
    return verdict | {
        "model": model.name,
        "logit": found.logit,
        "bias": found.bias,
        "spans": [
            msgspec.to_builtins(span)
            | {"words": str(getattr(row, span.field, ""))[span.start : span.end]}
            for span in found.spans
        ],
        "signals": [
            {"code": code, "text": REASONS[code], "weight": weight}
            for code, weight in found.signals
        ],
    }


def _explain(options: argparse.Namespace) -> int:
    model = load_model(options)
    row = _chosen_row(options)
    learner = Learner(model) if options.after else None
    if learner is not None:
        for taught in read_rows([options.after], labels_required=True):
            learner.learn(taught, taught.label)
    answer = explained(model, row, explain(model, row, learner))
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(answer)) + b"\n")
    return 0


def _chosen_row(options: argparse.Namespace) -> LabelledRow:
    if options.text is not None:
        return LabelledRow(text=options.text, author=options.author, url=options.url)
    source = options.files or "-"
    row = next(read_rows([source]), None)
    if row is None:
        raise BadLine(source, 1, "no row to explain")
    return row
