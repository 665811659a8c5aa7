"""The connection to Redis or Valkey: no retries, short time-outs, scripts by digest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

import hiredis
import redis
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, OutOfMemoryError, ResponseError
from redis.retry import Retry

from moderation.domain.errors import StoreDown, StoreFull
from moderation.store import fullness, layout
from moderation.store.hurry import counted, in_a_hurry
from moderation.store.line import DOWN, Line
from moderation.store.script import Script

CONNECT_SECONDS = 0.3
READ_SECONDS = 1.0
HURRY_SECONDS = 0.2
"""Time-out of one round trip on the way of a check."""

# Answers for which the client has no kind of error of its own. MISCONF: the disk is full.
_FULL_WORDS = frozenset(("OOM", "MISCONF"))
_DOWN_WORDS = frozenset(("BUSY", "MASTERDOWN", "NOREPLICAS", "TRYAGAIN", "UNKILLABLE"))


class Call(NamedTuple):
    """A call of a script by its name; a plain command has no name and its words as `args`."""

    name: str
    keys: Sequence[str]
    args: Sequence[Any]


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn the client's errors into `StoreDown` and `StoreFull`."""
    try:
        yield
    except DOWN as error:
        raise StoreDown("the store does not answer") from error
    except OutOfMemoryError as error:
        raise _full("no memory") from error
    except ResponseError as error:
        word = str(error).partition(" ")[0]
        if word in _FULL_WORDS or "OOM" in str(error):
            raise _full("no disk" if word == "MISCONF" else "no memory") from error
        if word in _DOWN_WORDS:
            raise StoreDown("the store does not take what is sent") from error
        raise


def _full(why: str) -> StoreFull:
    fullness.say(why)
    return StoreFull("the store is full")


class _Packer:
    """Packs commands with hiredis; the client's own packer looks at each argument's type first.

    Ours are str, bytes and int. A command of two words comes as one string.
    """

    def pack(self, *args: Any) -> list[bytes]:
        if " " in args[0]:
            args = (*args[0].split(), *args[1:])
        return [hiredis.pack_command(args)]


class Store:
    """A thread-safe connection to the store.

    `redis` is the client with a read time-out of one second, or of 0.2 where it is used in a
    function that is `hurried`. Errors come out as `StoreDown` and `StoreFull` where they pass
    `run`, `run_many` or `store_errors`. `on_round_trip` is called before each trip. A store of
    another layout is refused with `SchemaMismatch`, unless `any_layout` is to be worked on.
    """

    def __init__(self, url: str, *, any_layout: bool = False) -> None:
        self.url = url
        self.any_layout = any_layout
        self.on_round_trip: Callable[[], None] = lambda: None
        self._clients = self._client(READ_SECONDS), self._client(HURRY_SECONDS)
        self._lines = self._line_of(0), self._line_of(1)
        self._ahead = self._line_of(0)
        self._scripts: dict[str, Script] = {}
        self._lock = threading.Lock()

    def _client(self, seconds: float) -> Any:
        # Typed Any: the client's own types cannot say that answers are bytes here.
        client = redis.Redis.from_url(
            self.url,
            socket_connect_timeout=min(CONNECT_SECONDS, seconds),
            socket_timeout=seconds,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            health_check_interval=0,
            command_packer=_Packer(),
        )
        pool = client.connection_pool
        kind = counted(pool.connection_class, lambda: self.on_round_trip())
        pool.connection_class = kind if self.any_layout else layout.guarded(kind)
        return client

    def _line_of(self, client: int) -> Line:
        return Line(self._clients[client], lambda: self.on_round_trip())

    @property
    def redis(self) -> Any:
        """The client for what is being done."""
        return self._clients[in_a_hurry()]

    @property
    def _line(self) -> Line:
        return self._lines[in_a_hurry()]

    @classmethod
    def connect(cls, url: str, *, any_layout: bool = False) -> Self:
        """Return a store for a Redis URL (`redis://`, `rediss://`, `unix://`)."""
        return cls(url, any_layout=any_layout)

    def close(self) -> None:
        """Close every connection."""
        for opened in (*self._lines, self._ahead, *self._clients):
            opened.close()

    def ping(self) -> None:
        """Raise `StoreDown` unless the store answers."""
        with store_errors():
            self.redis.ping()

    def facts(self) -> dict[str, Any]:
        """Return what the server says of itself (`INFO`)."""
        with store_errors():
            found: dict[str, Any] = self.redis.info()
        return found

    def script(self, name: str) -> Script:
        """Return a script of this package by its file's name, read once."""
        found = self._scripts.get(name)
        if found is None:
            with self._lock:
                found = self._scripts.setdefault(name, Script(name))
        return found

    def run(self, name: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """Run a script and return what it returns; load it where the server lacks it."""
        script = self.script(name)
        line = self._line
        with store_errors():
            try:
                return line.call("EVALSHA", script.sha, len(keys), *keys, *args)
            except NoScriptError:
                return line.call("EVAL", script.text, len(keys), *keys, *args)

    def command(self, *words: Any) -> Any:
        """Return the answer to a plain command, just as the server sends it."""
        with store_errors():
            return self._line.call(*words)

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
        with store_errors():
            client = self.redis
            pipe = client.pipeline(transaction=False)
            for keys, args in calls:
                pipe.evalsha(script.sha, len(keys), *keys, *args)
            if then is not None:
                then(pipe)
            answers: list[Any] = pipe.execute(raise_on_error=False)
            for i, (keys, args) in enumerate(calls):
                if isinstance(answers[i], NoScriptError):
                    answers[i] = client.eval(script.text, len(keys), *keys, *args)
            for answer in answers:
                if isinstance(answer, Exception):
                    raise answer
        return answers

    def send(self, calls: Sequence[Call]) -> None:
        """Send calls whose answers this thread receives later, all of them before the next.

        They have a connection of their own: what is run meanwhile is run at once.
        """
        with store_errors():
            self._ahead.send(map(self._words, calls))

    def receive(self, calls: Sequence[Call]) -> list[Any]:
        """Return the answers to `calls`, which were sent last; errors of plain commands too.

        A server that does not know a script yet is taught it and asked again.
        """
        with store_errors():
            answers = self._ahead.receive()
            for i, call in enumerate(calls):
                if isinstance(answers[i], NoScriptError):
                    answers[i] = self.run(*call)
                elif isinstance(answers[i], ResponseError) and call.name:
                    raise answers[i]
        return answers

    def _words(self, call: Call) -> Sequence[Any]:
        if not call.name:
            return call.args
        return ("EVALSHA", self.script(call.name).sha, len(call.keys), *call.keys, *call.args)
