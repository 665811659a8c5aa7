"""The master: binds the address, keeps web processes running on it, and ends with them."""

from __future__ import annotations

import argparse
import logging
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from moderation import logs
from moderation.server.balance import Balance
from moderation.server.options import add_options

log = logging.getLogger("moderation.server")

BACKLOG = 4096
"""Connections that wait in the kernel until a process takes them; it may allow fewer."""

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
STEADY_SECONDS = 60.0
STOP_SECONDS = 2.5
"""How long the processes may take to end; they give up by themselves a little before."""


class Keeper(threading.Thread):
    """Keeps one web process running: started again when it dies, twice as late each time."""

    def __init__(
        self, argv: Sequence[str], listener: socket.socket, balance: Balance, number: int
    ) -> None:
        super().__init__()
        self._files = listener.fileno(), balance.fileno()
        self._argv = [
            *argv,
            *("--socket", str(listener.fileno()), "--balance", str(balance.fileno())),
            *("--number", str(number)),
        ]
        self._balance = balance
        self._number = number
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Run the process until told to stop."""
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            self._process = subprocess.Popen(
                self._argv, stdin=subprocess.PIPE, pass_fds=self._files
            )
            if self._stopping.is_set():
                self._process.terminate()
            status = self._process.wait()
            self._balance.tell(self._number)
            if self._stopping.is_set():
                return
            failures = 0 if time.monotonic() - began > STEADY_SECONDS else failures
            delay = min(FIRST_DELAY * 2**failures, LONGEST_DELAY)
            failures += 1
            how = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
            log.error("web process %d ended %s; again in %g s", self._process.pid, how, delay)
            self._stopping.wait(delay)

    def stop(self) -> None:
        """Ask the process to end, and start no other."""
        self._stopping.set()
        if self._process is not None:
            self._process.terminate()

    def kill(self) -> None:
        """End the process now."""
        if self._process is not None:
            self._process.kill()


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; OSError where the address cannot be used."""
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    both = family == socket.AF_INET6 and host == "::" and socket.has_dualstack_ipv6()
    return socket.create_server(address[:2], family=family, backlog=BACKLOG, dualstack_ipv6=both)


def main() -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP."""
    parser = argparse.ArgumentParser(prog="python -m moderation.server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=2, help="web processes")
    add_options(parser)
    options = parser.parse_args()
    logs.configure(options.log_level, options.log_format)
    signals = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        signals.discard(signal.SIGHUP)  # Under nohup a closed terminal is no reason to stop.
    try:
        listener = bind(options.host, options.port)
    except OSError as error:
        why = str(error.strerror).partition(" (")[0]
        sys.exit(f"winnow: {options.host}:{options.port} cannot be used ({why})")
    # Kept back until they are waited for, so that none is lost; the processes undo it.
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    handed_on = [
        *("--threads", str(options.threads), "--log-level", options.log_level),
        *("--log-format", options.log_format),
        *("--ssl-certificate", options.ssl_certificate, "--ssl-keyfile", options.ssl_keyfile),
        options.service,
    ]
    argv = [sys.executable, "-m", "moderation.server.process", *handed_on]
    balance = Balance.make(options.workers)
    keepers = [Keeper(argv, listener, balance, n) for n in range(options.workers)]
    for keeper in keepers:
        keeper.start()
    signal.sigwait(signals)
    listener.close()
    for keeper in keepers:
        keeper.stop()
    patience = time.monotonic() + STOP_SECONDS
    for keeper in keepers:
        keeper.join(max(0.0, patience - time.monotonic()))
        if keeper.is_alive():
            keeper.kill()
            keeper.join()


if __name__ == "__main__":
    main()
