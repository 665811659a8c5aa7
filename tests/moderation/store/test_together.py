"""Calls of one thread that go to the store together: one trip, and each has its own answer."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from moderation.domain.errors import StoreDown
from moderation.store import Store, client, hurried, hurry, keys, sites, together
from tests.conftest import Server
from tests.factories import SITE

SITES = [f"{number}.example" for number in range(together.AT_ONCE)]


@pytest.fixture
def trips(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows with each trip to the store; nothing is too slow."""
    monkeypatch.setattr(together, "BEGIN_SECONDS", 60.0)
    monkeypatch.setattr(client, "TOGETHER", {"read"})
    for number, name in enumerate(SITES, start=1):
        sites.create(store, name, number)
    made: list[int] = []
    store.on_round_trip = lambda: made.append(1)
    return made


def created(store: Store, site: str) -> Any:
    """Return when a site was made, by a script that is asked with others."""
    k = keys.of_site(site)
    return store.run("read", [k.meta, k.snapshot], ())[-1]


def done(*jobs: Callable[[], Any]) -> list[Any]:
    """Return what each of some jobs that are done together returned or raised."""
    found: dict[int, Any] = {}

    def job(number: int) -> Callable[[], None]:
        def do() -> None:
            try:
                found[number] = jobs[number]()
            except Exception as error:
                found[number] = error

        return do

    together.run(map(job, range(len(jobs))))
    return [found[number] for number in sorted(found)]


def all_sites(store: Store) -> list[Callable[[], Any]]:
    return [lambda name=name: created(store, name) for name in SITES]  # type: ignore[misc]


def test_all_are_asked_in_one_trip_and_each_has_its_own_answer(
    store: Store, trips: list[int]
) -> None:
    hurried(created)(store, SITE)  # Connects, and teaches the server the script.
    trips.clear()
    assert done(*all_sites(store)) == list(range(1, 1 + len(SITES)))
    assert trips == [1]


def test_a_server_that_does_not_know_the_script_is_taught_it(
    store: Store, trips: list[int]
) -> None:
    store.redis.script_flush()
    assert done(*all_sites(store)) == list(range(1, 1 + len(SITES)))


def test_who_asks_twice_asks_with_those_who_do(store: Store, trips: list[int]) -> None:
    hurried(created)(store, SITE)  # Connects, and teaches the server the script.
    trips.clear()
    twice = [lambda name=name: [created(store, name), created(store, name)] for name in SITES[:3]]
    assert done(*twice, *all_sites(store)[3:]) == [[1, 1], [2, 2], [3, 3], 4, 5, 6, 7, 8]
    assert trips == [1, 1]


def test_what_is_wrong_with_one_is_said_to_that_one_alone(store: Store, trips: list[int]) -> None:
    store.redis.set(keys.of_site(SITES[1]).meta, "no hash")
    first, wrong, *others = done(*all_sites(store))
    assert (first, others) == (1, list(range(3, 1 + len(SITES))))
    assert "WRONGTYPE" in str(wrong)


def test_one_that_fails_before_it_asks_keeps_no_other_from_its_answer(
    store: Store, trips: list[int]
) -> None:
    def fails() -> None:
        raise ValueError("as it was told")

    first, failed, last = done(all_sites(store)[0], fails, all_sites(store)[1])
    assert (first, str(failed), last) == (1, "as it was told", 2)


def test_a_store_that_hangs_is_waited_for_once(
    store: Store, trips: list[int], valkey: Server
) -> None:
    hurried(created)(store, SITE)  # Connects, and teaches the server the script.
    trips.clear()
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        found = done(*map(hurried, all_sites(store)))
    finally:
        os.kill(valkey.pid, signal.SIGCONT)
    assert [isinstance(one, StoreDown) for one in found] == [True] * len(SITES)
    assert trips == [1]


def test_a_store_that_is_away_is_told_of_to_each(tmp_path) -> None:
    store = Store.connect(f"unix://{tmp_path}/nowhere.sock")
    found = done(*all_sites(store))
    assert [isinstance(one, StoreDown) for one in found] == [True] * len(SITES)


def test_who_has_no_time_left_is_not_asked_for(
    store: Store, trips: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def hurries() -> Any:
        monkeypatch.setattr(hurry, "WAIT_SECONDS", -1.0)
        return created(store, SITES[0])

    def restores() -> Any:
        monkeypatch.setattr(hurry, "WAIT_SECONDS", 60.0)
        return created(store, SITES[1])

    hurried(created)(store, SITE)  # Connects, and teaches the server the script.
    late, *others = done(hurried(hurries), restores, *all_sites(store)[2:])
    assert isinstance(late, StoreDown)
    assert others == list(range(2, 1 + len(SITES)))


def test_two_stores_are_asked_each_for_itself(store: Store, trips: list[int], tmp_path) -> None:
    away = Store.connect(f"unix://{tmp_path}/nowhere.sock")
    here, nowhere = done(all_sites(store)[0], all_sites(away)[0])
    assert here == 1
    assert isinstance(nowhere, StoreDown)


def test_no_more_are_taken_than_are_done_at_once(store: Store, trips: list[int]) -> None:
    taken: list[int] = []

    def jobs() -> Iterator[Callable[[], None]]:
        for number in range(3 * together.AT_ONCE):
            yield lambda number=number: taken.append(number)  # type: ignore[misc]

    together.run(jobs())
    assert taken == list(range(together.AT_ONCE))


def test_none_is_begun_after_one_that_was_slow(
    store: Store, trips: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would wait for the slow one with its own answer at hand."""
    monkeypatch.setattr(together, "BEGIN_SECONDS", 0.0)
    assert done(*all_sites(store)) == [1]


def test_what_is_made_of_many_is_made_once_and_each_has_its_own() -> None:
    calls: list[list[int]] = []

    def doubled(numbers: Sequence[int]) -> list[int]:
        calls.append(list(numbers))
        return [2 * number for number in numbers]

    jobs = [lambda number=number: together.share(doubled, number) for number in range(4)]
    assert done(*jobs) == [0, 2, 4, 6]
    assert calls == [[0, 1, 2, 3]]
    assert together.share(doubled, 5) == 10, "with nobody beside it, too"


def test_what_is_wrong_with_one_of_many_fails_that_one_alone() -> None:
    def halves(numbers: Sequence[int]) -> list[float]:
        return [1 / number for number in numbers]

    jobs = [lambda number=number: together.share(halves, number) for number in (1, 0, 2)]
    first, wrong, last = done(*jobs)
    assert (first, type(wrong), last) == (1.0, ZeroDivisionError, 0.5)


def test_what_is_shared_goes_with_the_round_trips_behind_it(store: Store, trips: list[int]) -> None:
    def shown(names: Sequence[str]) -> list[str]:
        return [name.upper() for name in names]

    def job(name: str) -> Callable[[], tuple[str, Any]]:
        return lambda: (together.share(shown, name), created(store, name))

    hurried(created)(store, SITE)  # Connects, and teaches the server the script.
    trips.clear()
    assert done(*map(job, SITES)) == [(name.upper(), n) for n, name in enumerate(SITES, 1)]
    assert trips == [1]


def test_only_waiting_for_the_store_counts_as_waiting(store: Store) -> None:
    """What a process does itself takes nothing from the time of a check: a machine may be slow."""

    @hurried
    def works() -> tuple[float, float]:
        began = hurry.seconds_left()
        until = time.monotonic() + 0.02
        while time.monotonic() < until:
            pass
        worked = hurry.seconds_left()
        store.redis.blpop(["nothing"], 0.05)
        assert began is not None and worked is not None
        return began - worked, worked - (hurry.seconds_left() or 0.0)

    working, waiting = works()
    assert working == 0
    assert waiting >= 0.05
