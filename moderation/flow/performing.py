"""A job with the process that does it: held by that one alone, how far it is noted, ended."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from time import monotonic
from typing import Any

from moderation import faults
from moderation.domain.errors import StoreDown, WinnowError
from moderation.domain.jobs import Job, State
from moderation.flow import jobs
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import jobs as stored

log = logging.getLogger(__name__)

NOTED_EVERY_SECONDS = 1.0
"""How often the store is told how far a job is; each time its lease begins anew."""
AWAY_SECONDS = 60.0
"""For how long work goes on while the store does not answer."""
LONGEST_ERROR = 500


class JobFailed(WinnowError):
    """The work cannot be done, for the reason that the message gives; it quotes no comment.

    `result` is what came of it all the same, None where that is nothing.
    """

    def __init__(self, reason: str, result: dict[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.result = result


class Unwanted(Exception):
    """Somebody asked to cancel the job."""


class Lost(Exception):
    """Another process holds the job by now: this one changes nothing more."""


class HandOver(Exception):
    """The rest is left to another task, so that others get their turn.

    `asked` is what that needs to know, where it is not what this one was asked (None).
    """

    def __init__(self, asked: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.asked = asked


Watch = Callable[[str, int, int, int | None], None]
"""Called with stage, done, total and the seconds left of it, each time they are noted."""


class Work:
    """A job that this process holds, and how far it is: done of `total`, 0 where nobody knows."""

    def __init__(self, runtime: Runtime, job: Job, token: str) -> None:
        self.job = job
        self.token = token
        self._store = runtime.store
        self._stage = ""
        self._began = self._first = self._noted = 0.0
        self.done = self._done = job.done
        self.total = job.total
        self._answered = monotonic()
        self.watch: Watch = lambda *_: None

    def note(self, stage: str, done: int, total: int = 0) -> None:
        """Note how far the work is; call it often, as it tells the store once a second.

        Raises:
            Unwanted: the job is to be cancelled. Lost: another process holds it. StoreDown: the
            store has not answered for `AWAY_SECONDS`.
        """
        now, self.done, self.total = monotonic(), done, total
        if stage != self._stage:
            self._stage, self._began, self._first = stage, now, done
        elif now - self._noted < NOTED_EVERY_SECONDS:
            return
        self._noted = now
        fields: dict[str, Any] = {}
        if done != self._done:
            fields["tries"] = 0
        self._done = done
        eta = self._eta(done, total)
        self.watch(stage, done, total, eta)
        try:
            answer = stored.change(
                self._store, self.job.id, "keep", self.token,
                stage=stage, done=done, total=total, eta_s=eta, updated_ms=now_ms(), **fields,
            )  # fmt: skip
        except StoreDown:
            if now - self._answered > AWAY_SECONDS:
                raise
            return
        self._answered = now
        if answer == "unwanted":
            raise Unwanted
        if answer != "ok":
            raise Lost

    def keep(self, asked: dict[str, Any]) -> None:
        """Keep what the work needs to know to go on where it is, for whoever takes it up next: it
        got on.

        Raises:
            Lost: another process holds the job. StoreDown: the store does not answer.
        """
        answer = stored.change(
            self._store, self.job.id, "keep", self.token, asked=asked, tries=0, updated_ms=now_ms()
        )
        if answer not in ("ok", "unwanted"):
            raise Lost

    def _eta(self, done: int, total: int) -> int | None:
        """Return the seconds that are left of the stage at the pace so far."""
        passed, got = monotonic() - self._began, done - self._first
        if got <= 0 or total < done:
            return None
        return round(passed * (total - done) / got)


def take(runtime: Runtime, job_id: str, token: str = "") -> Work | None:
    """Hold a job, to be worked on by this process alone; None where that cannot be.

    `token`: by which this process, or one before it that has ended, held the job.
    """
    token = token or secrets.token_hex(16)
    now = now_ms()
    job = stored.get(runtime.store, job_id)
    if job is None or job.is_over:
        return None
    if job.tries >= jobs.TRIES and not stored.is_held(runtime.store, job_id):
        jobs.give_up(runtime, job)
        return None
    began = job.started_ms or now
    answer = stored.change(
        runtime.store, job_id, "take", token, state="running", started_ms=began, updated_ms=now
    )
    if answer == "unwanted":
        stored.change(runtime.store, job_id, "end", token, state="cancelled", updated_ms=now)
    return Work(runtime, job, token) if answer == "ok" else None


def run(runtime: Runtime, work: Work, does: Callable[[Work], dict[str, Any]]) -> Job:
    """Do the work of a job that is held, and return it with what came of it.

    What goes wrong in a known way, or unexpectedly, has it fail with a reason. Where the store
    does not answer it stays as it is, and is taken up again.

    Raises:
        StoreDown: the store does not answer.
    """
    try:
        result = does(work)
    except Unwanted:
        _end(runtime, work, "cancelled")
    except HandOver as handed:
        place = {} if handed.asked is None else {"asked": handed.asked}
        stored.change(runtime.store, work.job.id, "leave", work.token, tries=0, **place)
        jobs.send(runtime, work.job)
    except Lost:
        log.warning("a job was taken up by another process and goes on there")
    except StoreDown:
        raise
    except KeyboardInterrupt:
        _end(runtime, work, "cancelled")
        raise
    except JobFailed as error:
        came = {} if error.result is None else {"result": error.result}
        _end(runtime, work, "failed", error=str(error)[:LONGEST_ERROR], **came)
    except WinnowError as error:
        _end(runtime, work, "failed", error=str(error)[:LONGEST_ERROR])
    except Exception as error:
        faults.say(f"a job ({work.job.kind})", error)
        _end(runtime, work, "failed", error="something went wrong in Winnow: its log says where")
    else:
        # How far it is was told now and then: the last rows are done as well.
        done = work.total or work.done
        _end(runtime, work, "succeeded", result=result, done=done, total=work.total)
    return jobs.find(runtime, work.job.id)


def work_on(
    runtime: Runtime,
    job_id: str,
    does: Callable[[Work], dict[str, Any]],
    watch: Watch | None = None,
) -> None:
    """Take a job up and do its work, unless another process holds it or it is over."""
    work = take(runtime, job_id)
    if work is not None:
        work.watch = watch or work.watch
        run(runtime, work, does)


def _end(runtime: Runtime, work: Work, state: State, **more: Any) -> None:
    fields = {"state": state, "eta_s": None, "updated_ms": now_ms(), **more}
    stored.change(runtime.store, work.job.id, "end", work.token, **fields)
