"""comment-check: Akismet's answers to what real clients send."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from moderation.flow.runtime import Runtime
from moderation.server.service import MissingBody
from tests.conftest import Server
from tests.moderation.akismet.conftest import HAM, SPAM, Client

NOTICES = ("X-akismet-alert-code", "X-akismet-alert-msg", "X-akismet-debug-help", "X-akismet-error")


def test_ham_is_false_with_a_guid_and_no_notice(client: Client) -> None:
    answer = client.check(HAM)
    assert answer.data == b"false"
    assert answer.content_type == "text/plain; charset=utf-8"
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-akismet-guid"])
    assert not [name for name in (*NOTICES, "X-akismet-pro-tip") if name in answer.headers]


def test_every_check_has_its_own_guid(client: Client) -> None:
    assert client.check().headers["X-akismet-guid"] != client.check().headers["X-akismet-guid"]


@pytest.mark.parametrize("monthly, most", [(0, 1), (1000, 2)], ids=["no quota", "quota"])
def test_a_check_makes_one_round_trip_and_one_more_to_count_for_a_quota(
    make_client: Callable[..., Client], runtime: Runtime, monthly: int, most: int
) -> None:
    client = make_client(monthly=monthly)
    client.check("warm up")
    trips: list[int] = []
    runtime.store.on_round_trip = lambda: trips.append(1)
    assert client.check(HAM).data == b"false"
    assert len(trips) == most


def test_what_is_checked_is_a_comment_of_the_site(client: Client) -> None:
    client.check(HAM, comment_type="comment", permalink="https://blog.example/1", blog_lang="en_US")
    (comment,) = client.comments()
    sent = comment.submission
    assert (sent.content, sent.author.name, sent.author.ip) == (HAM, "Ada", "203.0.113.7")
    assert (sent.type, sent.permalink, sent.language) == (
        "comment", "https://blog.example/1", "en_US",
    )  # fmt: skip


def test_spam_by_the_sites_bands_is_true_without_pro_tip_unless_blatant(client: Client) -> None:
    client.check("warm up")
    client.settings(hold=1e-6, reject=2e-6)
    answer = client.check("A new shop for oak tables opens on Monday")
    assert answer.data == b"true"
    assert "X-akismet-pro-tip" not in answer.headers
    (newest, _) = client.comments()
    assert newest.status == "spam" and newest.verdict.discard is False


def test_a_blatant_one_carries_the_pro_tip(client: Client) -> None:
    for n in range(12):
        client.report("spam", f"{SPAM} {n}", comment_author=f"pills {n}")
    answer = client.check(f"{SPAM} now", comment_author="cheap pills")
    (newest, *_) = client.comments()
    assert newest.verdict.discard is True
    assert answer.data == b"true"
    assert answer.headers["X-akismet-pro-tip"] == "discard"


def held(client: Client, **form: str):  # type: ignore[no-untyped-def]
    client.check("warm up")
    settings = {"hold": 1e-6, "reject": 0.999}
    if "held_as" in form:
        settings["held_as"] = form.pop("held_as")
    client.settings(**settings)
    return client.check("Is the garden open on Monday?", **form)


def test_held_with_a_callback_asks_to_come_again(client: Client) -> None:
    answer = held(client, callback="https://blog.example/wp-json/akismet/v1/webhook")
    assert answer.data == b"false"
    assert answer.headers["X-akismet-recheck-after"] == "120"


@pytest.mark.parametrize(("held_as", "said"), [("ham", b"false"), ("spam", b"true")])
@pytest.mark.parametrize(
    "form",
    [
        {},
        {"callback": "https://elsewhere.example/hook"},
        {"callback": "https://blog.example/hook", "recheck_reason": "recheck_queue"},
    ],
    ids=["no callback", "callback of another host", "itself a recheck"],
)
def test_held_without_word_back_is_what_the_site_chose(
    client: Client, form: dict[str, str], held_as: str, said: bytes
) -> None:
    answer = held(client, held_as=held_as, **form)
    assert answer.data == said
    assert "X-akismet-recheck-after" not in answer.headers
    assert "X-akismet-pro-tip" not in answer.headers


def test_an_edit_may_be_held_again(client: Client) -> None:
    answer = held(client, callback="https://blog.example/hook", recheck_reason="edit")
    assert answer.headers["X-akismet-recheck-after"] == "120"


def test_observe_is_always_false(client: Client) -> None:
    client.check("warm up")
    client.settings(mode="observe", hold=1e-6, reject=2e-6)
    assert client.check(SPAM).data == b"false"
    assert client.check(HAM, comment_author="viagra-test-123").data == b"false"
    assert client.comments()[0].verdict.status == "spam"


@pytest.mark.parametrize("role", ["administrator", "editor, ADMINISTRATOR", "x,Administrator ,y"])
def test_an_administrator_is_never_spam(client: Client, role: str) -> None:
    client.check("warm up")
    client.settings(hold=1e-6, reject=2e-6, trusted_roles=())
    assert client.check(SPAM, user_role=role).data == b"false"
    answer = client.check(
        SPAM, user_role=role, comment_author="viagra-test-123", callback="https://blog.example/hook"
    )
    assert answer.data == b"false"
    assert "X-akismet-recheck-after" not in answer.headers
    assert client.check(SPAM, user_role="administrators").data == b"true"


@pytest.mark.parametrize(
    "form",
    [
        {"comment_author": "viagra-test-123"},
        {"comment_author": "akismet-guaranteed-spam"},
        {"comment_author_email": "akismet-guaranteed-spam@example.com"},
    ],
)
def test_magic_values_are_spam_and_leave_no_trace(client: Client, form: dict[str, str]) -> None:
    answer = client.check(HAM, **form)
    assert answer.data == b"true"
    assert "X-akismet-pro-tip" not in answer.headers
    assert client.comments() == []


def test_magic_words_in_the_text_are_nothing_special(client: Client) -> None:
    assert client.check("My filter said viagra-test-123, what does it mean?").data == b"false"


@pytest.mark.parametrize("true", ["1", "true", "True", "'true'"])
def test_a_test_call_is_answered_and_leaves_no_trace(client: Client, true: str) -> None:
    assert client.check(HAM, is_test=true).data == b"false"
    answer = client.check(HAM, is_test=true, test_discard=true)
    assert answer.data == b"true"
    assert answer.headers["X-akismet-pro-tip"] == "discard"
    assert client.report("spam", HAM, is_test=true)
    assert client.comments() == []
    assert client.today().comments == 0


@pytest.mark.parametrize("author", ["viagra-test-123", "akismet-guaranteed-spam"])
def test_a_test_of_discarding_goes_before_magic_values(client: Client, author: str) -> None:
    answer = client.check(HAM, comment_author=author, is_test="1", test_discard="1")
    assert (answer.data, answer.headers["X-akismet-pro-tip"]) == (b"true", "discard")
    for form in ({"is_test": "1"}, {"test_discard": "1"}):
        answer = client.check(HAM, comment_author=author, **form)
        assert answer.data == b"true" and "X-akismet-pro-tip" not in answer.headers
    for more in ({"user_role": "administrator"},):
        quiet = client.check(HAM, comment_author=author, is_test="1", test_discard="1", **more)
        assert quiet.data == b"false"
    assert client.comments() == []


@pytest.mark.parametrize("false", ["0", "False", "false", ""])
def test_a_literal_false_is_not_a_test_call(client: Client, false: str) -> None:
    client.check(HAM, is_test=false, test_discard="1")
    assert len(client.comments()) == 1


def test_the_time_a_form_was_open_is_by_the_visitors_clock(client: Client) -> None:
    client.check(HAM, POST_ak_js="1790000000000", POST_ak_bfs="1790000042000")
    assert client.comments()[0].submission.form_ms == 42_000
    client.check("The script never ran", POST_ak_js="37")
    assert client.comments()[0].submission.form_ms is None


def test_a_pingback_is_judged_before_it_is_fetched_and_not_kept(client: Client) -> None:
    ping = {
        "comment_type": "pingback",
        "akismet_pre_check": "1",
        "comment_author_url": "https://other.example/post",
    }
    assert client.check("", **ping).data in (b"true", b"false")
    assert client.comments() == []


def test_classification_is_reason_codes_and_only_on_request(client: Client) -> None:
    asked = client.check(SPAM, classify="1").headers["X-akismet-classification"]
    assert re.fullmatch(r"[a-z_]+(,[a-z_]+){0,4}", asked)
    assert "X-akismet-classification" not in client.check(SPAM).headers


def test_the_same_call_again_is_the_same_comment(client: Client) -> None:
    client.check(HAM)
    client.check(HAM)
    assert len(client.comments()) == 1
    assert client.today().comments == 1


@pytest.mark.parametrize("reason", ["recheck_queue", "retry"])
def test_a_recheck_is_not_new_and_knows_what_was_learned_since(client: Client, reason: str) -> None:
    text = "Our gallery of oak tables is open, have a look at woodwork.example/gallery"
    first = client.check(text, permalink="https://blog.example/1")
    assert first.data == b"false"
    for n in range(8):
        client.report("spam", text.replace("oak", f"pine {n}"), comment_author=f"Bea {n}")
    before = client.today().comments
    client.settings(hold=0.3, reject=0.4)
    again = client.check(
        text.replace("woodwork.example/gallery", "woodwork.example/gallery "),
        recheck_reason=reason, permalink="https://blog.example/1", comment_ID="12",
        comment_date_gmt="2026-11-22 10:00:00",
    )  # fmt: skip
    assert again.data == b"true"
    assert client.today().comments == before


def test_a_recheck_is_answered_by_the_decision_if_there_is_one(client: Client) -> None:
    assert client.check(HAM).data == b"false"
    client.report("spam", HAM)
    assert client.check(HAM, recheck_reason="recheck_queue").data == b"true"
    client.report("ham", HAM)
    assert client.check(HAM, recheck_reason="recheck_queue").data == b"false"


def test_an_edit_is_a_revision_of_the_comment_it_names(client: Client) -> None:
    client.check(HAM)
    client.check(HAM, recheck_reason="recheck_queue", comment_ID="77")
    client.report("ham", HAM)
    edited = client.check(f"{HAM} {SPAM}", recheck_reason="edit", comment_ID="77")
    (comment,) = client.comments()
    assert comment.revision == 2 and comment.decision is None
    assert edited.data == (b"true" if comment.status == "spam" else b"false")


def test_content_beyond_the_bound_is_cut_and_says_so(client: Client) -> None:
    client.check("wörter " * 20_000, classify="1")
    (comment,) = client.comments()
    assert 65_000 < len(comment.submission.content.encode()) <= 65_536
    assert comment.verdict.reasons[0][0] == "content_cut"


@pytest.mark.parametrize("ip", ["127.0.0.1", "ip", "", "::1"])
def test_any_address_gets_a_verdict(client: Client, ip: str) -> None:
    assert client.check(user_ip=ip).data == b"false"


@pytest.mark.parametrize("missing", ["api_key", "blog", "user_ip"])
def test_a_malformed_call_is_invalid_and_names_what_is_missing(
    client: Client, missing: str
) -> None:
    answer = client.check(**{missing: None})
    assert answer.data == b"invalid"
    assert missing in answer.headers["X-akismet-debug-help"]


def test_every_answer_to_a_check_has_a_guid_for_wordpress_to_find_the_comment_by(
    make_client: Callable[..., Client], valkey: Server
) -> None:
    client = make_client(monthly=1)
    answers = [
        client.check(HAM),
        client.check("one too many"),
        client.check(api_key="0123456789ab"),
    ]
    answers += [client.check(user_ip=None), client.check(HAM, blog="")]
    for reason in ("large", "late"):
        missing = {"environ_overrides": {"wsgi.input": MissingBody(reason)}}
        answers.append(client.raw("/1.1/comment-check", **missing))
    with valkey.client() as store:
        store.client_pause(2000)
        answers.append(client.check(HAM))
        answers.append(client.check(HAM, blog="https://other.example"))
        store.client_unpause()
    guids = [answer.headers["X-akismet-guid"] for answer in answers]
    assert len(set(guids)) == len(guids) == 9
    assert {answer.text for answer in answers} == {"false", "invalid", "failed"}
    assert "X-akismet-guid" not in client("1.1/verify-key").headers


@pytest.mark.parametrize("key", ["0123456789ab", "short", "zzzzzzzzzzzz"])
def test_a_bad_key_is_invalid_with_debug_help(client: Client, key: str) -> None:
    answer = client.check(api_key=key)
    assert answer.data == b"invalid"
    assert answer.headers["X-akismet-debug-help"]
    assert client.comments() == []
