"""However a form is made, finding its key takes little: nobody needs a key to send one."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from moderation.akismet.asked import check_of, key_of
from moderation.akismet.form import Form

MIB = 1 << 20
SECONDS_A_MIB = 0.05
KEY = "0123456789ab"
END = f"&api_key={KEY}&blog=https%3A%2F%2Fblog.example&user_ip=1".encode()
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"


def filled(unit: bytes, size: int) -> bytes:
    return (unit * (size // len(unit) + 1))[:size]


def numbered(unit: bytes, size: int) -> bytes:
    """Return a unit again and again, with another number each time."""
    return b"".join(unit % number for number in range(size // (len(unit) + 3)))


def part(name: bytes, value: bytes = b"", more: bytes = b"") -> bytes:
    start = b'--b\r\nContent-Disposition: form-data; name="' + name + b'"\r\n'
    return start + more + b"\r\n" + value + b"\r\n"


URLENCODED: dict[str, Callable[[int], bytes]] = {
    "a text": lambda size: b"comment_content=" + filled(b"word+", size),
    "ampersands": lambda size: filled(b"&", size),
    "signs": lambda size: filled(b"=", size),
    "signs and ampersands": lambda size: filled(b"&=", size),
    "percent signs": lambda size: filled(b"%", size),
    "escapes": lambda size: b"comment_content=" + filled(b"%41", size),
    "escapes that are none": lambda size: b"comment_content=" + filled(b"%\n%4", size),
    "names": lambda size: filled(b"&a", size),
    "names in escapes": lambda size: filled(b"&%61", size),
    "other names each": lambda size: numbered(b"&%%61%07d=%%61", size),
    "long names": lambda size: numbered(b"&%07d" + b"n" * 200, size),
    "long names in escapes": lambda size: numbered(b"&%07d" + b"%%41" * 66, size),
    "names in brackets": lambda size: numbered(b"&a[%07d][b][c]=", size),
    "brackets": lambda size: numbered(b"&a" + b"[" * 60 + b"%07d", size),
    "texts": lambda size: filled(b"&comment_content[]=a", size),
    "contexts": lambda size: filled(b"&comment_context=a", size),
    "passwords": lambda size: numbered(b"&POST_pass%07d=1", size),
    "keys": lambda size: filled(b"&api_key[]=", size),
    "a key that does not end": lambda size: b"api_key[]=" + filled(b"%30", size),
}
MULTIPART: dict[str, Callable[[int], bytes]] = {
    "parts": lambda size: filled(part(b"a"), size),
    "parts without headers": lambda size: filled(b"--b\r\n\r\n\r\n", size),
    "encoded names": lambda size: numbered(part(b"=?utf-8?q?=61%07d?="), size),
    "headers": lambda size: filled(part(b"a", more=b"X-A: b\r\n" * 6), size),
    "one part's headers": lambda size: b"--b\r\n" + filled(b"X-A: b\r\n", size),
    "a long header": lambda size: b"--b\r\nX: " + filled(b"x", size),
    "folded headers": lambda size: filled(part(b"a", more=b"X: a\r\n" + b" a\r\n" * 800), size),
    "quotes in headers": lambda size: filled(part(b'a"' + b'; a="\\' * 800), size),
    "options in headers": lambda size: filled(part(b'a"' + b"; a =" * 800), size),
    "charsets": lambda size: numbered(part(b"a", more=b"Content-Type: a; charset=%07d\r\n"), size),
    "base64": lambda size: part(
        b"a", filled(b"YQ==", size), b"Content-Transfer-Encoding: base64\r\n"
    ),
    "quoted-printable": lambda size: part(
        b"a", filled(b"=41=\r\n", size), b"Content-Transfer-Encoding: quoted-printable\r\n"
    ),
    "ends of lines": lambda size: filled(b"\r\n", size),
    "line feeds": lambda size: filled(b"\n", size),
    "nearly boundaries": lambda size: part(b"a", filled(b"\r\n--", size)),
}
CASES = [(name, FORM, make) for name, make in URLENCODED.items()]
CASES += [(name, PARTS, make) for name, make in MULTIPART.items()]


def within(seconds: float, work: Callable[[], str]) -> str:
    """Return what some work says, done in so much CPU time in one of three tries."""
    for _ in range(3):
        began = time.process_time()
        said = work()
        if time.process_time() - began < seconds:
            return said
    raise AssertionError("it took too long")


@pytest.mark.parametrize("mib", [1, 8])
@pytest.mark.parametrize(
    ("content_type", "make"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_key_of_a_hostile_form_is_known_soon(
    content_type: str, make: Callable[[int], bytes], mib: int
) -> None:
    body = make(mib * MIB - len(END)) + (END if content_type == FORM else b"")
    assert len(body) > 0.6 * mib * MIB

    def key_and_site() -> str:
        form = Form(body, b"", content_type)
        key = key_of(form, "host")
        form.text("blog")
        return key

    key = within(SECONDS_A_MIB * mib, key_and_site)
    if content_type == FORM and not body.startswith(b"api_key"):
        assert key == KEY


@pytest.mark.parametrize("name", URLENCODED)
def test_what_a_hostile_form_says_is_bounded_once_its_key_is_known(name: str) -> None:
    body = URLENCODED[name](8 * MIB) + END
    forms = [Form(body, b"", FORM) for _ in range(3)]
    within(SECONDS_A_MIB * 8, lambda: str(check_of(forms.pop(), "blog.example")))
