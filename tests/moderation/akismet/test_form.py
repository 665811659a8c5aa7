"""What a form's encoding stands for, whoever wrote it and however badly."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from hypothesis import given, settings
from hypothesis import strategies as st

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
