"""Health says what runs and what is the matter, to everybody who works here, and no comment."""

from __future__ import annotations

import pytest

from moderation import faults
from moderation.domain.processes import Fault, Process
from moderation.flow.sites import watching
from moderation.flow.vitals import bucket_of
from moderation.store import keys, processes, search


@pytest.fixture(autouse=True)
def _looked_at_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "FRESH_SECONDS", -1.0)


def now() -> int:
    from moderation.flow.runtime import now_ms

    return now_ms()


def runs(store, kind, pid=1, host="host", since=0, heard=0, **more) -> Process:
    """Have a process be heard of."""
    one = Process(kind, host, pid, "1.0", since or now() - 60_000, **more)
    processes.beat(store, one, heard or now())
    return one


def all_run(store) -> None:
    for pid, kind in enumerate(("web", "worker", "beat"), 10):
        runs(store, kind, pid)


def test_all_is_well_where_everything_runs(ann, store):
    all_run(store)
    page = ann.get("/console/health").text
    assert "All is well." in page
    assert "lamp well" in page and ">well<" in page


def test_it_says_that_no_worker_runs(ann, store):
    runs(store, "web")
    page = ann.get("/console/health").text
    assert "Something has stopped." in page and "No worker runs" in page
    assert "lamp stopped" in ann.get("/console/queue").text


def test_a_process_that_fell_silent_is_shown_and_named(ann, store):
    all_run(store)
    runs(store, "worker", 77, heard=now() - watching.SILENT_MS["worker"] - 3000)
    page = ann.get("/console/health").text
    assert "One thing wants attention." in page
    assert "process 77 on host" in page and "1 other of its kind runs" in page
    assert 'data-process="worker 77"' in page and "not heard of since" in page


def test_no_process_is_silent_because_the_store_was_away(ann, store):
    for pid, kind in enumerate(("web", "worker", "beat"), 10):
        runs(store, kind, pid, heard=now() - 60_000 - pid)
    assert "All is well." in ann.get("/console/health").text


def test_figures_come_from_what_processes_counted(ann, store):
    all_run(store)
    counts = {"checks": 300, "failed": 4, str(bucket_of(0.004)): 300}
    processes.beat(store, Process("web", "h", 1, "1", 1), now(), counts=counts)
    page = ann.get("/console/health").text
    assert "<b>3.8</b> ms" in page and "p50 3.8 ms" in page
    assert "<b>4</b> in 24 h" in page


def test_comments_that_wait_too_long_and_word_back_that_fails_are_said(ann, store, runtime):
    all_run(store)
    store.redis.zadd(keys.AKISMET_TELL, {"a/1": now() + 360_000})
    store.redis.hset(keys.AKISMET_TRIES, "a/1", 3)
    page = ann.get("/console/health").text
    assert "Word back of 1 comment fails." in page and "Tried again at" in page


def test_no_comment_is_on_it_and_errors_are_an_administrators(person, ann, store, hold):
    all_run(store)
    hold("A text that must not be seen here", author={"name": "Somebody Secret"})
    fault = Fault(now(), "a request", "ValueError at api/x.py:3 view", "req-17", "web 1 host")
    processes.beat(store, Process("web", "h", 1, "1", 1), now(), faults=[fault])
    page = ann.get("/console/health").text
    assert "must not be seen" not in page and "Secret" not in page
    assert "req-17" not in page and "1 is kept" in page
    root = person("root", "administrator").get("/console/health").text
    assert "req-17" in root and "ValueError at api/x.py:3" in root


def test_a_page_that_stays_open_gets_no_bytes_for_the_same_again(ann, store):
    all_run(store)
    for path in ("/console/health/sign", "/console/models/sign"):
        first = ann.get(path)
        again = ann.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_an_unexpected_error_of_a_screen_is_noted_for_health(ann, monkeypatch):
    faults.noted.clear()
    monkeypatch.setattr(watching, "seen", lambda _: 1 / 0)
    assert ann.get("/console/health").status_code == 500
    met = [noted for noted in faults.noted if noted.what == "a request"]
    assert met and "ZeroDivisionError" in met[-1].where and met[-1].request
    faults.noted.clear()


@pytest.mark.parametrize(
    ("known", "said"),
    [(None, "making the index"), (1_000, "following"), (90_000, "90 s behind")],
)
def test_what_keeps_the_index_of_searches_is_listed_with_how_far_it_is(ann, store, known, said):
    all_run(store)
    runs(store, "indexer", 55)
    if known is not None:
        search.note(store, {"token": "t", "at_ms": now() - known})
    page = ann.get("/console/health/processes").text
    row = page.partition('data-process="indexer 55"')[2].partition("</tr>")[0]
    assert said in row
