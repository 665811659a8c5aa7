"""What a process keeps in memory is bounded, and what is idle leaves it."""

from __future__ import annotations

from moderation.flow import runtime as runtimes
from moderation.flow.authorise import authorise
from moderation.flow.comments.checking import check
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.labels.learning import LEARNER_IDLE_SECONDS, Learners
from moderation.flow.runtime import Cache
from moderation.flow.sites.first_run import add_site, add_token
from tests.factories import SITE, submission


def test_what_was_used_least_recently_leaves_first(monkeypatch):
    monkeypatch.setattr(runtimes, "NOTED_SECONDS", 0.0)
    cache: Cache[int] = Cache(2)
    for number, key in enumerate("ab"):
        cache.put(key, number)
    assert cache.get("a") == 0
    cache.put("c", 2)
    assert [cache.get(key) for key in "abc"] == [0, None, 2]


def test_a_learner_that_no_verdict_asked_for_leaves_the_memory(runtime, grant, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(runtimes.time, "monotonic", lambda: now)
    add_site(runtime.store, "busy")
    busy = authorise(runtime, add_token(runtime.store, "busy", ("submit",), "t"), "submit")
    for one in (grant, busy):
        comment = check(runtime, one, submission()).comment
        decide(runtime, one.site, comment.id, "spam", Word("ann", "api"), None)
        check(runtime, one, submission())
    now += LEARNER_IDLE_SECONDS - 1
    check(runtime, busy, submission())
    assert set(runtime.own(Learners)._items) == {SITE, "busy"}
    now += 2
    check(runtime, busy, submission())
    assert set(runtime.own(Learners)._items) == {"busy"}
    assert check(runtime, grant, submission()).comment.verdict.model.endswith("+1")
