"""What every command begins with."""

import functools
import logging
import os
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from moderation import logs
from moderation.settings import Settings, unknown_variables

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)


def pass_settings(command: Callable[Concatenate[Settings, P], R]) -> Callable[P, R]:
    """Give a command the settings of its environment, warning of variables that mean nothing."""

    @functools.wraps(command)
    def with_settings(*args: P.args, **kwargs: P.kwargs) -> R:
        settings = Settings.from_env()
        if settings.log_format == "json":
            logs.configure(settings.log_level, settings.log_format)
        logging.getLogger().setLevel(settings.log_level)
        for line in unknown_variables(os.environ):
            log.warning("%s", line)
        return command(settings, *args, **kwargs)

    return with_settings
