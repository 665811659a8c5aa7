"""What was not read is not ham: it is held at most, and answered as the site wants held ones."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest

from moderation.flow.labels.deciding import Word, decide, undo
from moderation.flow.runtime import Runtime
from tests.moderation.akismet.conftest import HAM, SPAM, THANKS, Client

KIND = "Thanks, I measured the bracket again and it fits. "
PADDING = KIND * 1400
"""More than 64 KiB of good text."""

CALLBACK = {"callback": "https://blog.example/hook"}
ANN = Word("ann", "console")


def only(client: Client):  # type: ignore[no-untyped-def]
    (comment,) = client.comments()
    return comment


def raw(client: Client, fields: bytes, **options: str) -> bytes:
    """Check what these bytes say."""
    known = urlencode({"api_key": client.key, "blog": client.blog, "user_ip": "203.0.113.7"})
    return client.raw("/1.1/comment-check", known.encode() + b"&" + fields, **options).data


UNREAD = {
    "a text that was cut": ({"content": PADDING + SPAM}, "content_cut"),
    "a text far beyond the bound": ({"content": PADDING * 40 + SPAM}, "content_cut"),
    "a name that was cut": ({"comment_author": "Ada " * 64 + SPAM}, "content_cut"),
    "an address that was cut": (
        {"comment_author_url": "https://a.example/" + "a" * 2048}, "content_cut",
    ),
    "no text": ({"comment_content": None}, "content_unread"),
    "an empty text": ({"content": ""}, "content_unread"),
    "a blank text": ({"content": " \n\t"}, "content_unread"),
    "an empty reply": ({"content": "", "comment_type": "reply"}, "content_unread"),
    "an empty pingback": ({"content": "", "comment_type": "pingback"}, "content_unread"),
    "text elsewhere": ({"comment_content": None, "text": SPAM}, "content_unread"),
}  # fmt: skip


@pytest.mark.parametrize(("held_as", "said"), [("ham", b"false"), ("spam", b"true")])
@pytest.mark.parametrize(("form", "reason"), UNREAD.values(), ids=UNREAD)
def test_what_was_not_read_is_held(
    client: Client, form: dict[str, str], reason: str, held_as: str, said: bytes
) -> None:
    client.check("warm up")
    client.settings(held_as=held_as, hold=0.999, reject=0.9995)
    answer = client.check(**form)
    assert answer.data == said
    assert "X-akismet-pro-tip" not in answer.headers
    comment = client.comments()[0]
    assert (comment.status, comment.verdict.reasons[0][0]) == ("held", reason)
    assert comment.verdict.decided_by == "rule"
    asked = client.check(**form, **CALLBACK, permalink="https://blog.example/2")
    assert (asked.data, asked.headers["X-akismet-recheck-after"]) == (b"false", "120")


@pytest.mark.parametrize(
    "fields",
    [
        b"comment_content="
        + quote("テスト".encode("cp932")).encode()
        + b"%81+&blog_charset=Shift_JIS",
        b"comment_content=%81%8D%8F",
        b"comment_content=hello" + b"&x" * 20_000 + b"&comment_content[]=there",
    ],
    ids=["not of its charset", "of no charset", "more fields than are read"],
)
def test_what_cannot_be_read_is_held(client: Client, fields: bytes) -> None:
    assert raw(client, fields) == b"false"
    assert only(client).status == "held"
    assert only(client).verdict.reasons[0][0] == "content_unread"


def test_parts_of_a_form_that_is_broken_are_held(client: Client) -> None:
    fields = {"api_key": client.key, "blog": client.blog, "user_ip": "1", "comment_content": HAM}
    body = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )
    options = {"content_type": "multipart/form-data; boundary=b"}
    assert client.raw("/1.1/comment-check", body + b"--b--", **options).data == b"false"
    assert only(client).status == "approved"
    broken = body.replace(HAM.encode(), b"Another text") + b"--b\r\nnonsense\r\n\r\nx\r\n--b--"
    assert client.raw("/1.1/comment-check", broken, **options).data == b"false"
    assert client.comments()[0].status == "held"


@pytest.mark.parametrize(
    "form",
    [
        {"content": "", "comment_type": "signup"},
        {"comment_content": None, "comment_type": "Signup"},
        {"content": KIND},
        {"content": (KIND * 1400)[:65_536]},
        {"comment_author": "A" * 256},
    ],
    ids=["signup", "signup without the field", "a text", "the longest text", "the longest name"],
)
def test_what_was_read_whole_is_judged_by_what_it_says(
    client: Client, form: dict[str, str]
) -> None:
    client.check("warm up")
    client.settings(hold=0.999, reject=0.9995)
    assert client.check(**form).data == b"false"
    assert client.comments()[0].status == "approved"


def test_a_pingback_that_is_asked_about_before_it_is_fetched_has_no_text(client: Client) -> None:
    client.check("warm up")
    client.settings(held_as="spam", hold=0.999, reject=0.9995)
    ping = {"comment_type": "pingback", "akismet_pre_check": "1"}
    assert client.check("", **ping).data == b"false"
    assert client.check("", comment_type="pingback").data == b"true"


@pytest.mark.parametrize(
    ("chosen", "form", "said"),
    [
        ({"held_as": "spam", "mode": "observe"}, {}, b"false"),
        ({"held_as": "spam"}, {"user_role": "administrator"}, b"false"),
        ({"held_as": "spam"}, {"user_role": "editor"}, b"false"),
        ({"held_as": "ham"}, {"comment_author": "viagra-test-123"}, b"true"),
        ({"held_as": "ham", "hold": 1e-6, "reject": 2e-6}, {}, b"true"),
    ],
    ids=["observe", "administrator", "trusted role", "magic", "spam as far as it was read"],
)
def test_who_is_always_right_stays_so(
    client: Client, chosen: dict[str, object], form: dict[str, str], said: bytes
) -> None:
    client.check("warm up")
    client.settings(**chosen)
    assert client.check(PADDING + SPAM, **form).data == said


@pytest.mark.parametrize("recheck_reason", ["", "edit", "recheck_queue"])
@pytest.mark.parametrize("found_by", ["nothing", "guid", "comment_ID"])
def test_a_decision_on_a_cut_text_holds_for_no_other_end(
    client: Client, runtime: Runtime, recheck_reason: str, found_by: str
) -> None:
    client.check("warm up")
    client.settings(held_as="spam")
    first = client.check(PADDING + "the end", comment_ID="7")
    assert first.data == b"true"
    decide(runtime, client.site, client.comments()[0].id, "ham", ANN, None)
    names = {"guid": first.headers["X-akismet-guid"], "comment_ID": "7"}
    form = {found_by: names.get(found_by, ""), "recheck_reason": recheck_reason}
    assert client.check(PADDING + "the end", **form).data == b"false", "the very same is known"
    assert client.check(PADDING + SPAM, **form).data == b"true"
    assert client.check(PADDING + "the end", **form).data == b"false", "and stays so"


def test_a_decision_on_a_text_that_was_not_found_holds_for_no_other(
    client: Client, runtime: Runtime
) -> None:
    client.check("warm up")
    client.settings(held_as="spam")
    assert client.check(comment_content=None, text="hello").data == b"true"
    decide(runtime, client.site, client.comments()[0].id, "ham", ANN, None)
    assert client.check(comment_content=None, text=SPAM).data == b"true"


def test_a_text_that_was_shortened_is_judged_anew(client: Client, runtime: Runtime) -> None:
    client.check("warm up")
    client.settings(held_as="spam")
    client.check(PADDING + SPAM, comment_ID="7")
    assert client.check(KIND, comment_ID="7", recheck_reason="edit").data == b"false"


def test_a_report_of_what_was_not_read_is_held_when_it_is_withdrawn(
    client: Client, runtime: Runtime
) -> None:
    client.check("warm up")
    assert client.report("ham", PADDING + SPAM) == THANKS
    comment = client.comments()[0]
    assert (comment.status, comment.verdict.reasons[0][0]) == ("approved", "content_cut")
    undo(runtime, client.site, comment.id, ANN, None)
    assert client.comments()[0].status == "held"
