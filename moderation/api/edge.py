"""The outermost layer of the web process: an id for each request, its time, the hot calls; and what
is asked of a call before its body.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import Any

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from moderation.api.metrics import Meter
from moderation.api.problems import answer_to
from moderation.flow.runtime import Runtime
from moderation.flow.vitals import Vitals
from moderation.server.service import Admission, Reply

Answer = Callable[[Runtime, dict[str, Any]], Response | Reply]
"""What answers a hot call."""


class Edge:
    """Names and times every request; hands the answer over in one piece.

    What is in `hot` (functions by path, for POST) is answered without Flask: its contexts,
    signals and routing cost as much as the two scripts of a check.
    """

    def __init__(self, app: Any, meter: Meter, runtime: Runtime, hot: Mapping[str, Answer]) -> None:
        self._app = app
        self._meter = meter
        self._runtime = runtime
        self._vitals = runtime.own(Vitals)
        self._hot = hot
        # A counter behind a random word is unique and costs a tenth of a random id.
        self._prefix = secrets.token_hex(6)
        self._numbers = itertools.count(1)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        # The server says when it had read the request: since then it may have waited for a thread.
        began = environ.get("winnow.began") or perf_counter()
        request_id = f"{self._prefix}-{next(self._numbers):x}"
        environ["winnow.request_id"] = request_id
        sent = "500"

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal sent
            sent = status[:3]
            headers.append(("X-Request-Id", request_id))
            return start_response(status, headers, exc_info)

        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        answer = self._hot.get(path) if method == "POST" else None
        try:
            if answer is not None:
                environ["winnow.route"] = path
                return self._at_once(answer, environ, start)
            return _joined(self._app(environ, start))
        finally:
            route, seconds = environ.get("winnow.route", "none"), perf_counter() - began
            self._meter.observe(method if method in _METHODS else "other", route, sent, seconds)
            is_check = route.endswith(_CHECKS)
            self._vitals.answered(is_check=is_check, failed=sent[0] == "5", seconds=seconds)

    def _at_once(self, answer: Answer, environ: dict[str, Any], start: Any) -> list[bytes]:
        try:
            response = answer(self._runtime, environ)
        except Exception as error:
            response = answer_to(error, environ)
        if isinstance(response, Response):
            start(response.status, response.headers.to_wsgi_list())
            return [response.get_data()]
        status, headers, body = response
        start(status, headers)
        return [body]


def hot_calls(app: Flask) -> dict[str, Answer]:
    """Return the calls of an app that are a POST to one path and need nothing of Flask."""
    return {
        rule.rule: view.answer
        for rule in app.url_map.iter_rules()
        for view in [app.view_functions[rule.endpoint]]
        if "POST" in (rule.methods or ()) and not rule.arguments and hasattr(view, "answer")
    }


def checks(app: Flask) -> frozenset[str]:
    """Return the paths of an app at which comments are checked."""
    return frozenset(path for path in hot_calls(app) if path.endswith(_CHECKS))


def admission(app: Flask, runtime: Runtime) -> Callable[[dict[str, Any]], Admission | None]:
    """Return what says how the body of a call of an app may come; None where it is not read."""
    calls = app.url_map.bind("winnow")
    unsaid = Admission(app.config["MAX_CONTENT_LENGTH"], is_known=False)

    def admit(environ: dict[str, Any]) -> Admission | None:
        # WSGI gives the bytes of the path as Latin-1 (PEP 3333).
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        try:
            endpoint, _ = calls.match(path, environ["REQUEST_METHOD"])
        except HTTPException:
            return None
        ask = getattr(app.view_functions[endpoint], "admit", None)
        found: Admission | None = ask(runtime, environ) if ask else unsaid
        return found

    return admit


_CHECKS = ("/check", "/comment-check")
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


def _joined(answer: Iterable[bytes]) -> list[bytes]:
    """Return a body as a list, so that a request's time ends when all of it is there."""
    if isinstance(answer, list):
        return answer
    try:
        return [b"".join(answer)]
    finally:
        close = getattr(answer, "close", None)
        if close is not None:
            close()
