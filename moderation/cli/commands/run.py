"""`up`, `init`, `web`, `worker`, `beat`."""

import functools
import os
from pathlib import Path

import click

from moderation.cli import connect, first_run, kernels, services
from moderation.cli import up as up_
from moderation.cli.context import pass_settings
from moderation.cli.embedded import Refused
from moderation.flow import secret
from moderation.settings import Settings


@click.command()
@pass_settings
def up(settings: Settings) -> None:
    """Run store, web, worker and beat here; Ctrl-C ends them."""
    up_.run(settings)


@click.command()
@click.option("--new-secret", is_flag=True, help="The secret was changed on purpose: note it.")
@pass_settings
def init(settings: Settings, new_secret: bool) -> None:
    """Prepare a store: an administrator, a demo site and its keys."""
    with connect.open_store(settings, makes_secret=new_secret) as (store, opened):
        if new_secret:
            secret.replace(store, opened.secret_key)
        made = first_run.ensure(store, opened)
    click.echo("prepared" if made else "was prepared before")
    click.echo(first_run.where(settings))


@click.command()
@pass_settings
def web(settings: Settings) -> None:
    """Run the web server alone."""
    _become(settings, services.web)


@click.command()
@click.option("--only", default="", help="Take from this queue alone, such as winnow.training.")
@pass_settings
def worker(settings: Settings, only: str) -> None:
    """Run a Celery worker alone."""
    from moderation.flow.tasks import QUEUE_OF

    queues = sorted(set(QUEUE_OF.values()))
    if only and only not in queues:
        raise Refused(f"there is no such queue; there are {', '.join(queues)}")
    _become(settings, functools.partial(services.worker, only=only))


@click.command()
@pass_settings
def beat(settings: Settings) -> None:
    """Run Celery's clock alone; there must be only one."""
    _become(settings, services.beat)


def _become(settings: Settings, command: "services.CommandLine") -> None:
    settings = connect.attached(settings)
    if not settings.redis_url:
        raise Refused("no store: set WINNOW_REDIS_URL, or run `up`, which brings its own")
    connect.refuse_other_store(settings)
    if command is not services.beat:
        kernels.prepare(services.environment(settings), up_.say)
    argv = command(settings)
    os.execve(Path(argv[0]), argv, services.environment(settings))
