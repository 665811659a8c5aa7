"""The mark of a text is the same however it was read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Model, Row, marks_of
from classifier.likeness import MARK_BYTES

LONG = "please look at the garden tables that our cousin builds from old oak in Bremen every winter"
ODD = "ｆｕｌｌ ​wide &amp; <b>bold</b> caf&eacute; " + LONG
TEXTS = (
    LONG,
    ODD,
    f"<a href='https://shop.example/oak'>oak</a> {LONG} <span hidden>{LONG[::-1]}</span>",
    "这里的花园桌子是我们的表弟用旧橡木做的每年冬天都会去不来梅看看他做的东西真的很好",
    "word " * 3000 + LONG,
    "thanks",
    "",
)
COMPANY = (
    {},
    {"author": "Ada Lovelace and her cousins", "url": "https://ada.example/about-the-garden"},
    {"author": "ＡＤＡ​", "url": "http://x", "email": "a@b.example", "honeypot": LONG},
    {"context": (LONG, "a page about tables"), "type": "forum-post", "form_ms": 12},
    {"signals": {"seen": 3.0, "far": -0.5}},
)


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load()


@pytest.mark.parametrize("company", COMPANY, ids=lambda fields: "-".join(fields) or "alone")
def test_what_was_scored_has_the_mark_of_its_text(model: Model, company: dict[str, object]) -> None:
    rows = [Row(text=text, **company) for text in TEXTS]
    marks = model.score(rows).marks()
    assert marks == marks_of(TEXTS)
    assert [len(mark) == MARK_BYTES for mark in marks] == [True] * 5 + [False] * 2


@settings(deadline=None, max_examples=60)
@given(st.text(), st.text(), st.text())
def test_the_mark_does_not_depend_on_who_wrote(text: str, author: str, url: str) -> None:
    row = Row(text=text, author=author, url=url)
    assert Model.load().score([row]).marks() == marks_of([text])


def test_what_visitors_do_not_see_makes_no_text_another() -> None:
    hidden = [f"{LONG}<p style='display:none'>{word} of all kinds</p>" for word in ("a", "b")]
    assert marks_of(hidden) == marks_of([LONG, LONG])


def test_features_have_no_marks(model: Model) -> None:
    with pytest.raises(ValueError, match="no marks"):
        model.score(model.features([Row(text=LONG)])).marks()
