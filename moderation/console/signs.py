"""The signs beside Health and Models in the column of places, on every screen."""

from __future__ import annotations

from typing import Any

from flask import make_response, render_template, request

from moderation import faults
from moderation.console.entering import runtime
from moderation.console.screens import blueprint, screen
from moderation.domain.errors import WinnowError
from moderation.flow.sites import watching


@blueprint.context_processor
def _signs() -> dict[str, Any]:
    """Let a page show how the filter is; pieces of pages do not look."""
    return {"signs": _looked}


def _looked() -> tuple[str, str]:
    """Return the state of health, and the candidate that waits ('': none)."""
    try:
        seen = watching.seen(runtime())
    except WinnowError:
        return "stopped", ""
    except Exception as error:  # No page fails for the sake of a sign, and none says all is well.
        faults.say("the sign of health", error)
        return "stopped", ""
    return seen.state, seen.candidate


@screen("/health/sign", "viewer")
def of_health() -> Any:
    """Return the sign of health, for a page that stays open; the same again costs no bytes."""
    return _sign("health", watching.seen(runtime()).state)


@screen("/models/sign", "viewer")
def of_models() -> Any:
    """Return the sign of models, for a page that stays open; the same again costs no bytes."""
    return _sign("models", watching.seen(runtime()).candidate or "none")


def _sign(name: str, etag: str) -> Any:
    health, candidate = _looked()
    body = render_template(
        f"console/signs/{name}.html", health_sign=health, candidate_sign=candidate
    )
    answer = make_response(body, {"Cache-Control": "private, no-cache"})
    answer.set_etag(etag)
    return answer.make_conditional(request)
