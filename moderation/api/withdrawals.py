"""Withdrawing what one person, key or import taught since a time."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from flask import Blueprint, Response
from msgspec import Meta, Struct

from moderation.api import answers, body
from moderation.api.endpoint import Answer, Body, Call, Operation, endpoint
from moderation.api.jobs import Job, job_out
from moderation.domain.comments import Time
from moderation.flow.labels import withdrawing
from moderation.flow.labels.withdrawing import Asked, Preview

blueprint = Blueprint("withdrawals", __name__, url_prefix="/v1")

SMALL_BYTES = 64 << 10


class NewWithdrawal(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose labels are withdrawn, `by` as decisions name it, written from `since` on and before
    `until`; `dry_run` changes nothing."""

    by: Annotated[str, Meta(min_length=1, max_length=256)]
    """Whose labels, as decisions name them: `token:NAME`, a person's name, `import:ID`."""
    since: Time | None = None
    """Only labels written at this time or later."""
    until: Time | None = None
    """Only labels written before this time."""
    site: Annotated[str, Meta(max_length=63)] = ""
    """Only labels of this site; empty: of all."""
    note: Annotated[str, Meta(max_length=2000)] = ""
    """Why, for people."""
    dry_run: bool = False
    """Whether nothing is changed and the answer says what would be."""


_new = msgspec.json.Decoder(NewWithdrawal)


@blueprint.post("/withdrawals")
@endpoint(
    Operation(
        id="withdrawLabels",
        tag="Decisions",
        summary="Withdraw what one person, key or import taught since a time",
        scopes=("admin",),
        body=Body({body.JSON: NewWithdrawal}, SMALL_BYTES),
        answers={
            202: Answer("The job that withdraws.", {body.JSON: Job}, ("Location",)),
            200: Answer("With `dry_run`: what would be withdrawn.", {body.JSON: Preview}),
        },
        problems=("not-found",),
    )
)
def withdraw(call: Call) -> Response:
    body.media_type(call.environ, body.JSON)
    given = body.decode(_new, body.read(call.environ, SMALL_BYTES))
    since, until = _ms(given.since), _ms(given.until)
    asked = Asked(given.by, since, given.site, given.note, until)
    if given.dry_run:
        return answers.json(withdrawing.preview(call.runtime, asked))
    job = withdrawing.begin(call.runtime, call.grant.actor, asked)
    return answers.json(job_out(job), 202, {"Location": f"/v1/jobs/{job.id}"})


def _ms(time: dt.datetime | None) -> int:
    return max(0, int(time.timestamp() * 1000)) if time else 0
