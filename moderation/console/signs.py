"""The signs beside Health and Models in the column of places, on every screen."""

from __future__ import annotations

from typing import Any

from flask import g, make_response, render_template, request

from moderation import faults
from moderation.console.entering import runtime
from moderation.console.screens import blueprint, screen
from moderation.domain.errors import WinnowError
from moderation.flow.sites import watching


@blueprint.context_processor
def _signs() -> dict[str, Any]:
    """Return how the filter is, for every page of somebody who is logged in."""
    if "user" not in g:
        return {}
    try:
        seen = watching.seen(runtime())
    except WinnowError:
        return {"health_sign": "stopped", "candidate_sign": ""}
    except (
        Exception
    ) as error:  # No page fails for the sake of a sign, and none says that all is well.
        faults.say("the sign of health", error)
        return {"health_sign": "stopped", "candidate_sign": ""}
    return {"health_sign": seen.state, "candidate_sign": seen.candidate}


@screen("/health/sign", "viewer")
def of_health() -> Any:
    """Return the sign of health, for a page that stays open; the same again costs no bytes."""
    answer = make_response(
        render_template("console/signs/health.html"), {"Cache-Control": "private, no-cache"}
    )
    answer.set_etag(watching.seen(runtime()).state)
    return answer.make_conditional(request)


@screen("/models/sign", "viewer")
def of_models() -> Any:
    """Return the sign of models, for a page that stays open; the same again costs no bytes."""
    answer = make_response(
        render_template("console/signs/models.html"), {"Cache-Control": "private, no-cache"}
    )
    answer.set_etag(watching.seen(runtime()).candidate or "none")
    return answer.make_conditional(request)
