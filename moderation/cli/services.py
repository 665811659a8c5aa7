"""The command lines of web, worker and beat, and the environment they share."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import moderation
from moderation.settings import WEB_THREADS, Settings

CommandLine = Callable[[Settings], list[str]]

_ROOT = Path(moderation.__file__).parent.parent

# At INFO these programs greet; what they have to say about trouble comes at WARNING.
_QUIETER = {"DEBUG": "debug", "INFO": "warning", "WARNING": "warning", "ERROR": "error"}


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment of every part: these settings, resolved, and a path to our
    packages.
    """
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
    return {
        **os.environ,
        "PYTHONPATH": path,
        # Scoring uses no BLAS; its idle threads would only wake and look for work.
        "OPENBLAS_NUM_THREADS": "1",
        "WINNOW_DATA": str(settings.data.resolve()),
        "WINNOW_REDIS_URL": settings.redis_url,
        "WINNOW_BROKER_URL": settings.broker_url,
        "WINNOW_SECRET_KEY": settings.secret_key.decode(),
    }


def web(settings: Settings) -> list[str]:
    """Return Granian with our Flask app."""
    host, port = settings.bind
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi"),
        *("--host", host, "--port", str(port), "--http", "1", "--no-ws"),
        *("--workers", str(settings.web_workers), "--blocking-threads", str(WEB_THREADS)),
        *("--respawn-failed-workers", "--respawn-interval", "0.5", "--workers-kill-timeout", "2"),
        *("--log-level", _QUIETER[settings.log_level]),
        *("--factory", "moderation.app:serve"),
    ]


def worker(settings: Settings) -> list[str]:
    """Return a Celery worker that takes from every queue."""
    return [
        *(sys.executable, "-m", "celery", "--quiet", "--app", "workers.app", "worker"),
        *("--concurrency", str(settings.workers), "--loglevel", settings.log_level),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def beat(settings: Settings) -> list[str]:
    """Return Celery's clock; one of them is enough."""
    return [
        *(sys.executable, "-m", "celery", "--quiet", "--app", "workers.beat", "beat"),
        *("--loglevel", settings.log_level),
    ]
