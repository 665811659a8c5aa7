"""What happened on a site, day by day."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, Response
from msgspec import Struct

from moderation.api import answers, body
from moderation.api.endpoint import Answer, Call, Operation, endpoint, wrong_parameter
from moderation.flow.comments import reading

blueprint = Blueprint("stats", __name__, url_prefix="/v1")

DAYS_AT_MOST = 366
DAYS_UNASKED = 30


class StatsQuery(Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """The first and the last day (UTC), both included; the last 30 days if left out."""

    since: dt.date | None = None
    """The first day (UTC); 29 days before the last, if left out."""
    to: dt.date | None = None
    """The last day (UTC), included; today, if left out."""


class Stats(Struct, frozen=True):
    """Counts of each day, oldest first."""

    data: list[reading.DayCounts]
    """The counts of each day, the oldest first."""


@blueprint.get("/stats")
@endpoint(
    Operation(
        id="getStats",
        tag="Statistics",
        summary="Counts by day, status, label and who decided",
        scopes=("moderate",),
        query=StatsQuery,
        answers={200: Answer("The counts.", {body.JSON: Stats})},
    )
)
def count_days(call: Call) -> Response:
    last = call.query.to or dt.datetime.now(dt.UTC).date()
    before = min(DAYS_UNASKED - 1, (last - dt.date.min).days)
    first = call.query.since or last - dt.timedelta(days=before)
    if not 0 <= (last - first).days < DAYS_AT_MOST:
        raise wrong_parameter("from", f"Expected a day up to {DAYS_AT_MOST - 1} before `to`.")
    return answers.json(Stats(reading.stats(call.runtime, call.grant.site, first, last)))
