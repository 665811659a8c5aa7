"""Whatever fails within a call, no client reads ham where nobody judged, and a person can look."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest
from redis.exceptions import ResponseError

from moderation.domain.comments import Comment
from moderation.flow.akismet.word_back import tell_site
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.runtime import Runtime
from moderation.store import Store
from tests.moderation.akismet.conftest import HAM, THANKS, Client
from tests.webserver import Site

HOOK = "https://blog.example/hook"
ERRORS = [
    ValueError(HAM), KeyError(HAM), RecursionError(HAM), MemoryError(),
    UnicodeEncodeError("utf-8", HAM, 0, 1, "surrogates not allowed"),
]  # fmt: skip

READING, MATCHING = "moderation.akismet.check.check_of", "moderation.flow.akismet.checking.names_of"
BEFORE_THE_RECORD = {
    "reading the form": READING,
    "matching": MATCHING,
    "catching up": "moderation.flow.labels.learning.context",
    "scoring": "moderation.flow.comments.draft.score_all",
    "rules": "moderation.flow.judging.judge",
    "noting": "moderation.store.akismet.notes",
    "mapping": "moderation.flow.akismet.checking._first",
}
IN_THE_RECORD = {
    "writing": "moderation.store.codec.digest",
    "packing": "moderation.store.codec.pack_new",
    "reading the answer": "moderation.store.comments.accepting.written",
}
WHO_IS_UNKNOWN = {
    "the body": "moderation.akismet.calls.read_body",
    "the form": "moderation.akismet.calls.Form",
    "the key": "moderation.akismet.calls.key_of",
    "the blog": "moderation.akismet.calls.normalise_blog",
    "the grant": "moderation.akismet.calls.authorise_blog",
    "the answer": "moderation.akismet.check._said",
}
FAIL_MODES = [
    ({"fail_mode": "hold", "held_as": "spam"}, b"true"),
    ({"fail_mode": "spam"}, b"true"),
    ({"fail_mode": "hold"}, b"false"),
    ({"fail_mode": "approve", "held_as": "spam"}, b"false"),
]


@pytest.fixture
def asking(client: Client) -> Client:
    """Return a client whose blog this process knows."""
    client.check("warm up")
    return client


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have a function raise whenever it is called."""

    def at(target: str, error: Exception) -> None:
        def raises(*_: Any, **__: Any) -> Any:
            raise error

        monkeypatch.setattr(target, raises)

    return at


def newest(client: Client) -> Comment:
    return client.comments()[0]


def is_held_for_a_person(comment: Comment) -> bool:
    reasons = comment.verdict.reasons
    return (comment.status, reasons) == ("held", (("could_not_be_scored", 0.0),))


@pytest.mark.parametrize("chosen, said", FAIL_MODES)
@pytest.mark.parametrize("target", BEFORE_THE_RECORD.values(), ids=BEFORE_THE_RECORD)
def test_what_fails_is_answered_by_the_fail_mode_and_held_for_a_person(
    asking: Client, fail: Any, target: str, chosen: dict[str, Any], said: bytes
) -> None:
    asking.settings(**chosen)
    asking.check("the settings are known")
    fail(target, ValueError(HAM))
    answer = asking.check(HAM, classify="1")
    assert answer.data == said
    assert answer.headers["X-akismet-guid"] and "X-akismet-pro-tip" not in answer.headers
    comment = newest(asking)
    assert (comment.submission.content, comment.submission.author.name) == (HAM, "Ada")
    assert is_held_for_a_person(comment)


@pytest.mark.parametrize("target", [READING, MATCHING], ids=["reading the form", "matching"])
def test_a_decision_on_a_beginning_holds_for_no_other_end(
    asking: Client, runtime: Runtime, fail: Any, target: str
) -> None:
    asking.settings(held_as="spam")
    asking.check("the settings are known")
    fail(target, ValueError(HAM))
    beginning = "Thanks, I measured the bracket again and it fits. " * 1400
    assert asking.check(f"{beginning} the end").data == b"true"
    decide(runtime, asking.site, newest(asking).id, "ham", Word("ann", "console"), None)
    assert asking.check(f"{beginning} the end").data == b"false"
    assert asking.check(f"{beginning} another end").data == b"true"


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("target", [READING, MATCHING, BEFORE_THE_RECORD["scoring"]])
def test_no_kind_of_error_reads_as_ham(
    asking: Client, fail: Any, target: str, error: Exception
) -> None:
    asking.settings(held_as="spam")
    asking.check("the settings are known")
    fail(target, error)
    assert asking.check(HAM).data == b"true"
    assert is_held_for_a_person(newest(asking))


@pytest.mark.parametrize("chosen, said", FAIL_MODES)
@pytest.mark.parametrize("target", IN_THE_RECORD.values(), ids=IN_THE_RECORD)
def test_what_cannot_be_recorded_is_answered_by_the_fail_mode_too(
    asking: Client, fail: Any, target: str, chosen: dict[str, Any], said: bytes
) -> None:
    asking.settings(**chosen)
    asking.check("the settings are known")
    fail(target, ValueError(HAM))
    answer = asking.check(HAM, callback=HOOK)
    assert answer.data == said
    assert "X-akismet-recheck-after" not in answer.headers, "nothing is there to come again for"


def test_a_store_that_refuses_the_script_reads_as_the_fail_mode(
    asking: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking.settings(fail_mode="spam")
    asking.check("the settings are known")

    def refuses(*_: Any) -> Any:
        raise ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value")

    with monkeypatch.context() as broken:
        broken.setattr(Store, "run", refuses)
        assert asking.check(HAM).data == b"true"
    assert newest(asking).submission.content == "the settings are known"


@pytest.mark.parametrize("path", ["1.1/comment-check", "1.1/verify-key", "1.1/submit-spam"])
@pytest.mark.parametrize("target", WHO_IS_UNKNOWN.values(), ids=WHO_IS_UNKNOWN)
def test_where_the_site_is_not_known_neither_word_is_said(
    asking: Client, fail: Any, target: str, path: str
) -> None:
    fail(target, ValueError(HAM))
    answer = asking(path, user_ip="1", comment_content=HAM)
    if target.endswith("_said") and path != "1.1/comment-check":
        assert answer.data in (b"valid", THANKS.encode())
    elif path == "1.1/verify-key" and target.endswith("authorise_blog"):
        assert answer.data == b"valid", "which blog asks is nothing to it"
    else:
        assert answer.data == b"failed"
        assert answer.headers["X-akismet-debug-help"]


@pytest.mark.parametrize("target", [MATCHING, BEFORE_THE_RECORD["scoring"]])
def test_a_held_one_is_asked_for_again_and_the_site_hears_what_was_decided(
    client: Client, fail: Any, runtime: Runtime, blog: Site, target: str
) -> None:
    client.blog = f"http://127.0.0.1:{blog.port}"
    client.check("warm up")
    fail(target, ValueError(HAM))
    answer = client.check(HAM, callback=f"{client.blog}/hook")
    assert (answer.data, answer.headers["X-akismet-recheck-after"]) == (b"false", "120")
    comment = newest(client)
    decide(runtime, comment.site, comment.id, "spam", Word("ann", "console"), None)
    tell_site(runtime, comment.site, comment.id)
    heard = parse_qs(blog.heard[0][2].decode())
    assert heard["comments[0][guid]"] == [answer.headers["X-akismet-guid"]]
    assert heard["comments[0][result]"] == ["true"]


def test_the_same_check_again_is_the_same_comment(asking: Client, fail: Any) -> None:
    fail(MATCHING, ValueError(HAM))
    asking.check(HAM, permalink="https://blog.example/1")
    asking.check(HAM, permalink="https://blog.example/1", recheck_reason="retry")
    asking.check(f"{HAM} Another one", permalink="https://blog.example/1")
    assert [comment.submission.content for comment in asking.comments()] == [
        f"{HAM} Another one", HAM, "warm up",
    ]  # fmt: skip


def test_a_person_who_decided_is_believed(asking: Client, fail: Any) -> None:
    asking.settings(fail_mode="spam")
    fail(BEFORE_THE_RECORD["scoring"], ValueError(HAM))
    assert asking.check(HAM).data == b"true"
    assert asking.report("ham", HAM) == THANKS
    assert asking.check(HAM, recheck_reason="recheck_queue").data == b"false"


@pytest.mark.parametrize("form", [{"is_test": "1"}, {"akismet_pre_check": "1"}])
def test_a_call_that_leaves_no_trace_leaves_none_where_it_fails(
    asking: Client, fail: Any, form: dict[str, str]
) -> None:
    asking.settings(fail_mode="spam")
    asking.check("the settings are known")
    fail(BEFORE_THE_RECORD["scoring"], ValueError(HAM))
    assert asking.check(HAM, **form).data == b"true"
    assert newest(asking).submission.content == "the settings are known"


def test_a_site_that_observes_and_an_administrator_are_never_refused(
    asking: Client, fail: Any
) -> None:
    asking.settings(fail_mode="spam")
    asking.check("the settings are known")
    fail(BEFORE_THE_RECORD["scoring"], ValueError(HAM))
    assert asking.check(HAM, user_role="administrator").data == b"false"
    asking.settings(fail_mode="spam", mode="observe")
    assert asking.check("Another one").data == b"false"
    assert newest(asking).verdict.status == "held"


def test_a_flood_of_faults_is_said_once_without_what_was_sent(
    asking: Client, fail: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fail(MATCHING, ValueError(HAM))
    for n in range(30):
        asking.check(f"{HAM} {n}")
    (line,) = caplog.messages
    assert "ValueError" in line and "test_faults.py" in line
    assert HAM not in caplog.text and "Traceback" not in caplog.text


NUMBERS = ["&#" + "9" * 5000, "&#" + "0" * 5000 + "65;", "&#x" + "f" * 20_000 + ";", "&#1" * 20_000]


@pytest.mark.parametrize("number", NUMBERS, ids=["long", "zeros", "hexadecimal", "many"])
def test_no_number_in_a_text_keeps_it_from_being_judged(
    asking: Client, number: str, caplog: pytest.LogCaptureFixture
) -> None:
    text = f"Buy pills {number} online"
    answer = asking.check(text, honeypot_field_name="trap", trap="filled")
    assert answer.data == b"true"
    assert newest(asking).verdict.decided_by == "rule"
    assert asking.report("ham", text) == THANKS
    assert newest(asking).decision.label == "ham"
    assert caplog.messages == []
