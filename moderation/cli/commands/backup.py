"""`backup` and `restore`: all that is known, in a file, and back."""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.cli.embedded import Refused
from moderation.cli.naming import told_of
from moderation.cli.progress import Timed
from moderation.domain.errors import SecretMismatch
from moderation.settings import Settings

_GZIP = b"\x1f\x8b"
_LEVEL = 3
"""Of gzip: higher ones take several times as long for a tenth less."""


_LINE_BYTES = 1 << 28


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--site", default="", help="This site alone.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@pass_settings
def backup(settings: Settings, file: Path, site: str, force: bool) -> None:
    """Write all that this installation knows to FILE, as of one moment, while it works.

    FILE is packed with gzip; `-` writes plain lines to standard output. It holds comments with
    names and addresses: only you may read it. The secret is not in it: keep that too, elsewhere.
    """
    from moderation.flow.sites import backups

    if file.exists() and not force:
        raise Refused("this file is there already: name another one, or say --force")
    with (
        connect.open_store(settings) as (store, opened),
        _shown() as show,
        told_of(file),
        _target(file) as out,
    ):
        found = backups.write(store, opened.secret_key, site, out, show)
    size = "" if str(file) == "-" else f", {file.stat().st_size:,} bytes"
    click.echo(f"{found.end.pieces:,} pieces{size}", err=True)
    if not os.environ.get("WINNOW_SECRET_KEY"):
        click.echo(f"keep {settings.data / 'secret_key'} too, apart from it", err=True)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--check", is_flag=True, help="Say what it is and whether it is whole; write nothing."
)
@pass_settings
def restore(settings: Settings, file: Path, check: bool) -> None:
    """Put a backup into an empty store; that of one site into one that does not have the site.

    A file that is damaged, or was written under another secret, is refused before anything is
    written. When it is cut off, run the same command again: it goes on where it was.
    """
    from moderation.flow.sites import backups

    if not file.is_file():
        raise Refused("a backup is read twice: write what comes by a pipe into a file first")
    other = ""
    try:
        with _lines(file) as lines:
            backups.refuse_other_secret(lines, settings)
    except SecretMismatch as error:
        if not check:
            raise
        other = str(error)
    with _lines(file) as lines:
        found = backups.look_at(lines)
    head = found.head
    what = f"site {head.site}" if head.site else "a whole installation"
    click.echo(
        f"{what}, Winnow {head.winnow}, layout {head.layout}, {found.end.pieces:,} pieces, whole"
    )
    if check:
        click.echo(other or "it was written under the secret of this machine")
        return
    with (
        connect.open_store(settings, any_layout=True) as (store, opened),
        _shown() as show,
        _lines(file) as lines,
    ):
        backups.restore(store, opened.secret_key, found, lines, show)
    click.echo("restored; `./winnow up` starts it, an older layout asks for `./winnow migrate`")


@contextmanager
def _shown() -> Iterator[Callable[[str, int, int], None]]:
    progress = Timed()
    try:
        yield progress.step
    finally:
        progress.end()


@contextmanager
def _target(file: Path) -> Iterator[Callable[[bytes], object]]:
    """Return what writes to a file that has its name only when all of it is on the disk."""
    if str(file) == "-":
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
        return
    draft = file.with_name(file.name + ".part")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as plain:
            os.fchmod(handle, 0o600)
            with gzip.GzipFile("", "wb", _LEVEL, plain) as packed:
                yield packed.write
            plain.flush()
            os.fsync(handle)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _lines(file: Path) -> Iterator[Iterator[bytes]]:
    """Return the lines of a file, packed or not."""
    with file.open("rb") as plain:
        is_packed = plain.read(2) == _GZIP
        plain.seek(0)
        with gzip.GzipFile(fileobj=plain) if is_packed else plain as source:
            yield _whole(source)


def _whole(source: gzip.GzipFile | BinaryIO) -> Iterator[bytes]:
    """Yield lines until the file ends or cannot be unpacked: its end is missed by who reads it."""
    try:
        yield from iter(lambda: source.readline(_LINE_BYTES), b"")
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return
