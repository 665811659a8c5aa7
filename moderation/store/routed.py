"""A way to all nodes of a Cluster, used as a connection is: it sends each command where it belongs.

The client sees one connection. What it sends is split by node and goes to all of them at once; the
answers come in the order in which it asked. A node that has not, or not yet, what it is asked for
says so before it does anything (MOVED, ASK, TRYAGAIN), so that is asked again elsewhere; nothing
else is asked twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from time import monotonic, sleep
from typing import Any, Protocol

from redis import exceptions as failures
from redis.backoff import NoBackoff
from redis.retry import Retry

from moderation.store import routes
from moderation.store.connection import Pool
from moderation.store.faults import ends_connection
from moderation.store.hurry import Waiting
from moderation.store.routes import Words

PAUSE_SECONDS = 0.02
"""Between two tries where a slot is being moved key by key."""
MOVING_SECONDS = 1.0
"""For so long a slot that is being moved is tried: as long as any answer is waited for."""
HOPS = 5
"""So often a command is sent on at most: nodes that do not agree may send it round."""

_ELSEWHERE = (failures.AskError, failures.TryAgainError)  # MovedError is an AskError.


class Nodes(Protocol):
    """Knows which node has which slots: a `Cluster`."""

    def pool_at(self, slot: int) -> Pool:
        """Return the pool of the node that has a slot, as far as is known."""

    def moved(self, error: failures.MovedError) -> Pool:
        """Note that a slot is elsewhere, and return the pool of the node that has it."""

    def pool_of(self, host: str, port: int) -> Pool:
        """Return the pool of a node that another one named."""

    def leave(self, pool: Pool | None = None) -> None:
        """Ask anew who has which slots, this node last."""


class _Asked:
    """A command or a transaction that was sent, and to whom; or what kept it from being sent."""

    __slots__ = ("connection", "error", "pool", "slot", "whole")

    def __init__(self, slot: int, whole: list[Words]) -> None:
        self.slot, self.whole = slot, whole
        self.connection: Any = None
        self.pool: Pool | None = None
        self.error: failures.RedisError | None = None


class Routed:
    """Looks to the client as a connection does; of no use to two threads at once."""

    goes_on = True
    """Further answers can be read where one did not come: that was another node's."""
    db = 0
    retry = Retry(NoBackoff(), 0)

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._asked: deque[_Asked] = deque()
        self._answers: deque[Any] = deque()
        self._open: dict[Pool, Any] = {}
        self._broken: dict[Any, failures.RedisError] = {}

    def connect(self) -> None:
        """Do nothing: a node is connected to when something is sent to it."""

    def disconnect(self, *_: Any, **__: Any) -> None:
        """Hang up on every node."""
        for connection in self._open.values():
            connection.disconnect()

    def should_reconnect(self) -> bool:
        """Say that nothing has to be made anew: the pools of the nodes see to it."""
        return False

    def end(self) -> None:
        """Give every connection back to its pool, which hangs up one that owes answers."""
        for pool, connection in self._open.items():
            pool.release(connection)
        self._open = {}

    def pack_commands(self, commands: Iterable[Words]) -> Sequence[Words]:
        """Return commands as they are: they are packed for each node."""
        return list(commands)

    def send_command(self, *words: Any, **_: Any) -> None:
        """Send one command."""
        self.send_packed_command([words])

    def send_packed_command(self, commands: Sequence[Words], check_health: bool = True) -> None:
        """Send commands, each to the node of its slot; what cannot be sent is told as its
        answer."""
        parts: dict[Pool, list[_Asked]] = {}
        for slot, whole in routes.wholes(commands):
            asked = _Asked(slot, whole)
            self._asked.append(asked)
            try:
                parts.setdefault(self._nodes.pool_at(slot), []).append(asked)
            except failures.RedisError as error:
                asked.error = error
        for pool, some in parts.items():
            self._send(pool, some)

    def _send(self, pool: Pool, some: list[_Asked]) -> None:
        try:
            connection = self._open.get(pool)
            if connection is None:
                connection = self._open[pool] = pool.get_connection()
            words = [words for asked in some for words in asked.whole]
            connection.send_packed_command(connection.pack_commands(words))
        except failures.RedisError as error:
            self._nodes.leave(pool)
            for asked in some:
                asked.error = error
        else:
            self._broken.pop(connection, None)
            for asked in some:
                asked.connection, asked.pool = connection, pool

    def read_response(self, *_: Any, **__: Any) -> Any:
        """Return the next answer; raise it where it is an error, or did not come."""
        if not self._answers:
            asked = self._asked.popleft()
            answers = self._read(asked)
            if any(isinstance(answer, _ELSEWHERE) for answer in answers):
                answers = self._elsewhere(asked, answers)
            self._answers.extend(answers)
        answer = self._answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _read(self, asked: _Asked) -> list[Any]:
        connection, number = asked.connection, len(asked.whole)
        error = asked.error or self._broken.get(connection)
        answers: list[Any] = []
        while error is None and len(answers) < number:
            try:
                answers.append(connection.read_response())
            except failures.ResponseError as told:
                answers.append(told)
                if not isinstance(told, _ELSEWHERE) and ends_connection(told):
                    self._nodes.leave(asked.pool)
            except failures.RedisError as failed:
                self._broken[connection] = error = failed
                self._nodes.leave(asked.pool)
        return answers + [error] * (number - len(answers))

    def _elsewhere(self, asked: _Asked, answers: list[Any]) -> list[Any]:
        """Ask again where a node leads to, or once it has all of what it is about to have."""
        until, hops = monotonic() + MOVING_SECONDS, 0
        while hops < HOPS and monotonic() < until:
            told = next((one for one in answers if isinstance(one, _ELSEWHERE)), None)
            if told is None:
                return answers
            try:
                if isinstance(told, failures.MovedError):
                    hops += 1
                    answers = self._ask(self._nodes.moved(told), asked)
                elif isinstance(told, failures.AskError) and len(asked.whole) == 1:
                    pool = self._nodes.pool_of(told.host, told.port)
                    answers = self._ask(pool, _Asked(asked.slot, [("ASKING",), *asked.whole]))[1:]
                else:  # A transaction, or a call of several keys, that finds a part of them.
                    with Waiting():
                        sleep(PAUSE_SECONDS)
                    answers = self._ask(self._nodes.pool_at(asked.slot), asked)
            except failures.RedisError as error:
                return [error] * len(asked.whole)
        return answers

    def _ask(self, pool: Pool, asked: _Asked) -> list[Any]:
        """Return what a node answers, by a connection on which nothing else is due."""
        asked.error, before = None, self._open.pop(pool, None)
        try:
            self._send(pool, [asked])
            return self._read(asked)
        finally:
            used = self._open.pop(pool, None)
            if used is not None:
                pool.release(used)
            if before is not None:
                self._open[pool] = before
