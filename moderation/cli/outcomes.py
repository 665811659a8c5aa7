"""What came of a job that a command did in the foreground."""

from __future__ import annotations

from typing import Any

from moderation.cli.embedded import Refused
from moderation.cli.table import plain
from moderation.domain.jobs import Job


def result_of(job: Job, what: str) -> dict[str, Any]:
    """Return what came of a job; raises `Refused` where it did not succeed."""
    if job.result is None:
        raise Refused(plain(job.error) or f"the {what} was {job.state}")
    return job.result
