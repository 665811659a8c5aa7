"""Whatever bytes come, one of the path's legal answers goes back, and none of them in a header."""

from __future__ import annotations

import itertools
import json
import re
import string
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.moderation.akismet.conftest import SPAM, THANKS, Client

SEEN = "Zq7Xw9"
"""Marks what an attacker wrote."""
KEY = "the client's key"

WORDS: dict[str, list[str]] = {
    "api_key": [KEY, KEY, KEY, KEY, "0123456789ab"],
    "key": [KEY, "0123456789ab"],
    "blog": ["https://blog.example", "https://blog.example/de", "HTTP://BLOG.EXAMPLE:80/"],
    "user_ip": ["203.0.113.7", "ip", ""],
    "user_agent": ["Mozilla/5.0"],
    "referrer": ["https://search.example/?q=bread"],
    "permalink": ["https://blog.example/2026/bread"],
    "comment_type": ["comment", "pingback", "forum-post"],
    "content_type": ["reply", "pingback"],
    "comment_author": ["Ada", "viagra-test-123", "akismet-guaranteed-spam"],
    "comment_author_email": ["ada@mail.example", "akismet-guaranteed-spam@example.com"],
    "comment_author_url": ["http://ada.example"],
    "comment_content": ["Thanks, that fixed my build.", SPAM, ""],
    "comment_date_gmt": ["2026-11-22 10:00:00", "2026-11-22T10:00:00Z"],
    "comment_post_modified_gmt": ["2026-11-01T00:00:00+02:00"],
    "comment_parent": ["4"],
    "comment_post_ID": ["7"],
    "comment_ID": ["12"],
    "blog_lang": ["en_US", "en, fr_ca"],
    "blog_charset": ["UTF-8", "ISO-8859-1", "Shift_JIS"],
    "user_role": ["administrator", "editor, ADMINISTRATOR", "subscriber"],
    "is_test": ["1", "true", "False"],
    "test_discard": ["1", "True"],
    "recheck_reason": ["recheck_queue", "retry", "edit"],
    "honeypot_field_name": ["trap", "comment_content"],
    "trap": ["", "filled"],
    "callback": ["https://blog.example/hook", "https://elsewhere.example/hook"],
    "classify": ["1", "true"],
    "guid": ["0" * 32],
    "reporter": ["ann"],
    "akismet_pre_check": ["1"],
    "comment_context[0]": ["cooking"],
    "comment_context": ["bread"],
    "POST_ak_js": ["1790000000000", "37"],
    "POST_ak_bfs": ["1790000042000"],
    "POST_ak_hp_textarea": [""],
    "HTTP_COOKIE": ["session=1"],
    "POST_password": ["secret"],
    "from": ["60-days", "6-months", "year", "all"],
    "month": ["2026-11", "2020-01"],
    "order": ["spam", "total"],
    "limit": ["1", "0"],
    "offset": ["1"],
    "filter": ["blog"],
    "format": ["csv", "json"],
    "extended": ["true"],
}


def stats(said: Any) -> bool:
    return set(said) == {
        "spam", "ham", "missed_spam", "false_positives", "accuracy", "time_saved", "breakdown",
    }  # fmt: skip


def subscription(said: Any) -> bool:
    return said["status"] == "active" and len(said) == 6


def usage(said: Any) -> bool:
    return {"limit", "usage", "percentage", "throttled"} <= set(said)


def key_sites(said: Any) -> bool:
    return {"limit", "offset", "total"} <= set(said) and len(said) == 4


LEGAL: dict[str, set[bytes] | Callable[[Any], bool]] = {
    "/1.1/verify-key": {b"valid"},
    "/1.1/comment-check": {b"true", b"false"},
    "/1.1/submit-spam": {THANKS.encode()},
    "/1.1/submit-ham": {THANKS.encode()},
    "/1.1/deactivate": {b"deactivated"},
    "/1.1/get-subscription": subscription,
    "/1.1/get-stats": stats,
    "/1.2/get-key-stats": stats,
    "/1.2/usage-limit": usage,
    "/1.2/key-sites": key_sites,
    "/1.1/token": set(),
    "/1.1/test": {b"connected"},
    "/1.2/compatible-plugins": {b"[]"},
    "/1.1/verify-wpcom-key": {b"invalid"},
}
OPEN = ("/1.1/test", "/1.2/compatible-plugins")
CSV = re.compile(rb"Active sites for [0-9a-f]{12} during 20\d\d-\d\d \(limit:\d+, offset: \d+, ")

escaped = st.binary(max_size=60).map(lambda raw: b"".join(b"%%%02X" % byte for byte in raw))
references = st.tuples(
    st.sampled_from([b"%26%23", b"%26%23x", b"&#0"]), st.sampled_from([b"0", b"1", b"9", b"f"]),
    st.sampled_from([1, 7, 8, 20, 4300, 4301, 9000]),
).map(lambda reference: reference[0] + reference[1] * reference[2])  # fmt: skip
odd = st.sampled_from([b"%00", b"%ED%A0%80", b"%ED%B2%80x", b"%F4%90%80%80", b"%EF%BF%BE", b"\0"])
hostile = st.one_of(
    st.binary(max_size=80), escaped, st.text(max_size=40).map(str.encode), references, odd
)
marks = st.sampled_from([b"", SEEN.encode(), f"%0D%0AX-{SEEN}: 1".encode(), SEEN.encode() * 9])


def values_of(name: str) -> st.SearchStrategy[tuple[bytes, bytes]]:
    """Return a field with one of its words, or that word or any bytes with the mark."""
    word = st.sampled_from([word.encode() for word in WORDS[name]])
    marked = st.tuples(word | hostile, marks).map(b"".join)
    return st.tuples(st.just(name.encode()), word | marked)


known = st.sampled_from(list(WORDS)).flatmap(values_of)
unknown = st.tuples(hostile, st.tuples(hostile, marks).map(b"".join))
plain = st.sampled_from(list(WORDS)).flatmap(
    lambda name: st.sampled_from(WORDS[name]).map(lambda word: (name.encode(), word.encode()))
)
content_types = st.just("application/x-www-form-urlencoded") | st.text(
    string.printable, max_size=40
).map(lambda text: "text/x; charset=" + re.sub(r"[\r\n]", "", text))
Fields = list[tuple[bytes, bytes]]


def is_legal(path: str, answer: TestResponse) -> bool:
    """Say whether an answer is one that clients of this path know."""
    if answer.data == b"invalid":
        return path not in OPEN
    if path == "/1.1/token":
        return re.fullmatch(rb"[0-9a-f]{32}", answer.data) is not None
    if path == "/1.2/key-sites" and answer.mimetype == "text/csv":
        return CSV.match(answer.data) is not None
    legal = LEGAL[path]
    return legal(json.loads(answer.data)) if callable(legal) else answer.data in legal


def assert_headers(path: str, answer: TestResponse) -> None:
    """Return every header is one of ours, in its own form."""
    assert SEEN.lower() not in str(answer.headers).lower()
    assert answer.headers["Content-Length"] == str(len(answer.data))
    said = {name.lower(): value for name, value in answer.headers if name.startswith("X-akismet")}
    if path == "/1.1/comment-check":
        assert re.fullmatch(r"[0-9a-f]{32}", said.pop("x-akismet-guid"))
    if path != "/1.1/comment-check" or answer.data == b"invalid":
        assert set(said) <= {
            "x-akismet-debug-help", "x-akismet-error", "x-akismet-alert-code",
            "x-akismet-alert-msg",
        }  # fmt: skip
        return
    if "x-akismet-pro-tip" in said:
        assert (said.pop("x-akismet-pro-tip"), answer.data) == ("discard", b"true")
    if "x-akismet-recheck-after" in said:
        assert (said.pop("x-akismet-recheck-after"), answer.data) == ("120", b"false")
    assert re.fullmatch(r"[a-z_]+(,[a-z_]+){0,4}", said.pop("x-akismet-classification", "a"))
    assert said == {}


GOOD = [(b"api_key", KEY.encode()), (b"blog", b"https://blog.example"), (b"user_ip", b"1")]
CHECK, FORM = "/1.1/comment-check", "application/x-www-form-urlencoded"
MARK = SEEN.encode()


def test_any_bytes_in_any_field_get_a_legal_answer_of_the_path(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    reached: set[str] = set()
    numbers = itertools.count()
    client.settings(hold=0.3, reject=0.9)

    @settings(max_examples=400, deadline=None)
    @given(st.just(CHECK) | st.sampled_from(list(LEGAL)), st.sampled_from([True, True, False]),
           st.lists(plain, min_size=4, max_size=12), st.lists(known | unknown, max_size=12),
           st.randoms(use_true_random=False),
           content_types)  # fmt: skip
    @example(CHECK, True, [(b"classify", b"1")], [(b"comment_author", MARK)], None, FORM)
    @example(CHECK, True, [(b"is_test", b"1"), (b"test_discard", b"1")], [(b"x", MARK)], None, FORM)
    @example(CHECK, True, [(b"comment_author", b"viagra-test-123")], [(b"x", MARK)], None, FORM)
    @example(CHECK, True, [], [(b"callback", b"http://[::1")], None, FORM)
    @example(CHECK, True, [], [(b"comment_date_gmt", b"%E0%A5%A7")], None, FORM)
    @example(CHECK, True, [], [(b"blog", b"http://[")], None, FORM)
    @example(CHECK, True, [(b"recheck_reason", b"edit")], [(b"guid", b"0" * 32)], None, FORM)
    @example(CHECK, False, [], [(b"api_key", MARK), (b"user_ip", b"1")], None, FORM)
    @example(CHECK, True, [], [(b"comment_content", b"%26%23" + b"1" * 5000)], None, FORM)
    @example(CHECK, True, [], [(b"comment_author", b"%26%23" + b"0" * 5000 + b"9")], None, FORM)
    @example("/1.2/key-sites", True, [(b"format", b"csv")], [(b"filter", MARK)], None, FORM)
    @example("/1.2/key-sites", True, [], [(b"limit", b"9" * 15), (b"offset", b"%D9%A3")], None, "")
    def attack(
        path: str, good: bool, words: Fields, bad: Fields, random: Any, content_type: str
    ) -> None:
        fields = [*words, *bad]
        if random is not None:
            random.shuffle(fields)
        fields = [*(GOOD if good else []), *fields]
        body = b"&".join(name + b"=" + value for name, value in fields)
        body = body.replace(KEY.encode(), client.key.encode())
        # Each comes from an address of its own, or unknown keys would count together.
        address = {"REMOTE_ADDR": f"2001:db8:0:{next(numbers):x}::1"}
        answer = client.raw(path, body, content_type=content_type, environ_base=address)
        assert answer.status_code == 200
        assert is_legal(path, answer), (path, answer.data)
        assert_headers(path, answer)
        kind = answer.data.decode() if len(answer.data) < 8 else answer.mimetype
        reached.update({f"{path} {kind}", *(name for name, _ in answer.headers)})

    attack()
    assert caplog.text == "", "a fault that is answered is a fault"
    assert {
        f"{CHECK} true", f"{CHECK} false", f"{CHECK} invalid", "X-akismet-pro-tip",
        "X-akismet-classification", "/1.2/key-sites text/csv", "/1.2/key-sites application/json",
    } <= reached  # fmt: skip


def test_a_field_comes_back_in_no_header_of_any_path(client: Client) -> None:
    spoken = [("classify", "1"), ("test_discard", "1")]
    for path in LEGAL:
        for name, words in WORDS.items():
            for ending in (SEEN, f"\r\nX-{SEEN}: 1"):
                good = [(b.decode(), w.decode()) for b, w in GOOD if b.decode() != name]
                body = urlencode([*good, *spoken, (name, words[0] + ending)])
                answer = client.raw(path, body.replace(quote_plus(KEY), client.key).encode())
                assert (answer.status_code, is_legal(path, answer)) == (200, True), (path, name)
                assert_headers(path, answer)


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=400))
def _any_body(client: Client, body: bytes) -> None:
    options = {"query_string": f"api_key={client.key}&blog=blog.example&user_ip=1"}
    answer = client.raw(CHECK, body, **options)
    assert answer.status_code == 200
    assert is_legal(CHECK, answer)
    assert_headers(CHECK, answer)


def test_any_body_gets_a_legal_answer(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    _any_body(client)
    assert caplog.text == ""
