"""The runtime of a worker process: opened once, after the fork."""

import functools
import gc
import logging
import os
import signal
from typing import TYPE_CHECKING, Any

from celery.signals import worker_init, worker_process_init, worker_process_shutdown

from moderation.flow import heartbeat
from moderation.flow.akismet.word_back import Tellers
from moderation.flow.opening import open_runtime
from moderation.flow.runtime import Runtime, load_ahead
from moderation.flow.webhooks.sending import Senders
from moderation.settings import Settings

if TYPE_CHECKING:
    from classifier import Model

log = logging.getLogger(__name__)

_shipped: "Model | None" = None
_runtime: Runtime | None = None
_hearts: list[heartbeat.Heartbeat] = []


@worker_init.connect
def load(**_: Any) -> None:
    """Load model and kernels before the pool is forked, so that its processes share them.

    They are read alone from then on, and no thread runs yet. Connections are made after the fork.
    What cannot be loaded is for the first process of the pool to say.
    """
    global _shipped
    _shipped = load_ahead(Settings.from_env())


@worker_process_init.connect
def start(**_: Any) -> Runtime:
    """Open this process's runtime; when it cannot be opened, end the whole worker and say why.

    A pool process that merely died would be forked again at once, for ever and unnoticed.
    Whoever started the worker (`up`, a container's restart policy) starts it again with back-off.
    """
    global _runtime
    try:
        _runtime = open_runtime(Settings.from_env(), _shipped)
        _hearts.append(heartbeat.begin(_runtime, "worker"))
    except Exception:
        log.critical("this worker cannot load what it needs and stops", exc_info=True)
        os.kill(os.getppid(), signal.SIGTERM)
        raise
    # A drain makes thousands of objects and no cycles: looking through them took 8 % of its time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    return _runtime


@worker_process_shutdown.connect
def stop(**_: Any) -> None:
    """Say that this process ends."""
    for heart in _hearts:
        heart.end()


def runtime() -> Runtime:
    """Return this process's runtime."""
    return _runtime or start()


@functools.cache
def tellers() -> Tellers:
    """Return this process's threads that tell sites."""
    return Tellers(runtime())


@functools.cache
def senders() -> Senders:
    """Return this process's threads that tell webhooks."""
    return Senders(runtime())
