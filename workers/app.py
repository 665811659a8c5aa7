"""The Celery app: what the workers consume, what beat sends, how both meet their broker."""

import logging
import warnings
from collections.abc import Sequence
from typing import Any

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.schedules import crontab
from celery.signals import setup_logging

from moderation.flow import broker
from moderation.flow import tasks as names
from moderation.settings import Settings
from workers import logs
from workers.alive import Alive
from workers.task import LoggedTask
from workers.unheard import Unheard

QUEUES = sorted(set(names.QUEUE_OF.values()))
"""Every queue; one worker takes from all of them unless it is told otherwise."""

SWEEP_SECONDS = 3
TRIM_SECONDS = 600
TEND_SECONDS = 5
LOOK_ON_SECONDS = 60
DIGEST_SECONDS = 300
LISTS_SECONDS = 60


def make_app(settings: Settings, include: Sequence[str] = ("workers.tasks",)) -> Celery:
    """Return a Celery app for these settings; it connects to nothing yet."""
    celery = Celery("workers", task_cls=LoggedTask, include=include)
    celery.conf.update(
        # BRPOP waits one second, so a longer silence is a dead Redis.
        **broker.options(settings.broker_url, read_seconds=5, connect_seconds=1),
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # What the old broker answers after a fail-over: by a new connection there is a new one.
        broker_channel_error_retry=True,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        # Nobody asks a worker anything by the broker, and no one should be able to command it.
        worker_enable_remote_control=False,
        worker_prefetch_multiplier=1,
        worker_consumer="workers.consumer:Consumer",
        # Celery kills a process of the pool that is not ready by then, and forks the next, for
        # ever where loading takes longer. `up` says when none becomes ready.
        worker_proc_alive_timeout=600.0,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_create_missing_queues=False,
        task_queues=[broker.queue(name) for name in QUEUES],
        task_default_queue=names.JOBS_QUEUE,
        task_routes={task: {"queue": queue} for task, queue in names.QUEUE_OF.items()},
        beat_schedule=schedule(settings),
        # The schedule is in this file: nothing about it needs to be kept on disk.
        beat_scheduler="workers.ticks:Ticks",
        enable_utc=True,
        timezone="UTC",
    )
    return celery


def schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return what beat sends and when."""
    found: dict[str, dict[str, Any]] = {
        "sweep": {"task": names.SWEEP, "schedule": SWEEP_SECONDS},
        "trim": {"task": names.TRIM, "schedule": TRIM_SECONDS},
        "tend": {"task": names.TEND_JOBS, "schedule": TEND_SECONDS},
        "look on": {"task": names.LOOK_ON, "schedule": LOOK_ON_SECONDS},
        # Whether any is due is for the task to say: a failing mail server is asked again.
        "digest": {"task": names.SEND_DIGESTS, "schedule": DIGEST_SECONDS},
        "lists": {"task": names.FETCH_LISTS, "schedule": LISTS_SECONDS},
    }
    if settings.train_at != "never":
        hour, minute = settings.train_at.split(":")
        found["train"] = {"task": names.TRAIN_NIGHTLY, "schedule": crontab(minute, hour)}
    return found


# Celery warns of running as root for the sake of pickle; these workers accept JSON alone.
warnings.filterwarnings("ignore", category=SecurityWarning)

settings = Settings.from_env()
app = make_app(settings)
app.steps["worker"].add(Alive)
app.steps["consumer"].add(Unheard)


@setup_logging.connect
def configure_logging(**_: Any) -> None:
    """Use our own lines instead of Celery's."""
    logs.configure(settings.log_level, settings.log_format)
    # These write thousands of lines that say nothing at their INFO and DEBUG; the request's, one
    # for each message that waited too long for a worker, after the worker was away.
    for name in (
        "celery.worker.strategy", "celery.worker.request", "celery.app.trace", "celery.beat",
        "numba",
    ):  # fmt: skip
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.root.level))
