"""History from elsewhere: a file is sent, a job reads and teaches it."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Blueprint, Response
from msgspec import Meta, Struct

from moderation.api import answers, body
from moderation.api.endpoint import Answer, Body, Call, Operation, endpoint, wrong_parameter
from moderation.api.jobs import Job, job_out
from moderation.api.problems import Refusal
from moderation.flow.labels import importing
from moderation.flow.labels.history import Asked
from moderation.flow.sites import administering

blueprint = Blueprint("imports", __name__, url_prefix="/v1")

MOST_BYTES = 4 << 30
FILE = "application/octet-stream"

Name = Literal[
    "wxr", "sql", "disqus", "isso", "remark42", "commento", "discourse", "csv", "jsonl"
]  # fmt: skip


class ImportQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of an import.

    `site` is needed with a token of the installation. `format` and `encoding` are found out where
    they are left out; `table` is one site's comments of a dump with several; `dry_run` writes
    nothing; `partial` takes of a file that breaks off what stands before.
    """

    site: Annotated[str, Meta(max_length=256)] = ""
    """Whose comments these are; needed with a token of the installation."""
    format: Name | None = None
    """What wrote the file; found out where it is left out."""
    encoding: Annotated[str, Meta(max_length=32)] = ""
    """The file's encoding; found out where it is left out."""
    table: Annotated[str, Meta(max_length=64)] = ""
    """The table of comments, of a dump with several sites."""
    dry_run: bool = False
    """Whether nothing is written."""
    partial: bool = False
    """Whether of a file that breaks off what stands before is taken."""


@blueprint.post("/imports")
@endpoint(
    Operation(
        id="importHistory",
        tag="Jobs",
        summary="Import what was decided elsewhere",
        scopes=("moderate", "admin"),
        query=ImportQuery,
        body=Body({FILE: str}, MOST_BYTES, is_spooled=True),
        answers={
            202: Answer(
                "The job that imports it. Its `result` says how many labels were written, and "
                "what was rejected, by line.",
                {body.JSON: Job},
                ("Location",),
            )
        },
        problems=("disk-full", "store-full"),
    )
)
def import_history(call: Call) -> Response:
    if call.environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise Refusal("unsupported-media-type", "Send a packed file as it is.")
    query: ImportQuery = call.query
    site = _site(call, query.site)
    asked = Asked(
        format=query.format or "",
        encoding=query.encoding,
        table=query.table,
        dry_run=query.dry_run,
        partial=query.partial,
    )
    file = call.environ["wsgi.input"]
    if not file.read(1):
        raise Refusal("validation", "The body is empty.")
    file.seek(0)
    job = importing.receive(call.runtime, site, call.grant.actor, asked, file)
    return answers.json(job_out(job), 202, {"Location": f"/v1/jobs/{job.id}"})


def _site(call: Call, named: str) -> str:
    own = call.grant.site
    if own and named in ("", own):
        return own
    if own or named not in administering.site_names(call.runtime.store):
        raise wrong_parameter("site", "Expected the name of a site that the token may teach.")
    return named
