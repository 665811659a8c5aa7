"""What a process keeps in memory is bounded, and what is idle leaves it."""

from __future__ import annotations

import gc
import threading
import weakref

from moderation.domain import keywords, listed, subscribed
from moderation.domain.listed import Draft, Listed, rewritten
from moderation.domain.policy import NO_RULES
from moderation.domain.sites import SiteSettings
from moderation.domain.subscribed import Subscription, Subscriptions
from moderation.flow import caching, copies
from moderation.flow import runtime as runtimes
from moderation.flow.authorise import authorise
from moderation.flow.caching import Cache
from moderation.flow.comments.checking import check
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.labels.learning import LEARNER_IDLE_SECONDS, Learners
from moderation.flow.sites.first_run import add_site, add_token
from moderation.store import sites, subscriptions
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


def test_what_weighs_nothing_neither_goes_for_weight_nor_drives_out():
    cache: Cache[str] = Cache(9, heaviest=10, weigh=len)
    for key in "abc":
        cache.put(key, "")
    cache.put("d", "d" * 20)
    cache.put("e", "")
    assert cache.get("d") == "d" * 20, "alone it may weigh more, and 'e' weighs nothing"
    cache.put("f", "f" * 6)
    cache.put("g", "g" * 6)
    assert [cache.get(key) for key in "abcdefg"] == ["", "", "", None, "", None, "g" * 6]
    cache.put("g", "")
    cache.put("h", "h" * 10)
    assert [cache.get(key) for key in "abcgh"] == ["", "", "", "", "h" * 10]


def test_of_what_has_weight_the_least_recently_used_goes_first(monkeypatch):
    monkeypatch.setattr(caching, "NOTED_SECONDS", 0.0)
    cache: Cache[str] = Cache(9, heaviest=10, weigh=len)
    cache.put("a", "aaaa")
    cache.put("b", "bbbb")
    assert cache.get("a") == "aaaa"
    cache.put("c", "cccc")
    assert [cache.get(key) for key in "abc"] == ["aaaa", None, "cccc"]


def test_what_grows_where_it_stands_is_weighed_again():
    cache: Cache[list[int]] = Cache(9, heaviest=10, weigh=len)
    kept = {key: [0] * 4 for key in "ab"}
    for key, value in kept.items():
        cache.put(key, value)
    kept["b"] += [0] * 4
    cache.weigh_again("b")
    cache.weigh_again("nobody")
    assert [cache.get(key) for key in "ab"] == [None, kept["b"]]
    kept["b"].clear()
    cache.weigh_again("b")
    cache.put("c", [0] * 10)
    assert [cache.get(key) for key in "bc"] == [[], [0] * 10]


def test_two_sites_with_the_longest_lists_are_held_beside_sites_without(runtime):
    own = listed.LIST_BYTES + keywords.KEYS_BYTES
    longest = own + subscribed.SUBSCRIPTIONS * subscribed.LIST_BYTES
    policies = runtime._policies
    both = [runtimes.Policy(1, SiteSettings(), NO_RULES, own_size=longest) for _ in range(2)]
    for name, policy in zip("ab", both, strict=True):
        policies.put(name, policy)
        policies.put("without", runtimes.NO_POLICY)
    assert [policies.get(name) for name in "ab"] == both


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


def subscribe(runtime, digest: str, entries: list[str]) -> int:
    """Have the site subscribe to a list that was just fetched; return the site's new revision."""
    subscriptions.put_copy(runtime.store, SITE, 1, entries)
    one = Subscription(
        number=1, url="https://l.example/", reads="domains", action="hold", digest=digest
    )
    before = sites.read(runtime.store, SITE).settings
    assert sites.put_subscriptions(runtime.store, SITE, Subscriptions((one,), 1), before)
    return sites.read(runtime.store, SITE).settings


def test_a_renewed_copy_weighs_what_it_has_now(runtime, monkeypatch):
    add_site(runtime.store, "long")
    chosen(runtime, "long", "blue")
    first = runtime.policy(SITE, subscribe(runtime, "one", ["shop.example"]))
    assert first.size == len("shop.example")
    beside = sites.read(runtime.store, "long").settings
    weight = runtime.policy("long", beside).size
    monkeypatch.setattr(runtime._policies, "_heaviest", weight + 1000)
    longer = [f"shop-{n}.example" for n in range(1000)]
    may_load, load = threading.Event(), subscriptions.copy

    def loaded(*asked):
        assert may_load.wait(60)
        return load(*asked)

    monkeypatch.setattr(subscriptions, "copy", loaded)
    held = runtime.policy(SITE, subscribe(runtime, "two", longer))
    assert runtime._policies.get("long") is not None, "the copy before serves"
    (renewal,) = (one for one in threading.enumerate() if one.name == copies.RENEWAL)
    may_load.set()
    renewal.join(60)
    assert held.size == sum(map(len, longer))
    assert runtime._policies.get("long") is None, "both together are too heavy"
    assert runtime._policies.get(SITE) is held
