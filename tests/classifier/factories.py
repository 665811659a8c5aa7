"""Rows for the classifier's tests."""

from __future__ import annotations

import random

from hypothesis import strategies as st

from classifier import Row

PILLS = Row(
    text="Buy cheap viagra pills without prescription http://best-pills.example/order now!!!",
    author="Cheap Pills",
    url="http://best-pills.example/",
)
THANKS = Row(text="Thanks, the second example fixed my build.", author="Mara")

_LISTED = """
garden soup train build error camera goal teacher coffee battery river lens oven thanks second
example works winter
casino bonus click link cheap price order visit channel subscribe loan
"""
_HAM_WORDS, _SPAM_WORDS = _LISTED.split()[:18], _LISTED.split()[15:]


def some_rows(count: int, seed: int = 1) -> list[tuple[Row, str]]:
    """Return made-up labelled rows: offers and chats, with a name and at times a link."""
    draw = random.Random(seed)
    rows = []
    for number in range(count):
        spam = draw.random() < 0.5
        pool = _SPAM_WORDS if spam else _HAM_WORDS
        text = " ".join(draw.choices(pool, k=draw.randint(4, 30)))
        if draw.random() < 0.4:
            text += f" https://{draw.choice(pool)}{number}.example/{draw.choice(pool)}"
        rows.append((Row(text=text, author=draw.choice(pool).title()), "spam" if spam else "ham"))
    return rows


SPUN = (
    ("Hello", "Hi all", "Good day", "Greetings", "Hey"),
    ("I tried", "we used", "my cousin tested", "somebody showed me", "I found"),
    ("the roofing people", "these roofers", "the roof crew", "a roofing firm"),
    ("in town", "near us", "down the road", "in our area"),
    ("last month", "in spring", "this year", "a while ago"),
    ("and they were quick.", "and the price was fair.", "and the work was clean."),
    ("Ask for", "Look for", "Search for", "Write to"),
    ("Nordway Roofs", "Nordway roof repair", "the Nordway roofers"),
    ("if you need it", "when it leaks", "before winter", "for a quote"),
)


def variant(number: int) -> Row:
    """Return one of a campaign's comments, spun from a template."""
    pick = random.Random(number)
    text = " ".join(pick.choice(words) for words in SPUN)
    return Row(text=f"{text} {number}", author=f"{pick.choice(('Ken', 'Lou', 'Pia'))}{number}")


texts = st.text(max_size=300) | st.text(alphabet="aа1.:/@<>[] \n\u200b漢กé", max_size=300)

rows = st.builds(
    Row,
    text=texts,
    author=st.text(max_size=40),
    url=st.text(max_size=40) | st.just("https://shop.example.co.uk/a/b"),
    email=st.text(max_size=30) | st.just("someone@mailinator.com"),
    ip=st.just("192.0.2.1"),
    permalink=st.text(max_size=20),
    lang=st.text(max_size=3),
    type=st.sampled_from(["", "comment", "trackback"]),
    context=st.lists(texts, max_size=2),
    honeypot=st.text(max_size=3),
    form_ms=st.none() | st.integers(min_value=0, max_value=10**9),
    signals=st.dictionaries(st.text(min_size=1, max_size=8), st.floats(), max_size=3),
)
