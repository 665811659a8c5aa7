"""`study`: every figure of docs/accuracy.md from a folder of labelled sources."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from classifier.cli.lines import read_rows
from classifier.cli.options import Commands, add_command
from classifier.cli.parallel import add_parallel, spread
from classifier.cli.progress import Progress
from classifier.evaluation.sections import SECTIONS


def add_commands(commands: Commands) -> None:
    """Add `study`."""
    command = add_command(
        commands,
        "study",
        _study,
        "measure on every source with that source left out, beside other filters",
        "  python -m classifier study DATA_DIR --json study.json --markdown docs/accuracy.md\n"
        "  python -m classifier study DATA_DIR --only replay --orders 2\n",
    )
    command.add_argument("folder", type=Path, metavar="DATA_DIR", help="folder of JSON lines")
    command.add_argument("--json", type=Path, help="where the figures go (default: stdout)")
    command.add_argument(
        "--markdown",
        type=Path,
        metavar="PAGE",
        help="a page whose tables are brought up to date, each between its two comment lines",
    )
    command.add_argument(
        "--picture", type=Path, metavar="SVG", help="where the picture of some blogs' years goes"
    )
    command.add_argument(
        "--only",
        type=lambda text: text.split(","),
        default=list(SECTIONS),
        metavar="SECTION,…",
        help=f"of {', '.join(SECTIONS)}",
    )
    command.add_argument("--orders", type=int, default=5, help="orders of a stream without dates")
    command.add_argument(
        "--work",
        type=Path,
        default=Path(".cache/study"),
        help="keeps trained bases and peers' scores between runs (default: %(default)s)",
    )
    add_parallel(command)


def _study(options: argparse.Namespace) -> int:
    unknown = [name for name in options.only if name not in SECTIONS]
    if unknown:
        print(f"error: --only takes {', '.join(SECTIONS)}", file=sys.stderr)
        return 2
    from classifier.evaluation.bases import Store
    from classifier.evaluation.markdown import refresh_page
    from classifier.evaluation.streams import load_sources
    from classifier.evaluation.study import Study
    from classifier.evaluation.year import year_picture

    progress = Progress("study", quiet=options.quiet)
    sources = load_sources(options.folder, lambda names: read_rows(names, labels_required=True))
    study = Study(sources, Store(options.work), progress.stage, options.orders)
    with spread(options):
        figures = study.run(options.only)
    text = msgspec.json.format(msgspec.json.encode(figures)) + b"\n"
    if options.json is None:
        sys.stdout.buffer.write(text)
    else:
        options.json.write_bytes(text)
    if options.picture is not None and figures.get("year"):
        options.picture.write_text(year_picture(figures["year"]), encoding="utf-8")
    if options.markdown is not None:
        refresh_page(options.markdown, figures)
    progress.stage("done")
    return 0
