"""Words of any script, domains, and where matches stand."""

from __future__ import annotations

import time

import pytest

from moderation.domain.comments import Author, Comment, Submission
from moderation.search.words import LONGEST_WORD, analyzer, domains, fold, marks, words


def comment(content: str = "x", **author: str) -> Comment:
    return Comment(
        id="01ARZ3NDEKTSV4RRFFQ69G5FAV", site="a.example", revision=1, status="held",
        submission=Submission(content=content, author=Author(**author)),
    )  # fmt: skip


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Order NOW: cheap-pills!", ["order", "now", "cheap", "pills"]),
        ("Straße ＦＵＬＬ ﬁne", ["strasse", "full", "fine"]),
        ("cafe\u0301 café", ["café", "café"]),
        ("谢谢分享", ["谢", "谢", "分", "享"]),
        ("カメラ3台", ["カ", "メ", "ラ", "3", "台"]),
        ("ขอบคุณ", ["ข", "อ", "บ", "ค", "ุ", "ณ"]),
        ("धन्यवाद दोस्त", ["धन्यवाद", "दोस्त"]),
        ("شكرا جزيلا", ["شكرا", "جزيلا"]),
        ("감사합니다, 님", ["감사합니다", "님"]),
        ("", []), ("… 😀 !!!", []), ("\0\x1b[31m", ["31m"]),
    ],
)  # fmt: skip
def test_a_text_is_taken_apart(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_plain_text_is_taken_apart_as_any_other() -> None:
    signs = "".join(f"Ab{chr(code)}cD " for code in range(128))
    for text in (signs, "x" * LONGEST_WORD, f"a {'x' * (LONGEST_WORD + 1)} b"):
        assert words(text) == analyzer().analyze(fold(text))


@pytest.mark.parametrize(
    "text, sought, marked",
    [
        ("Buy CHEAP pills, cheap!", ["cheap"], ["CHEAP", "cheap"]),
        ("Buy cheap-pills now", ["cheap pills"], ["cheap-pills"]),
        ("我喜欢河边小路", ["河边"], ["河边"]),
        ("tomorrow", ["tom"], ["tomorrow"]),
        ("customs", ["tom"], []),
        ("Straße", ["STRASSE"], ["Straße"]),
        ("nothing", ["!!!", ""], []),
        ("a b c", ["a b", "b c"], ["a b c"]),
    ],
)
def test_matches_are_marked_where_they_stand(
    text: str, sought: list[str], marked: list[str]
) -> None:
    assert [text[start:end] for start, end in marks(text, sought)] == marked


def test_domains_come_from_text_site_and_mail_with_those_above() -> None:
    found = domains(
        comment(
            "see https://a.Shop.Example/x?y and 1.2.3.4, v1.0 http://bücher.example.",
            email="x@mail.test",
            url="http://me.blog.example:80/",
        )
    )
    assert {
        "a.shop.example",
        "shop.example",
        "mail.test",
        "me.blog.example",
        "blog.example",
    } <= found
    assert {"bücher.example", "xn--bcher-kva.example"} <= found
    assert not {"1.2.3.4", "2.3.4", "example", "test", "v1.0"} & found


@pytest.mark.parametrize("hostile", ["a-" * 32_000, "a." * 32_000, "." * 65_000, "a.b" * 20_000])
def test_a_hostile_text_costs_little(hostile: str) -> None:
    began = time.process_time()
    domains(comment(hostile))
    words(hostile)
    assert time.process_time() - began < 0.5
