"""Clients that go while they are answered."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from typing import Any

from moderation.server.connection import Connection
from moderation.server.service import Service
from moderation.server.serving import Serving
from tests.moderation.server.conftest import QUICK, Asked

REFUSED = b"POST /refused HTTP/1.1\r\nContent-Length: 500000\r\n\r\n" + b"x" * 1000


class Gone(socket.socket):
    """A connection whose client resets it just when it was answered, as the kernel then says it."""

    def shutdown(self, how: int) -> None:
        """Fail."""
        raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))


def test_one_that_goes_when_it_was_answered_is_no_error() -> None:
    errors: list[dict[str, Any]] = []

    async def answered() -> bytes:
        loop, asked = asyncio.get_running_loop(), Asked()
        loop.set_exception_handler(lambda _, context: errors.append(context))
        serving = Serving(Service(asked.answer, asked.admit, asked.report), QUICK, 1)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            ours = Gone(fileno=listener.accept()[0].detach())
        ours.setblocking(False)
        await loop.connect_accepted_socket(lambda: Connection(serving), ours)
        writer.write(REFUSED)
        said = b""
        try:
            while piece := await asyncio.wait_for(reader.read(65_536), 30):
                said += piece
        except ConnectionResetError:
            pass  # What was sent behind the head was not read.
        writer.close()
        return said

    said = asyncio.run(answered())
    assert said.startswith(b"HTTP/1.1 4")
    assert errors == []
