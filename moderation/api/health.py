"""For machines that watch: alive, ready, metrics."""

from __future__ import annotations

import hmac
import re

from flask import Blueprint, Response, current_app
from msgspec import Struct

from moderation.api import answers, body
from moderation.api.endpoint import Answer, Call, Operation, bearer, endpoint
from moderation.api.metrics import CONTENT_TYPE, Meter
from moderation.domain.addresses import parsed
from moderation.domain.errors import NotAuthorised
from moderation.flow.sites import health

blueprint = Blueprint("health", __name__)


class Health(Struct, frozen=True):
    """A short word."""

    status: str
    """How it is, in a short word."""


@blueprint.get("/healthz")
@endpoint(
    Operation(
        id="isAlive",
        tag="Operation",
        summary="Whether the web process answers",
        answers={200: Answer("It does.", {body.JSON: Health})},
    )
)
def alive(call: Call) -> Response:
    return answers.json(Health("alive"))


@blueprint.get("/readyz")
@endpoint(
    Operation(
        id="isReady",
        tag="Operation",
        summary="Whether the store takes comments and the model is loaded",
        answers={200: Answer("Both.", {body.JSON: Health})},
        problems=("store-down", "store-mismatch", "secret-mismatch"),
    )
)
def ready(call: Call) -> Response:
    health.ready(call.runtime)
    return answers.json(Health("ready"))


@blueprint.get("/metrics")
@endpoint(
    Operation(
        id="getMetrics",
        tag="Operation",
        summary="Metrics for Prometheus: from this machine, or by the token set for it",
        answers={200: Answer("Metrics in Prometheus' text format.", {"text/plain": str})},
        problems=("unauthorised",),
    )
)
def metrics(call: Call) -> Response:
    token = call.runtime.settings.metrics_token
    given = bearer(call.environ)
    by_token = token and hmac.compare_digest(given.encode(), token.encode())
    if not by_token and not _is_local(call.environ):
        raise NotAuthorised("metrics are for this machine, or for the token set for them")
    meter: Meter = current_app.extensions["winnow.meter"]
    return Response(meter.text(call.runtime), content_type=CONTENT_TYPE)


_LOCALHOST = re.compile(r"localhost\.?(?::[0-9]{1,5})?", re.IGNORECASE)
FORWARDED = (
    "HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP", "HTTP_VIA",
)  # fmt: skip
"""What a proxy adds to a request; any of it says that the request comes through one."""


def _is_local(environ: body.Environ) -> bool:
    """Say whether a request comes from this machine itself and not through a proxy on it.

    A proxy that adds nothing is known by the host that was asked for: its clients ask for a public
    one. One that puts a loopback address there in its stead cannot be told from this machine.
    """
    if any(name in environ for name in FORWARDED):
        return False
    return _is_loopback(environ.get("REMOTE_ADDR", "")) and _is_loopback(
        environ.get("HTTP_HOST", "")
    )


def _is_loopback(host: str) -> bool:
    """Say whether an address, or the host that was asked for, is this machine itself."""
    address = parsed(host)
    if address is None:
        return _LOCALHOST.fullmatch(host) is not None
    return address.is_loopback
