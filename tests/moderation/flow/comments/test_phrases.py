"""A text in pieces: nothing is lost or added, and the strongest phrases are marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.flow.comments.phrases import MOST, Mark, phrases, plain

Marks = st.lists(
    st.builds(
        lambda start, size, weight: Mark(start, start + size, weight),
        st.integers(0, 60),
        st.integers(1, 20),
        st.floats(-5, 5),
    ),
    max_size=20,
)


def joined(text, marks):
    return "".join(
        part.text if part.kind != "unseen" else chr(int(part.text[2:], 16))
        for phrase in phrases(text, marks)
        for part in phrase.parts
    )


@given(st.text(max_size=80), Marks)
def test_every_character_is_shown_once(text, marks):
    assert joined(text, marks) == text.replace("\r\n", "\n")


def test_words_that_moved_the_score_are_marked_with_their_sign():
    text = "my cousin has great prices, thanks"
    marks = [Mark(14, 19, 0.7), Mark(20, 26, 0.6), Mark(28, 34, -0.5), Mark(0, 2, 0.2)]
    found = [
        ("".join(p.text for p in ph.parts), ph.sign, ph.is_strong)
        for ph in phrases(text, marks)
        if ph.sign
    ]
    assert found == [("great prices", 1, True), ("thanks", -1, False)]


def test_punctuation_and_blanks_are_never_marked():
    assert [ph.sign for ph in phrases("  ... !!", [Mark(0, 8, 9.0)])] == [0]


def test_a_link_is_spelt_out_with_its_host():
    (phrase,) = phrases("see https://one.example/a?b now", [])
    assert [(p.kind, p.text) for p in phrase.parts] == [
        ("text", "see "), ("link", "https://"), ("host", "one.example"), ("link", "/a?b"),
        ("text", " now"),
    ]  # fmt: skip


def test_what_stands_before_an_at_sign_is_not_the_host():
    (phrase,) = phrases("https://bank.example@evil.example:8080/x", [])
    assert [(p.kind, p.text) for p in phrase.parts] == [
        ("link", "https://bank.example@"), ("host", "evil.example"), ("link", ":8080/x"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "written, named, looks",
    [
        ("gl\u0430zelab.example", "xn--glzelab-3fg.example", "glazelab.example"),
        ("GL\u0410ZELAB.example", "xn--glzelab-3fg.example", "glazelab.example"),
        ("xn--glzelab-3fg.example", "xn--glzelab-3fg.example", "glazelab.example"),
        ("\u0441\u043e\u0441\u043e.example", "xn--n1aahb.example", "coco.example"),
    ],
)
def test_a_host_that_looks_like_another_is_written_in_ascii_and_says_so(written, named, looks):
    (phrase,) = phrases(f"see https://{written}/a", [])
    assert [(p.kind, p.text) for p in phrase.parts] == [
        ("text", "see "), ("link", "https://"), ("host", named), ("alike", looks), ("link", "/a"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "host",
    [
        "\u043f\u0440\u0438\u043c\u0435\u0440.example",
        "m\u00fcller.example",
        "\u65e5\u672c.example",
        "xn--",
    ],
)
def test_a_host_of_another_script_is_left_as_it_is(host):
    (phrase,) = phrases(f"https://{host}", [])
    assert [(p.kind, p.text) for p in phrase.parts] == [("link", "https://"), ("host", host)]


def test_what_nobody_sees_is_named():
    (phrase,) = phrases("a\u202eb\x1b[0m\u200bc", [])
    assert [p.text for p in phrase.parts if p.kind == "unseen"] == ["U+202E", "U+001B", "U+200B"]
    assert plain("a\u202eb\n\tc \u200b d") == "ab c d"


def test_only_so_many_phrases_are_marked():
    text = "one. " * 500
    marks = [Mark(5 * n, 5 * n + 3, 0.4 + n / 1000) for n in range(500)]
    assert sum(phrase.sign != 0 for phrase in phrases(text, marks)) == MOST
