"""The outermost layer of the web process: an id for each request, and its time."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterable
from time import perf_counter
from typing import Any

from moderation.api.metrics import Meter


class Edge:
    """Names and times every request; hands the answer over in one piece."""

    def __init__(self, app: Any, meter: Meter) -> None:
        self._app = app
        self._meter = meter
        # A counter behind a random word is unique and costs a tenth of a random id.
        self._prefix = secrets.token_hex(6)
        self._numbers = itertools.count(1)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        began = perf_counter()
        request_id = f"{self._prefix}-{next(self._numbers):x}"
        environ["winnow.request_id"] = request_id
        sent = "500"

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal sent
            sent = status[:3]
            headers.append(("X-Request-Id", request_id))
            return start_response(status, headers, exc_info)

        try:
            return _joined(self._app(environ, start))
        finally:
            method = environ["REQUEST_METHOD"]
            self._meter.observe(
                method if method in _METHODS else "other",
                environ.get("winnow.route", "none"),
                sent,
                perf_counter() - began,
            )


_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


def _joined(answer: Iterable[bytes]) -> list[bytes]:
    """Returns a body as a list: Granian sends one at once, and an iterator piece by piece."""
    if isinstance(answer, list):
        return answer
    try:
        return [b"".join(answer)]
    finally:
        close = getattr(answer, "close", None)
        if close is not None:
            close()
