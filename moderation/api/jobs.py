"""Jobs: what takes long, how far it is, and what came of it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from msgspec import Meta, Struct

from moderation.api import answers, body, cursors
from moderation.api.endpoint import Answer, Call, Operation, endpoint
from moderation.domain import jobs as domain
from moderation.domain.comments import Time
from moderation.domain.jobs import State
from moderation.flow import jobs

blueprint = Blueprint("jobs", __name__, url_prefix="/v1")


class Job(Struct, frozen=True):
    """A piece of long work.

    `stage` is what is being done, `done` of `total` its rows or bytes (`total` 0 and `percent`
    null: not known), `eta_s` the seconds left of the stage. `result` is there when it succeeded, or
    when something came of it all the same; `error` says why it failed. `site` is empty where the
    whole installation is concerned.
    """

    id: str
    """Names the job: a ULID."""
    kind: str
    """What is being done: `import`, `train` and others."""
    state: State
    """How it stands; `succeeded`, `failed` and `cancelled` do not change any more."""
    stage: str
    """Which part of the work is being done."""
    done: int
    """Rows or bytes of the stage that are done."""
    total: int
    """All rows or bytes of the stage; 0 where that is not known."""
    percent: int | None
    """`done` of `total`; null where that is not known."""
    eta_s: int | None
    """Seconds left of the stage; null where that is not known."""
    result: dict[str, Any] | None
    """What came of it; null until it has succeeded."""
    error: str
    """Why it failed; empty where it did not."""
    by: str
    """Who asked for it."""
    site: str
    """Whose job it is; empty where the whole installation is concerned."""
    created_at: Time
    """When it was asked for."""
    updated_at: Time
    """When it last changed."""


class JobPage(Struct, frozen=True):
    """A page of jobs; `next` leads to the page after it."""

    data: list[Job]
    """Jobs, the newest first."""
    next: str | None
    """The `cursor` of the page after it; null at the end."""


class JobsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of the list of jobs."""

    state: State | None = None
    """Only jobs that stand so."""
    kind: Annotated[str, Meta(max_length=32)] = ""
    """Only jobs of this kind."""
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    """The most jobs of a page."""
    cursor: str = ""
    """`next` of the page before."""


def job_out(job: domain.Job) -> Job:
    """Return a job as it is shown."""
    return Job(
        id=job.id,
        kind=job.kind,
        state=job.state,
        stage=job.stage,
        done=job.done,
        total=job.total,
        percent=job.percent,
        eta_s=job.eta_s,
        result=job.result,
        error=job.error,
        by=job.by,
        site=job.site,
        created_at=_time(job.created_ms),
        updated_at=_time(job.updated_ms),
    )


def _time(ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC)


@blueprint.get("/jobs")
@endpoint(
    Operation(
        id="listJobs",
        tag="Jobs",
        summary="List jobs, newest first",
        scopes=("moderate", "admin"),
        query=JobsQuery,
        answers={
            200: Answer(
                "A page of jobs: with a site's token those of the site, with one of the "
                "installation all of them. A call looks at 1,000 jobs at most, so a page may be "
                "short and not the last: the last has `next: null`.",
                {body.JSON: JobPage},
            )
        },
        problems=("invalid-cursor",),
    )
)
def list_jobs(call: Call) -> Response:
    query: JobsQuery = call.query
    site, secret = call.grant.site, call.runtime.secret
    filters = {"of": "jobs", "state": query.state or "", "kind": query.kind}
    before = cursors.read(secret, site, filters, query.cursor) if query.cursor else ""
    page = jobs.page(call.runtime, site, query.state, query.kind, before, query.limit)
    following = None
    if page.last:
        cursor = cursors.sign(secret, site, filters, page.last)
        kept = {k: v for k, v in filters.items() if v and k != "of"}
        parameters = urlencode({**kept, "limit": query.limit, "cursor": cursor})
        following = f"{request.path}?{parameters}"
    return answers.json(JobPage([job_out(job) for job in page.jobs], following))


@blueprint.get("/jobs/<job_id>")
@endpoint(
    Operation(
        id="getJob",
        tag="Jobs",
        summary="Read how far a job is",
        scopes=("moderate", "admin"),
        answers={200: Answer("The job.", {body.JSON: Job})},
        problems=("not-found",),
    )
)
def get(call: Call, job_id: str) -> Response:
    return answers.json(job_out(jobs.find(call.runtime, job_id, call.grant.site)))


@blueprint.post("/jobs/<job_id>/cancel")
@endpoint(
    Operation(
        id="cancelJob",
        tag="Jobs",
        summary="Cancel a job",
        scopes=("moderate", "admin"),
        answers={
            200: Answer(
                "The job: `cancelled`, or still `running` where its process has to hear of it "
                "first, which takes seconds. What is over stays as it is, and what was done stays.",
                {body.JSON: Job},
            )
        },
        problems=("not-found", "conflict"),
    )
)
def cancel(call: Call, job_id: str) -> Response:
    return answers.json(job_out(jobs.cancel(call.runtime, job_id, call.grant.site)))
