"""What counts is what a site was told, once a comment; and only checks count against a quota."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from moderation.domain.sites import SiteSettings
from moderation.flow.labels.deciding import Word, decide, undo
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.store import akismet
from tests.factories import put_settings
from tests.moderation.akismet.conftest import HAM, Client

ANN = Word("ann", "console")
HELD: dict[str, Any] = {"hold": 1e-6, "reject": 0.999}
REFUSED: dict[str, Any] = {"hold": 1e-6, "reject": 2e-6}
CALLBACK = {"callback": "https://blog.example/hook"}


def counted(client: Client) -> tuple[int, int, int, int, float]:
    """Return spam, ham, missed spam, false positives and accuracy, as the blog and as the key see
    it.
    """
    names = ("spam", "ham", "missed_spam", "false_positives", "accuracy")
    blog, key = client("1.1/get-stats").json, client("1.2/get-key-stats").json
    assert [blog[name] for name in names] == [key[name] for name in names]
    return tuple(blog[name] for name in names)  # type: ignore[return-value]


def used(client: Client) -> int:
    return client("1.2/usage-limit").json["usage"]


@pytest.fixture
def site(client: Client) -> Client:
    """Return a client whose blog is known, but was not told anything."""
    assert client.check(HAM, is_test="1").data == b"false"
    assert counted(client) == (0, 0, 0, 0, 100.0)
    return client


@pytest.mark.parametrize(
    ("chosen", "form", "said", "wrong"),
    [
        (HELD | {"held_as": "ham"}, {}, "ham", "missed_spam"),
        (HELD | {"held_as": "ham"}, CALLBACK, "ham", "missed_spam"),
        (HELD | {"held_as": "spam"}, {}, "spam", "false_positives"),
        (REFUSED | {"mode": "observe"}, {}, "ham", "missed_spam"),
        (HELD | {"mode": "observe", "held_as": "spam"}, {}, "ham", "missed_spam"),
        (REFUSED, {"user_role": "administrator"}, "ham", "missed_spam"),
        (REFUSED, {}, "spam", "false_positives"),
    ],
    ids=["held as ham", "held, ask again", "held as spam", "observe", "observe held",
         "administrator", "spam"],
)  # fmt: skip
def test_a_report_is_an_error_where_the_site_was_told_the_opposite(
    site: Client, chosen: dict[str, Any], form: dict[str, str], said: str, wrong: str
) -> None:
    site.settings(**chosen)
    answer = site.check("Is the garden open on Monday?", **form)
    assert answer.data == {"ham": b"false", "spam": b"true"}[said]
    spam, ham = int(said == "spam"), int(said == "ham")
    missed, false = int(wrong == "missed_spam"), int(wrong == "false_positives")
    opposite = {"ham": "spam", "spam": "ham"}[said]
    assert counted(site) == (spam, ham, 0, 0, 100.0)
    for label, error in ((said, 0), (opposite, 1), (opposite, 1), (said, 0), (opposite, 1)):
        site.report(label, "Is the garden open on Monday?")
        assert counted(site) == (spam, ham, error * missed, error * false, 100.0 * (1 - error))
    site.settings(held_as={"ham": "spam", "spam": "ham"}[chosen.get("held_as", "ham")])
    assert counted(site) == (spam, ham, missed, false, 0.0), "what was told stays so"


@pytest.mark.parametrize(("held_as", "label"), [("ham", "spam"), ("spam", "ham")])
def test_a_decision_counts_as_a_report_does_and_its_undo_takes_it_back(
    site: Client, runtime: Runtime, held_as: str, label: Any
) -> None:
    site.settings(**HELD, held_as=held_as)
    site.check()
    (comment,) = site.comments()
    decide(runtime, site.site, comment.id, label, ANN, None)
    assert counted(site)[2:] == ((1, 0, 0.0) if label == "spam" else (0, 1, 0.0))
    undo(runtime, site.site, comment.id, ANN, None)
    assert counted(site)[2:] == (0, 0, 100.0)


def test_an_undo_in_observe_gives_back_what_the_site_was_told(
    site: Client, runtime: Runtime
) -> None:
    site.settings(**REFUSED, mode="observe")
    assert site.check().data == b"false"
    (comment,) = site.comments()
    decide(runtime, site.site, comment.id, "ham", ANN, None)
    undo(runtime, site.site, comment.id, ANN, None)
    assert site.comments()[0].status == comment.status == "approved"


def test_a_recheck_counts_as_what_it_was_told_and_not_twice(site: Client) -> None:
    site.settings(**HELD, held_as="spam")
    assert site.check(**CALLBACK).data == b"false"
    assert counted(site) == (0, 1, 0, 0, 100.0)
    for _ in range(2):
        assert site.check(**CALLBACK, recheck_reason="recheck_queue").data == b"true"
        assert counted(site) == (1, 0, 0, 0, 100.0)
    site.report("ham")
    assert counted(site) == (1, 0, 0, 1, 0.0)
    assert site.check(**CALLBACK, recheck_reason="recheck_queue").data == b"false"
    assert counted(site) == (1, 0, 0, 1, 0.0), "a person's word is no answer of the filter's"


def test_an_edit_is_an_answer_of_its_own(site: Client) -> None:
    site.settings(**REFUSED)
    assert site.check(comment_ID="7").data == b"true"
    site.settings(hold=0.9, reject=0.99)
    edited = site.check("Quite another question", comment_ID="7", recheck_reason="edit")
    assert (edited.data, len(site.comments())) == (b"false", 1)
    assert counted(site)[:2] == (1, 1)


@pytest.mark.parametrize("word", ["spam", "ham"])
def test_what_was_never_checked_is_no_answer_and_no_error(site: Client, word: str) -> None:
    for reported in (word, "spam", "ham", word):
        site.report(reported, "never checked")
    assert counted(site) == (0, 0, 0, 0, 100.0)
    assert site("1.2/key-sites").json["total"] == 0
    assert used(site) == 0
    assert sum(site.today().statuses.values()) == 0


def test_imported_labels_are_no_verdicts_and_no_errors(
    site: Client, app: Flask, runtime: Runtime
) -> None:
    token = first_run.add_token(runtime.store, site.site, ("submit", "moderate"), "test")
    rows = [
        {"content": f"Row {n}", "external_id": str(n), "label": label}
        for n, label in enumerate(("spam", "ham"))
    ]
    for sent in (rows, [row | {"label": "ham"} for row in rows]):
        answer = app.test_client().post(
            "/v1/labels", json=sent, headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 200, answer.text
    today = site.today()
    assert (today.missed_spam, today.false_positives) == (0, 0)
    assert sum(today.statuses.values()) == 0
    assert counted(site) == (0, 0, 0, 0, 100.0)


def test_only_a_first_check_counts_for_the_quota(make_client: Callable[..., Client]) -> None:
    client = make_client(monthly=2)
    client.check(HAM, is_test="1")
    client.check(HAM, comment_author="viagra-test-123")
    client.check("", comment_type="pingback", akismet_pre_check="1")
    client.report("spam", "never checked")
    assert used(client) == 0
    client.check(HAM)
    for more in ({}, {"recheck_reason": "recheck_queue"}, {"recheck_reason": "retry"}):
        assert client.check(HAM, **more).data == b"false"
    assert used(client) == 1
    client.check("Another")
    for _ in range(3):
        assert client.check("One too many").data == b"invalid"
        assert client.check(HAM, recheck_reason="recheck_queue").data == b"false"
    assert used(client) == 2


def test_a_check_counts_once_whatever_changed_before_it(
    make_client: Callable[..., Client], runtime: Runtime
) -> None:
    client = make_client(monthly=100)
    client.check(f"{HAM} 0")
    changes = (
        lambda: akismet.touch(runtime.store, [client.site]),
        lambda: put_settings(runtime.store, client.site, SiteSettings(hold=0.7)),
        lambda: client.report("spam", f"{HAM} 0"),
    )
    for n, change in enumerate(changes, 1):
        change()
        client.check(f"{HAM} {n}")
        assert used(client) == n + 1
