"""Plausible comments of our own wording in several languages and scripts, the same for a number."""

from __future__ import annotations

import random
from typing import Literal

from msgspec import Struct

from moderation.domain.comments import Author, Submission

PREFIX = "seed-"
"""What the external ids of made-up comments begin with."""
_SPAM_SHARE = 0.3
_ARTICLES = 400

_OPENERS = (
    "Thanks for this,", "I am not so sure:", "Second time I read it;", "Agreed.", "A small note:",
    "From my own kitchen:", "Ten years ago,", "As a beginner", "To add to the comment above,",
)  # fmt: skip
_SUBJECTS = (
    "the second photograph", "that bus line along the river", "the recipe with rye", "my old lens",
    "the new library", "the chapter on bees", "your build script", "the goalkeeper",
    "the museum in {place}", "the song at the end", "the argument about rents", "{place} in winter",
)  # fmt: skip
_VERBS = (
    "worked for me after", "reminds me of", "was better before", "is worth more than",
    "failed on my machine because of", "looks just like", "cannot be compared with",
    "came long after",
)  # fmt: skip
_OBJECTS = (
    "two evenings of sanding", "the one that {name} wrote about", "a wet summer", "version {n}",
    "what the council promised", "the flight from {place}", "half a spoon of salt",
    "the first draft",
)  # fmt: skip
_CLOSERS = (
    "Did anybody try it without the oil?", "I would read more of this.", "See you in {place}.",
    "Perhaps {name} knows.", "The link in the third paragraph is broken.", "Greetings, {name}.", "",
)  # fmt: skip
_FINE = {
    "de": (
        "Danke, das zweite Bild aus {place} gefällt mir. Meine Größe war leider vergriffen.",
        "Ich sehe das anders als {name}: die Buslinie {n} fährt abends gar nicht mehr.",
        "Nach {n} Stunden Gehzeit war der Teig bei mir zu weich, mit Roggenmehl ging es.",
    ),
    "es": (
        "Muchas gracias, {name}. Mañana pruebo la receta con {n} gramos menos de azúcar.",
        "Viví en {place} cuando era niño y el mercado ya olía así.",
    ),
    "fr": (
        "Merci pour l'article ! À {place} on disait déjà la même chose il y a {n} ans.",
        "Je ne suis pas d'accord avec {name}, la deuxième photo est bien meilleure.",
    ),
    "ru": (
        "Спасибо, {name}, всё получилось со второго раза.",
        "В городе {place} зимой намного холоднее, чем кажется по фотографии {n}.",
    ),
    "ar": (
        "شكرا على المقال، جربت الوصفة في {place} ونجحت بعد {n} دقيقة.",
        "لا أتفق مع {name} لكن الصورة الثانية جميلة جدا.",
    ),
    "hi": (
        "धन्यवाद {name}, दूसरा उदाहरण मेरे लिए काम कर गया।",
        "{place} में बारिश के बाद यह सड़क {n} दिन बंद रही।",
    ),
    "zh": (
        "谢谢分享,第{n}张照片里的河边小路我也走过。",
        "我不同意{name}的看法,图书馆周末人太多了。",
    ),
    "ja": (
        "二枚目の写真がとても好きです。{place}にも行ってみたい。",
        "{name}さんの言う通り、塩は{n}グラムで十分でした。",
    ),
    "th": (
        "ขอบคุณครับ ลองทำตามสูตรแล้วได้ผลดีมาก ใช้เวลา {n} นาที",
        "ผมไม่เห็นด้วยกับ {name} รูปที่สองสวยกว่า",
    ),
    "ko": (
        "감사합니다, {name}님. 두 번째 예제가 잘 됩니다.",
        "{place} 도서관은 주말에 사람이 {n}명쯤 있어요.",
    ),
}  # fmt: skip
_SPAM = {
    "en": (
        "Cheap {drug} without prescription, shipped worldwide: https://{host}/{n}",
        "I earned {n} dollars a week from home, message me on the messenger at https://{host}",
        "Best casino bonus of {place}! Free spins today only https://{host}/bonus{n}",
        "Nice post. Our {place} escorts are online now {host}",
        "Your site could rank first: buy {n} backlinks, see https://{host}/seo",
    ),
    "de": ("Günstiger Kredit ohne Schufa in {place}, jetzt {n} Euro sichern: https://{host}",),
    "es": ("Gana {n} euros al día desde casa, escribe a https://{host}/dinero",),
    "ru": ("Лучшее онлайн казино, бонус {n} рублей: https://{host}/bonus",),
    "zh": ("低价代办贷款,当天放款{n}元,加微信 {host}",),
    "th": ("เว็บพนันออนไลน์ ฝากถอนไม่มีขั้นต่ำ โบนัส {n} บาท https://{host}",),
    "ar": ("اربح {n} دولار كل يوم من المنزل https://{host}",),
}
_DRUGS = ("viagra", "cialis", "tramadol", "xanax", "modafinil")
_SYLLABLES = (
    "ba", "lo", "mir", "ten", "sha", "ko", "ver", "du", "nal", "fi", "gra", "os", "pel", "wy",
    "ran", "tu", "zel", "hem", "is", "mor",
)  # fmt: skip


class Plausible(Struct, frozen=True):
    """A made-up comment and what a person would say of it."""

    submission: Submission
    label: Literal["ham", "spam"]


def _name(chance: random.Random, most: int = 3) -> str:
    return "".join(chance.choices(_SYLLABLES, k=chance.randint(2, most))).title()


def plausible(number: int) -> Plausible:
    """Return the comment of a number: the same each time, whatever was made before."""
    chance = random.Random(number)  # noqa: S311 - made-up text, not a secret
    is_spam = chance.random() < _SPAM_SHARE
    name, place, host = _name(chance), _name(chance, 2), f"{_name(chance).lower()}.example"
    said = {
        "name": name, "place": place, "host": host, "drug": chance.choice(_DRUGS),
        "n": chance.randint(2, 9999),
    }  # fmt: skip
    language = chance.choice(tuple(_SPAM if is_spam else _FINE)) if chance.random() < 0.4 else "en"
    if is_spam:
        text = chance.choice(_SPAM[language])
    elif language == "en":
        text = _english(chance)
    else:
        text = chance.choice(_FINE[language])
    mail = "mail" if number % 3 else host[:6]
    net = f"{198 if is_spam else 203}.{chance.randint(0, 63)}.{chance.randint(0, 255)}"
    author = Author(
        name=f"{_name(chance, 2)} {_name(chance)}",
        email=f"{_name(chance).lower()}{number % 9973}@{mail}.example",
        ip=f"{net}.{number % 251}",
        url=f"https://{host}/" if is_spam and chance.random() < 0.5 else "",
    )
    submission = Submission(
        content=text.format_map(said),
        author=author,
        permalink=f"https://blog.example/{2020 + number % 7}/{number % _ARTICLES}",
        external_id=f"{PREFIX}{number}",
        language=language if chance.random() < 0.5 else "",
    )
    return Plausible(submission, "spam" if is_spam else "ham")


def _english(chance: random.Random) -> str:
    parts = []
    for _ in range(chance.choice((1, 1, 2, 3))):
        parts += [
            chance.choice(_OPENERS), chance.choice(_SUBJECTS), chance.choice(_VERBS),
            f"{chance.choice(_OBJECTS)}.", chance.choice(_CLOSERS),
        ]  # fmt: skip
    return " ".join(filter(None, parts))
