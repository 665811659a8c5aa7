"""What a connection does, and how much of an answer its client has not taken."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import fcntl
import struct
import termios

_INT = struct.Struct("i")


class State(enum.Enum):
    """What a connection does."""

    IDLE = enum.auto()
    HEAD = enum.auto()
    BODY = enum.auto()
    ASKED = enum.auto()
    """A thread says whether the body may come."""
    ANSWERED = enum.auto()
    """A thread answers the request."""
    SENDING = enum.auto()
    LINGERING = enum.auto()
    """What still comes is dropped, so that the client hears the answer."""
    CLOSED = enum.auto()


READING = frozenset((State.IDLE, State.HEAD, State.BODY))
"""It reads what its client sends."""

WAITING = READING | {State.SENDING, State.LINGERING}
"""It is its client's turn."""


def unsent(transport: asyncio.Transport) -> int:
    """Return how many bytes of an answer a client has not taken, the kernel's included.

    The kernel takes megabytes and then nothing until half of them have gone, which is no sign of
    how fast a client reads.
    """
    size = transport.get_write_buffer_size()
    with contextlib.suppress(OSError):  # A system that does not say.
        connected = transport.get_extra_info("socket")
        size += _INT.unpack(fcntl.ioctl(connected, termios.TIOCOUTQ, bytes(_INT.size)))[0]
    return size
