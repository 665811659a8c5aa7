"""What several calls of one thread ask the store goes there together, and comes back together.

Where many checks wait for a thread, it takes several of them. Each is done in a greenlet, up to
where it asks the store; when all have come so far, what they ask is sent in one piece. Both sides
then go on with what they have at hand, and are not woken for each of them.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Any, NamedTuple

from greenlet import getcurrent, greenlet
from redis import exceptions as failures

from moderation.store.hurry import hurried, seconds_left, waited

AT_ONCE = 8
"""So many calls are done together at most."""
BEGIN_SECONDS = 0.02
"""For how long further calls are begun: only who came before it waits for a call that is slow."""

Words = Sequence[Any]
Exchange = Callable[[Sequence[Words]], Sequence[Any]]
"""Returns an answer to each command, or an error in its place."""


class _Asked(NamedTuple):
    """What a call waits for, and until when (`waited`) it may."""

    call: greenlet
    exchange: Exchange
    words: Words
    until: float


class _Here(threading.local):
    """What the calls that this thread does together ask; None where it does nothing so."""

    asked: list[_Asked] | None = None


_here = _Here()
_LATE = failures.TimeoutError("there is no time left for this round trip")


def run(jobs: Iterator[Callable[[], None]]) -> None:
    """Do jobs that must not raise: as many as there are now, together, up to `AT_ONCE`."""
    began = monotonic()
    asked = _here.asked = []
    try:
        for job in itertools.islice(jobs, AT_ONCE):
            greenlet(job).switch()
            if monotonic() - began > BEGIN_SECONDS:
                break
        while asked:
            _answer(asked)
    finally:
        _here.asked = None


def ask(exchange: Exchange, words: Words) -> Any:
    """Return what the store answers to a command, asked with those of others where there are any.

    No lock may be held: others go on meanwhile, in the same thread.
    """
    asked = _here.asked
    if asked is None:
        answer = exchange((words,))[0]
    else:
        left, call = seconds_left(), getcurrent()
        until = waited() + left if left is not None else float("inf")
        asked.append(_Asked(call, exchange, words, until))
        answer = call.parent.switch()
    if isinstance(answer, Exception):
        raise answer
    return answer


@hurried
def _answer(asked: list[_Asked]) -> None:
    """Have those go on that ask the same store as the first, with what it answers."""
    exchange, now = asked[0].exchange, waited()
    together = [one for one in asked if one.exchange == exchange]
    asked[:] = [one for one in asked if one.exchange != exchange]
    late = [one for one in together if one.until <= now]
    in_time = [one for one in together if one.until > now]
    answers: Sequence[Any]
    try:
        answers = exchange([one.words for one in in_time]) if in_time else ()
    except Exception as error:  # It is for them to say what it means, each for itself.
        answers = [error] * len(in_time)
    for one, answer in itertools.chain(
        zip(in_time, answers, strict=True), ((one, _LATE) for one in late)
    ):
        one.call.switch(answer)
