"""What the server serves, and the words between the two."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Together = Callable[[Iterator[Callable[[], None]]], None]
"""Does one or more of some jobs; what it does not take waits for another thread."""

Missing = Literal["slow", "late", "crowded", "large", "unasked", "full"]
"""Why a body is not there: it came slower than the least rate, or was not whole in time; others
needed the room; it is larger than the call takes; the call was answered without it; the disk on
which it is kept has no room for it."""


class Reply(NamedTuple):
    """An answer without the framework: its status line, its headers, its whole body."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


class Admission(NamedTuple):
    """How a body may come: its most bytes, and whether a good key was shown before it.

    `folder`: in which it is kept as a file while it comes; '' keeps it in memory.
    """

    most: int
    is_known: bool
    folder: str = ""


def one(jobs: Iterator[Callable[[], None]]) -> None:
    """Do one job."""
    next(jobs)()


@dataclass(frozen=True)
class Counts:
    """What goes on in a process now, and how often something was ended since it started."""

    connections: int
    bodies: int
    held: int
    refused: Mapping[str, int]
    """Bodies, by what `Missing` says."""
    ended: Mapping[str, int]
    """Connections that were hung up on, by why: `head`, `unread`, `crowded`."""


@dataclass(frozen=True)
class Service:
    """An application and what the server must know of it.

    `application` is WSGI; its `wsgi.input` is at hand as a whole, or raises `BodyMissing` when it
    is read, and `winnow.began` is the `perf_counter` of when the request was. `admit` is asked
    before a body is waited for, in a thread: None means that the call is answered without it.
    Calls of the paths `apart` have a thread of their own. Those of the paths that are `quick` have
    threads that take several at once and do them `together`: one or more of what it is given, which
    do not raise. `report` is told once a second, and `end` is called when the process goes.
    """

    application: Application
    admit: Callable[[Environ], Admission | None]
    report: Callable[[Counts], None]
    apart: frozenset[str] = frozenset()
    quick: frozenset[str] = frozenset()
    together: Together = one
    end: Callable[[], None] = lambda: None


class BodyMissing(Exception):
    """The body of a request is not there."""

    def __init__(self, reason: Missing) -> None:
        super().__init__(reason)
        self.reason = reason


class MissingBody(io.RawIOBase):
    """Stands where a body should be; to read it raises `BodyMissing`."""

    def __init__(self, reason: Missing) -> None:
        super().__init__()
        self._reason = reason

    def readable(self) -> bool:
        """Say that it may be tried."""
        return True

    def readinto(self, _buffer: Any) -> int:
        """Raise `BodyMissing`."""
        raise BodyMissing(self._reason)
