"""Scoring in a child process: what ends that ends no worker, and is known to have ended it."""

from __future__ import annotations

import os
import select
import signal
import time
import warnings
from collections.abc import Callable

import msgspec

from moderation.flow.judging import Scored

END_SECONDS = 30.0
"""A child that has not answered after so long never will: scoring takes milliseconds."""
_LOOK_SECONDS = 1.0

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[str, list[Scored]]).decode


class NotScored(Exception):
    """Scoring raised, or never came to an end: the process that it ran in died of it or hung."""


def score_apart(score: Callable[[], list[Scored]], keep: Callable[[], None]) -> list[Scored]:
    """Return what `score` makes of comments in a child process.

    `keep` is called every second meanwhile, and ends the child by what it raises.

    Raises:
        NotScored: `score` raised, ended the child, or took half a minute.
    """
    reading, writing = os.pipe()
    child = _fork()
    if child == 0:
        os.close(reading)
        _answer(score, writing)
    os.close(writing)
    try:
        answer = _read(reading, keep)
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    try:
        error, scored = _decode(answer)
    except msgspec.DecodeError:
        raise NotScored("scoring ended its process") from None
    if error:
        raise NotScored(error)
    return scored


def _fork() -> int:
    with warnings.catch_warnings():
        # Other threads may hold locks that the child then waits for in vain: it takes none of
        # them, uses no connection, and one that hangs is ended.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _answer(score: Callable[[], list[Scored]], writing: int) -> None:
    """Score, write the answer, and end this process without what else ends a Python process."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            answer = "", score()
        except Exception as error:  # whatever a hostile comment may set off
            answer = type(error).__name__, []
        with open(writing, "wb") as pipe:
            pipe.write(_encode(answer))
    finally:
        os._exit(0)


def _read(reading: int, keep: Callable[[], None]) -> bytes:
    """Return what a child wrote until it ended, or until it should have."""
    answer = b""
    until = time.monotonic() + END_SECONDS
    while time.monotonic() < until:
        if select.select([reading], [], [], _LOOK_SECONDS)[0]:
            part = os.read(reading, 1 << 16)
            if not part:
                break
            answer += part
        else:
            keep()
    return answer
