"""What a form's encoding stands for, whoever wrote it and however badly."""

from __future__ import annotations

from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.akismet.asked import key_of
from moderation.akismet.form import Form

pieces = st.sampled_from(
    b"%|%4|%41|%C3%A9|%e9|%zz|%%|%3D|=|+|\r|\n|%0D%0A|=\n|_|a|\xc3\xa9|\xff".split(b"|")
)
values = st.lists(pieces | st.binary(max_size=4), max_size=12).map(b"".join)


@settings(max_examples=1000, deadline=None)
@given(values.filter(lambda value: b"&" not in value))
def test_a_value_is_read_as_the_standard_library_reads_it(value: bytes) -> None:
    raw = unquote_to_bytes(value.replace(b"+", b" "))
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    assert Form(b"before=1&a=" + value + b"&after=%41", b"", "").text("a") == text.replace("\0", "")


def test_the_last_of_several_fields_counts_and_credentials_are_dropped() -> None:
    form = Form(
        b"a=1&a=2&POST_pwd=secret&POST%5Fpwd=secret&HTTP_COOKIE=secret&%61%62=3&=4&only", b"", ""
    )
    assert [form.text(name) for name in ("a", "ab", "only", "")] == ["2", "3", "", ""]
    assert "only" in form
    assert not any(name in form for name in ("POST_pwd", "HTTP_COOKIE"))


@pytest.mark.parametrize(
    "body",
    [
        b"comment_content[]=one&comment_content[]=two",
        b"comment_content%5B0%5D=one&comment_content%5b1%5d=two",
        b"comment_content=one&comment_content[x]=two",
        b"comment_content=one&comment_content=two",
        b"comment_content[a][b]=one&comment_content[a][c]=two",
        b"comment[message]=one&comment[message]=two",
        b"comment_content=+&message[0]=one&message[1]=two",
        b"[message]=one&[message]=two",
        b"data[1][comment_content]=one&comment_content=two",
        b"comment_content[message]=one&comment_content[message]=two&message=another",
    ],
)
def test_a_text_in_fields_of_an_array_is_read_whole(body: bytes) -> None:
    assert Form(body, b"", "").content(100) == ("one\ntwo", True, True)
    assert Form(b"x=y", body, "").content(100) == ("one\ntwo", True, True)


def test_other_fields_may_be_arrays_too() -> None:
    form = Form(b"a[first]=Ada&a[last]=L.&role[]=x&role[]=y&%5Bx%5D=1&blog[]=b", b"role=z", "")
    assert (form.text("a"), form.text("role", between=","), form.line("blog")) == (
        "Ada L.", "x,y", "b",
    )  # fmt: skip
    assert form.first_line(("key", "blog"), 10) == "b"
    assert "x" not in form and "" not in form


def test_a_text_is_cut_between_characters_and_says_so() -> None:
    form = Form(b"a=" + b"%F0%9F%8D%9E" * 9 + b"&b=abc&c=" + b"\xf0\x9f\x8d\x9e" * 99, b"", "")
    assert form.read("a", 5) == ("🍞" * 5, False, True)
    assert form.read("a", 9) == ("🍞" * 9, True, True)
    assert form.read("c", 8) == ("🍞" * 8, False, True)
    assert form.read("b", 2) == ("ab", False, True)
    several = Form(b"a[]=abc&a[]=def&a[]=", b"", "")
    assert several.read("a", 9) == ("abc def ", True, True)
    assert several.read("a", 5) == ("abc d", False, True)
    assert several.read("a", 3) == ("abc", False, True)


@pytest.mark.parametrize("most", range(1, 30))
def test_wherever_a_text_is_cut_its_beginning_is_read(most: int) -> None:
    text = "naïve — ünïcødé 日本語 🍞🍞 " * 40
    for body in (f"a={quote(text)}".encode(), f"a={text}".encode().replace(b" ", b"+")):
        form = Form(body, b"", "")
        assert form.text("a", most) == form.read("a", most).text == text[:most]


@pytest.mark.parametrize(
    ("charset", "raw", "read"),
    [
        ("shift_jis", "①テスト㈱～".encode("cp932"), ("①テスト㈱～", True, True)),
        ("gb2312", "镕測試".encode("gb18030"), ("镕測試", True, True)),
        ("euc-kr", "똠방각하".encode("cp949"), ("똠방각하", True, True)),
        ("iso-2022-jp", "テスト".encode("iso2022_jp"), ("テスト", True, True)),
        ("shift_jis", "テスト".encode("cp932")[:-1], ("テス", True, True)),
        ("shift_jis", b"ab\x81 cd", ("ab\ufffd cd", True, False)),
        ("iso-8859-1", b"caf\xe9", ("café", True, True)),
        ("", b"caf\xe9", ("café", True, True)),
        ("", b"a\x81b", ("a\ufffdb", True, False)),
    ],
)
def test_charsets_are_those_of_the_web_and_what_is_none_is_unreadable(
    charset: str, raw: bytes, read: tuple[str, bool, bool]
) -> None:
    form = Form(b"blog_charset=%s&a=%s" % (charset.encode(), quote(raw).encode()), b"", "")
    assert form.read("a", 100) == read


def test_a_charset_of_the_call_goes_before_that_of_the_blog() -> None:
    body = b"blog_charset=ISO-8859-1&a=" + quote("Grüße").encode()
    declared = "application/x-www-form-urlencoded; charset=UTF-8"
    assert Form(body, b"", declared).text("a") == "Grüße"
    assert Form(body, b"", "").text("a") == "GrÃ¼ÃŸe"


@pytest.mark.parametrize("filler", [b"&", b"&=", b"&x", b"&x[]=1", b"&%78=1"])
def test_fields_at_both_ends_of_very_many_are_read_and_the_rest_is_missed(filler: bytes) -> None:
    form = Form(b"api_key=0123456789ab" + filler * 30_000 + b"&user_ip=1", b"", "")
    assert (key_of(form, "host"), form.text("user_ip"), form.is_whole) == (
        "0123456789ab", "1", False,
    )  # fmt: skip
    assert Form(b"a" + b"&b" * 9_999, b"", "").is_whole
