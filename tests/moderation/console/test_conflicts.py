"""Decisions of several people on one comment, decisions sent twice or on what was not seen."""

from __future__ import annotations

import html
from collections.abc import Callable

import pytest

from moderation.domain.verdicts import Label
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


@pytest.fixture
def between(runtime: Runtime) -> Callable[[Callable[[], object]], None]:
    """Return what has something done once, between the next decision and its answer."""

    def arrange(act: Callable[[], object]) -> None:
        waiting = [act]
        runtime.events.listen(Decided, lambda _: waiting.pop()() if waiting else None)

    return arrange


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("ham", "Your approval was saved; then the comment was changed."),
        ("spam", "Your decision for spam was saved; then the comment was changed."),
    ],
)
def test_who_is_overruled_before_the_answer_is_told_that_and_undoes_nothing(
    ann: Browser, hold, runtime: Runtime, between, label: Label, told: str
) -> None:
    comment = hold()
    zoe, theirs = Word("zoe", "console"), "ham" if label == "spam" else "spam"
    between(lambda: labels.decide(runtime, SITE, comment.id, theirs, zoe, None))
    answer = ann.decide(comment, label, **JSON)
    assert answer.status_code == 412
    assert ("zoe marked this spam" if theirs == "spam" else "zoe approved this") in answer.text
    assert told in answer.text and "not saved" not in answer.text
    assert 'data-today="1 ' in answer.text, "it counts as the person's"
    now = find(runtime, SITE, comment.id)
    assert (now.decisions, now.decision and now.decision.by) == (2, "zoe")
    said = history.of_comment(runtime, now)
    assert [one.decision.by for one in said if one.decision] == ["ann", "zoe"]


@pytest.mark.parametrize("is_edited", [False, True])
def test_a_decision_sent_again_after_it_was_overruled_was_saved(
    person: Callable[..., Browser], hold, runtime: Runtime, is_edited: bool
) -> None:
    """As where the first answer was lost."""
    comment = hold("Hello.", external_id="again")
    ann, bob = person("ann"), person("bob")
    assert ann.decide(comment, "ham", **JSON).status_code == 200
    if is_edited:
        hold("Hello, and buy.", external_id="again")
    bob.decide(find(runtime, SITE, comment.id), "spam", **JSON)
    again = ann.decide(comment, "ham", **JSON)
    assert again.status_code == 412 and "bob marked this spam" in again.text
    assert "Your approval was saved; then the comment was changed." in again.text
    other = bob.decide(comment, "ham", **JSON)
    assert other.status_code == 412 and "Your approval was not saved." in other.text
    assert find(runtime, SITE, comment.id).decisions == 2


def test_who_decided_what_is_edited_before_the_answer_is_told_that(
    ann: Browser, hold, runtime: Runtime, between
) -> None:
    comment = hold("Hello.", external_id="edited")
    between(lambda: hold("Hello, and buy.", external_id="edited"))
    answer = ann.decide(comment, "ham", **JSON)
    now = find(runtime, SITE, comment.id)
    assert (now.revision, now.decisions) == (2, 1)
    assert answer.status_code == 412
    assert "This comment changed since you saw it" in answer.text
    assert "Your approval was saved; then the comment was changed." in answer.text


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
