"""An endpoint says what it takes and answers; what it says is enforced and documented."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from flask import Response, current_app, request
from msgspec import Struct

from moderation.api.problems import FieldError, Refusal
from moderation.api.validation import field_error
from moderation.domain.accounts import Scope
from moderation.domain.errors import NotAllowed, WinnowError
from moderation.flow.authorise import Grant, authorise
from moderation.flow.labels import importing
from moderation.flow.runtime import Runtime
from moderation.server.service import Admission, Reply


class NoQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters."""


class Body(Struct, frozen=True):
    """What a call takes: a type by media type, and the most bytes.

    What `is_spooled` is kept on the disk while it comes, in the folder of imports.
    """

    media: dict[str, Any]
    most: int
    required: bool = True
    is_spooled: bool = False


class Answer(Struct, frozen=True):
    """What a call answers under one status: a type by media type, and its headers."""

    meaning: str
    media: dict[str, Any] = {}
    headers: tuple[str, ...] = ()


IF_NONE_MATCH = "The `ETag` of what you have: 304 without a body says that it is still so."
KNOWN = Answer("It is as you have it (`If-None-Match`).", headers=("ETag",))


class Operation(Struct, frozen=True, kw_only=True):
    """One call of the API. `scopes`: any one of them is enough; none: no token is needed.

    With `cached_token` a token known to this process is believed, because the call's own script
    compares the revision of the site's tokens. `headers` are request headers with what they
    mean; `problems` are those beyond what every call may answer.
    """

    id: str
    tag: str
    summary: str
    scopes: tuple[Scope, ...] = ()
    cached_token: bool = False
    query: type[Struct] = NoQuery
    headers: dict[str, str] = {}
    body: Body | None = None
    answers: dict[int, Answer]
    problems: tuple[str, ...] = ()


class Call:
    """One call that was let through: by whom, with which parameters, on which process's state."""

    __slots__ = ("environ", "grant", "query", "runtime")

    def __init__(self, runtime: Runtime, grant: Grant, query: Any, environ: Any) -> None:
        self.runtime = runtime
        self.grant = grant
        self.query = query
        self.environ = environ


Function = Callable[..., Response | Reply]
View = Callable[..., Response]


def endpoint(operation: Operation) -> Callable[[Function], View]:
    """Make a view of a function that takes a `Call`: authorised, its parameters decoded.

    An operation without scopes gets a call without a grant. The view's `answer` does the same
    without Flask's contexts, for `Edge`; its `admit` says before the body how that may come.
    """
    no_query = operation.query()
    scopes, fresh = operation.scopes, not operation.cached_token

    def decorate(function: Function) -> View:
        def answer(runtime: Runtime, environ: Any, **path: str) -> Response | Reply:
            grant: Any = None
            if scopes:
                grant = authorised(runtime, environ, scopes, fresh)
            query = no_query
            if environ["QUERY_STRING"]:
                query = parameters(operation.query, environ["QUERY_STRING"])
            return function(Call(runtime, grant, query, environ), **path)

        def admit(runtime: Runtime, environ: Any) -> Admission | None:
            if operation.body is None:
                return None
            if scopes:
                try:
                    authorised(runtime, environ, scopes, fresh)
                except WinnowError:
                    return None  # The call itself says what is wrong.
            folder = str(importing.folder(runtime)) if operation.body.is_spooled else ""
            return Admission(operation.body.most, is_known=bool(scopes), folder=folder)

        @functools.wraps(function)
        def view(**path: str) -> Response:
            environ = request.environ
            environ["winnow.route"] = request.url_rule.rule  # type: ignore[union-attr]
            given = answer(current_app.extensions["winnow"], environ, **path)
            if isinstance(given, Reply):
                return Response(given.body, given.status, given.headers)
            return given

        view.operation = operation  # type: ignore[attr-defined]
        view.answer = answer  # type: ignore[attr-defined]
        view.admit = admit  # type: ignore[attr-defined]
        return view

    return decorate


def authorised(runtime: Runtime, environ: Any, scopes: tuple[Scope, ...], fresh: bool) -> Grant:
    """Return the grant of the request's token if it has one of the scopes."""
    token = bearer(environ)
    for scope in scopes[:-1]:
        try:
            return authorise(runtime, token, scope, fresh=fresh)
        except NotAllowed:
            continue
    return authorise(runtime, token, scopes[-1], fresh=fresh)


def bearer(environ: Any) -> str:
    """Return the token of `Authorization: Bearer …` (RFC 6750 §2.1), '' where there is none."""
    kind, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def parameters(kind: type[Struct], query: str) -> Struct:
    """Return the query parameters; refuses unknown, repeated and wrong ones."""
    given: dict[str, str] = {}
    # WSGI gives the bytes of the query as Latin-1 (PEP 3333).
    text = query.encode("latin-1", "replace").decode("utf-8", "replace")
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name not in kind.__struct_encode_fields__:
            raise wrong_parameter(name, "There is no such parameter.")
        if name in given:
            raise wrong_parameter(name, "This parameter may be given once.")
        given[name] = value
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        wrong = field_error(str(error))
        raise wrong_parameter((wrong.pointer or "/")[1:], wrong.detail) from error


def wrong_parameter(name: str, detail: str) -> Refusal:
    """Return the refusal of a query parameter."""
    return Refusal("invalid-parameter", errors=[FieldError(detail, parameter=name[:64])])
