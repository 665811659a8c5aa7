"""A store behind TLS: the same answers, the same time-outs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from moderation.domain.errors import StoreDown
from moderation.store import Store, hurried, sites
from tests.e2e.akismet.installation import certificate
from tests.e2e.running import free_port
from tests.factories import SITE
from tests.processes import until


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Store, int]]:
    """Return a connection by TLS to Debian's Redis, and the process id of that."""
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("NOT TESTED BY TLS: apt-get install redis-server")
    authority, public, key = certificate(tmp_path)
    port = free_port()
    process = subprocess.Popen(
        [server, "--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no",
         "--tls-cert-file", str(public), "--tls-key-file", str(key), "--save", "",
         "--bind", "127.0.0.1", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    store = Store.connect(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={authority}")
    try:
        until(lambda: answers(store))
        yield store, process.pid
    finally:
        store.close()
        process.kill()
        process.wait()


def answers(store: Store) -> bool:
    try:
        store.ping()
    except StoreDown:
        return False
    return True


def test_scripts_run_by_tls(secure: tuple[Store, int]) -> None:
    store, _ = secure
    sites.create(store, SITE, 7)
    assert sites.read(store, SITE).created_ms == 7
    calls = [sites.read_call(SITE)]
    store.send(calls)
    assert [sites.state_of(answer).created_ms for answer in store.receive(calls)] == [7]


def test_a_server_that_hangs_behind_tls_is_down_in_time(secure: tuple[Store, int]) -> None:
    store, pid = secure
    sites.create(store, SITE, 7)
    # A busy machine may keep a connection by TLS from being made in a hurry.
    until(lambda: is_read_in_a_hurry(store))
    os.kill(pid, signal.SIGSTOP)
    took = []
    try:
        for read in (hurried(sites.read), sites.read):
            began = monotonic()
            with pytest.raises(StoreDown):
                read(store, SITE)
            took.append(monotonic() - began)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert took[0] < took[1]
    until(lambda: is_read_in_a_hurry(store))


def is_read_in_a_hurry(store: Store) -> bool:
    try:
        return hurried(sites.read)(store, SITE).created_ms == 7
    except StoreDown:
        return False


def test_an_unknown_authority_is_refused(secure: tuple[Store, int], tmp_path: Path) -> None:
    store, _ = secure
    trusting = Store.connect(store.url.partition("?")[0])
    with pytest.raises(StoreDown):
        sites.read(trusting, SITE)
    trusting.close()
