"""An answer that comes late, or that nobody waits for any more, is never taken for another's."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from redis.exceptions import TimeoutError as TimedOut

from moderation.domain.errors import StoreDown
from moderation.store import Store, hurried, keys, sites
from moderation.store.client import Call
from tests.conftest import Server
from tests.factories import SITE
from tests.holding import Holding
from tests.processes import until

OTHER = "another.example"


@pytest.fixture
def way(valkey: Server) -> Iterator[Holding]:
    """Return a way to the server that may hold its answers back."""
    made = Holding(valkey.socket.with_name("holding.sock"), valkey.socket)
    yield made
    made.close()
    made.path.unlink()


@pytest.fixture
def store(way: Holding) -> Iterator[Store]:
    """Return a connection by that way; the site was made at 7, the other at 9."""
    opened = Store.connect(way.url)
    sites.create(opened, SITE, 7)
    sites.create(opened, OTHER, 9)
    yield opened
    opened.close()


def by_script(store: Store, site: str) -> int:
    return sites.read(store, site).created_ms


def by_scripts_at_once(store: Store, site: str) -> int:
    call = sites.read_call(site)
    return sites.state_of(store.run_many("read", [(call.keys, call.args)])[0]).created_ms


def by_scripts_with_more(store: Store, site: str) -> int:
    return sites.read_counting(store, site, lambda pipe: pipe.incr("counted"))[0].created_ms


def by_command(store: Store, site: str) -> int:
    return int(store.command("HGET", keys.of_site(site).meta, "created"))


def by_client(store: Store, site: str) -> int:
    return int(store.redis.hget(keys.of_site(site).meta, "created"))


def by_pipeline(store: Store, site: str, transaction: bool = False) -> int:
    pipe = store.redis.pipeline(transaction=transaction)
    pipe.hget(keys.of_site(site).meta, "created")
    return int(pipe.execute()[0])


def by_transaction(store: Store, site: str) -> int:
    return by_pipeline(store, site, transaction=True)


def ahead(store: Store, site: str) -> int:
    calls = [sites.read_call(site)]
    store.send(calls)
    return sites.state_of(store.receive(calls)[0]).created_ms


def command_ahead(store: Store, site: str) -> int:
    calls = [Call("", (), ("HGET", keys.of_site(site).meta, "created"))]
    store.send(calls)
    return int(store.receive(calls)[0])


READS: list[Callable[[Store, str], int]] = [
    by_script, by_scripts_at_once, by_scripts_with_more, by_command, by_client, by_pipeline,
    by_transaction, ahead, command_ahead,
]  # fmt: skip


@pytest.mark.parametrize("in_a_hurry", [False, True])
@pytest.mark.parametrize("read", READS)
def test_an_answer_that_comes_late_is_not_taken_for_the_next(
    way: Holding, store: Store, read: Callable[[Store, str], int], in_a_hurry: bool
) -> None:
    if in_a_hurry:
        read = hurried(read)
    assert at_last(read, store, SITE) == 7
    way.hold()
    with pytest.raises((StoreDown, TimedOut)):
        read(store, SITE)
    # By the same connection, what was held would come now.
    assert at_last(read, store, OTHER) == 9
    assert at_last(read, store, SITE) == 7


def at_last(read: Callable[[Store, str], int], store: Store, site: str) -> int:
    """Return the first answer: a busy machine may keep what hurries from the first ones."""
    found: list[int] = []

    def is_answered() -> bool:
        with suppress(StoreDown, TimedOut):
            found.append(read(store, site))
        return bool(found)

    until(is_answered)
    return found[0]


class Interrupted(BaseException):
    """What a time limit of Celery's is, or Ctrl-C: raised from a signal, wherever one is."""


@pytest.mark.parametrize("read", READS)
def test_an_answer_that_an_interruption_left_is_not_taken_for_the_next(
    way: Holding, store: Store, read: Callable[[Store, str], int]
) -> None:
    def interrupt(*_: object) -> None:
        raise Interrupted

    assert read(store, SITE) == 7
    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        way.hold(lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1))
        with pytest.raises(Interrupted):
            read(store, SITE)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert read(store, OTHER) == 9
    assert read(store, SITE) == 7


def test_answers_that_nobody_received_are_not_taken_for_the_next(store: Store) -> None:
    store.send([sites.read_call(OTHER)] * 3)
    assert ahead(store, SITE) == 7


def test_an_error_before_it_was_received_leaves_the_answers_to_nobody(store: Store) -> None:
    """As where what is sent ahead is given up, and its connection is used by somebody else."""
    calls = [sites.read_call(OTHER)] * 3
    store.send(calls)
    store.receive(calls[:1])
    assert [by_script(store, SITE) for _ in range(3)] == [7, 7, 7]
    assert ahead(store, SITE) == 7
