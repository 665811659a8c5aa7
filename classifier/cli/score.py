"""`score` and `replay`: a verdict a line, in the order of the rows."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

import msgspec

from classifier import LabelledRow, Learner, Model
from classifier.cli.lines import batches, read_rows
from classifier.cli.options import Commands, add_command, add_files, add_model, load_model
from classifier.cli.progress import Progress
from classifier.cli.verdicts import VerdictLine, verdict_line

_encode = msgspec.json.Encoder().encode_lines


def add_commands(commands: Commands) -> None:
    """Add `score` and `replay`."""
    scoring = add_command(
        commands,
        "score",
        _score,
        "score rows, nothing learned: one verdict a line, in order",
        "  python -m classifier score comments.jsonl.gz > verdicts.jsonl\n"
        "  tail -n 100 comments.jsonl | python -m classifier score -\n",
    )
    replaying = add_command(
        commands,
        "replay",
        _replay,
        "predict each row, then learn its label before the next: one verdict a line, in order",
        "  python -m classifier replay history.jsonl.gz > verdicts.jsonl\n"
        "  python -m classifier replay january.jsonl february.jsonl --model candidate.model\n",
    )
    for command in (scoring, replaying):
        add_files(command)
        add_model(command)


def score_lines(model: Model, rows: Sequence[LabelledRow]) -> list[VerdictLine]:
    """Return verdicts of a batch by the snapshot alone."""
    return [verdict_line(float(p), model.bands) for p in model.score(rows).probability]


def replay_lines(
    model: Model, learner: Learner, rows: Sequence[LabelledRow]
) -> Iterator[VerdictLine]:
    """Yield each row's verdict, then teach `learner` its label, if it has one."""
    features = model.features(rows)
    for i, row in enumerate(rows):
        one = features[i : i + 1]
        yield verdict_line(float(model.score(one, learner).probability[0]), learner.bands)
        if row.label:
            learner.learn(one, row.label)


def _score(options: argparse.Namespace) -> int:
    model = load_model(options)
    progress = Progress("scored", quiet=options.quiet)
    for batch in batches(read_rows(options.files)):
        _write(score_lines(model, batch))
        progress.add(len(batch))
    progress.done()
    return 0


def _replay(options: argparse.Namespace) -> int:
    model = load_model(options)
    learner = Learner(model)
    progress = Progress("replayed", quiet=options.quiet)
    for batch in batches(read_rows(options.files)):
        _write(list(replay_lines(model, learner, batch)))
        progress.add(len(batch))
    progress.done()
    return 0


def _write(lines: list[VerdictLine]) -> None:
    sys.stdout.buffer.write(_encode(lines))
