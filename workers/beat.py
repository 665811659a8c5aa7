"""The app that beat runs: the same schedule without the tasks, so that no model is loaded."""

import atexit
from typing import Any

from celery.signals import beat_init

from moderation.flow import heartbeat
from moderation.settings import Settings
from workers.app import make_app

settings = Settings.from_env()
app = make_app(settings, include=())


@beat_init.connect
def start(**_: Any) -> None:
    """Have this process tell of itself until it ends."""
    atexit.register(heartbeat.of_beat(settings).end)
