"""From a request to the bytes of its answer, by a WSGI application."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any, NamedTuple

from moderation import faults
from moderation.server.request import Malformed, Request
from moderation.server.service import Admission, Environ, Service

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BODILESS = ("1", "204", "304")


class Answer(NamedTuple):
    """What is sent, and whether the connection may go on after it."""

    data: bytes
    keep_alive: bool


def bare(status: str) -> bytes:
    """Return an answer without a body, after which the connection is closed."""
    return (
        f"HTTP/1.1 {status}\r\nDate: {formatdate(usegmt=True)}\r\n"
        "Content-Length: 0\r\nConnection: close\r\n\r\n"
    ).encode()


class Answering:
    """Answers the requests of one connection; called in threads."""

    __slots__ = ("_base", "_service")

    def __init__(self, service: Service, base: Environ) -> None:
        self._service = service
        self._base = base

    def admit(self, request: Request) -> Admission | None:
        """Return how the request's body may come; None where it is answered without."""
        try:
            return self._service.admit(request.environ(self._base))
        except Malformed:
            return None
        except Exception as error:
            faults.say("the admission of a body", error)
            return None

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request."""
        keep_alive = request.keep_alive and request.missing is None
        try:
            environ = request.environ(self._base)
            status, headers, body = _call(self._service.application, environ)
            return Answer(_bytes_of(request, status, headers, body, keep_alive), keep_alive)
        except Malformed as error:
            return Answer(bare(error.status), False)
        except Exception as error:
            faults.say("a request, outside of its application,", error)
            return Answer(bare("500 Internal Server Error"), False)
        finally:
            request.close()


def _call(
    application: Callable[..., Any], environ: Environ
) -> tuple[str, list[tuple[str, str]], bytes]:
    """Return status, headers and body of a WSGI application's answer."""
    started: list[Any] = []
    parts: list[bytes] = []

    def start(
        status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        started[:] = status, headers
        return parts.append

    answer = application(environ, start)
    try:
        parts.extend(answer)
    finally:
        close = getattr(answer, "close", None)
        if close is not None:
            close()
    status, headers = started
    return status, headers, parts[0] if len(parts) == 1 else b"".join(parts)


def _bytes_of(
    request: Request,
    status: str,
    headers: list[tuple[str, str]],
    body: bytes,
    keep_alive: bool,
) -> bytes:
    """Return an answer as it goes over the wire (RFC 9112)."""
    # Who speaks HTTP/1.0 is answered in it, though either version may be (RFC 9110 §2.5).
    lines = [f"HTTP/{request.version} {status}"]
    has_length = False
    for name, value in headers:
        lines.append(f"{name}: {value}")
        has_length = has_length or name.lower() == "content-length"
    if not has_length and not status.startswith(_BODILESS):
        lines.append(f"Content-Length: {len(body)}")
    lines.append(f"Date: {_date(int(time.time()))}")
    if not keep_alive:
        lines.append("Connection: close")
    elif request.version == "1.0":
        lines.append("Connection: keep-alive")
    lines.append("\r\n")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) or head.count("\r") != len(lines):
        raise ValueError("a header of an answer has a line break")
    if request.method == "HEAD" or status.startswith(_BODILESS):
        return head.encode("latin-1")
    return head.encode("latin-1") + body


@functools.lru_cache(maxsize=1)
def _date(second: int) -> str:
    """Return the date of an answer, made once a second."""
    return formatdate(second, usegmt=True)
