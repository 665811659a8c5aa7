"""What a process keeps in memory is bounded, and what is idle leaves it."""

from __future__ import annotations

import gc
import weakref

from moderation.domain.listed import Draft, Listed, rewritten
from moderation.domain.sites import SiteSettings
from moderation.flow import caching
from moderation.flow import runtime as runtimes
from moderation.flow.authorise import authorise
from moderation.flow.caching import Cache
from moderation.flow.comments.checking import check
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.labels.learning import LEARNER_IDLE_SECONDS, Learners
from moderation.flow.sites.first_run import add_site, add_token
from moderation.store import sites
from tests.factories import SITE, put_settings, submission


def test_what_was_used_least_recently_leaves_first(monkeypatch):
    monkeypatch.setattr(caching, "NOTED_SECONDS", 0.0)
    cache: Cache[int] = Cache(2)
    for number, key in enumerate("ab"):
        cache.put(key, number)
    assert cache.get("a") == 0
    cache.put("c", 2)
    assert [cache.get(key) for key in "abc"] == [0, None, 2]


def test_a_learner_that_no_verdict_asked_for_leaves_the_memory(runtime, grant, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(caching.time, "monotonic", lambda: now)
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


def test_what_weighs_most_is_bounded_by_its_weight_and_the_newest_is_always_kept():
    cache: Cache[str] = Cache(9, heaviest=10, weigh=len)
    for key in "abc":
        cache.put(key, key * 4)
    assert [cache.get(key) for key in "abc"] == [None, "bbbb", "cccc"]
    cache.put("b", "b")
    cache.put("d", "dddd")
    assert [cache.get(key) for key in "bcd"] == ["b", "cccc", "dddd"]
    cache.drop("c")
    cache.put("e", "eeeee")
    assert [cache.get(key) for key in "bde"] == ["b", "dddd", "eeeee"]
    cache.put("f", "f" * 50)
    assert [cache.get(key) for key in "bdef"] == [None, None, None, "f" * 50]
    cache.put("a", "a")
    assert [cache.get(key) for key in "fa"] == [None, "a"]


def test_what_is_idle_weighs_no_more(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(caching.time, "monotonic", lambda: now)
    cache: Cache[str] = Cache(9, idle_seconds=5, heaviest=10, weigh=len)
    cache.put("a", "a" * 9)
    now += 6
    cache.put("b", "b" * 9)
    cache.put("c", "c")
    assert [cache.get(key) for key in "abc"] == [None, "b" * 9, "c"]


def chosen(runtime, site: str, word: str) -> None:
    """Have a site hold what names one of a thousand phrases."""
    made = [Draft("words", f"{word} kiln number {n}", "hold") for n in range(1000)]
    state = sites.read(runtime.store, site)
    assert sites.put_list(runtime.store, site, rewritten(Listed(), made, "ann", 1), state.settings)
    put_settings(runtime.store, site, SiteSettings(hold=0.98, reject=0.99, fail_mode="spam"))


def test_long_lists_of_many_sites_are_held_up_to_a_weight_and_read_again(runtime, monkeypatch):
    names = [f"site-{n}" for n in range(6)]
    grants = {}
    for name in names:
        add_site(runtime.store, name)
        chosen(runtime, name, "blue")
        grants[name] = authorise(
            runtime, add_token(runtime.store, name, ("submit",), "t"), "submit"
        )
    size = runtime.policy(names[0], sites.read(runtime.store, names[0]).settings).size
    assert size > 20_000
    monkeypatch.setattr(runtime, "_policies", Cache(
        runtimes.SITES_KEPT, heaviest=3 * size, weigh=lambda policy: policy.size
    ))  # fmt: skip
    alive = weakref.WeakSet()
    for _ in range(2):
        for name in names:
            text = f"A question on the blue kiln number 17, please, on {name}."
            found = check(runtime, grants[name], submission(text)).comment
            assert (found.status, found.verdict.decided_by) == ("held", "rule")
            alive.add(runtime.last_policy(name).rules.listed)
            gc.collect()
            assert len(alive) <= 3, "what was dropped is in nobody's hands"
    assert [runtime.last_settings(name).fail_mode for name in names] == ["spam"] * 6
    assert not runtime.may_tell(names[0])
