"""The one way to Redis or Valkey: no retries, short time-outs, scripts by digest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Self

import redis
from redis.exceptions import NoPermissionError, NoScriptError, RedisError, ResponseError

from moderation.domain.errors import WrongStore
from moderation.store import addresses, fingerprint, keys, schema, together
from moderation.store.cluster import Cluster
from moderation.store.faults import A_CLUSTER, fault, store_errors
from moderation.store.scripts import Script, WholeSlot
from moderation.values import without_replicas

TOGETHER = frozenset(("accept", "known"))
"""Scripts that are run while no lock is held: a thread may go on with others meanwhile."""


ANSWERED_FOR = frozenset(("accept", "decide", "forget", "put_settings"))
"""Scripts by which somebody is told that something is kept: where an address asks for it
(`replicas=1`), so many replicas have it before they are."""
ACKNOWLEDGE_MS = 150
"""For so long replicas are waited for, which is within the time of what hurries."""


class Call(NamedTuple):
    """A call of a script by its name; a plain command has no name and its words as `args`."""

    name: str
    keys: Sequence[str]
    args: Sequence[Any]


class Store:
    """A thread-safe connection to the store.

    `redis` is the client with a read time-out of one second, or of 0.2 where it is used in a
    function that is `hurried`. Errors come out as `StoreDown` and `StoreFull` where they pass
    `run`, `run_many` or `store_errors`. `on_round_trip` is called before each trip. A store of
    another layout is refused with `SchemaMismatch`, unless `any_layout` is to be worked on.
    `own_fingerprint`, where it is set, refuses one of another secret with `SecretMismatch`.
    `is_spread` says that it is a Cluster: there, what is sent together goes to several servers, and
    is done in the order in which it was sent only as far as it concerns the same shard.
    """

    def __init__(self, url: str, *, any_layout: bool = False) -> None:
        self.url = url
        self.on_round_trip: Callable[[], None] = lambda: None
        self.own_fingerprint = b""

        def greet(connection: Any) -> None:
            if any_layout:
                connection.on_connect()
            else:
                schema.greet(connection)
            if self.own_fingerprint:
                fingerprint.greet(connection, self.own_fingerprint)

        address, self._replicas = without_replicas(url)
        self._pool = addresses.pool_to(address, lambda: self.on_round_trip(), greet)
        self.is_spread = isinstance(self._pool, Cluster)
        self._kind_of_script = WholeSlot if self.is_spread else Script
        # Typed Any: the client's own types cannot say that answers are bytes here.
        self.redis: Any = redis.Redis(connection_pool=self._pool)
        self._ahead = threading.local()
        self._scripts: dict[str, Script] = {}
        self._lock = threading.Lock()

    @classmethod
    def connect(cls, url: str, *, any_layout: bool = False) -> Self:
        """Return a store for an address (`addresses.pool_to`)."""
        return cls(url, any_layout=any_layout)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def ping(self) -> None:
        """Raise `StoreDown` unless the store answers; one that is full does.

        PING is no way to ask: a server that cannot write to its disk refuses it (MISCONF). Nor is
        ECHO: one that still reads its file answers it.
        """
        self.command("EXISTS", keys.SCHEMA)

    def check_writes(self) -> None:
        """Raise `StoreDown` or `StoreFull` unless the store would take a comment now."""
        self.run("writable", (), ())

    def check_all_write(self) -> None:
        """Raise `StoreDown` or `StoreFull` unless each server would take a comment now."""
        if not self.is_spread:
            self.check_writes()
            return
        with store_errors():
            for server in self.each():
                server.eval(self.script("writable").text, 0)

    def each(self) -> list[Any]:
        """Return a client of each server that has keys of its own, one without a Cluster."""
        with store_errors():
            return self._pool.primaries() if isinstance(self._pool, Cluster) else [self.redis]

    def at(self, key: str | bytes) -> Any:
        """Return a client of the server that has a key, for what only one server answers."""
        with store_errors():
            return self._pool.client_at(key) if isinstance(self._pool, Cluster) else self.redis

    def facts(self) -> list[dict[str, Any]]:
        """Return what each server says of itself (`INFO`)."""
        with store_errors():
            return [server.info() for server in self.each()]

    def facts_told(self) -> list[dict[str, Any]]:
        """Return the `facts`, none of a server that does not let this user ask."""
        found: list[dict[str, Any]] = []
        with store_errors():
            for server in self.each():
                try:
                    found.append(server.info())
                except NoPermissionError:
                    found.append({})
        return found

    def check_kind(self) -> list[dict[str, Any]]:
        """Return the `facts_told`; raise `WrongStore` for a node of a Cluster that is addressed as
        the one server, `StoreDown` where none answers: it may have every slot now, and not later.
        """
        found = self.facts_told()
        modes = {one.get("redis_mode") or one.get("server_mode") for one in found}  # Redis; Valkey.
        if not self.is_spread and "cluster" in modes:
            raise WrongStore(A_CLUSTER)
        return found

    def script(self, name: str) -> Script:
        """Return a script of this package by its file's name, read once."""
        found = self._scripts.get(name)
        if found is None:
            with self._lock:
                found = self._scripts.setdefault(name, self._kind_of_script(name))
        return found

    def run(self, name: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """Run a script and return what it returns; load it where the server lacks it.

        A script that is `TOGETHER` goes with what others done by this thread ask.
        """
        script = self.script(name)
        with store_errors():
            if self._replicas and name in ANSWERED_FOR:
                return self._kept_twice(script, [(keys, args)])[0]
            try:
                words = script.call(keys, args)
                if name in TOGETHER:
                    return together.ask(self._exchange, words)
                return self._ask(*words)
            except NoScriptError:
                return self._ask(*script.teaching(keys, args))

    def _kept_twice(
        self, script: Script, calls: Sequence[tuple[Sequence[str], Sequence[Any]]]
    ) -> list[Any]:
        """Run a script once for each (keys, args); refuse what its replicas do not have in time."""
        wait = ("WAIT", self._replicas, ACKNOWLEDGE_MS)
        found = iter(self._exchange([one for call in calls for one in (script.call(*call), wait)]))
        answers = []
        for call, answer, reached in zip(calls, found, found, strict=True):
            if isinstance(answer, NoScriptError):
                answer, reached = self._exchange([script.teaching(*call), wait])
            for one in (answer, reached):
                if isinstance(one, Exception):
                    raise one
            if reached < self._replicas:
                self._pool.leave()  # Perhaps another server has become the primary.
                raise ResponseError("NOREPLICAS too few replicas have it", status_code="NOREPLICAS")
            answers.append(answer)
        return answers

    def ask_all(
        self,
        commands: Sequence[together.Words],
        note: Callable[[Sequence[Any]], None] = lambda _: None,
    ) -> list[Any]:
        """Return the answer to each plain command; what went wrong in its place, unless all did.

        `note` is called with the answers even then.
        """
        with store_errors():
            answers = self._exchange(commands)
            note(answers)
            if answers and all(isinstance(answer, RedisError) for answer in answers):
                raise answers[0]
        return answers

    def _exchange(self, commands: Sequence[together.Words]) -> list[Any]:
        """Return the answer to each command, or the error in its place."""
        connection = self._pool.get_connection()
        answers: list[Any] = []
        try:
            connection.send_packed_command(connection.pack_commands(commands))
            for _ in commands:
                answers.append(_answer(connection))
        except RedisError as error:
            answers += [error] * (len(commands) - len(answers))
        finally:
            self._pool.release(connection)
        return answers

    def command(self, *words: Any) -> Any:
        """Return the answer to a plain command, just as the server sends it."""
        with store_errors():
            return self._ask(*words)

    def _ask(self, *words: Any) -> Any:
        # The client does more for each command, and takes twice as long for a script.
        connection = self._pool.get_connection()
        try:
            connection.send_command(*words)
            return connection.read_response()
        finally:
            self._pool.release(connection)

    def run_many(
        self,
        name: str,
        calls: Iterable[tuple[Sequence[str], Sequence[Any]]],
        then: Callable[[Any], None] | None = None,
    ) -> list[Any]:
        """Run a script once for each (keys, args) in one round trip.

        `then` may add further commands to the pipeline; their answers follow. A server that
        does not know the script yet is taught it and asked again, the further commands not.
        """
        script = self.script(name)
        calls = list(calls)
        answers: list[Any]
        with store_errors():
            pipe = self.redis.pipeline(transaction=False)
            if self._replicas and name in ANSWERED_FOR:
                answers = self._kept_twice(script, calls)
                if then is not None:
                    then(pipe)
                return [*answers, *pipe.execute()]
            for keys, args in calls:
                pipe.execute_command(*script.call(keys, args))
            if then is not None:
                then(pipe)
            answers = pipe.execute(raise_on_error=False)
            for i, (keys, args) in enumerate(calls):
                if isinstance(answers[i], NoScriptError):
                    answers[i] = self._ask(*script.teaching(keys, args))
            for answer in answers:
                if isinstance(answer, Exception):
                    raise answer
        return answers

    def send(self, calls: Sequence[Call]) -> None:
        """Send calls whose answers this thread receives later, all of them before the next.

        They have a connection of their own: what is run meanwhile is run at once.
        """
        with store_errors():
            self._end_ahead()  # Perhaps nobody received what was asked before.
            connection = self._ahead.connection = self._pool.get_connection()
            connection.send_packed_command(connection.pack_commands(map(self._words, calls)))

    def receive(self, calls: Sequence[Call], more: bool = False) -> list[Any]:
        """Return the answers to `calls`, which were sent last, or first of those that were sent
        last: `more` says that the answers to the others are received next.

        A server that does not know a script yet is taught it and asked again. What a plain command
        did wrong is returned as well.
        """
        answers: list[Any] = []
        with store_errors():
            is_over = True
            try:
                for _ in calls:
                    answers.append(_answer(self._ahead.connection))
                is_over = not more
            finally:
                if is_over:
                    self._end_ahead()
            for i, call in enumerate(calls):
                error = answers[i]
                if isinstance(error, NoScriptError):
                    answers[i] = self.run(*call)
                elif isinstance(error, RedisError) and (call.name or fault(error)):
                    raise error
        return answers

    def _end_ahead(self) -> None:
        connection = getattr(self._ahead, "connection", None)
        if connection is not None:
            self._ahead.connection = None
            self._pool.release(connection)

    def _words(self, call: Call) -> Sequence[Any]:
        if not call.name:
            return call.args
        return self.script(call.name).call(call.keys, call.args)


def _answer(connection: Any) -> Any:
    """Return the next answer to what was sent, a server's error as it is; and whatever kept a
    server from answering where others answer what comes after."""
    try:
        return connection.read_response()
    except RedisError as error:
        if isinstance(error, ResponseError) or connection.goes_on:
            return error
        raise
