"""`export`: comments and labels as lines of JSON, for other software or another Winnow."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click
import msgspec
from msgspec import Struct

from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.cli.embedded import Refused
from moderation.cli.naming import told_of
from moderation.cli.progress import Timed
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.flow.sites.exporting import Taught
    from moderation.store.client import Store

_TAIL = 1 << 22
"""Bytes at the end of a file that was cut off in which its last whole line is looked for."""


class _Place(Struct):
    """What a line says of where it stands: its site, its comment, and of a label alone its place in
    the log."""

    site: str
    id: str
    seq: int = 0


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--site", default="", help="This site alone.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@pass_settings
def export(settings: Settings, file: Path, site: str, force: bool) -> None:
    """Write comments with their verdicts and decisions to FILE, a line of JSON each.

    A line is a comment as the API shows it, with `label` and `labelled_at` where somebody decided;
    then come the labels whose comments are kept no longer. `./winnow import` reads it. `-` is
    standard output. FILE has its name when it is whole; one that was cut off is gone on with by the
    same command.
    """
    from moderation.flow.sites import administering

    if file.exists() and not force:
        raise Refused("this file is there already: name another one, or say --force")
    with (
        connect.open_store(settings) as (store, _),
        told_of(file),
        _target(file) as (out, last),
    ):
        names = [site] if site else administering.site_names(store)
        if site:
            administering.settings_of(store, site)
        written = 0
        for name in (n for n in names if last is None or n >= last.site):
            for line in _lines(store, name, last if last and last.site == name else None):
                out.write(line)
                written += 1
    click.echo(f"{written:,} lines", err=True)


def _lines(store: Store, site: str, last: _Place | None) -> Iterator[bytes]:
    """Yield what a site has, after the line that was written last."""
    from moderation.flow.comments import outgoing
    from moderation.flow.sites import exporting

    encode, progress = msgspec.json.Encoder().encode, Timed()
    total, done = exporting.number(store, site), 0
    try:
        if last is None or not last.seq:
            for comment in exporting.comments(store, site, last.id if last else ""):
                line = msgspec.to_builtins(outgoing.comment_out(comment))
                # It stands for the comment as it is now and there.
                del line["etag"]
                decided = line["decision"]
                line["label"] = decided and decided["label"]
                if decided:
                    line["labelled_at"] = decided["at"]
                yield encode(line) + b"\n"
                done += 1
                progress.step(f"{site}: exporting", done, max(done, total))
        for taught in exporting.labels_alone(store, site, last.seq if last else 0):
            yield encode(_taught(site, taught)) + b"\n"
    finally:
        progress.end()


def _taught(site: str, taught: Taught) -> dict[str, Any]:
    from moderation.flow.comments import outgoing

    row, decision = taught.row, taught.decision
    sent = {
        "permalink": row.permalink,
        "type": row.type,
        "language": row.lang,
        "context": row.context,
    }
    author = {"name": row.author, "url": row.url, "email": row.email}
    return {
        "site": site,
        "id": taught.comment,
        "seq": taught.seq,
        "content": row.text,
        "author": {name: value for name, value in author.items() if value},
        **{name: value for name, value in sent.items() if value},
        "label": decision.label,
        "labelled_at": msgspec.to_builtins(outgoing.time_of(taught.labelled_ms)),
        "decision": msgspec.to_builtins(outgoing.decision_out(decision)),
    }


@contextmanager
def _target(file: Path) -> Iterator[tuple[BinaryIO, _Place | None]]:
    """Return where lines are written, and the place of the last whole one that is there."""
    if str(file) == "-":
        yield sys.stdout.buffer, None
        sys.stdout.buffer.flush()
        return
    draft = file.with_name(file.name + ".part")
    with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as out:
        yield out, _last(out)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)


def _last(out: BinaryIO) -> _Place | None:
    """Return the place of a file's last whole line, and leave the file at its end."""
    size = out.seek(0, os.SEEK_END)
    start = out.seek(max(0, size - _TAIL))
    tail = out.read()
    end = tail.rfind(b"\n") + 1
    out.seek(start + end)
    out.truncate()
    if not end:
        return None
    line = tail[tail.rfind(b"\n", 0, end - 1) + 1 : end]
    try:
        return msgspec.json.decode(line, type=_Place)
    except msgspec.DecodeError as error:
        raise Refused("what is there under this name with .part is no export: remove it") from error
