"""The requests of a connection: HTTP/1.1 is read by httptools, which is Node's own parser."""

from __future__ import annotations

from collections import deque

import httptools

from moderation.server.request import BAD, OTHER_CODING, Malformed, Request

PIPELINED = 16
"""Most requests that are taken from one read; after so many the connection is closed."""

AROUND, AROUND_EACH = 1 << 20, 8
"""Most bytes around a body in chunks, at all and for each of its own: trailers are slow to read."""

HEADERS = 100
"""Most headers of a request, and of what stands behind a body in chunks."""

TOO_LARGE = "431 Request Header Fields Too Large"
OTHER_VERSION = "505 HTTP Version Not Supported"


class Reader:
    """Reads the requests of one connection.

    `whole` are those that can be answered, `current` is the one that has begun after them; when it
    `is_over`, nothing more is read.
    """

    __slots__ = (
        "_around",
        "_fault",
        "_head_size",
        "_headers",
        "_most_head",
        "_parser",
        "current",
        "head_is_read",
        "is_over",
        "whole",
    )

    def __init__(self, most_head: int) -> None:
        self.whole: deque[Request] = deque()
        self.current: Request | None = None
        self.head_is_read = self.is_over = False
        self._head_size = self._headers = self._around = 0
        self._fault = BAD
        self._most_head = most_head
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, data: memoryview) -> None:
        """Read what came next.

        Raises:
            Malformed: it is no HTTP, or has too large a head, and nothing is whole before it.
        """
        begun, before = self.current, self.current.size if self.current else 0
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._stay(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._end(self._fault)
        if self.current is not None and not self.head_is_read:
            self._head_size += len(data)
            if self._head_size > self._most_head:
                self._end(TOO_LARGE)
        elif self.current is not None and self.current is begun:
            # What is sent around a body in chunks: their lengths, and what stands behind the last.
            self._around += len(data) - (begun.size - before)
            if self._around > AROUND + AROUND_EACH * begun.size:
                self._end(TOO_LARGE)

    def _stay(self, rest: memoryview) -> None:
        """Read a request again as one that asks for no other protocol: none is spoken here.

        The parser leaves off behind its head, and takes the body for that protocol. Clients that
        know HTTP/2 ask for it like that, and send their body (Java's, for one).
        """
        if self.is_over:
            return
        asked = self.whole.pop()
        if asked.method == "CONNECT":
            self._end(BAD)
            return
        lines = [f"{asked.method} ".encode() + asked.target + f" HTTP/{asked.version}".encode()]
        lines += [n + b": " + v for n, v in asked.headers if n.lower() != b"upgrade"]
        self._parser = httptools.HttpRequestParser(self)
        self.feed(memoryview(b"\r\n".join(lines) + b"\r\n\r\n"))
        self.feed(rest)

    def _end(self, status: str) -> None:
        """Read no further: what is whole is answered, and then the connection is closed."""
        self.current = None
        self.is_over = True
        if not self.whole:
            raise Malformed(status)
        self.whole[-1].keep_alive = False

    def on_message_begin(self) -> None:
        """Begin a request; what would be too many is dropped, and the client asks again."""
        self._head_size = self._headers = self._around = 0
        self.head_is_read = False
        if len(self.whole) < PIPELINED:
            self.current = Request()
        else:
            self._end("")

    def on_url(self, part: bytes) -> None:
        """Take a piece of the target."""
        if self.current is not None:
            self.current.target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; what comes like one behind a body in chunks is dropped."""
        self._headers += 1
        if self._headers > HEADERS:
            self._fault = TOO_LARGE
            raise ValueError("too many headers")
        if self.current is not None and not self.head_is_read:
            self.current.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """End the head."""
        self.head_is_read = True
        if self.current is not None:
            self.current.method = self._parser.get_method().decode()
            self.current.version = self._parser.get_http_version()
            if self.current.version not in ("1.0", "1.1"):
                self._fault = OTHER_VERSION
                raise ValueError("another version of HTTP")
            if self.current.header(b"transfer-encoding").lower() not in (b"", b"chunked"):
                self._fault = OTHER_CODING
                raise ValueError("a coding that is not read")
            self.current.keep_alive = self._parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        """Take a piece of the body."""
        if self.current is not None:
            self.current.add(data)

    def on_message_complete(self) -> None:
        """End the request."""
        if self.current is not None:
            self.whole.append(self.current)
            self.current = None
