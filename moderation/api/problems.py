"""What goes wrong, said as RFC 9457 problem details; one table says which a domain error is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from flask import Flask, Response, request
from msgspec import UNSET, Struct, UnsetType
from werkzeug.exceptions import HTTPException

from moderation import faults
from moderation.api.kinds import KINDS
from moderation.domain import errors
from moderation.server.service import BodyMissing

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
STORE_RETRY_SECONDS = 2


OF_ERROR: dict[type[errors.WinnowError], str] = {
    errors.InvalidInput: "validation",
    errors.BadEntry: "validation",
    errors.NotFound: "not-found",
    errors.NotAuthorised: "unauthorised",
    errors.KeyRefused: "unauthorised",
    errors.NotAllowed: "forbidden",
    errors.StaleState: "stale",
    errors.Overruled: "stale",
    errors.StaleChoice: "stale",
    errors.Conflict: "conflict",
    errors.GateRefused: "gate-refused",
    errors.NothingToUndo: "nothing-to-undo",
    errors.IdempotencyConflict: "idempotency-conflict",
    errors.RateLimited: "rate-limited",
    errors.StoreDown: "store-down",
    errors.StoreSilent: "store-down",
    errors.WrongStore: "store-down",
    errors.StoreFull: "store-full",
    errors.SchemaMismatch: "store-mismatch",
    errors.SecretMismatch: "secret-mismatch",
}
"""Which problem a domain error is."""

_OF_MISSING = {
    "slow": "request-timeout", "late": "request-timeout", "crowded": "too-busy",
    "unasked": "too-busy", "large": "too-large",
    "full": "disk-full",
}  # fmt: skip
"""Which problem it is that a body is not there."""

_OF_STATUS = {
    400: "bad-request", 404: "not-found", 405: "method-not-allowed", 413: "too-large",
    415: "unsupported-media-type", 500: "internal-error",
}  # fmt: skip


class FieldError(Struct, frozen=True, omit_defaults=True):
    """Where in a request something is wrong: a JSON pointer, a query parameter or a header."""

    detail: str
    """What is wrong, in words that repeat nothing of what was sent."""
    pointer: str | None = None
    """Where in the body: a JSON pointer (RFC 6901); absent where it is not in the body."""
    parameter: str | None = None
    """Which parameter of the query; absent where it is none."""
    header: str | None = None
    """Which header; absent where it is none."""


class Problem(Struct, frozen=True, omit_defaults=True):
    """Problem details (RFC 9457). Submitted values are never repeated in it.

    `current` is there for `stale` alone: the comment as it is now.
    """

    type: str
    """Names the kind of problem; the address of a page about it."""
    title: str
    """The kind in a few words."""
    status: int
    """The status of the answer."""
    detail: str
    """What went wrong this time."""
    request_id: str | UnsetType = UNSET
    """Names the request, also in the log; absent in the items of a batch."""
    errors: list[FieldError] | UnsetType = UNSET
    """What is wrong with the request, one by one; absent where it is not about a part of it."""
    current: Any | UnsetType = UNSET
    """What was to be changed, as it is now; absent but in answers 412."""


class Refusal(Exception):
    """Ends a request with a problem."""

    def __init__(
        self,
        name: str,
        detail: str = "",
        errors: list[FieldError] | None = None,
        headers: dict[str, str] | None = None,
        current: Any = UNSET,
    ) -> None:
        super().__init__(name)
        self.name = name
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}
        self.current = current

    def problem(self, request_id: str | UnsetType = UNSET) -> Problem:
        """Return the problem details; those of an item of a batch carry no request id."""
        return problem(self.name, self.detail, request_id, self.errors, self.current)


def problem(
    name: str,
    detail: str = "",
    request_id: str | UnsetType = UNSET,
    errors: list[FieldError] | None = None,
    current: Any = UNSET,
) -> Problem:
    """Return the details of a problem of a known type."""
    kind = KINDS[name]
    return Problem(
        type=f"/problems/{name}",
        title=kind.title,
        status=kind.status,
        detail=detail or kind.meaning,
        request_id=request_id,
        errors=errors or UNSET,
        current=current,
    )


def of_error(error: errors.WinnowError) -> str:
    """Return the name of the problem that a domain error is."""
    return next(OF_ERROR[cls] for cls in type(error).__mro__ if cls in OF_ERROR)


def challenge(name: str) -> dict[str, str]:
    """Return the headers that say how to authorise (RFC 6750 §3)."""
    if name == "unauthorised":
        return {"WWW-Authenticate": 'Bearer realm="winnow"'}
    return {"WWW-Authenticate": 'Bearer realm="winnow", error="insufficient_scope"'}


def answer(details: Problem, headers: dict[str, str] | None = None) -> Response:
    """Return a problem as an answer."""
    sent = {"Cache-Control": "no-store", **(headers or {})}
    return Response(msgspec.json.encode(details), details.status, sent, content_type=MEDIA_TYPE)


def register(app: Flask, shown: Callable[[Response], Response]) -> None:
    """Make every error of an app a problem document, as `shown` to who asks."""
    app.register_error_handler(Exception, lambda error: shown(answer_to(error, request.environ)))


def answer_to(error: Exception, environ: Mapping[str, Any]) -> Response:
    """Return what a request that ended in an error is answered."""
    request_id = str(environ.get("winnow.request_id", ""))
    if isinstance(error, Refusal):
        return answer(error.problem(request_id), error.headers)
    if isinstance(error, errors.WinnowError):
        return _domain(error, request_id)
    if isinstance(error, BodyMissing):
        name = _OF_MISSING[error.reason]
        retry = {"Retry-After": str(STORE_RETRY_SECONDS)} if KINDS[name].status == 503 else {}
        return answer(problem(name, "", request_id), retry)
    if isinstance(error, HTTPException):
        return _http(error, request_id)
    # Its message may hold what was sent, a traceback would repeat it: the way there is enough.
    log.error("request %s failed: %s", request_id, faults.way_to(error))
    faults.note("a request", error, request_id)
    return answer(problem("internal-error", "", request_id))


def _domain(error: errors.WinnowError, request_id: str) -> Response:
    name = of_error(error)
    headers: dict[str, str] = {}
    if isinstance(error, errors.RateLimited):
        headers["Retry-After"] = str(error.retry_after)
    elif name in ("unauthorised", "forbidden"):
        headers = challenge(name)
    elif KINDS[name].status == 503:
        headers["Retry-After"] = str(STORE_RETRY_SECONDS)
    return answer(problem(name, sentence(str(error)), request_id), headers)


def _http(error: HTTPException, request_id: str) -> Response:
    status = error.code or 500
    name = _OF_STATUS.get(status)
    headers = {k: v for k, v in error.get_headers() if k == "Allow"}
    if name is None:
        title = error.name
        return answer(Problem("about:blank", title, status, f"{title}.", request_id), headers)
    return answer(problem(name, "", request_id), headers)


def sentence(text: str) -> str:
    """Return a message with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}" if text else ""
