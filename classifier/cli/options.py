"""Options that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from classifier import Model

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
else:
    Commands = argparse._SubParsersAction
Run = Callable[[argparse.Namespace], int]


def add_command(
    commands: Commands, name: str, run: Run, summary: str, examples: str
) -> argparse.ArgumentParser:
    """Add a command whose help ends with examples."""
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog="examples:\n" + examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    command.add_argument("--quiet", action="store_true", help="no progress on standard error")
    return command


def add_files(command: argparse.ArgumentParser, count: str = "+") -> None:
    """Add the rows to read."""
    command.add_argument(
        "files", nargs=count, metavar="FILE", help="JSON lines, plain or gzip; - for standard input"
    )


def add_model(command: argparse.ArgumentParser) -> None:
    """Add the choice of model."""
    command.add_argument(
        "--model", type=Path, metavar="MODEL", help="a model file (default: the shipped one)"
    )


def load_model(options: argparse.Namespace) -> Model:
    """Return the chosen model; raises `ModelError` or `OSError`."""
    return Model.load(options.model)
