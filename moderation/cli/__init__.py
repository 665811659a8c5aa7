"""The command line: `python -m moderation`, or `winnow` where it is installed."""

import builtins
import errno
import importlib
import keyword
import logging
import os
import sys
from typing import Any

import click

from moderation import __version__

COMMANDS = {
    "up": "run",
    "init": "run",
    "web": "run",
    "worker": "run",
    "beat": "run",
    "site": "site",
    "list": "listing",
    "user": "user",
    "token": "token",
    "key": "key",
    "webhook": "webhook",
    "models": "models",
    "train": "train",
    "import": "history",
    "search": "search",
    "people": "people",
    "erase": "people",
    "seed": "seed",
    "importer": "history",
    "labels": "labels",
    "backup": "backup",
    "restore": "backup",
    "export": "export",
    "feed": "feed",
    "migrate": "store",
    "doctor": "doctor",
    "capacity": "capacity",
}
"""Where each command is: a module is imported when its command is asked for, as some are slow."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"moderation.cli.commands.{COMMANDS[cmd_name]}")
        # A word of Python cannot name a function, and one that it knows should not.
        is_taken = keyword.iskeyword(cmd_name) or hasattr(builtins, cmd_name)
        name = f"{cmd_name}_" if is_taken else cmd_name
        command: click.Command = getattr(module, name)
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="winnow")
def cli() -> None:
    """Winnow: comment moderation with a spam filter that your own decisions teach."""


def main(argv: list[str] | None = None) -> Any:
    """Run a command; what goes wrong in a known way ends it with one line on standard error."""
    from moderation.cli.embedded import Refused
    from moderation.cli.table import plain
    from moderation.domain.errors import StoreFull, WinnowError
    from moderation.settings import SettingsError

    logging.basicConfig(level="INFO", format="winnow: %(message)s")
    # A command says by its own last line that the store is full.
    logging.getLogger("moderation.store.faults").setLevel(logging.CRITICAL)
    try:
        return cli(argv, prog_name="winnow")
    except SettingsError as error:
        click.echo(f"winnow: {error}", err=True)
        sys.exit(2)
    except StoreFull:
        click.echo("winnow: the store is full: give it memory or disk (docs/drills.md)", err=True)
        sys.exit(1)
    except (Refused, WinnowError) as error:
        click.echo(f"winnow: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        os._exit(1)
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        if not is_full and error.filename is None:
            raise
        where = error.filename or "the data folder"
        why = "the disk is full: make room (docs/drills.md)" if is_full else _why(error)
        click.echo(f"winnow: {plain(str(where))}: {plain(why)}", err=True)
        sys.exit(1)


def _why(error: OSError) -> str:
    """Return the reason of an error that a library may have raised without the system's words."""
    told = error.strerror or (error.args[0] if len(error.args) == 1 else "")
    return str(told or "it cannot be read or written")
