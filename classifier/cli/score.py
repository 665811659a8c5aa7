"""`score` and `replay`: a verdict a line, in the order of the rows."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

import msgspec

from classifier import LabelledRow, Model
from classifier.cli.lines import batches, read_rows
from classifier.cli.options import Commands, add_command, add_files, add_model, load_model
from classifier.cli.progress import Progress
from classifier.cli.verdicts import TaughtLine, VerdictLine, verdict_line
from classifier.evaluation.regimes import REGIMES
from classifier.evaluation.site import Site

_encode = msgspec.json.Encoder().encode_lines


TEACHING = "how the people of the site label (default: all):\n" + "".join(
    f"  {name:<10}{regime.summary}\n" for name, regime in REGIMES.items()
)


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
        "predict each row, then learn the label that a site's people give it, before the next: one"
        " verdict a line, in order",
        "  python -m classifier replay history.jsonl.gz > verdicts.jsonl\n"
        "  python -m classifier replay january.jsonl february.jsonl --model candidate.model\n"
        "  python -m classifier replay history.jsonl.gz --teach console --seed 7\n\n" + TEACHING,
    )
    for command in (scoring, replaying):
        add_files(command)
        add_model(command)
    replaying.add_argument(
        "--teach", choices=REGIMES, default="all", help="which rows are labelled (see below)"
    )
    replaying.add_argument(
        "--seed", type=int, default=0, help="of what is left to chance (default: 0)"
    )


def score_lines(model: Model, rows: Sequence[LabelledRow]) -> list[VerdictLine]:
    """Return verdicts of a batch by the snapshot alone."""
    return [verdict_line(float(p), model.bands) for p in model.score(rows).probability]


def replay_lines(model: Model, site: Site, rows: Sequence[LabelledRow]) -> Iterator[TaughtLine]:
    """Yield each row's verdict on a site, and the label it was given before the next.

    A row that has the id of a comment of the service is drawn as evidence when that comment was.
    """
    features = model.features(rows)
    for i, row in enumerate(rows):
        played = site.play(features[i : i + 1], row.label, row.id)
        verdict = msgspec.structs.asdict(verdict_line(played.score, played.bands))
        yield TaughtLine(**verdict, taught=played.taught)


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
    site = Site(model, REGIMES[options.teach], options.seed)
    progress = Progress("replayed", quiet=options.quiet)
    labelled = False
    for batch in batches(read_rows(options.files)):
        _write(list(replay_lines(model, site, batch)))
        progress.add(len(batch))
        labelled = labelled or any(row.label for row in batch)
    progress.done()
    if labelled or options.teach == "none":
        return 0
    # Whoever asks for a replay of what nobody labelled has named the wrong file or property.
    print('error: no row has a "label", so nothing was taught', file=sys.stderr)
    return 1


def _write(lines: Sequence[VerdictLine]) -> None:
    sys.stdout.buffer.write(_encode(lines))
