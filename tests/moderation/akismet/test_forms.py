"""Whatever bytes come, a legal answer goes back."""

from __future__ import annotations

import string

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.moderation.akismet.conftest import THANKS, Client

NAMES = [
    "api_key", "key", "blog", "user_ip", "user_agent", "referrer", "permalink", "comment_type",
    "content_type", "comment_author", "comment_author_email", "comment_author_url",
    "comment_content", "comment_date_gmt", "comment_post_modified_gmt", "comment_parent",
    "comment_post_ID", "comment_ID", "blog_lang", "blog_charset", "user_role", "is_test",
    "test_discard", "recheck_reason", "honeypot_field_name", "callback", "classify", "guid",
    "reporter", "akismet_pre_check", "comment_context[0]", "POST_ak_js", "POST_ak_bfs",
    "HTTP_COOKIE", "POST_password", "from", "month", "order", "limit", "offset", "filter", "format",
]  # fmt: skip
PATHS = [
    "/1.1/comment-check", "/1.1/submit-spam", "/1.1/submit-ham", "/1.1/verify-key",
    "/1.1/deactivate", "/1.1/get-subscription", "/1.1/get-stats", "/1.2/get-key-stats",
    "/1.2/usage-limit", "/1.2/key-sites", "/1.1/token", "/1.1/test", "/1.2/compatible-plugins",
    "/1.1/verify-wpcom-key",
]  # fmt: skip
WORDS = {b"valid", b"invalid", b"true", b"false", THANKS.encode(), b"deactivated", b"connected"}

escaped = st.binary(max_size=60).map(lambda raw: b"".join(b"%%%02X" % byte for byte in raw))
value = st.one_of(st.binary(max_size=80), escaped, st.text(max_size=40).map(str.encode))
field = st.tuples(st.sampled_from(NAMES).map(str.encode) | value, value)
SEEN = "Zq7Xw9"


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    path=st.sampled_from(PATHS),
    fields=st.lists(field, max_size=25),
    raw=st.booleans(),
    content_type=st.one_of(
        st.just("application/x-www-form-urlencoded"),
        st.text(string.printable, max_size=40).map(
            lambda text: "text/x; charset=" + text.replace("\r", "").replace("\n", "")
        ),
    ),
)
@example("/1.1/comment-check", [(b"callback", b"http://[::1")], False, "")
@example("/1.1/comment-check", [(b"comment_date_gmt", b"%E0%A5%A7")], False, "")
@example("/1.1/comment-check", [(b"blog", b"http://[")], False, "")
@example("/1.1/comment-check", [(b"recheck_reason", b"edit"), (b"guid", b"0" * 32)], False, "")
@example("/1.2/key-sites", [(b"limit", b"9" * 15), (b"offset", b"%D9%A3")], False, "")
def test_any_bytes_in_any_field_get_a_legal_answer(
    client: Client, path: str, fields: list[tuple[bytes, bytes]], raw: bool, content_type: str
) -> None:
    good = [(b"blog", b"https://blog.example"), (b"user_ip", b"1")] if not raw else []
    marked = [(name, data + SEEN.encode()) for name, data in fields if name != b"key"]
    pairs = [*good, *marked, (b"api_key", client.key.encode())]
    answer = client.raw(path, b"&".join(n + b"=" + v for n, v in pairs), content_type=content_type)
    assert answer.status_code == 200
    legal = answer.data in WORDS or answer.data[:1] in (b"{", b"[") or path == "/1.1/token"
    assert legal or answer.data.startswith(b"Active sites for "), answer.data
    assert SEEN not in str(answer.headers)
    assert answer.headers["Content-Length"] == str(len(answer.data))


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=400))
def test_any_body_gets_a_legal_answer(client: Client, body: bytes) -> None:
    options = {"query_string": f"api_key={client.key}&blog=blog.example&user_ip=1"}
    answer = client.raw("/1.1/comment-check", body, **options)
    assert (answer.status_code, answer.data in WORDS) == (200, True)
