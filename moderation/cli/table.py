"""Rows for people and for `cut`: a line each, tabs between."""

import datetime as dt
from collections.abc import Iterable, Sequence

import click

_HIDDEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def echo_rows(rows: Iterable[Sequence[str]]) -> None:
    """Print rows."""
    for row in rows:
        click.echo("\t".join(row))


def plain(text: str) -> str:
    """Return somebody's text in one line that does nothing to a terminal.

    What is not printed (escapes, line ends, signs that turn the direction) becomes a blank, and
    blanks that follow each other become one.
    """
    shown = "".join(c if c.isprintable() and c not in _HIDDEN else " " for c in text)
    return " ".join(shown.split())


def minute(ms: int) -> str:
    """Return a time in milliseconds since 1970 to the minute, in UTC."""
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC).isoformat(timespec="minutes")
