"""Rows for people and for `cut`: a line each, tabs between."""

from collections.abc import Iterable, Sequence

import click


def echo_rows(rows: Iterable[Sequence[str]]) -> None:
    """Print rows."""
    for row in rows:
        click.echo("\t".join(row))
