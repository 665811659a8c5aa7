"""`train`: a model file from labelled rows and the seed corpus."""

from __future__ import annotations

import argparse
import errno
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from classifier.cli.lines import GZIP_MAGIC, read_rows
from classifier.cli.options import Commands, add_command, add_files
from classifier.cli.parallel import add_parallel, spread
from classifier.cli.progress import Progress

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a model may be called: a file with any other name is not loaded."""


def add_commands(commands: Commands) -> None:
    """Add `train`."""
    command = add_command(
        commands,
        "train",
        _train,
        "train a model on labelled rows and the seed corpus; without FILE on the corpus alone",
        "  python -m classifier train history.jsonl.gz --out candidate.model\n"
        "  python -m classifier train --out corpus-only.model\n"
        "  python -m classifier train data/*.jsonl.gz --out model.winnow --card CARD.md --jobs 0\n",
    )
    add_files(command, "*")
    command.add_argument("--out", type=Path, required=True, metavar="MODEL", help="where it goes")
    command.add_argument("--name", type=_name, help="the model's name (default: the day and `-1`)")
    command.add_argument(
        "--card",
        type=Path,
        metavar="PAGE",
        help="where a page goes that says what it was made from and how it did on left-out sources",
    )
    add_parallel(command)


def _train(options: argparse.Namespace) -> int:
    from classifier.training.card import model_card
    from classifier.training.data import DataError
    from classifier.training.train import train_model

    # Before the rows are read: a training takes minutes.
    for place in filter(None, (options.out, options.card)):
        _require_place(place)
    progress = Progress("checked", quiet=options.quiet)
    with tempfile.TemporaryDirectory(prefix="train-") as folder:
        # Training reads its files more than once, which standard input cannot give.
        files = [_spooled(Path(folder)) if name == "-" else Path(name) for name in options.files]
        for _ in read_rows(map(str, files), labels_required=True):
            progress.add(1)
        try:
            with spread(options):
                model = train_model(files, progress=progress.stage, name=options.name)
        except DataError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
    _write_whole(options.out, model.to_bytes())
    if options.card is not None:
        _write_whole(options.card, model_card(model).encode())
    progress.stage(f"model {model.name} written to {options.out}")
    return 0


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise argparse.ArgumentTypeError("up to 64 letters, digits, dots, hyphens and underscores")
    return text


def _spooled(folder: Path) -> Path:
    """Return standard input as a file, named as it is packed."""
    path = folder / "standard-input.jsonl"
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    with path.open("rb") as file:
        packed = file.read(2) == GZIP_MAGIC
    return path.rename(path.with_suffix(".jsonl.gz")) if packed else path


def _require_place(path: Path) -> None:
    """Refuse a place where `_write_whole` could put no file.

    Raises:
        OSError: there is no such folder, it takes no file, or the place is a folder itself.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    with tempfile.TemporaryFile(dir=path.parent):
        pass


def _write_whole(path: Path, data: bytes) -> None:
    """Put a file in place whole: a reader, or a crash, never sees half a model."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
    written = Path(file.name)
    written.chmod(0o644)
    written.replace(path)
