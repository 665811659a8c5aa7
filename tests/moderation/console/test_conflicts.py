"""Decisions of several people on one comment, decisions sent twice or on what was not seen."""

from __future__ import annotations

import html
from collections.abc import Callable

import pytest

from moderation.flow.events import Decided
from moderation.flow.labels import deciding as labels
from moderation.flow.labels.deciding import Word
from moderation.flow.lookup import find
from moderation.flow.review import history
from moderation.flow.runtime import Runtime
from tests.factories import SITE
from tests.moderation.console.conftest import Browser

JSON = {"headers": {"Accept": "application/json"}}


def test_a_decision_sent_twice_has_one_effect(ann: Browser, hold, runtime: Runtime) -> None:
    comment = hold()
    first, second = ann.decide(comment, "spam", **JSON), ann.decide(comment, "spam", **JSON)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json == second.json
    assert find(runtime, SITE, comment.id).decisions == 1


def test_who_is_overruled_before_the_answer_is_told_and_undoes_nothing(
    ann: Browser, hold, runtime: Runtime
) -> None:
    comment = hold()
    waiting = [Word("zoe", "console")]

    def overrule(_: Decided) -> None:
        if waiting:
            labels.decide(runtime, SITE, comment.id, "spam", waiting.pop(), None)

    runtime.events.listen(Decided, overrule)
    answer = ann.decide(comment, "ham", **JSON)
    assert answer.status_code == 412
    assert "zoe marked this spam" in answer.text
    now = find(runtime, SITE, comment.id)
    assert (now.decisions, now.status) == (2, "spam")
    said = history.of_comment(runtime, now)
    assert [one.decision.by for one in said if one.decision] == ["ann", "zoe"]


def test_a_decision_of_long_ago_sent_again_is_not_the_one_that_holds(
    ann: Browser, hold, runtime: Runtime
) -> None:
    comment = hold()
    ann.decide(comment, "spam")
    path = f"/console/comments/{SITE}/{comment.id}/undo"
    ann.post(path, {"etag": find(runtime, SITE, comment.id).etag})
    ann.decide(find(runtime, SITE, comment.id), "spam")
    assert ann.decide(comment, "spam", **JSON).status_code == 412


def test_who_is_late_is_told_and_nothing_is_changed(
    person: Callable[..., Browser], hold, runtime: Runtime
) -> None:
    comment = hold()
    ann, bob = person("ann"), person("bob")
    ann.decide(comment, "spam")
    answer = bob.decide(comment, "ham", **JSON)
    assert answer.status_code == 412
    assert "ann marked this spam" in answer.text
    now = find(runtime, SITE, comment.id)
    assert html.escape(now.etag, quote=True).replace("&quot;", "&#34;") in answer.text
    assert (now.status, now.decisions) == ("spam", 1)
    assert bob.decide(comment, "spam", **JSON).status_code == 412, "the same word is not his"
    assert (
        bob.post(f"/console/comments/{SITE}/{comment.id}/undo", {"etag": comment.etag}).status_code
        == 412
    )
    assert bob.decide(now, "ham", **JSON).json["status"] == "approved"


@pytest.mark.parametrize("etag", ["", "*", '"1-0', 'W/"1-0"', '"9-9"'])
def test_nothing_is_decided_that_was_not_seen(
    ann: Browser, hold, runtime: Runtime, etag: str
) -> None:
    comment = hold()
    path = f"/console/comments/{SITE}/{comment.id}/decision"
    answer = ann.post(path, {"label": "spam", "etag": etag})
    assert answer.status_code == 412
    assert find(runtime, SITE, comment.id).status == "held"
