"""`evaluate`: how good a model is on labelled rows, as JSON and as a page with plots."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from classifier.cli.lines import batches, read_rows
from classifier.cli.options import Commands, add_command, add_files, add_model, load_model
from classifier.cli.progress import Progress


def add_commands(commands: Commands) -> None:
    """Add `evaluate`."""
    command = add_command(
        commands,
        "evaluate",
        _evaluate,
        "measure a model on labelled rows, cold and taught: JSON on standard output, and a page",
        "  python -m classifier evaluate history.jsonl.gz --html report.html > report.json\n"
        "  python -m classifier evaluate history.jsonl --cold --json report.json\n",
    )
    add_files(command)
    add_model(command)
    command.add_argument("--cold", action="store_true", help="leave out the replay")
    command.add_argument(
        "--html",
        type=Path,
        metavar="PAGE",
        default=Path("evaluation.html"),
        help="where the page goes (default: %(default)s)",
    )
    command.add_argument(
        "--json", type=Path, metavar="JSON", help="where the JSON goes (default: standard output)"
    )


def _evaluate(options: argparse.Namespace) -> int:
    from classifier.evaluation.page import build_page
    from classifier.evaluation.report import build_report
    from classifier.evaluation.run import evaluate

    model = load_model(options)
    progress = Progress("evaluated", quiet=options.quiet)
    rows = read_rows(options.files, labels_required=True)
    records = evaluate(model, batches(rows), replay=not options.cold, progress=progress.add)
    progress.done()
    report = build_report(model, options.files, records)
    options.html.write_text(build_page(report), encoding="utf-8")
    text = msgspec.json.format(msgspec.json.encode(report)) + b"\n"
    if options.json is None:
        sys.stdout.buffer.write(text)
    else:
        options.json.write_bytes(text)
    progress.stage(f"page written to {options.html}")
    return 0
