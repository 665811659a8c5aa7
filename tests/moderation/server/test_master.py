"""The master and its processes: started again, ended in time, never left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.e2e.akismet.installation import certificate
from tests.e2e.running import free_port
from tests.processes import Running, alive, until
from tests.structure.tree import ROOT

SERVICE = """
import os, time
from moderation.server.service import Admission, Service

def answer(environ, start):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.5)
    start("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {environ['wsgi.url_scheme']} {environ['REMOTE_ADDR']}".encode()]

def make():
    return Service(answer, lambda environ: Admission(1000, False), lambda counts: None)

def fail():
    raise SystemExit("the model cannot be read")
"""

Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start masters with the service above; ends what is left of them."""
    (tmp_path / "told.py").write_text(SERVICE)
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    with contextlib.ExitStack() as stack:

        def make(port: int, *more: str, service: str = "make") -> Running:
            argv = [sys.executable, "-m", "moderation.server", "--port", str(port), *more]
            made = Running([*argv, f"told:{service}"], env)
            stack.callback(made.end)
            return made

        yield make


def says(port: int, path: str = "/", host: str = "127.0.0.1") -> str:
    """Return what the server says, '' while it does not answer."""
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"http://{host}:{port}{path}", timeout=10).text
    return ""


def processes(port: int) -> set[str]:
    """Return the processes that answered when asked twenty times."""
    return {says(port).partition(" ")[0] for _ in range(20)}


def up(start: Start, *more: str) -> tuple[Running, int, list[psutil.Process]]:
    """Start a master and wait until both of its processes answer."""
    port = free_port()
    master = start(port, *more)
    until(lambda: len(processes(port) - {""}) == 2, 20, lambda: master.output)
    return master, port, master.process.children()


def test_a_process_that_dies_is_started_again_and_the_other_goes_on(start: Start) -> None:
    master, port, (first, second) = up(start)
    first.kill()
    master.says(f"web process {first.pid} ended by SIGKILL; again in 0.5 s")
    for _ in range(20):
        assert says(port).startswith(str(second.pid)), "no connection waits for the dead one"
        if len(master.process.children()) == 2:
            break
    until(lambda: len(processes(port)) == 2, 20)
    assert str(first.pid) not in processes(port)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_all_when_what_was_begun_is_answered(
    start: Start, number: signal.Signals
) -> None:
    master, port, children = up(start)
    with socket.create_connection(("127.0.0.1", port), 10) as slow:
        idle = socket.create_connection(("127.0.0.1", port), 10)
        slow.sendall(b"GET /slow HTTP/1.1\r\n\r\n")
        time.sleep(0.2)
        began = time.monotonic()
        master.send(number)
        assert slow.recv(65_536).startswith(b"HTTP/1.1 200 OK")
        assert master.process.wait(30) == 0
        assert time.monotonic() - began < 15, "nobody waited for who is idle"
        idle.close()
    assert not [child for child in children if alive(child.pid)]
    assert "Traceback" not in master.output, master.output


def test_who_stalls_is_not_waited_for_longer_than_promised(start: Start) -> None:
    master, port, children = up(start)
    with socket.create_connection(("127.0.0.1", port), 10) as stalled:
        stalled.sendall(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n")
        time.sleep(0.2)
        began = time.monotonic()
        master.send(signal.SIGTERM)
        assert master.process.wait(30) == 0
        assert time.monotonic() - began < 15
    assert not [child for child in children if alive(child.pid)]


def test_the_processes_end_with_their_master(start: Start) -> None:
    master, port, children = up(start)
    master.send(signal.SIGKILL)
    until(lambda: not [child for child in children if alive(child.pid)], 20)
    assert says(port) == ""


def test_an_address_that_is_taken_is_refused_in_one_line(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        master = start(port)
        assert master.process.wait(30) == 1
    until(lambda: master.output)
    assert master.output == f"winnow: 127.0.0.1:{port} cannot be used (Address already in use)\n"


def test_a_service_that_cannot_be_made_is_tried_again_ever_more_rarely(start: Start) -> None:
    master = start(free_port(), "--workers", "1", service="fail")
    master.says("the model cannot be read")
    master.says("ended with status 1; again in 0.5 s")
    master.says("ended with status 1; again in 1 s")
    master.send(signal.SIGTERM)
    assert master.process.wait(30) == 0


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 on this machine")
def test_all_interfaces_of_both_kinds_are_served(start: Start) -> None:
    port = free_port()
    master = start(port, "--host", "::")
    until(lambda: says(port, host="[::1]"), 20, lambda: master.output)
    assert says(port, host="[::1]").endswith(" http ::1")
    assert says(port).endswith(" http ::ffff:127.0.0.1")


def test_tls_is_spoken_with_a_certificate(start: Start, tmp_path: Path) -> None:
    authority, cert, key = certificate(tmp_path)
    port = free_port()
    master = start(port, "--ssl-certificate", str(cert), "--ssl-keyfile", str(key))
    trusted = ssl.create_default_context(cafile=authority)

    def answer() -> str:
        with contextlib.suppress(httpx.TransportError):
            body = b"a" * 900
            return httpx.post(
                f"https://127.0.0.1:{port}/", verify=trusted, content=body, timeout=10
            ).text
        return ""

    until(answer, 20, lambda: master.output)
    assert answer().endswith(" https 127.0.0.1")
    # Who speaks no TLS there is hung up on, and does no harm.
    assert says(port) == ""
    assert answer().endswith(" https 127.0.0.1")


def test_connections_that_come_at_once_are_shared_out(start: Start) -> None:
    _, port, children = up(start)
    lines = []
    for _ in range(60):
        line = socket.socket()
        line.setblocking(False)
        line.connect_ex(("127.0.0.1", port))
        lines.append(line)
    served = Counter[str]()
    for line in lines:
        line.settimeout(10)
        line.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda line=line: line.recv(65_536), b""))
        served[answer.rpartition(b"\n")[2].split()[0].decode()] += 1
        line.close()
    assert served.keys() == {str(child.pid) for child in children}
    assert min(served.values()) >= 20, served
