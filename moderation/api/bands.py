"""Bands of a site from a target that its people understand."""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint, Response
from msgspec import Meta, Struct

from moderation.api import answers, body
from moderation.api.endpoint import Answer, Call, Operation, endpoint
from moderation.flow.models import targets
from moderation.flow.models.targets import Proposal

blueprint = Blueprint("bands", __name__, url_prefix="/v1/sites")

Share = Annotated[float, Meta(gt=0, lt=1)]


class BandsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """The largest shares of good comments that may be rejected, and held or rejected."""

    rejected: Share = 0.001
    """The largest share of good comments that may be rejected."""
    held: Share = 0.02
    """The largest share of good comments that may be held or rejected."""


@blueprint.get("/<site>/bands")
@endpoint(
    Operation(
        id="proposeBands",
        tag="Sites",
        summary="Say which bands keep to a target, and how sure that is",
        scopes=("admin",),
        query=BandsQuery,
        answers={
            200: Answer(
                "From which probability of spam to hold and to reject. `basis` is `site` where the "
                "site's own good comments place a band, else `base`; `share` is that of the site's "
                "good comments at or above it with its 95 % interval, `comments` how many that "
                "rests on. Of a long label log the newest 2,000 entries are looked at.",
                {body.JSON: Proposal},
            )
        },
        problems=("not-found", "validation"),
    )
)
def propose_bands(call: Call, site: str) -> Response:
    query: BandsQuery = call.query
    found = targets.propose(call.runtime, site, query.held, query.rejected, targets.IN_A_REQUEST)
    return answers.json(found)
