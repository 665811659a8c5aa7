"""What hides spam from a filter does not hide it, and marks that people need look like nothing."""

# ruff: noqa: E501 - texts stand beside what they are read as
from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable

import pytest

from classifier import Learner, Model, Row
from tests.classifier.factories import some_rows

MODEL = Model.load()
SPAM = (
    "Order cheap viagra and cialis online without prescription, discreet shipping",
    "The best online casino of the year, free spins and a bonus for every new player",
    "We sell backlinks and guest posts, rank your website on the first page of Google",
    "Лучшее онлайн казино, получи бонус за регистрацию и играй на деньги",
    "Нужны деньги? Заработок в интернете без вложений, пишите в телеграм",
    "最好的博彩网站,注册就送彩金,请加微信领取",
)
CLOSE = 3.5
"""Logits that a disguise may take off: from sure spam, nothing near the band to hold."""


def between(sign: str) -> Callable[[str], str]:
    """Return a change that puts something in the middle of each word."""
    return lambda text: " ".join(
        word[: len(word) // 2] + sign + word[len(word) // 2 :] for word in text.split(" ")
    )


def behind(marks: Callable[[], str]) -> Callable[[str], str]:
    """Return a change that puts something behind each letter."""
    return lambda text: "".join(char + marks() if char.isalpha() else char for char in text)


def apart(sign: str, gap: str) -> Callable[[str], str]:
    """Return a change that sets the letters of each word apart."""
    return lambda text: gap.join(sign.join(word) for word in text.split(" "))


def stacked(most: int) -> Callable[[], str]:
    draw = random.Random(7)
    return lambda: "".join(chr(draw.randint(0x300, 0x361)) for _ in range(draw.randint(2, most)))


def referred(form: str) -> Callable[[str], str]:
    """Return a change that writes letters and digits as references."""
    return lambda text: "".join(form.format(ord(c)) if c.isalnum() else c for c in text)


def reversed_words(text: str) -> str:
    return " ".join(f"\u202e{word[::-1]}\u202c" for word in text.split(" "))


DISGUISES: dict[str, Callable[[str], str]] = {
    "decimal references": referred("&#{};"),
    "padded references": referred("&#0000{};"),
    "hexadecimal references": referred("&#x{:X};"),
    "soft hyphens by name": between("&shy;"),
    "zero width by name": between("&ZeroWidthSpace;"),
    "empty elements": between("<b></b>"),
    "unknown elements": between("<q-x></q-x>"),
    "an element a letter": lambda text: " ".join(
        "".join(f"<em>{char}</em>" for char in word) for word in text.split(" ")
    ),
    "comments": between("<!-- -->"),
    "comments with words": between("<!-- nice garden -->"),
    "hidden elements": between('<span style="display:none">zz</span>'),
    "forum markup": between("[i][/i]"),
    "markup by halves": between("</i>"),
    **{
        f"U+{code:04X}": behind(lambda code=code: chr(code))  # type: ignore[misc]
        for code in (0x34F, 0x17B5, 0x180C, 0x180F, 0x2063, 0x2800, 0x3164, 0xFE01, 0xFFA0, 0xFFFC)
    },
    "a musical blank": between("\U0001d159"),
    "tags": between("\U000e0061"),
    "more selectors": between("\U000e0101"),
    "a few marks": behind(stacked(2)),
    "many marks": behind(stacked(12)),
    "struck out": behind(lambda: "\u0336"),
    "underlined": behind(lambda: "\u0332"),
    "enclosed": behind(lambda: "\u0489"),
    "points of Hebrew": behind(lambda: "\u05b4"),
    "turned": lambda text: f"\u202e{text[::-1]}\u202c",
    "turned without end": lambda text: f"\u202e{text[::-1]}",
    "turned by words": reversed_words,
    "turned by reference": lambda text: f"&#x202E;{text[::-1]}&#x202C;",
    "turned by markup": lambda text: f"<bdo dir=rtl>{text[::-1]}</bdo>",
    "apart by blanks": apart(" ", "   "),
    "apart by references": apart("&nbsp;", "&nbsp; "),
    **{f"apart by {sign!r}": apart(sign, " ") for sign in (".", "-", "_", "*", "|", "/", "•")},
    "two at once": lambda text: apart(".", " ")(text).replace("a", "&#97;").replace("о", "о\u0336"),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_disguised_spam_is_held_like_the_plain_text(disguise: str) -> None:
    change = DISGUISES[disguise]
    plain = MODEL.score([Row(text=text) for text in SPAM])
    assert (plain.probability >= MODEL.bands.hold).all()
    sent = MODEL.score([Row(text=change(text)) for text in SPAM])
    for text, before, after, chance in zip(
        SPAM, plain.logit, sent.logit, sent.probability, strict=True
    ):
        assert chance >= MODEL.bands.hold, change(text)
        assert after > before - CLOSE, change(text)


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_taught_site_holds_disguised_spam_too(disguise: str) -> None:
    learner = Learner(MODEL)
    for row, label in some_rows(50, seed=11):
        learner.learn(row, label)
    sent = MODEL.score([Row(text=DISGUISES[disguise](text)) for text in SPAM], learner)
    plain = MODEL.score([Row(text=text) for text in SPAM], learner)
    held = plain.probability >= learner.bands.hold
    assert held.sum() >= 4
    assert (sent.probability >= learner.bands.hold)[held].all()


@pytest.mark.parametrize("disguise", ["empty elements", "struck out", "turned", "apart by '.'"])
def test_a_disguise_is_a_sign_of_its_own(disguise: str) -> None:
    text = "The garden bench is finished and painted green, thank you for the drawing"
    plain = MODEL.score([Row(text=text)]).logit[0]
    sent = MODEL.score([Row(text=DISGUISES[disguise](text))]).logit[0]
    assert sent > plain


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


INNOCENT = {
    "emoji": ("Congratulations 👩‍👩‍👧❤️ and 1️⃣ more 🏳️‍🌈", "Congratulations 👩👩👧❤ and 1 more 🏳🌈"),
    "Persian": ("این کتاب‌ها را می‌خوانم و راضی‌ام", "این کتابها را میخوانم و راضیام"),
    "Hebrew with marks of direction": ("קראתי את זה\u200f! תודה על C++\u200e", "קראתי את זה! תודה על C++"),
    "Arabic overridden": ("\u202eشكرا على هذا الشرح الواضح\u202c", "شكرا على هذا الشرح الواضح"),
    "Thai with word breaks": ("ผม\u200bลอง\u200bทำ\u200bแล้ว\u200bครับ", "ผมลองทำแล้วครับ"),
    "Vietnamese in parts": (decomposed("Bài viết rất hay, tôi đã thử ngay tối qua"), "Bài viết rất hay, tôi đã thử ngay tối qua"),
    "Vietnamese keyboards": ("Bài viê\u0301t râ\u0301t hay, lâ\u0323p tức", "Bài viết rất hay, lập tức"),
    "French in parts": (decomposed("L'été dernier, ça m'a réglé le problème"), "L'été dernier, ça m'a réglé le problème"),
    "German with soft hyphens": ("Die Holz\u00adbear\u00adbei\u00adtung ist müh\u00adsam", "Die Holzbearbeitung ist mühsam"),
    "Russian with stress": ("Правильно за\u0301мок, а не замо\u0301к", "Правильно замок, а не замок"),
    "Korean in parts": (decomposed("어제 저녁에 만들어 봤어요"), "어제 저녁에 만들어 봤어요"),
    "English escaped": ("It&#39;s &quot;done&quot; &amp; dry", "It's \"done\" & dry"),
    "Chinese in an old charset": ("".join(f"&#{ord(c)};" for c in "木板要先打磨再上油"), "木板要先打磨再上油"),
    "simple markup": ("<p>It is <b>done</b> and <i>dry</i></p>", "It is done and dry"),
}  # fmt: skip


@pytest.mark.parametrize("case", INNOCENT)
def test_marks_that_people_need_hardly_change_a_score(case: str) -> None:
    sent, plain = INNOCENT[case]
    scores = MODEL.score([Row(text=sent), Row(text=plain)])
    # Markup is something that people see no more than the filter, but it says who writes.
    assert abs(scores.logit[0] - scores.logit[1]) <= (2 if "<" in sent else 0.35)
    assert scores.probability[0] < MODEL.bands.hold
    assert "disguised_letters" not in dict(scores.reasons(0))


@pytest.mark.parametrize(
    "text",
    [
        "תּוֹדָה רַבָּה, בָּנִיתִי אֶת זֶה אֶתְמוֹל",
        "شُكْرًا جَزِيلًا عَلَى هَذَا الشَّرْحِ",
        "ขอบคุณมากครับ เมื่อวานผมลองทำแล้ว",
        "धन्यवाद, कल मैंने यह बनाया और सब ठीक रहा",
        "ধন্যবাদ, গতকাল আমি এটা বানিয়েছি",
        "ကျေးဇူးတင်ပါတယ်၊ မနေ့က လုပ်ကြည့်တယ်",
        "Ẹ ṣé, mo gbìyànjú rẹ̀ ní àná, ó dára",
    ],
)
def test_scripts_full_of_marks_are_not_disguised(text: str) -> None:
    scores = MODEL.score([Row(text=text)])
    assert scores.probability[0] < MODEL.bands.hold
    assert "disguised_letters" not in dict(scores.reasons(0))


def test_initials_are_not_held() -> None:
    scores = MODEL.score([Row(text="J. R. R. T. made it in the U.S.A., e.g. from oak")])
    assert scores.probability[0] < MODEL.bands.hold
