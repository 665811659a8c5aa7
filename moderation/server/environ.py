"""The WSGI environment (PEP 3333) of a request."""

from __future__ import annotations

import functools
import sys
from urllib.parse import unquote_to_bytes

import httptools

from moderation.server.service import Environ

BAD = "400 Bad Request"

_NAME_LENGTH = 64
"""Names up to this many bytes are kept as read: clients send the same ones again and again."""


class Malformed(Exception):
    """What came is no request; `status` says how it is answered."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


def environ_base(server: tuple[str, int], peer: str, scheme: str) -> Environ:
    """Return what the environments of all requests of one connection have in common."""
    return {
        "SCRIPT_NAME": "",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": peer,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }


def variable_of(name: bytes) -> str:
    """Return a header's name in the environment; '' for one that is dropped."""
    return _known_variable(name) if len(name) <= _NAME_LENGTH else _variable(name)


def _variable(name: bytes) -> str:
    """Return a header's name in the environment.

    A name with an underscore would read as the same with a hyphen: whoever sent it could pass for
    a proxy that sets the other.
    """
    if b"_" in name:
        return ""
    text = name.decode("latin-1").upper().replace("-", "_")
    # The length is that of the body as it was read.
    if text in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
        return ""
    return text if text == "CONTENT_TYPE" else f"HTTP_{text}"


_known_variable = functools.lru_cache(maxsize=1024)(_variable)


def parts_of(target: bytes) -> tuple[str, str]:
    """Return path and query of a target, which may be a whole address (RFC 9112 §3.2.2)."""
    if target[:1] not in (b"/", b"*"):
        try:
            found = httptools.parse_url(target)
        except httptools.HttpParserError:
            raise Malformed(BAD) from None
        path, query = found.path or b"/", found.query or b""
    else:
        path, _, query = target.partition(b"#")[0].partition(b"?")
    if b"%" in path:
        path = unquote_to_bytes(path)
    return path.decode("latin-1"), query.decode("latin-1")
