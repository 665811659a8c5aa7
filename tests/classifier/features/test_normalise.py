"""Normalising agrees with Unicode's NFKC in lower case, and keeps where each character stood."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.features.characters import folding_tables, look_alikes
from classifier.features.normalise import BLANK, CODE_MASK, FRONT, normalise_text


def fold(text: str) -> tuple[str, list[int]]:
    raw = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    out, at = np.full(len(raw) * 20 + 96, BLANK), np.zeros(len(raw) * 20 + 96, np.int32)
    n, _, _, _ = normalise_text(raw, 0, len(raw), out, at, folding_tables())
    return "".join(chr(int(c)) for c in out[FRONT : FRONT + n] & CODE_MASK), at[: n + 1].tolist()


@pytest.mark.parametrize(
    "text",
    [
        "ＦＵＬＬ width ﬁne ½ ⅸ № ™",
        "Crème brûlée à la façon",
        "Cre\u0300me bru\u0302le\u0301e",
        "Ελληνικά Ώρα",
        "й и\u0306 ё е\u0308",
        "한국어 \u1112\u1161\u11ab",
        "ﷺ ﻻ",
        "ｶﾞｷﾞ か\u3099",
        "हिन्दी क\u093c",
        "tiếng Việt tiê\u0301ng",
        "𝓬𝓪𝓼𝓲𝓷𝓸 𝐁𝐨𝐥𝐝",
    ],
)
def test_folding_is_nfkc_in_lower_case(text: str) -> None:
    wanted = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    assert fold(text)[0] == wanted


def test_white_space_is_single_and_invisible_characters_are_gone() -> None:
    assert fold("  a\u200bb \t\n\u00a0 c\u202e\ufeff ")[0] == "ab c"


@given(st.text(max_size=200))
def test_places_stay_inside_the_text_and_never_go_back(text: str) -> None:
    folded, at = fold(text)
    assert at == sorted(at)
    assert len(at) == len(folded) + 1
    assert not at or (at[0] >= 0 and at[-1] <= len(text))


def test_look_alikes_read_as_latin() -> None:
    table = look_alikes()
    disguised = "раураӏ сasіnο 0ffег"
    assert "".join(chr(int(table[ord(c)])) for c in disguised) == "paypal casino offer"
