"""A backup is of one moment, is known to be whole, and a store made of it answers as the first."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import msgspec
import pytest

from moderation.domain.backups import DamagedBackup, NotEmpty
from moderation.domain.comments import STATUSES
from moderation.domain.errors import (
    NotFound,
    SchemaMismatch,
    SecretMismatch,
)
from moderation.flow.authorise import authorise
from moderation.flow.comments import checking
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.lookup import find
from moderation.flow.opening import open_runtime
from moderation.flow.runtime import Runtime
from moderation.flow.sites import backups, first_run
from moderation.settings import Settings
from moderation.store import Store, codec, keys, schema, sites
from tests.factories import SITE, contents, submission
from tests.moderation.flow.labels.test_compacting import from_the_log_alone, log
from tests.moderation.flow.models.taught import comment, teach_site
from tests.moderation.flow.sites.test_removing import NEAR, fill

pytestmark = pytest.mark.second_store


@pytest.fixture
def empty(settings: Settings) -> Iterator[Store]:
    """Return another store, which is empty."""
    opened = Store.connect(settings.redis_url.replace("db=0", "db=7"), any_layout=True)
    yield opened
    opened.close()


@pytest.fixture
def taught(runtime: Runtime) -> Runtime:
    """Return an installation with a site that was taught, and another of everything."""
    teach_site(runtime, SITE, 80)
    first_run.add_site(runtime.store, NEAR)
    fill(runtime, NEAR)
    return runtime


def quiet(stage: str, done: int, total: int) -> None:
    pass


def backup_of(runtime: Runtime, site: str = "") -> list[bytes]:
    lines: list[bytes] = []
    backups.write(runtime.store, runtime.settings.secret_key, site, lines.append, quiet)
    return lines


def put_back(store: Store, settings: Settings, lines: list[bytes], note=quiet) -> None:
    found = backups.look_at(lines)
    backups.restore(store, settings.secret_key, found, lines, note)


def kept(store: Store) -> dict[bytes, object]:
    """Return what counts; a stream without entries is as none."""
    return {name: value for name, value in contents(store) if keys.is_kept(name) and value}


def opened_on(store: Store, settings: Settings) -> Runtime:
    return open_runtime(msgspec.structs.replace(settings, redis_url=store.url))


def test_a_store_made_of_it_is_the_same_and_answers_the_same(taught, settings, empty) -> None:
    awkward = "{winnow}:audit-\xff"
    taught.store.redis.set(awkward.encode("latin-1"), b"\x00\x1b[31m\r\n base64:", px=10_000_000)
    put_back(empty, settings, backup_of(taught))
    assert kept(empty) == kept(taught.store)
    ours = taught.store.redis
    names = [name for name in kept(empty) if ours.pttl(name) > 0]
    assert names
    for name in names:
        assert empty.redis.pexpiretime(name) == ours.pexpiretime(name)
    other = opened_on(empty, settings)
    try:
        assert from_the_log_alone(other) == from_the_log_alone(taught)
        grants = [
            authorise(one, first_run.add_token(one.store, SITE, ("submit",), "t"), "submit")
            for one in (taught, other)
        ]
        for number in range(500, 510):
            sent = comment(("ham", "spam")[number % 2], number)
            one, two = (
                checking.check(runtime, grant, sent, record=False).comment.verdict
                for runtime, grant in zip((taught, other), grants, strict=True)
            )
            assert (one.score, one.status, one.model) == (two.score, two.status, two.model)
    finally:
        other.close()


def test_what_lasts_a_moment_stays_behind(taught, settings, empty) -> None:
    redis = taught.store.redis
    of_site = keys.of_site(SITE)
    passing = [
        keys.bell(1),
        keys.session("d"),
        keys.ticket("link", "d"),
        keys.process("p"),
        keys.job_lease("01J"),
        keys.attempts("account", "ann"),
        of_site.limit + "token:1",
        of_site.looking + "id",
        "celery",
    ]
    for name in passing:
        redis.set(name, 1)
    put_back(empty, settings, backup_of(taught))
    assert empty.redis.exists(*passing) == 0


class Busy:
    """Somebody who checks, decides and teaches all the time."""

    def __init__(self, runtime: Runtime) -> None:
        token = first_run.add_token(runtime.store, SITE, ("submit", "moderate"), "busy")
        self._runtime, self._grant = runtime, authorise(runtime, token, "submit")
        self._stop = threading.Event()
        self.done = 0
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Busy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.is_set():
            self.do(self.done)

    def do(self, number: int) -> None:
        sent = submission(f"The kettle number {number}", external_id=f"busy-{number}")
        made = checking.check(self._runtime, self._grant, sent).comment
        label = ("ham", "spam")[number % 2]
        decide(self._runtime, SITE, made.id, label, Word("ann", "api"), None)
        self.done += 1


def written_between(runtime: Runtime, busy: Busy) -> list[bytes]:
    """Return a backup of which no part is read without something being written after it."""
    lines: list[bytes] = []

    def note(stage: str, done: int, total: int) -> None:
        before = busy.done
        while busy.done < before + 2:
            threading.Event().wait(0.001)

    backups.write(runtime.store, runtime.settings.secret_key, "", lines.append, note)
    return lines


def test_what_is_written_meanwhile_is_all_in_it_or_not_at_all(taught, settings, empty) -> None:
    with Busy(taught) as busy:
        lines = written_between(taught, busy)
    put_back(empty, settings, lines)
    assert busy.done > 3
    other = opened_on(empty, settings)
    try:
        of_site = keys.of_site(SITE)
        stands = {
            raw: status
            for status, index in zip(STATUSES, of_site.by_status, strict=True)
            for raw in empty.redis.zrange(index, 0, -1)
        }
        prefix = of_site.comment.encode()
        ids = {name[len(prefix) :] for name in kept(empty) if name.startswith(prefix)}
        assert set(stands) == {raw for raw in ids if len(raw) == 16}
        decided = 0
        for raw, status in stands.items():
            found = find(other, SITE, codec.id_text(raw))
            assert found.status == status
            decided += found.decision is not None
        entries = log(other)
        assert len(entries) == sites.read(empty, SITE).labels
        pointers = [e for _, e in empty.redis.xrange(of_site.labels) if e[b"s"] == SITE.encode()]
        assert [int(e[b"n"]) for e in pointers] == [e.seq for e in entries]
        labelled = {e.example.comment for e in entries if e.kind == "label"}
        assert len(labelled) == decided, "a decision and its label are one"
    finally:
        other.close()


def test_one_that_is_not_whole_is_refused_before_anything_is_written(
    taught, settings, empty
) -> None:
    lines = backup_of(taught)
    changed = lines[40].replace(b'"values":["', b'"values":["x', 1)
    assert changed != lines[40]
    for damaged in (
        [],
        lines[:-1],
        lines[:40] + lines[41:],
        [*lines[:40], changed, *lines[41:]],
        [lines[0], lines[2], lines[1], *lines[3:]],
        lines[1:],
        [b"\x1f\x8b\x00"],
        [b'{"external_id":"1","content":"a comment"}\n'],
    ):
        with pytest.raises(DamagedBackup):
            put_back(empty, settings, damaged)
    assert not list(contents(empty))


def test_one_that_is_cut_off_is_used_by_nobody_and_goes_on(
    taught, settings, empty, monkeypatch
) -> None:
    monkeypatch.setattr(backups, "A_PART_PIECES", 50)

    class Killed(Exception):
        pass

    def kill(stage: str, done: int, total: int) -> None:
        raise Killed

    lines = backup_of(taught)
    with pytest.raises(Killed):
        put_back(empty, settings, lines, kill)
    with pytest.raises(SchemaMismatch, match="restore"):
        schema.check(empty)
    with pytest.raises(SchemaMismatch, match="restore"):
        Store.connect(empty.url).ping()
    with pytest.raises(NotEmpty, match="another"):
        put_back(empty, settings, backup_of(taught))
    already: list[int] = []
    put_back(empty, settings, lines, lambda stage, done, total: already.append(done))
    assert already[0] == 100, "what is in is not written again"
    assert kept(empty) == kept(taught.store)
    assert not empty.redis.exists(keys.RESTORING)


def test_it_goes_into_an_empty_store_and_with_its_secret(taught, settings, empty) -> None:
    lines = backup_of(taught)
    with pytest.raises(NotEmpty):
        put_back(taught.store, settings, lines)
    with pytest.raises(SecretMismatch):
        backups.restore(empty, b"x" * 32, backups.look_at(lines), lines, quiet)
    assert not list(contents(empty))


def test_one_site_goes_into_an_installation_that_has_not_got_it(taught, settings, empty) -> None:
    with pytest.raises(NotFound):
        backup_of(taught, "nobody")
    before = taught.store.redis.hgetall(keys.TOKENS)
    lines = backup_of(taught, SITE)
    assert not any(NEAR.encode() in line for line in lines)
    first_run.use_shipped(empty, settings)
    empty.redis.set(keys.SCHEMA, schema.VERSION)
    teach_site(opened_on(empty, settings), NEAR, 10)
    put_back(empty, settings, lines)
    assert set(sites.names(empty)) == {SITE, NEAR}
    other = opened_on(empty, settings)
    try:
        assert from_the_log_alone(other) == from_the_log_alone(taught)
        assert [e.seq for e in log(other)] == [e.seq for e in log(taught)]
        assert len(log(other, NEAR)) == 10
    finally:
        other.close()
    mine = {d: t for d, t in before.items() if b'"site":"%s"' % SITE.encode() in t}
    assert mine
    found = empty.redis.hgetall(keys.TOKENS)
    assert mine.items() <= found.items()
    with pytest.raises(NotEmpty):
        put_back(empty, settings, lines)
