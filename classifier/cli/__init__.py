"""The classifier's command line: `python -m classifier COMMAND …`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from classifier import ModelError
from classifier.cli import bench, evaluate, explain, score, study, train
from classifier.cli.lines import BadLine
from classifier.cli.parallel import NoCluster

EPILOG = """\
A row is one JSON object a line, plain or gzip: text, and any of author url email ip
permalink date lang label context honeypot form_ms type. `-` reads standard input.

examples:
  python -m classifier score comments.jsonl.gz > verdicts.jsonl
  zcat history.jsonl.gz | python -m classifier replay -
  python -m classifier evaluate history.jsonl --html report.html > report.json
  python -m classifier COMMAND --help
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 not possible, 2 bad usage, bad line or bad model."""
    options = parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # The reader has had enough. What Python would flush on leaving must go nowhere, or it
        # complains.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (BadLine, ModelError) as error:
        return _failed(str(error), 2)
    except NoCluster as error:
        return _failed(str(error), 1)
    except OSError as error:
        return _failed(f"{error.filename or 'cannot write'}: {error.strerror or error}", 2)
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """Return the whole command line."""
    top = argparse.ArgumentParser(
        prog="python -m classifier",
        description="Score comments, teach the filter, and measure how good it is.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (train, score, explain, evaluate, study, bench):
        module.add_commands(commands)
    return top


def _failed(message: str, status: int) -> int:
    print(f"error: {message}", file=sys.stderr)
    return status
