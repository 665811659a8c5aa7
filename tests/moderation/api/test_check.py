"""A comment scored while its site waits."""

from typing import Any

import pytest
from flask import Flask

from moderation.domain.sites import SiteSettings
from moderation.store import Store
from tests.clock import Stopwatch
from tests.conftest import Server
from tests.factories import SITE, put_settings
from tests.moderation.api.conftest import Caller, is_problem

PILLS = {
    "content": "Cheap viagra without prescription, order now: https://pills.example/buy",
    "author": {"name": "cheap pills", "url": "https://pills.example/"},
}
THANKS = {"content": "Thanks, the second example fixed my build.", "author": {"name": "Ada"}}


def test_a_check_answers_the_verdict_with_reasons_in_words(api: Caller) -> None:
    answer = api.post("/v1/check", PILLS)
    assert answer.status_code == 200
    comment = answer.json
    verdict = comment["verdict"]
    assert comment["recorded"] is True
    assert comment["content"] == PILLS["content"]
    assert comment["author"] == PILLS["author"]
    assert (verdict["label"], verdict["decided_by"]) == ("spam", "model")
    assert comment["status"] == verdict["status"]
    assert verdict["score"] > 0.5
    assert 1 <= len(verdict["reasons"]) <= 5
    for reason in verdict["reasons"]:
        assert reason["text"] != reason["code"]
        assert isinstance(reason["weight"], float)
    assert comment["decision"] is None


def test_ordinary_thanks_are_ham(api: Caller) -> None:
    assert api.post("/v1/check", THANKS).json["verdict"]["label"] == "ham"


def test_a_recorded_check_can_be_read_again(api: Caller) -> None:
    comment = api.post("/v1/check", THANKS).json
    read = api.get(f"/v1/comments/{comment['id']}").json
    comment.pop("recorded")
    assert read == comment


def test_an_unrecorded_check_stores_and_counts_nothing(api: Caller) -> None:
    comment = api.post("/v1/check?record=false", PILLS).json
    assert (comment["id"], comment["recorded"]) == (None, False)
    assert comment["verdict"]["label"] == "spam"
    assert api.stored() == 0
    assert api.get("/v1/stats").json["data"][-1]["comments"] == 0


def test_a_decision_holds_for_the_next_check(api: Caller) -> None:
    first = api.post("/v1/check", THANKS).json
    assert api.decide(first, "spam", '"1-0"').status_code == 200
    again = api.post("/v1/check?record=false", THANKS).json
    assert again["verdict"]["score"] > first["verdict"]["score"]
    assert again["verdict"]["model"] != first["verdict"]["model"]


def test_with_a_store_that_hangs_the_fail_mode_answers_in_time(
    api: Caller, app: Flask, valkey: Server
) -> None:
    assert api.post("/v1/check", THANKS).status_code == 200
    with valkey.client() as client:
        client.execute_command("CLIENT", "PAUSE", 700, "ALL")
        with Stopwatch() as watch:
            answer = api.post("/v1/check", THANKS)
        client.ping()  # It is answered when the pause is over.
    assert watch.seconds < 0.5
    comment = answer.json
    assert answer.status_code == 200
    assert (comment["id"], comment["recorded"], comment["status"]) == (None, False, "held")
    assert comment["verdict"]["decided_by"] == "fail_mode"
    assert comment["verdict"]["reasons"][0]["code"] == "store_unreachable"
    assert api.post("/v1/check", THANKS).json["recorded"] is True


def test_with_a_full_store_the_fail_mode_answers(api: Caller, valkey: Server) -> None:
    assert api.post("/v1/check", THANKS).status_code == 200
    with valkey.client() as client:
        client.config_set("maxmemory", 1)
        comment = api.post("/v1/check", THANKS).json
        submitted = api.post("/v1/comments", THANKS)
        client.config_set("maxmemory", 0)
    assert (comment["recorded"], comment["verdict"]["decided_by"]) == (False, "fail_mode")
    is_problem(submitted, 507, "store-full")


def test_without_a_store_an_unknown_token_gets_503(
    app: Flask, api: Caller, runtime, tmp_path
) -> None:
    runtime.store = Store.connect(f"unix://{tmp_path}/nowhere.sock")
    answer = api.post("/v1/check", THANKS)
    is_problem(answer, 503, "store-down")
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_token_over_its_limit_must_wait(caller, valkey: Server) -> None:
    limited = caller("submit", per_minute=2)
    codes = [limited.post("/v1/check", THANKS).status_code for _ in range(4)]
    # The minute may change once in between.
    assert codes.count(429) >= 1
    for path in ("/v1/check", "/v1/comments"):
        answer = limited.post(path, THANKS)
        if answer.status_code == 429:
            is_problem(answer, 429, "rate-limited")
            assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_an_unrecorded_check_counts_against_the_limit(caller) -> None:
    limited = caller("submit", per_minute=2)
    answers = [limited.post("/v1/check?record=false", THANKS) for _ in range(6)]
    # The minute may change once in between.
    refused = [answer for answer in answers if answer.status_code == 429]
    assert 2 <= len(refused) <= 4
    is_problem(refused[0], 429, "rate-limited")
    assert 1 <= int(refused[0].headers["Retry-After"]) <= 60


def test_unrecorded_and_recorded_checks_share_a_limit(caller) -> None:
    limited = caller("submit", per_minute=2)
    ways = ["/v1/check?record=false", "/v1/check", "/v1/comments"]
    codes = [limited.post(ways[n % 3], THANKS).status_code for n in range(6)]
    assert 2 <= codes.count(429) <= 4


def test_a_hidden_field_with_the_author_s_own_address_is_held_and_with_any_other_spam(
    api: Caller,
) -> None:
    sent = {
        "content": "The second example fixed my build.",
        "author": {"email": "ada@mail.example"},
    }
    for honeypot, status, reason in (
        ("Ada@Mail.example", "held", "honeypot_autofill"),
        ("bob@mail.example", "spam", "honeypot"),
        ("", "approved", ""),
    ):
        comment = api.post("/v1/check", sent | {"honeypot": honeypot}).json
        assert comment["status"] == status
        codes = [reason["code"] for reason in comment["verdict"]["reasons"]]
        assert codes[0] == reason or not reason


def test_content_of_just_the_bound_is_not_called_cut(api: Caller) -> None:
    comment = api.post("/v1/check", {"content": "a" * 65_536}).json
    assert "content_cut" not in [reason["code"] for reason in comment["verdict"]["reasons"]]


def test_what_cannot_be_judged_is_held_for_a_person_and_never_approved(
    api: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert api.post("/v1/check", THANKS).json["status"] == "approved"
    for target in SCORING:
        with monkeypatch.context() as broken:
            broken.setattr(target, raising)
            answer = api.post("/v1/check", THANKS)
            unrecorded = api.post("/v1/check?record=false", THANKS).json
        comment = answer.json
        assert answer.status_code == 200
        assert (comment["recorded"], comment["status"]) == (True, "held")
        assert comment["verdict"]["decided_by"] == "fail_mode"
        assert [reason["code"] for reason in comment["verdict"]["reasons"]] == [
            "could_not_be_scored"
        ]
        assert (unrecorded["id"], unrecorded["status"]) == (None, "held")
        stored = api.get(f"/v1/comments/{comment['id']}").json
        assert (stored["status"], stored["content"]) == ("held", THANKS["content"])
        waited = api.post("/v1/comments", THANKS, headers={"Prefer": "wait"})
        assert waited.json["status"] == "approved", "the fault is over"
    assert THANKS["content"] not in caplog.text


@pytest.mark.parametrize(
    "fail_mode, status", [("hold", "held"), ("approve", "approved"), ("spam", "spam")]
)
def test_what_cannot_be_recorded_is_answered_by_the_fail_mode(
    api: Caller, store: Store, monkeypatch: pytest.MonkeyPatch, fail_mode: Any, status: str
) -> None:
    put_settings(store, SITE, SiteSettings(fail_mode=fail_mode))
    api.post("/v1/check", THANKS)
    monkeypatch.setattr("moderation.store.codec.digest", raising)
    comment = api.post("/v1/check", THANKS).json
    assert (comment["recorded"], comment["id"], comment["status"]) == (False, None, status)
    assert comment["verdict"]["decided_by"] == "fail_mode"


@pytest.mark.parametrize(
    "target", ["moderation.api.check.SUBMISSIONS", "moderation.api.check.checked_out"]
)
def test_what_cannot_be_read_or_answered_is_a_fault_of_ours(
    api: Caller, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.setattr(target, raising)
    is_problem(api.post("/v1/check", THANKS), 500, "internal-error")


SCORING = (
    "moderation.flow.labels.learning.context",
    "moderation.flow.comments.draft.score_all",
    "moderation.flow.judging.judge",
)


def raising(*_: Any, **__: Any) -> Any:
    raise RecursionError(THANKS["content"])
