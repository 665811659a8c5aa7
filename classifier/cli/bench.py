"""`bench`: how fast the classifier is, as one JSON object."""

from __future__ import annotations

import argparse
import os
import sys

import msgspec

from classifier.cli.options import Commands, add_command, add_model, load_model


def add_commands(commands: Commands) -> None:
    """Add `bench`."""
    command = add_command(
        commands,
        "bench",
        _bench,
        "measure speed on one core beside a scikit-learn pipeline: one JSON object",
        "  python -m classifier bench\n  python -m classifier bench --model candidate.model\n",
    )
    add_model(command)


def _bench(options: argparse.Namespace) -> int:
    # Set before numpy and scikit-learn load, as they read it once.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = "1"
    from classifier.evaluation.bench import run_bench

    found = run_bench(load_model(options))
    sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")
    return 0
