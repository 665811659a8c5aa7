"""A site removed with all that is its: a job."""

from __future__ import annotations

from flask import Blueprint, Response

from moderation.api import answers, body
from moderation.api.endpoint import Answer, Call, endpoint
from moderation.api.jobs import Job, job_out
from moderation.api.sites import actor, operation
from moderation.flow.sites import removing

blueprint = Blueprint("removals", __name__, url_prefix="/v1/sites")


@blueprint.delete("/<site>")
@endpoint(
    operation(
        "removeSite",
        "Remove a site with all that is its; this cannot be undone",
        answers={202: Answer("The job that removes it.", {body.JSON: Job}, ("Location",))},
        problems=("not-found",),
    )
)
def remove_site(call: Call, site: str) -> Response:
    job = removing.begin(call.runtime, site, actor(call))
    return answers.json(job_out(job), 202, {"Location": f"/v1/jobs/{job.id}"})
