"""Features of one version never change: models and learners in use were fitted on them."""

from __future__ import annotations

import hashlib
import random

import numpy as np

from classifier import Row
from classifier.evaluation.generated import generated_rows
from classifier.features.extract import extract_features
from classifier.features.groups import FEATURE_VERSION

_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz     ",
    "ABC def.,!?  ",
    "авеёзиіїкмнопрст  АБВ ",
    "漢字仮名かなカナ的是了",
    "ไทยกขคงจ ",
    "한국어 가나다 ",
    "αβγδ Ωώ",
    "עברית العربية ",
    "हिन्दी क\u093c",
    "e\u0301a\u0300u\u0308 ",
    "𝓿𝓲𝓪ⅴιаɢʀᴀ",
    "\u200b\u200c\u202e\ufeff \t\n",
    "0123456789 +-().",
    "<>[]{}@:/#?=&\"'|",
    "😀🎉👍🇩🇪 ",
    "$€£¥",
    "ﬁﷺ½™№",
    "\x00\x07\ud800\U00020000\U000e0041\U0010ffff",
)
_LISTED = """
http://best-pills.example/order?x=1
www.example.co.uk/a-b/c
shop.github.io
пример.рф/путь
mara@post.example.com
@mara
a=b:c.d
[url=http://b.example]b[/url]
<a href="https://a.b.kobe.jp/x">y</a>
v i a g r a
c а s i n o
ⅴιаgrа
v1agra
casino
казино
最好的博彩网站
สนใจเงินกู้ด่วนไหม
guest post
whatsapp
+49 170 1234567
!!!
aaaaaaaaaa
README.md
Works.Then
http://127.0.0.1:8000/x
buy cheap viagra
"""
_PHRASES = _LISTED.strip().splitlines()


def _text(draw: random.Random, most: int) -> str:
    pieces = []
    for _ in range(draw.randint(0, most)):
        letters = draw.choices(draw.choice(_ALPHABETS), k=draw.randint(1, 14))
        pieces.append(draw.choice(_PHRASES) if draw.random() < 0.4 else "".join(letters))
    return draw.choice((" ", "", " ", ", ")).join(pieces)


def _varied_rows(count: int) -> list[Row]:
    draw = random.Random(5)
    rows = []
    for number in range(count):
        text = _text(draw, 400 if number % 40 == 0 else draw.choice((3, 10, 20, 40)))
        row = Row(
            text=text,
            author=_text(draw, 3),
            url=draw.choice(("", _text(draw, 2), draw.choice(_PHRASES))),
            email=draw.choice(("", "a@mailinator.com", "x@y@post.example", "none", "x@")),
            type=draw.choice(("", "comment", "x" * 100)),
            context=draw.choice(([], [], [_text(draw, 20), text[:60]])),
            honeypot=draw.choice(("", "", "x")),
            form_ms=draw.choice((None, 0, 300, 2000, 60_000, 10**9)),
            signals=draw.choice(({}, {"context_overlap": 0.4}, {"a": 1.5, "b": -3.0})),
        )
        rows.append(row)
    return rows


def test_a_change_of_features_raises_their_version() -> None:
    digest = hashlib.sha256()
    rows = [*generated_rows(500, seed=3), *_varied_rows(1500)]
    for first in range(0, len(rows), 64):
        batch = extract_features(rows[first : first + 64])
        for place in range(len(batch)):
            digest.update(np.sort(batch.row(place)).astype("<u4").tobytes())
    assert (FEATURE_VERSION, digest.hexdigest()[:16]) == (9, "fba5391d8b197caf")
