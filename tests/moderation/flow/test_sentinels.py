"""Sentinels name another primary: whoever works on goes there, and what was answered is there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest

from moderation.domain.errors import StoreDown
from moderation.domain.sites import SiteSettings
from moderation.flow.authorise import Grant
from moderation.flow.comments.draining import drain_lane
from moderation.flow.comments.submitting import submit
from moderation.flow.lookup import find
from moderation.flow.runtime import Runtime
from moderation.settings import Settings
from moderation.store import Store, keys, sites
from tests.conftest import Servers
from tests.factories import SITE, submission
from tests.processes import until
from tests.sentinels import NAME, Watched


@pytest.fixture
def server_name() -> str:
    """Return which store the runtime works on."""
    return "sentinel"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Return settings by which a replica has what is answered for."""
    return msgspec.structs.replace(settings, redis_url=f"{settings.redis_url}?replicas=1")


@pytest.fixture
def watched(several: Callable[[str], Servers]) -> Watched:
    """Return the pair that the runtime works on."""
    found = several("sentinel").several
    assert isinstance(found, Watched)
    return found


class Submitting:
    """Threads that submit until told to stop, and keep the ids that they were given."""

    def __init__(self, runtime: Runtime, grant: Grant) -> None:
        self._runtime, self._grant = runtime, grant
        self._stop = threading.Event()
        self.given: dict[str, set[str]] = {}
        self.refused = 0
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(3)]

    def __enter__(self) -> Submitting:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, thread: int) -> None:
        number = 0
        while not self._stop.wait(0.005):
            name = f"{thread}-{number}"
            try:
                (done,) = submit(self._runtime, self._grant, [submission(name, external_id=name)])
            except StoreDown:
                self.refused += 1  # And sent again under the same external id.
                continue
            self.given.setdefault(name, set()).add(done.id)
            number += 1


def test_what_was_answered_is_there_after_the_primary_was_killed(
    watched: Watched, runtime: Runtime, grant: Grant
) -> None:
    old = watched.primary()
    with Submitting(runtime, grant) as submitting:
        until(lambda: len(submitting.given) > 100)
        old.end()
        until(lambda: watched.names_another(old), 60)
        old.start()
        before = len(submitting.given)
        until(lambda: len(submitting.given) > before + 100, 90)
    until(watched.is_watched, 90)
    assert submitting.refused > 0
    late = {name for name in submitting.given if len(submitting.given[name]) != 1}
    assert not late, "an id was promised and another given for it"
    recorded = 0
    for _ in range(3):
        recorded += sum(drain_lane(runtime, lane) for lane in range(keys.LANES))
    ids = {one for given in submitting.given.values() for one in given}
    assert all(find(runtime, SITE, one).verdict is not None for one in ids)
    assert recorded >= len(ids)


@pytest.mark.slow
def test_a_primary_that_is_demoted_is_left_and_what_it_took_last_is_refused(
    watched: Watched, runtime: Runtime
) -> None:
    """It takes writes until somebody tells it; no replica has them."""
    old, store, kept = watched.primary(), runtime.store, SiteSettings(fail_mode="spam")

    def is_put() -> bool:
        with suppress(StoreDown):
            revision = sites.read(store, SITE).settings
            return bool(sites.put_settings(store, SITE, kept, revision))
        return False

    assert watched.sentinels[0].ask("SENTINEL", "FAILOVER", NAME) == b"OK"
    until(lambda: watched.names_another(old), 60)
    until(is_put, 90)
    until(watched.is_watched, 90)
    other = Store.connect(watched.url)
    try:
        assert sites.settings(other, SITE) == kept
    finally:
        other.close()


def test_sentinels_that_do_not_answer_are_a_store_that_does_not(watched: Watched) -> None:
    store = Store.connect("redis+sentinel://127.0.0.1:1,127.0.0.1:2/winnow")
    try:
        with pytest.raises(StoreDown):
            store.ping()
    finally:
        store.close()
