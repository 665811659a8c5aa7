"""Multipart forms, as curl, PHP and hand-written clients send them, and as attackers do."""

from __future__ import annotations

import base64
import random
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import encode_multipart

from moderation.akismet.fields import PARTS
from moderation.akismet.form import Form
from tests.moderation.akismet.conftest import HAM, SPAM, THANKS, Client

TYPE = "multipart/form-data; boundary=limit"


def part(name: str, value: bytes | str, *headers: str, more: str = "") -> bytes:
    value = value.encode() if isinstance(value, str) else value
    lines = [f'Content-Disposition: form-data; name="{name}"{more}', *headers, "", ""]
    return b"--limit\r\n" + "\r\n".join(lines).encode() + value + b"\r\n"


def form_of(*parts: bytes, end: bytes = b"--limit--\r\n", content_type: str = TYPE) -> Form:
    return Form(b"".join(parts) + end, b"", content_type)


def multipart(fields: dict[str, Any]) -> tuple[bytes, str]:
    """Return a form as a library writes it, and its type."""
    boundary, body = encode_multipart(fields)
    return body, f"multipart/form-data; boundary={boundary}"


def test_a_call_may_come_in_parts(client: Client) -> None:
    fields = {
        "api_key": client.key,
        "blog": client.blog,
        "user_ip": "203.0.113.7",
        "comment_author": "Zoë",
        "comment_content": f"{HAM} 2 + 2 = 4 & 100% sure\r\nof it",
        "comment_context[]": "bread",
    }
    body, content_type = multipart(fields)
    assert client.raw("/1.1/comment-check", body, content_type=content_type).data == b"false"
    (comment,) = client.comments()
    sent = comment.submission
    assert (sent.content, sent.author.name) == (fields["comment_content"], "Zoë")
    assert (sent.author.ip, sent.context) == ("203.0.113.7", ["bread"])
    body, content_type = multipart(fields)
    assert client.raw("/1.1/submit-spam", body, content_type=content_type).text == THANKS
    assert client.comments()[0].decision is not None


def test_spam_in_parts_is_spam(client: Client) -> None:
    fields = {"blog": client.blog, "user_ip": "1", "comment_content": SPAM}
    body, content_type = multipart(fields)
    key = {"query_string": urlencode({"api_key": client.key})}
    client.settings(hold=0.3, reject=0.4)
    assert client.raw("/1.1/comment-check", body, content_type=content_type, **key).data == b"true"


def test_files_are_left_out_and_what_stands_behind_them_is_found() -> None:
    form = form_of(
        part("a", "text"),
        part(
            "comment_content", b"\x00" * (3 << 20), "Content-Type: image/png", more='; filename="x"'
        ),
        part("comment_content", "", more='; filename=""'),
        part("key", "0123456789ab"),
    )
    assert (form.text("a"), form.first_line(("key",), 64)) == ("text", "0123456789ab")
    assert form.content(100) is None
    assert form.is_whole


def test_several_parts_of_one_name_are_read_as_fields_are() -> None:
    form = form_of(
        part("a", "1"), part("a", "2"), part("comment_content[]", "x"), part("message", "y"),
        part("POST_password", "secret"), part("comment_content", "z"), part("comment_context", "c"),
        part("comment_context[0]", "d"),
    )  # fmt: skip
    assert form.text("a") == "2"
    assert form.content(10) == ("x\nz", True, True)
    assert "POST_password" not in form
    assert form.contexts(10) == ["c", "d"]


def test_escapes_and_plus_signs_are_themselves_in_parts_but_not_in_the_query() -> None:
    form = Form(part("a", "1+1=%32") + b"--limit--", b"b=1%2B1+2&a=x", TYPE)
    assert (form.text("a"), form.text("b")) == ("1+1=%32", "1+1 2")


@pytest.mark.parametrize("end", [b"", b"\r\n", b"--limit", b"--limit--", b"--limit--\r\nepilogue"])
def test_a_boundary_at_the_end_may_be_missing(end: bytes) -> None:
    body = part("a", "1") + part("comment_content", HAM)
    form = Form(body + end if end else body[:-2], b"", TYPE)
    content = form.content(100)
    assert content is not None
    assert (form.text("a"), content.text.strip(), form.is_whole) == ("1", HAM, True)


@pytest.mark.parametrize(
    "content_type",
    [
        'multipart/form-data; boundary="limit"',
        "Multipart/Form-Data;charset=utf-8;  boundary=limit ",
        "multipart/mixed; boundary=limit",
    ],
)
def test_the_type_is_read_in_its_spellings(content_type: str) -> None:
    assert form_of(part("a", "Grüße"), content_type=content_type).text("a") == "Grüße"


def test_lines_may_end_without_a_carriage_return() -> None:
    body = (part("a", "1") + part("b", "2") + b"--limit--\r\n").replace(b"\r\n", b"\n")
    form = Form(body, b"", TYPE)
    assert (form.text("a"), form.text("b"), form.is_whole) == ("1", "2", True)


@pytest.mark.parametrize(
    "header",
    [
        'Content-Disposition: form-data; name="comment_content"',
        "content-disposition:form-data;name=comment_content",
        'CONTENT-DISPOSITION: Form-Data ; x=y; name="comment_content"',
        'Content-Disposition: form-data; name="=?utf-8?Q?comment=5Fcontent?="',
        'Content-Disposition: form-data; name="=?UTF-8?B?Y29tbWVudF9jb250ZW50?="',
        'Content-Disposition: form-data; name="comment_content"\r\nContent-Type: text/plain',
    ],
)
def test_names_are_found_as_they_are_written(header: str) -> None:
    form = form_of(b"--limit\r\n" + header.encode() + b"\r\n\r\nhello\r\n")
    assert form.content(10) == ("hello", True, True)


LATIN = "Content-Type: text/plain; charset=ISO-8859-1"


@pytest.mark.parametrize(
    ("parts", "content_type"),
    [
        ([part("a", "Grüße".encode("latin-1"), LATIN)], TYPE),
        ([part("a", "Grüße".encode("latin-1"))], f"{TYPE}; charset=ISO-8859-1"),
        ([part("a", "Grüße".encode("latin-1")), part("_charset_", "ISO-8859-1")], TYPE),
        ([part("blog_charset", "KOI8-R"), part("a", "Grüße".encode("latin-1"), LATIN)], TYPE),
        ([part("a", "Grüße", "Content-Type: text/plain; charset=no-such")], TYPE),
        ([part("a", b"Gr=C3=BC=\r\n=C3=9Fe", "Content-Transfer-Encoding: Quoted-Printable")], TYPE),
        (
            [part("a", base64.b64encode("Grüße".encode()), "Content-Transfer-Encoding: base64")],
            TYPE,
        ),
        ([part("a", "Grüße", "Content-Transfer-Encoding: 8bit")], TYPE),
    ],
)
def test_a_part_is_read_in_its_own_charset_and_encoding(
    parts: list[bytes], content_type: str
) -> None:
    assert form_of(*parts, content_type=content_type).read("a", 100) == ("Grüße", True, True)


BROKEN = {
    "no name": b"--limit\r\nContent-Disposition: form-data\r\n\r\nx\r\n",
    "no disposition": b"--limit\r\nContent-Type: text/plain\r\n\r\nx\r\n",
    "long header": b"--limit\r\nX: " + b"y" * 100_000 + b"\r\n\r\nx\r\n",
    "many headers": b"--limit\r\n" + b"X: y\r\n" * 100_000 + b"\r\nx\r\n",
    "folded header": b"--limit\r\nX: y\r\n" + b" z\r\n" * 100_000 + b"\r\nx\r\n",
    "no colon": b"--limit\r\nnonsense\r\n\r\nx\r\n",
    "headers without an end": b"--limit\r\nX: y\r\n",
    "bad base64": part("b", "a", "Content-Transfer-Encoding: base64"),
    "boundary and more": b"--limitless\r\n\r\nx\r\n",
    "too many parts": part("x", "y") * PARTS,
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_takes_nothing_from_what_stands_before_it_and_is_known(
    broken: bytes,
) -> None:
    form = form_of(part("api_key", "0123456789ab"), part("comment_content", HAM), broken)
    content = form.content(1000)
    assert form.first_line(("api_key",), 64) == "0123456789ab"
    assert content is not None and content.text.startswith(HAM)
    assert not form.is_whole


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", TYPE),
        (b"--limit--", TYPE),
        (b"api_key=0123456789ab", TYPE),
        (part("api_key", "0123456789ab"), "multipart/form-data"),
        (part("api_key", "0123456789ab"), 'multipart/form-data; boundary=""'),
        (part("api_key", "0123456789ab"), "multipart/form-data; boundary=other"),
    ],
)
def test_a_form_without_its_boundary_has_no_fields(body: bytes, content_type: str) -> None:
    assert "api_key" not in Form(body, b"", content_type)


tokens = st.sampled_from(
    [
        b"--limit", b"--limit--", b"\r\n", b"\n", b"\r", b"--", b"; ", b'name="', b"name=", b'"',
        b"Content-Disposition: form-data", b"Content-Type: text/plain; charset=", b"shift_jis",
        b"filename=", b"\\", b":", b" ", b"api_key", b"comment_content[]", b"=?utf-8?q?", b"?=",
        b"Content-Transfer-Encoding: base64", b"Content-Length: 3", b"\xff", b"\0", b"%22",
    ]
)  # fmt: skip


@settings(max_examples=1000, deadline=None)
@given(st.lists(tokens | st.binary(max_size=6), max_size=60).map(b"".join), st.booleans())
def test_any_bytes_are_read_as_some_form(data: bytes, framed: bool) -> None:
    body = part("first", "1") + data + b"\r\n" + part("b", "2") + b"--limit--" if framed else data
    form = Form(body, b"c=3", TYPE)
    assert form.text("c") == "3"
    assert not framed or form.text("first").startswith("1")
    form.content(100), form.contexts(100), form.digest(("a",))


def test_whatever_stands_in_a_part_it_comes_back() -> None:
    draw = random.Random(7)
    for _ in range(200):
        value = bytes(draw.choices(b"\r\n-limt \xc3\xa9", k=60)).replace(b"--limit", b"")
        value = value.decode("latin-1").encode()
        assert form_of(part("a", value)).text("a") == value.decode()
