"""Word back: a site hears what a person decided, once, and again until it did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from flask import Flask

from moderation.flow.akismet import word_back
from moderation.flow.akismet.word_back import outcome_of, send_due, tell_site
from moderation.flow.labels.deciding import Word, decide, undo
from moderation.flow.models import rescoring
from moderation.flow.sites import first_run
from moderation.settings import Settings
from moderation.store import akismet, codec
from tests.moderation.akismet.conftest import HAM, Clock, Told
from tests.webserver import Site, told_well

ANN = Word("ann", "console")


def test_a_person_who_decides_otherwise_is_heard(told: Told) -> None:
    guid = told.check()
    decide(told.runtime, told.comment.site, told.comment.id, "spam", ANN, None)
    told.work()
    assert told.heard() == [
        {
            "key": told.client.key,
            "endpoint": "comment-check",
            "comments[0][guid]": guid,
            "comments[0][result]": "true",
        }
    ]
    path, headers, _ = told.blog.heard[0]
    assert (path, headers["X-akismet-webhook"]) == ("/hook", "1")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert outcome_of(told.runtime, told.comment) == "told"
    told.work()
    assert len(told.heard()) == 1


def test_an_undo_is_heard_as_what_holds_again(told: Told) -> None:
    told.check()
    comment = told.comment
    decide(told.runtime, comment.site, comment.id, "spam", ANN, None)
    told.work()
    undo(told.runtime, comment.site, comment.id, ANN, None)
    told.work()
    assert [form["comments[0][result]"] for form in told.heard()] == ["true", "false"]


def test_what_the_site_knows_is_not_said_again(told: Told) -> None:
    told.check()
    comment = told.comment
    decide(told.runtime, comment.site, comment.id, "ham", ANN, None)
    told.work()
    told.client.report("spam", HAM)
    told.work()
    assert told.heard() == []


def test_a_site_that_says_itself_what_it_was_to_be_told_does_not_hear_it(told: Told) -> None:
    told.check()
    comment = told.comment
    decide(told.runtime, comment.site, comment.id, "spam", ANN, None)
    told.client.report("spam", HAM)
    told.work()
    assert told.heard() == []


def test_a_site_hears_when_its_own_report_is_overruled(told: Told) -> None:
    told.check()
    comment = told.comment
    told.client.report("spam", HAM)
    decide(told.runtime, comment.site, comment.id, "ham", ANN, None)
    told.work()
    assert [form["comments[0][result]"] for form in told.heard()] == ["false"]


@pytest.fixture
def elsewhere() -> Iterator[Site]:
    """Return the web server of somebody who asked nothing."""
    made = Site()
    made.body = told_well
    yield made
    made.close()


def test_a_callback_that_is_not_on_the_blogs_host_is_not_called(
    told: Told, elsewhere: Site
) -> None:
    """However it came into the store: it is looked at again before it is called."""
    told.check()
    raw, callback = codec.id_bytes(told.comment.id), f"http://localhost:{elsewhere.port}/hook"
    akismet.change_trace(
        told.runtime.store,
        told.comment.site,
        raw,
        lambda trace: msgspec.structs.replace(trace, callback=callback),
    )
    decide(told.runtime, told.comment.site, told.comment.id, "spam", ANN, None)
    told.work()
    assert elsewhere.heard == [] and told.heard() == []
    assert "not on the blog's host" in outcome_of(told.runtime, told.comment)


def test_a_held_comment_is_told_of_either_decision(told: Told) -> None:
    told.check()
    told.client.settings(hold=1e-6, reject=0.999)
    told.client.check("Held this time", callback=f"{told.address}/hook")
    held = told.comment
    assert held.status == "held"
    decide(told.runtime, held.site, held.id, "ham", ANN, None)
    tell_site(told.runtime, held.site, held.id)
    assert [form["comments[0][result]"] for form in told.heard()] == ["false"]


@pytest.mark.parametrize("again", [{}, {"comment_author_url": "http://ada.example"}])
def test_word_back_names_the_first_of_repeated_checks(told: Told, again: dict[str, str]) -> None:
    first, second = told.check(), told.check(**again)
    decide(told.runtime, told.comment.site, told.comment.id, "spam", ANN, None)
    told.work()
    form = told.heard()[0]
    assert [form["comments[0][guid]"], form["comments[1][guid]"]] == [second, first]


def test_the_first_check_and_the_newest_name_the_comment(told: Told) -> None:
    first = told.check()
    for _ in range(10):
        newest = told.check(recheck_reason="recheck_queue")
    told.blog.body = json.dumps(
        {"comments": {newest: {"status": "error"}, first: {"status": "success"}}}
    ).encode()
    decide(told.runtime, told.comment.site, told.comment.id, "spam", ANN, None)
    told.work()
    form = told.heard()[0]
    assert form["comments[0][guid]"] == newest
    named = [value for name, value in form.items() if name.endswith("[guid]")]
    assert named[-1] == first and len(named) == 8
    assert {value for name, value in form.items() if name.endswith("[result]")} == {"true"}
    assert outcome_of(told.runtime, told.comment) == "told"


def test_a_check_without_a_callback_cannot_be_told_and_that_is_said(told: Told) -> None:
    told.check(callback="")
    comment = told.comment
    assert outcome_of(told.runtime, comment) == ""
    decide(told.runtime, comment.site, comment.id, "spam", ANN, None)
    assert outcome_of(told.runtime, told.comment) == "no callback"
    told.work()
    assert outcome_of(told.runtime, told.comment) == "no callback"
    assert told.heard() == []


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (200, b""), (200, b"not json"), (200, b"[]"), (302, b""),
     (200, b'{"comments":{"x":{"status":"success"}}}')],
)  # fmt: skip
def test_what_failed_is_tried_again_and_given_up_at_last(
    told: Told, clock: Clock, status: int, body: bytes
) -> None:
    told.check()
    told.blog.status, told.blog.body = status, body
    decide(told.runtime, told.comment.site, told.comment.id, "spam", ANN, None)
    told.work()
    assert send_due(told.runtime) == 0
    assert outcome_of(told.runtime, told.comment) not in ("", "told")
    for seconds in word_back.AGAIN_SECONDS:
        clock.pass_(seconds - 1)
        assert send_due(told.runtime) == 0
        clock.pass_(2)
        assert send_due(told.runtime) == 1
        told.work()
    clock.pass_(10**6)
    assert send_due(told.runtime) == 0
    assert outcome_of(told.runtime, told.comment) == "given up"
    assert len(told.heard()) == 1 + len(word_back.AGAIN_SECONDS)


def test_a_site_that_was_away_hears_what_holds_by_then(told: Told) -> None:
    told.check()
    told.blog.status = 503
    comment = told.comment
    decide(told.runtime, comment.site, comment.id, "spam", ANN, None)
    told.work()
    told.blog.status = 200
    undo(told.runtime, comment.site, comment.id, ANN, None)
    told.work()
    assert len(told.heard()) == 1, "it never heard of spam, and ham is what it was answered"


def test_a_decision_whose_task_was_lost_is_told_by_the_sweep(
    told: Told, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.check()
    comment = told.comment
    with monkeypatch.context() as broken:
        broken.setattr(told.runtime.tasks, "send", lambda *_: False)
        decide(told.runtime, comment.site, comment.id, "spam", ANN, None)
    clock.pass_(11)
    sent: list[tuple[str, ...]] = []
    monkeypatch.setattr(told.runtime.tasks, "send", lambda *task: sent.append(task) or True)
    send_due(told.runtime)
    assert sent == [("workers.tell_site", comment.site, comment.id)]
    told.work()
    assert len(told.heard()) == 1


def test_a_private_callback_is_not_called_unless_the_operator_allows_it(
    told: Told, app: Any, settings: Settings
) -> None:
    told.check()
    told.runtime.settings = msgspec.structs.replace(settings, outbound_allow=())
    decide(told.runtime, told.comment.site, told.comment.id, "spam", ANN, None)
    told.work()
    assert told.heard() == []
    assert "not public" in outcome_of(told.runtime, told.comment)


def test_the_api_says_of_a_check_without_callback_that_its_site_cannot_be_told(
    told: Told, app: Flask
) -> None:
    told.check(callback="")
    comment = told.comment
    token = first_run.add_token(told.runtime.store, comment.site, ("moderate",), "test")
    api, path = app.test_client(), f"/v1/comments/{comment.id}"
    headers = {"Authorization": f"Bearer {token}", "If-Match": "*"}
    assert "word_back" not in api.get(path, headers=headers).json
    decided = api.post(f"{path}/decision", json={"label": "spam"}, headers=headers).json
    assert decided["word_back"] == "no callback"
    assert api.get(path, headers=headers).json["word_back"] == "no callback"


def test_a_site_hears_what_became_of_a_held_comment_that_was_judged_anew(told: Told) -> None:
    told.check()
    told.client.settings(hold=1e-6, reject=0.999)
    told.client.check("Held this time", callback=f"{told.address}/hook")
    held = told.comment
    told.client.settings(hold=1e-7, reject=1e-6)
    job = rescoring.begin(told.runtime, "ann")
    rescoring.work_on(told.runtime, job.id)
    assert (held.status, told.comment.status) == ("held", "spam")
    for _ in range(2):
        tell_site(told.runtime, held.site, held.id)
    assert [form["comments[0][result]"] for form in told.heard()] == ["true"]
    assert outcome_of(told.runtime, told.comment) == "told"
