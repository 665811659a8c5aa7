"""Where keys stand, how forms are written, what answers look like: rules that break clients."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from moderation.server.service import MissingBody
from tests.moderation.akismet.conftest import HAM, Client


def test_the_key_may_stand_in_form_query_or_host(client: Client) -> None:
    key, fields = client.key, b"blog=https%3A%2F%2Fblog.example&user_ip=1&comment_content=hello"
    path = "/1.1/comment-check"
    for body, options in (
        (b"api_key=%s&" % key.encode() + fields, {}),
        (b"key=%s&" % key.upper().encode() + fields, {}),
        (fields, {"query_string": f"api_key={key}"}),
        (fields, {"headers": {"Host": f"{key}.rest.winnow.example:8443"}}),
        (fields, {"headers": {"Host": f"{key.upper()}.rest.winnow.example"}}),
    ):
        assert client.raw(path, body, **options).data == b"false", options


def test_the_body_wins_where_keys_disagree(client: Client) -> None:
    body = f"api_key={client.key}&blog=https://blog.example&user_ip=1".encode()
    answer = client.raw(
        "/1.1/comment-check", body, query_string="api_key=aaaaaaaaaaaa",
        headers={"Host": "bbbbbbbbbbbb.rest.winnow.example"},
    )  # fmt: skip
    assert answer.data == b"false"
    wrong = body.replace(client.key.encode(), b"cccccccccccc")
    assert client.raw("/1.1/comment-check", wrong, query_string=f"api_key={client.key}").data == (
        b"invalid"
    )


def test_either_name_of_the_form_goes_before_both_of_the_query(client: Client) -> None:
    fields = b"blog=https%3A%2F%2Fblog.example&user_ip=1"
    path, other = "/1.1/comment-check", "aaaaaaaaaaaa"
    for mine in ("key", "api_key"):
        body = f"{mine}={client.key}&".encode() + fields
        for theirs in ("key", "api_key"):
            answer = client.raw(path, body, query_string=f"{theirs}={other}")
            assert answer.data == b"false", (mine, theirs)
            body_of_other = body.replace(client.key.encode(), other.encode())
            answer = client.raw(path, body_of_other, query_string=f"{theirs}={client.key}")
            assert answer.data == b"invalid", (mine, theirs)
    blank = b"api_key=&key=+&" + fields
    assert client.raw(path, blank, query_string=f"key={client.key}").data == b"false"


@pytest.mark.parametrize(
    "host", ["localhost", "rest.winnow.example", "notakey12345.winnow.example"]
)
def test_a_host_without_a_key_is_no_key(client: Client, host: str) -> None:
    answer = client.raw("/1.1/comment-check", b"blog=x.example&user_ip=1", headers={"Host": host})
    assert answer.data == b"invalid"
    assert answer.headers["X-akismet-debug-help"] == "the call lacks api_key"


def sent(client: Client, more: bytes, content_type: str = "application/x-www-form-urlencoded"):  # type: ignore[no-untyped-def]
    body = f"api_key={client.key}&blog=https://blog.example&user_ip=1&".encode() + more
    answer = client.raw("/1.1/comment-check", body, content_type=content_type)
    assert answer.status_code == 200 and answer.data in (b"true", b"false")
    return client.comments()[0].submission


@pytest.mark.parametrize(
    ("content_type", "more"),
    [
        ("application/x-www-form-urlencoded", b"comment_content=Gr%C3%BC%C3%9Fe"),
        (
            "application/x-www-form-urlencoded; charset=utf-8",
            b"comment_content=Gr\xc3\xbc\xc3\x9fe",
        ),
        ("application/x-www-form-urlencoded;charset=ISO-8859-1", b"comment_content=Gr%FC%DFe"),
        ("application/x-www-form-urlencoded", b"blog_charset=ISO-8859-1&comment_content=Gr%FC%DFe"),
        ("application/x-www-form-urlencoded", b"comment_content=Gr%FC%DFe"),
        ("application/x-www-form-urlencoded; charset=no-such", b"comment_content=Gr%C3%BC%C3%9Fe"),
        ("application/x-www-form-urlencoded; charset=idna", b"comment_content=Gr%C3%BC%C3%9Fe"),
        ("", b"comment_content=Gr%C3%BC%C3%9Fe"),
    ],
)
def test_texts_are_read_in_the_charset_they_were_written_in(
    client: Client, content_type: str, more: bytes
) -> None:
    assert sent(client, more, content_type).content == "Grüße"


def test_japanese_in_its_own_charset(client: Client) -> None:
    text = "良い記事です。ありがとう"
    more = b"blog_charset=Shift_JIS&comment_content=" + quote(text.encode("shift_jis")).encode()
    assert sent(client, more).content == text


@pytest.mark.parametrize(
    "context",
    [
        b"comment_context%5B0%5D=cooking&comment_context%5B1%5D=bread",
        b"comment_context[]=cooking&comment_context[]=bread",
        b"comment_context=cooking&comment_context=bread",
    ],
)
def test_context_comes_in_three_spellings(client: Client, context: bytes) -> None:
    assert sent(client, context + b"&comment_content=a").context == ["cooking", "bread"]


def test_blank_values_and_names_without_a_sign_are_read(client: Client) -> None:
    read = sent(client, b"&&=&comment_author&comment_author_url=&=x&comment_content=a+b%2Bc&&")
    assert (read.author.name, read.author.url, read.content) == ("", "", "a b+c")


def test_hundreds_of_unknown_fields_are_normal(client: Client) -> None:
    more = b"&".join(b"POST_field_%d=%d&SERVER_%d" % (n, n, n) for n in range(800))
    assert sent(client, more + b"&comment_content=hello").content == "hello"


def test_passwords_cookies_and_credentials_are_never_kept(client: Client, valkey) -> None:  # type: ignore[no-untyped-def]
    fields = {
        "HTTP_COOKIE": "session=secret-one",
        "HTTP_AUTHORIZATION": "Basic secret-two",
        "POST_user_password": "secret-three",
        "POST_pass": "secret-four",
    }
    for name in fields:
        client.check(f"hello {name}", honeypot_field_name=name, **fields)
    assert len(client.comments()) == 4
    with valkey.client() as raw:
        for name in raw.keys("*"):
            if raw.type(name) == b"string":
                assert b"secret-" not in raw.get(name)


def test_content_type_is_another_name_of_comment_type(client: Client) -> None:
    assert sent(client, b"content_type=forum-post&comment_content=a").type == "forum-post"
    both = b"content_type=x&comment_type=reply&comment_content=b"
    assert sent(client, both).type == "reply"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-22 10:00:00", "2026-11-22T10:00:00+00:00"),
        ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00+00:00"),
        ("2026-11-22T12:00:00%2B02:00", "2026-11-22T10:00:00+00:00"),
        ("20261122T100000Z", "2026-11-22T10:00:00+00:00"),
        ("2026-11-22T10:00:00.123456", "2026-11-22T10:00:00.123456+00:00"),
        ("yesterday", None),
        ("0000-00-00 00:00:00", None),
    ],
)
def test_times_are_read_in_their_dialects(client: Client, written: str, read: str | None) -> None:
    found = sent(client, f"comment_date_gmt={written}&comment_content=a".encode()).created_at
    assert (found and found.isoformat()) == read


def test_a_body_beyond_a_mebibyte_is_cut_and_answered(client: Client) -> None:
    assert sent(client, b"comment_content=" + b"word+" * 400_000).content.startswith("word word")


PICTURE = "data:image/png;base64," + "A" * (2 << 20)


@pytest.mark.parametrize("content", [PICTURE, f"{PICTURE}%0A" + "+%2B" * 900_000, "é" * 3_000_000])
def test_the_key_and_short_fields_are_found_behind_a_long_text(
    client: Client, content: str
) -> None:
    form = f"comment_content={content}&comment_author=Ann&user_ip=203.0.113.7&blog={client.blog}"
    body = f"{form}&permalink=https://blog.example/1&api_key={client.key}".encode()
    assert 1 << 20 < len(body) < 8 << 20
    assert client.raw("/1.1/comment-check", body).data == b"false"
    (comment,) = client.comments()
    sent = comment.submission
    assert (sent.author.name, sent.permalink) == ("Ann", "https://blog.example/1")
    assert 65_000 < len(sent.content.encode()) <= 65_536
    assert comment.status == "held"


def test_a_form_of_eight_mebibytes_is_read_and_a_longer_one_refused(client: Client) -> None:
    end = f"&api_key={client.key}&blog={client.blog}&user_ip=1".encode()
    body = b"comment_content=" + b"a" * ((8 << 20) - len(end) - 16) + end
    assert client.raw("/1.1/comment-check", body).data == b"false"
    refused_by_the_server = {"environ_overrides": {"wsgi.input": MissingBody("large")}}
    for path in ("/1.1/comment-check", "/1.1/verify-key", "/1.2/comment-check/"):
        for answer in (client.raw(path, b"x" + body), client.raw(path, **refused_by_the_server)):
            assert (answer.status_code, answer.data) == (413, b"failed")
            assert answer.headers["X-akismet-debug-help"]
    assert len(client.comments()) == 1


def test_calls_may_come_by_get(client: Client) -> None:
    query = f"api_key={client.key}&blog=https://blog.example"
    assert client.raw("/1.2/usage-limit", method="GET", query_string=query).json["usage"] == 0
    assert client.raw("/1.1/verify-key", method="GET", query_string=query).data == b"valid"


def test_one_blog_is_one_site_however_it_is_written(client: Client) -> None:
    for blog in (
        "https://blog.example", "http://Blog.Example/", "HTTPS://BLOG.EXAMPLE:443/?x=1#y",
        "blog.example", "https://user@blog.example",
    ):  # fmt: skip
        assert client.check(f"{HAM} {blog}", blog=blog).data == b"false"
    client.check(blog="https://blog.example/de/")
    client.check(blog="https://blog.example:8080")
    assert client.blogs() == ["blog.example", "blog.example/de", "blog.example:8080"]
    assert len(client.comments()) == 5


def test_the_same_blog_under_another_account_is_another_site(make_client) -> None:  # type: ignore[no-untyped-def]
    one, two = make_client("one"), make_client("two")
    one.check(HAM)
    assert (len(one.comments()), len(two.comments())) == (1, 0)
    two.report("spam", HAM)
    assert one.comments()[0].decision is None
