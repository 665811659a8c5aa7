"""How much a person decided today, as Review says it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from moderation.flow.lookup import find
from moderation.flow.review import deciding, tally
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import Store, keys, people
from tests.factories import SITE
from tests.moderation.console.conftest import Browser
from tests.moderation.console.test_review import JSON


def shown_in_decisions(browser: Browser) -> str:
    """Return the id of the comment that was decided last."""
    return re.findall(r'<tr data-row data-id="(\w{26})"', browser.get("/console/decisions").text)[0]


def test_what_a_person_decided_today_is_counted_once_and_given_back(
    person: Callable[..., Browser], hold, runtime: Runtime
) -> None:
    ann, bob = person("ann"), person("bob")
    first, second = hold("one"), hold("two")

    def today(browser: Browser) -> str:
        return re.findall(r"data-today[^>]*>([^<]+)<", browser.get("/console/review").text)[0]

    def undo(browser: Browser, comment_id: str) -> None:
        etag = find(runtime, SITE, comment_id).etag
        browser.post(f"/console/comments/{SITE}/{comment_id}/undo", {"etag": etag})

    assert today(ann) == "0 decided today"
    for _ in range(2):
        ann.decide(first, "spam")
    told = ann.post(
        f"/console/comments/{SITE}/{second.id}/decision",
        {"label": "ham", "etag": second.etag, "from": "review"},
        **JSON,
    )
    assert told.json["today"] == today(ann) == "2 decided today"
    ann.decide(find(runtime, SITE, first.id), "ham")
    assert today(ann) == "2 decided today", "she changed her mind about one of them"
    undo(ann, first.id)
    assert today(ann) == "2 decided today", "her first word on it holds again"
    undo(ann, first.id)
    assert today(ann) == "1 decided today"
    bob.decide(find(runtime, SITE, second.id), "spam")
    undo(bob, second.id)
    undo(bob, second.id)
    assert (today(ann), today(bob)) == ("1 decided today", "0 decided today")


def test_what_was_decided_is_counted_by_day_and_forgotten(
    ann: Browser, hold, runtime: Runtime, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann.decide(hold("one"), "spam")
    (counter,) = store.redis.keys(keys.decided("*", "*"))
    assert 0 < store.redis.pttl(counter) <= people.DECIDED_KEPT_MS
    assert tally.decided_today(runtime, "ann") == 1
    monkeypatch.setattr(tally, "now_ms", lambda: now_ms() + 86_400_000)
    assert tally.decided_today(runtime, "ann") == 0
    last = find(runtime, SITE, shown_in_decisions(ann))
    deciding.undo(runtime, SITE, last.id, "ann", "", last.etag)
    assert tally.decided_today(runtime, "ann") == 0, "it was not decided today"
