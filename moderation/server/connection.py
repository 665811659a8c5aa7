"""One connection: requests are read whole and answered in order; who takes too long is ended."""

from __future__ import annotations

import asyncio
import time
from typing import cast

from moderation.server.answering import CONTINUE, Answer, Answering, bare
from moderation.server.reader import Reader
from moderation.server.request import Malformed, Request, environ_base
from moderation.server.service import Admission, Missing
from moderation.server.serving import Serving
from moderation.server.state import READING, WAITING, State, unsent

LINGER_BYTES = 32 << 20
"""Most bytes that are dropped after an answer that ends a connection."""


class Connection(asyncio.BufferedProtocol):
    """A client's connection. All of it happens in the loop, but what threads are asked to do."""

    _transport: asyncio.Transport
    _answering: Answering

    def __init__(self, serving: Serving) -> None:
        self.since = serving.now
        self.held = 0
        self.is_known = self.has_body = False
        self._state = State.IDLE
        self._mark = 0
        self._serving = serving
        self._bounds = serving.bounds
        self._limits = serving.bounds.limits
        self._reader = Reader(self._limits.head)
        self._ahead = b""
        self._body_since = 0.0
        self._is_blocked = self._is_half_closed = self._keeps_on = self._was_answered = False

    @property
    def waits(self) -> bool:
        """Whether it is its client's turn."""
        return self._state in WAITING

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        transport = self._transport = cast(asyncio.Transport, transport)
        # With no room in the transport's own buffer it says when everything has been sent.
        transport.set_write_buffer_limits(high=0)
        peer, here = (transport.get_extra_info(name) for name in ("peername", "sockname"))
        scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        base = environ_base(here[:2], peer[0] if peer else "", scheme)
        self._answering = Answering(self._serving.service, base)
        self._bounds.enter(self)

    def connection_lost(self, _error: Exception | None) -> None:
        """End."""
        self._state = State.CLOSED
        if self._reader.current is not None:
            self._reader.current.close()
        self._bounds.leave(self)

    def get_buffer(self, _size_hint: int) -> memoryview:
        """Return where to read into: one place for all, as what was read is taken at once."""
        return self._serving.buffer

    def buffer_updated(self, size: int) -> None:
        """Take what was read."""
        if self._state is State.LINGERING:
            self._mark += size
            if self._mark > LINGER_BYTES:
                self._abort()
            return
        self._bounds.hold(self, size)
        data = self._serving.buffer[:size]
        if self._state in READING:
            self._read(data)
        elif self._state is not State.CLOSED:
            # The next request comes before the answer to this one has gone.
            self._ahead += data
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """Say whether an answer is still owed to a client that will send no more."""
        self._is_half_closed = True
        is_owed = self._state in (State.ANSWERED, State.SENDING)
        return is_owed and self._transport.can_write_eof()

    def pause_writing(self) -> None:
        """Note that the client does not take what is sent."""
        self._is_blocked = True

    def resume_writing(self) -> None:
        """Go on when everything was taken."""
        self._is_blocked = False
        if self._state is State.SENDING:
            self._release()
            self._sent()

    def stop(self) -> None:
        """Close unless a request was begun."""
        if self._state is State.IDLE:
            self._close()

    def end(self) -> None:
        """Make room: answer without the body that is waited for, or hang up."""
        if self._state is State.BODY:
            self._give_up("crowded")
        else:
            self._hang_up("crowded")

    def look(self, now: float) -> None:
        """End what takes too long."""
        limits, waited = self._limits, now - self.since
        match self._state:
            case State.IDLE:
                if waited > (limits.idle_seconds if self._was_answered else limits.head_seconds):
                    self._close()
            case State.HEAD if waited > limits.head_seconds:
                self._bounds.ended["head"] += 1
                self._refuse("408 Request Timeout")
            case State.BODY:
                longest = limits.spool_seconds if self._begun.is_spooled else limits.body_seconds
                if now - self._body_since > longest:
                    self._give_up("late")
                elif self._is_slow(now, self._begun.size):
                    self._give_up("slow")
            case State.ASKED if waited > limits.head_seconds:
                self._give_up("crowded")
            case State.SENDING:
                if self._is_slow(now, -unsent(self._transport)):
                    self._hang_up("unread")
            case State.LINGERING | State.CLOSED if waited > limits.linger_seconds:
                self._abort()

    def _is_slow(self, now: float, mark: int) -> bool:
        """Say at the end of a window whether too little passed in it, and begin the next."""
        if now - self.since < self._limits.window_seconds:
            return False
        passed = mark - self._mark
        self.since, self._mark = now, mark
        return passed < self._limits.least_rate * self._limits.window_seconds

    def _turn(self, state: State, mark: int = 0) -> None:
        """Begin to wait for the client; `mark` is what has passed so far."""
        self._state, self.since, self._mark = state, self._serving.now, mark

    @property
    def _begun(self) -> Request:
        """The request that has begun and is not whole."""
        assert self._reader.current is not None
        return self._reader.current

    def _read(self, data: memoryview) -> None:
        try:
            self._reader.feed(data)
        except Malformed as error:
            self._refuse(error.status)
            return
        if self._reader.current is not None and self._reader.current.is_spooled:
            self._bounds.drop(self)  # It is on the disk.
        self._go_on()

    def _go_on(self) -> None:
        """Do what comes next after what was read."""
        reader = self._reader
        if reader.whole:
            self._answer(reader.whole.popleft())
        elif reader.current is None:
            self._state = State.IDLE
        elif reader.head_is_read:
            self._wait_for_body(reader.current)
        elif self._state is not State.HEAD:
            self._turn(State.HEAD)

    def _wait_for_body(self, request: Request) -> None:
        if self._state is not State.BODY:
            self._turn(State.BODY)
            self._body_since = self.since
            self._bounds.begin_body(self)
            # A small one is most often on its way: to ask costs more than to wait a little.
            self._serving.loop.call_later(self._limits.unasked_seconds, self._ask, request)
        if self._state is not State.BODY:
            return  # It has made room.
        if request.missing:
            self._give_up(request.missing)
        elif not request.admitted and request.is_larger_than(self._limits.unasked):
            self._ask(request)

    def _ask(self, request: Request) -> None:
        """Have a thread say whether the body may come, unless it has come or that was said."""
        if self._state is State.BODY and self._begun is request and not request.admitted:
            self._turn(State.ASKED)
            self._transport.pause_reading()
            self._serving.gate.run(self._answering.admit, request, self._admitted)

    def _admitted(self, admission: Admission | None) -> None:
        if self._state is not State.ASKED:
            return  # The client has gone, or it took too long.
        request = self._begun
        self._turn(State.BODY, request.size)
        if admission is None:
            self._give_up("unasked")
            return
        request.admit(admission.most, admission.folder)
        if request.is_spooled:
            self._bounds.drop(self)
        if admission.is_known:
            self._bounds.know(self)
        if request.missing:
            self._give_up(request.missing)
            return
        if request.expects_continue and not request.size:
            self._transport.write(CONTINUE)
        self._resume()

    def _give_up(self, reason: Missing) -> None:
        """Answer a request without its body."""
        self._begun.fail(reason)
        self._bounds.release(self)
        self._answer(self._begun)

    def _answer(self, request: Request) -> None:
        self._bounds.end_body(self)
        if request.missing:
            self._bounds.refused[request.missing] += 1
        self._state = State.ANSWERED
        request.began = time.perf_counter()
        request.keep_alive = request.keep_alive and not self._serving.is_stopping
        threads = self._serving.threads_for(request.path)
        threads.run(self._answering.answer, request, self._answered)

    def _answered(self, answer: Answer) -> None:
        if self._state is not State.ANSWERED:
            return  # The client has gone.
        self._was_answered = True
        self._keeps_on = answer.keep_alive
        self._release()
        self._transport.write(answer.data)
        if self._is_blocked:
            self._turn(State.SENDING, -unsent(self._transport))
            # A client that does not take its answers counts as a stranger, even with a good key.
            self._bounds.hold(self, self._transport.get_write_buffer_size())
        else:
            self._sent()

    def _release(self) -> None:
        """Hold no more than what was sent ahead."""
        self._bounds.release(self)
        if self._ahead:
            self._bounds.hold(self, len(self._ahead))

    def _sent(self) -> None:
        """Go on after an answer that was sent."""
        if self._state is State.CLOSED:
            return  # It has made room.
        if not self._keeps_on:
            self._linger()
            return
        self._turn(State.IDLE)
        self._go_on()
        if self._ahead and self._state in READING:
            self._resume()
        if self._is_half_closed and self._state in READING:
            self._close()
        elif self._serving.is_stopping:
            self.stop()

    def _resume(self) -> None:
        """Read on, and first what came while nothing was to be read."""
        ahead, self._ahead = self._ahead, b""
        self._transport.resume_reading()
        if ahead:
            self._read(memoryview(ahead))

    def _refuse(self, status: str) -> None:
        """Answer what is no request, or none yet."""
        self._bounds.release(self)
        self._transport.write(bare(status))
        self._linger()

    def _linger(self) -> None:
        """Close as soon as nothing more comes."""
        comes = self._ahead or self._reader.current is not None or self._reader.is_over
        if self._is_half_closed or not comes or not self._transport.can_write_eof():
            self._close()
            return
        self._turn(State.LINGERING)
        self._ahead = b""
        self._bounds.release(self)
        try:
            self._transport.write_eof()
        except OSError:  # The client went between the answer and this.
            self._abort()
            return
        self._transport.resume_reading()

    def _close(self) -> None:
        self._turn(State.CLOSED)
        self._transport.close()

    def _hang_up(self, why: str) -> None:
        self._bounds.ended[why] += 1
        self._abort()

    def _abort(self) -> None:
        self._turn(State.CLOSED)
        self._bounds.release(self)
        self._transport.abort()
