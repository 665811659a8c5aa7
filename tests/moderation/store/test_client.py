"""The connection that scripts are run on."""

import os
import signal
import socket
import threading
from contextlib import ExitStack, suppress
from time import monotonic

import pytest
from redis.exceptions import ResponseError

from moderation.domain.errors import StoreDown, StoreFull
from moderation.store import Store, connection, hurried, keys, models, sites
from moderation.store.client import Call
from moderation.store.faults import store_errors
from tests.conftest import Server
from tests.factories import SITE, accept, write
from tests.processes import until


@pytest.mark.one_server
def test_a_connection_that_the_server_ended_is_replaced_unnoticed(
    store: Store, valkey: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "IDLE_SECONDS", 0)
    sites.create(store, SITE, 7)
    assert sites.read(store, SITE).created_ms == 7
    with valkey.client() as client:
        client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    assert sites.read(store, SITE).created_ms == 7


@pytest.mark.one_server
def test_threads_do_not_share_a_connection(store: Store) -> None:
    names = [f"site{n}.example" for n in range(4)]
    for number, name in enumerate(names, 1):
        sites.create(store, name, number)
    wrong: list[str] = []

    def ask(number: int, name: str) -> None:
        for _ in range(200):
            if sites.read(store, name).created_ms != number:
                wrong.append(name)

    threads = [
        threading.Thread(target=ask, args=(number, name)) for number, name in enumerate(names, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.one_server
def test_a_script_that_the_server_forgot_is_sent_again(store: Store, valkey: Server) -> None:
    sites.create(store, SITE, 7)
    calls = [sites.read_call(SITE)]
    with valkey.client() as client:
        client.script_flush()
        assert sites.read(store, SITE).created_ms == 7
        client.script_flush()
        call = sites.read_call(SITE)
        assert state_of(store.run_many("read", [(call.keys, call.args)] * 2)) == [7, 7]
        client.script_flush()
        store.send(calls)
        assert state_of(store.receive(calls)) == [7]


def test_threads_take_turns_with_connections(store: Store, valkey: Server) -> None:
    with valkey.client() as client:
        before = len(client.client_list())
        for _ in range(8):
            thread = threading.Thread(target=sites.read, args=(store, SITE))
            thread.start()
            thread.join()
        assert len(client.client_list()) == before + 1


@pytest.mark.one_server
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_shares_no_connection_with_its_parent(store: Store) -> None:
    names = [f"site{n}.example" for n in range(2)]
    for number, name in enumerate(names, 1):
        sites.create(store, name, number)
    store.send([sites.read_call(names[0])])  # One that the child must not receive.

    def is_right(number: int) -> bool:
        asked = (sites.read(store, names[number - 1]).created_ms for _ in range(500))
        return all(created == number for created in asked)

    child = os.fork()
    if child == 0:
        status = 1
        try:
            calls = [sites.read_call(names[1])]
            store.send(calls)
            status = 0 if is_right(2) and state_of(store.receive(calls)) == [2] else 2
        finally:
            os._exit(status)
    right = is_right(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert right
    assert state_of(store.receive([sites.read_call(names[0])])) == [1]


@pytest.mark.one_server
def test_an_address_cannot_loosen_what_is_promised(valkey: Server) -> None:
    """Which a time-out in it would: a check would wait for as long as that says."""
    wishes = "socket_timeout=9&retry_on_timeout=yes&protocol=3&decode_responses=yes"
    store = Store.connect(f"{valkey.url}&{wishes}")
    sites.create(store, SITE, 7)
    assert store.redis.hget(keys.of_site(SITE).meta, "created") == b"7"
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        took = []
        for read in (hurried(sites.read), sites.read):
            began = monotonic()
            with pytest.raises(StoreDown):
                read(store, SITE)
            took.append(monotonic() - began)
        assert took[0] < took[1] < 9
    finally:
        os.kill(valkey.pid, signal.SIGCONT)
    store.close()


def test_what_hurries_waits_no_longer_for_a_server_that_takes_no_connection() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        address = server.getsockname()
        with ExitStack() as stack:
            for _ in range(2):  # So many wait to be taken; who comes then is left waiting.
                one = stack.enter_context(socket.socket())
                one.setblocking(False)
                one.connect_ex(address)
            store = Store.connect(f"redis://127.0.0.1:{address[1]}")

            def ask_again_and_again() -> None:
                for _ in range(5):
                    with suppress(StoreDown):
                        sites.read(store, SITE)

            took = []
            for ask in (hurried(ask_again_and_again), ask_again_and_again):
                began = monotonic()
                ask()
                took.append(monotonic() - began)
            # Once the time is over nothing more is waited for; without a hurry each is.
            assert took[0] < took[1] / 2


def test_a_closed_store_leaves_no_connection(store: Store, valkey: Server) -> None:
    sites.read(store, SITE)
    hurried(sites.read)(store, SITE)
    with valkey.client() as client:
        before = len(client.client_list())
        # The server learns of it a moment later.
        store.close()
        until(lambda: len(client.client_list()) <= before - 2)


@pytest.mark.one_server
def test_a_server_that_may_not_write_is_down(store: Store, valkey: Server) -> None:
    with valkey.client() as client:
        client.config_set("min-replicas-to-write", 1)
        try:
            with pytest.raises(StoreDown):
                accept(store, write())
            with pytest.raises(StoreDown):
                sites.create(store, SITE, 7)
            with pytest.raises(StoreDown):  # The client puts words before errors of pipelines.
                models.keep_checkpoints(store, "1", 7)
        finally:
            client.config_set("min-replicas-to-write", 0)
    assert sites.create(store, SITE, 7)


@pytest.mark.one_server
def test_a_wrong_password_is_said(valkey: Server) -> None:
    store = Store.connect(f"{valkey.url}&password=wrong")
    with valkey.client() as client:
        client.config_set("requirepass", "right")
        try:
            with pytest.raises(StoreDown, match="WRONGPASS"):
                store.ping()
        finally:
            client.config_set("requirepass", "")


def test_a_server_whose_disk_is_full_is_full() -> None:
    with pytest.raises(StoreFull), store_errors():
        raise ResponseError("MISCONF Errors writing to the AOF file: No space left on device")


def state_of(answers: list[object]) -> list[int]:
    return [sites.state_of(answer).created_ms for answer in answers]  # type: ignore[arg-type]


@pytest.mark.one_server
def test_what_is_run_between_sending_and_receiving_is_answered_apart(store: Store) -> None:
    sites.create(store, SITE, 7)
    calls = [sites.read_call(SITE), sites.read_call("another.example")]
    store.send(calls)
    assert sites.read(store, SITE).created_ms == 7
    assert state_of(store.receive(calls)) == [7, 0]


def test_an_error_of_a_script_is_raised_when_all_answers_are_there(
    store: Store, valkey: Server
) -> None:
    calls = [sites.read_call(SITE), Call("", (), ("GET", "{winnow}:none"))]
    with valkey.client() as client:
        client.set(keys.of_site(SITE).meta, "no hash")
    store.send(calls)
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        store.receive(calls)
    store.send(calls[1:])
    assert store.receive(calls[1:]) == [None]
