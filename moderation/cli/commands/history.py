"""`import`: what was decided elsewhere, from the files of other software."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from ulid import ULID

from moderation import logs
from moderation.cli import connect, kernels, services
from moderation.cli.child import end_with
from moderation.cli.context import pass_settings
from moderation.cli.embedded import Refused
from moderation.cli.outcomes import result_of
from moderation.cli.progress import Progress
from moderation.cli.table import plain
from moderation.cli.up import say
from moderation.history.formats import FORMATS
from moderation.history.rows import time_at
from moderation.history.staging import Staging
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.flow.labels.history import Asked

EXAMPLES = 10
REJECTS_SHOWN = 20
WIDTH = 100


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--site", required=True, help="The site whose history it is.")
@click.option("--dry-run", is_flag=True, help="Show what it would do, and write nothing.")
@click.option("--format", "name", type=click.Choice(list(FORMATS)), help="Found out if left out.")
@click.option("--encoding", default="", help="Of a file that is not in UTF-8: latin-1, cp1252, …")
@click.option("--table", default="", help="Of a dump with several sites: the one's …comments.")
@click.option(
    "--partial", is_flag=True, help="Take what stands before the place a file breaks off."
)
@click.option("--rejects", type=click.Path(path_type=Path), help="Write every reject to this file.")
@pass_settings
def import_(
    settings: Settings,
    file: Path,
    site: str,
    dry_run: bool,
    name: str | None,
    encoding: str,
    table: str,
    partial: bool,
    rejects: Path | None,
) -> None:
    """Teach a site what was decided on its comments before: spam status becomes labels.

    FILE is an export, a database dump, a backup or a folder, packed with gzip or not: WordPress,
    Disqus, Isso, Remark42, Commento, Comentario, Discourse, Staticman, CSV, lines of JSON. When it
    is cut off, run the same command again: it goes on where it was.
    """
    from moderation.flow.labels.history import Asked

    _require(file)
    asked = Asked(
        str(file.resolve()), name or "", encoding, table, dry_run=dry_run, partial=partial
    )
    heard = _Heard(rejects, file)
    result = _carried_out(settings, site, asked, heard)
    report(result)
    heard.report()
    if result["broken"]:
        sys.exit(1)


def _carried_out(settings: Settings, site: str, asked: Asked, heard: _Heard) -> Mapping[str, Any]:
    """Import, or look at what an import would do, and return what came of it.

    Raises:
        Refused: another process imports the file.
    """
    from moderation.flow.labels import importing
    from moderation.flow.opening import open_runtime
    from moderation.flow.sites import administering

    with connect.open_store(settings) as (store, opened):
        administering.settings_of(store, site)
        kernels.prepare(services.environment(opened), say)
        runtime = open_runtime(opened)
        progress = Progress()
        told = (progress.show, heard.take)
        try:
            if asked.dry_run:
                result = importing.preview(runtime, site, asked, *told)
            else:
                job = importing.here(runtime, site, "command line", asked, *told)
                result = None if job is None else result_of(job, "import")
        finally:
            progress.end()
            runtime.close()
    if result is None:
        raise Refused("another process imports this file just now: `GET /v1/jobs` shows how far")
    return result


@click.command(hidden=True)
@click.option("--parent", type=int, required=True, help="The worker that it does not outlive.")
@click.option("--turn", type=int, required=True, help="The open file whose lock it holds.")
@pass_settings
def importer(settings: Settings, parent: int, turn: int) -> None:
    """Import what was sent, for a worker, and give way to what serves."""
    from moderation.flow import aside
    from moderation.flow.labels import importing

    end_with(parent)
    aside.give_way()
    logs.configure(settings.log_level, settings.log_format)
    with connect.open_runtime(settings) as runtime:
        importing.work_off(runtime, turn)


def _require(file: Path) -> None:
    """Refuse what an import that was cut off could not read again.

    Raises:
        Refused: it is not there, or is a pipe or a device.
    """
    if str(file) == "-" or (file.exists() and not (file.is_file() or file.is_dir())):
        raise Refused(
            "an import reads a file or a folder, so that it can go on where it was cut off: "
            "write what comes by a pipe into a file first"
        )
    if not file.exists():
        raise Refused("there is no such file or folder")


def _unwritable(path: Path, history: Path) -> str:
    """Return why no file can be written at a place, '' where one can; nothing is made there.

    What is imported is not written over, by whatever name it goes, nor is anything put into its
    folder: an import that was cut off reads it again. An empty file would say that there were no
    rejects, and a pipe that nobody reads is waited for; one that this process was given has
    somebody (`/dev/stdout`, `>(gzip …)` of a shell).
    """
    if path.exists() and path.samefile(history):
        return "it is what is imported"
    if history.is_dir() and path.resolve().is_relative_to(history.resolve()):
        return "it lies in the folder that is imported"
    if not path.exists():
        folder = path.parent
        if path.is_symlink() or not folder.is_dir():
            return "there is no such folder"
        return "" if os.access(folder, os.W_OK | os.X_OK) else "nothing may be written there"
    is_given = path.is_fifo() and path.resolve().parent.name == "fd"
    if not (path.is_file() or path.is_char_device() or is_given):
        return "it is no file"
    return "" if os.access(path, os.W_OK) else "nothing may be written there"


class _Heard:
    """What is told of the rows themselves: examples, rejects by line."""

    def __init__(self, path: Path | None, history: Path) -> None:
        self._path = path
        if path is not None and (why := _unwritable(path, history)):
            raise Refused(f"--rejects cannot be written: {why}")
        self._lines: list[str] = []
        self._examples: list[str] = []
        self._count = 0

    def take(self, staging: Staging) -> None:
        """Take what is staged while it is there."""
        for staged in staging.examples(EXAMPLES):
            day = time_at(staged.at_ms).date().isoformat()
            words = plain(f"{staged.submission.author.name}: {staged.submission.content}")
            self._examples.append(f"  {staged.label:<5}{day}  {words[:WIDTH]}")
        file = self._path.open("w", encoding="utf-8") if self._path else None
        try:
            for place, reason in staging.rejects():
                self._count += 1
                if self._count <= REJECTS_SHOWN:
                    self._lines.append(plain(f"{place}: {reason}"))
                if file is not None:
                    file.write(plain(f"{place}: {reason}") + "\n")
        finally:
            if file is not None:
                file.close()

    def report(self) -> None:
        """Print it."""
        if self._examples:
            click.echo("Examples:")
        for line in self._examples:
            click.echo(line)
        for line in self._lines:
            click.echo(f"  {line}", err=True)
        if self._count > len(self._lines):
            more = f"  … and {self._count - len(self._lines):,} more"
            click.echo(more if self._path else f"{more} (--rejects FILE writes all)", err=True)


def report(result: Mapping[str, Any]) -> None:
    """Print what came of an import, or would."""
    is_dry = bool(result.get("dry_run"))
    title = FORMATS[result["format"]].title
    click.echo(f"{'Would import' if is_dry else 'Imported'} from {title}:")
    rows = (
        ("spam", result["spam"]), ("ham", result["ham"]),
        ("without a label, left out", result["unlabelled"]),
        ("rejected, by line below", result["rejected"]),
        ("labels written" if not is_dry else "labels to write", result["imported"]),
        ("labelled the same here before", result["known"]),
        ("decided here later, left as they are", result["decided_here"]),
    )  # fmt: skip
    for words, count in rows:
        click.echo(f"  {words:<40}{count:>12,}")
    if result["from"]:
        click.echo(f"  decided from {result['from'][:10]} to {result['to'][:10]}")
    for words, count in (*result["reasons"].items(), *result["notes"].items()):
        click.echo(f"  {count:>8,} × {words}")
    if result["imported"] and not is_dry:
        # Nothing of it was written before its job was made.
        day = ULID.from_str(result["by"].removeprefix("import:")).datetime.date()
        click.echo(f"  to take it back: `labels withdraw --by {result['by']} --since {day}`")
    if result["broken"]:
        click.echo(f"  the file could not be read to its end: {plain(result['broken'])}")
