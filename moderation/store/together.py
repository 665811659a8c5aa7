"""What several calls of one thread ask the store goes there together, and comes back together; and
what else is better done for many at once.

Where many checks wait for a thread, it takes several of them. Each is done in a greenlet, up to
where it asks the store; when all have come so far, what they ask is sent in one piece. Both sides
then go on with what they have at hand, and are not woken for each of them.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Any, NamedTuple, TypeVar, cast

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

Item = TypeVar("Item")
Made = TypeVar("Made")


class _Asked(NamedTuple):
    """What a call waits for: what a function of many (`of`) makes of its item; and until when
    (`waited`) it may."""

    call: greenlet
    of: Callable[[Sequence[Any]], Sequence[Any]]
    item: Any
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
        left = seconds_left()
        answer = _wait(asked, exchange, words, None if left is None else waited() + left)
    if isinstance(answer, Exception):
        raise answer
    return answer


def share(function: Callable[[Sequence[Item]], Sequence[Made]], item: Item) -> Made:
    """Return what a function of many makes of this one: it is called once for all those that this
    thread comes by at the same time, as most of what a call costs is the same for one and for many.

    Where it raises for many it is called for each alone: nobody fails by what is somebody else's.
    No lock may be held.
    """
    asked = _here.asked
    if asked is not None:
        made = _wait(asked, function, item, None)
        if not isinstance(made, Exception):
            return cast(Made, made)
    return function((item,))[0]


def _wait(
    asked: list[_Asked],
    of: Callable[[Sequence[Any]], Sequence[Any]],
    item: Any,
    until: float | None,
) -> Any:
    call = getcurrent()
    asked.append(_Asked(call, of, item, math.inf if until is None else until))
    return call.parent.switch()


@hurried
def _answer(asked: list[_Asked]) -> None:
    """Have those go on that ask for the same as the first, with what comes of it."""
    of, now = asked[0].of, waited()
    together = [one for one in asked if one.of == of]
    asked[:] = [one for one in asked if one.of != of]
    late = [one for one in together if one.until <= now]
    in_time = [one for one in together if one.until > now]
    answers: Sequence[Any]
    try:
        answers = of([one.item for one in in_time]) if in_time else ()
    except Exception as error:  # It is for them to say what it means, each for itself.
        answers = [error] * len(in_time)
    for one, answer in itertools.chain(
        zip(in_time, answers, strict=True), ((one, _LATE) for one in late)
    ):
        one.call.switch(answer)
