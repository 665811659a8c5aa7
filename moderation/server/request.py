"""One request: its head, its body as it comes, the environment that an application gets."""

from __future__ import annotations

import functools
import io
import sys
from typing import IO
from urllib.parse import unquote_to_bytes

import httptools

from moderation.server.service import Environ, Missing, MissingBody
from moderation.server.spool import NoRoom, Spool

BAD = "400 Bad Request"
OTHER_CODING = "501 Not Implemented"

_NAME_LENGTH = 64
"""Names up to this many bytes are kept as read: clients send the same ones again and again."""


class Malformed(Exception):
    """What came is no request; `status` says how it is answered."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class Request:
    """One request, whole or on its way."""

    __slots__ = (
        "_body",
        "_spool",
        "admitted",
        "began",
        "headers",
        "keep_alive",
        "method",
        "missing",
        "most",
        "size",
        "target",
        "version",
    )

    def __init__(self) -> None:
        self.method = self.version = ""
        self.target = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.keep_alive = False
        self.admitted = False
        self.most = 0
        self.size = 0
        self.missing: Missing | None = None
        self.began = 0.0
        self._body: bytes | bytearray = b""
        self._spool: Spool | None = None

    def add(self, data: bytes) -> None:
        """Take a piece of the body; of one that is too large nothing is kept."""
        self.size += len(data)
        if self.admitted and self.size > self.most:
            self.fail("large")
        elif self.missing is not None:
            return
        elif self._spool is not None:
            self._keep(data)
        elif not self._body:
            self._body = data
        else:
            # Many small pieces would take many times their length as objects of their own.
            if isinstance(self._body, bytes):
                self._body = bytearray(self._body)
            self._body += data

    def fail(self, reason: Missing) -> None:
        """Give the body up."""
        self.missing = self.missing or reason
        self.close()

    def close(self) -> None:
        """Keep the body no longer."""
        self._body = b""
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    def admit(self, most: int, folder: str = "") -> None:
        """Let a body of so many bytes come, into a file of a folder if one is named."""
        self.admitted = True
        self.most = most
        if max(self.size, self.declared or 0) > most:
            self.fail("large")
        elif folder and self.missing is None:
            try:
                self._spool = Spool(folder, self.declared or 0)
            except NoRoom:
                self.fail("full")
                return
            begun, self._body = self._body, b""
            self._keep(begun)

    def _keep(self, data: bytes | bytearray) -> None:
        assert self._spool is not None
        try:
            self._spool.write(data)
        except NoRoom:
            self.fail("full")

    @property
    def is_spooled(self) -> bool:
        """Whether the body is kept on the disk."""
        return self._spool is not None

    def header(self, name: bytes) -> bytes:
        """Return a header by its name in lower case; b'' where there is none."""
        for given, value in self.headers:
            if given.lower() == name:
                return value
        return b""

    @property
    def declared(self) -> int | None:
        """The body's length as its sender says it; None where it comes in chunks."""
        length = self.header(b"content-length")
        return int(length) if length else None

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits to hear that its body is wanted (RFC 9110 §10.1.1)."""
        return self.version != "1.0" and self.header(b"expect").lower() == b"100-continue"

    def is_larger_than(self, most: int) -> bool:
        """Say whether the body is, or will be, or is not sent before that is allowed."""
        return self.size > most or (self.declared or 0) > most or self.expects_continue

    @property
    def path(self) -> str:
        """The path as it was written, without the query."""
        return self.target.partition(b"?")[0].decode("latin-1")

    def environ(self, base: Environ) -> Environ:
        """Return the WSGI environment (PEP 3333) upon `base`, which a connection's requests share.

        Raises:
            Malformed: the target is no path, or there are two hosts.
        """
        environ = base.copy()
        path, query = _parts(self.target)
        environ["REQUEST_METHOD"] = self.method
        environ["PATH_INFO"] = path
        environ["QUERY_STRING"] = query
        environ["SERVER_PROTOCOL"] = f"HTTP/{self.version}"
        for name, value in self.headers:
            key = _known_variable(name) if len(name) <= _NAME_LENGTH else _variable(name)
            if key in environ:
                if key == "HTTP_HOST":
                    raise Malformed(BAD)
                environ[key] += (";" if key == "HTTP_COOKIE" else ",") + value.decode("latin-1")
            elif key:
                environ[key] = value.decode("latin-1")
        if self.missing is None:
            environ["CONTENT_LENGTH"] = str(self.size)
            environ["wsgi.input"] = self._whole()
        if self.missing is not None:
            environ["wsgi.input"] = MissingBody(self.missing)
        environ["winnow.began"] = self.began
        return environ

    def _whole(self) -> IO[bytes]:
        if self._spool is None:
            return io.BytesIO(self._body)
        try:
            return self._spool.whole()
        except NoRoom:
            self.fail("full")
            return io.BytesIO()


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


def _variable(name: bytes) -> str:
    """Return a header's name in the environment; '' for one that is dropped.

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


def _parts(target: bytes) -> tuple[str, str]:
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
