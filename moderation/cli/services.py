"""The command lines of web, worker, beat and search, and the environment they share."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import moderation
from moderation.settings import WEB_THREADS, Settings

CommandLine = Callable[[Settings], list[str]]

_ROOT = Path(moderation.__file__).parent.parent


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
        "WINNOW_DEMO_BIND": _demo(settings),
    }


def _demo(settings: Settings) -> str:
    """Return where the demo site is, so that web and worker know of the one that runs."""
    if settings.demo_bind is None:
        return "off"
    host, port = settings.demo_bind
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def web(settings: Settings) -> list[str]:
    """Return our web server with our app."""
    host, port = settings.bind
    return [
        *(sys.executable, "-m", "moderation.server", "--host", host, "--port", str(port)),
        *("--workers", str(settings.web_workers), "--threads", str(WEB_THREADS)),
        *("--log-level", settings.log_level, "--log-format", settings.log_format),
        "moderation.app:serve",
    ]


def worker(settings: Settings, only: str = "") -> list[str]:
    """Return a Celery worker that takes from every queue, or from one alone."""
    return [
        *(sys.executable, "-m", "celery", "--quiet", "--app", "workers.app", "worker"),
        *("--concurrency", str(settings.workers), "--loglevel", settings.log_level),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        *(("--queues", only) if only else ()),
    ]


def beat(settings: Settings) -> list[str]:
    """Return Celery's clock; one of them is enough."""
    return [
        *(sys.executable, "-m", "celery", "--quiet", "--app", "workers.beat", "beat"),
        *("--loglevel", settings.log_level),
    ]


def search() -> list[str]:
    """Return what keeps the index of searches; one of them is enough, a second one waits."""
    return [sys.executable, "-m", "moderation", "search", "follow"]
