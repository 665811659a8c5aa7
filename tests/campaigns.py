"""A made-up hour on a site: campaigns, spun anew for each comment, among what people write.

The texts are those of the corpus that comes with Winnow.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Sequence

from msgspec import Struct

from classifier.training.data import corpus_rows
from moderation.domain.comments import Author, Submission

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4)
"""Which share of a campaign's words each of its comments has others for."""
LENGTHS = ((8, 18), (20, 35), (40, 90))
"""How many words the text of a campaign has."""
SIZE = 30
"""Comments of a campaign, each from an address and by an author of its own."""

_LINK = re.compile(r"https?://\S+")
_GREETINGS = ("", "Hello!", "Hi all,", "Great post.", "Dear friends,", "Wow -", "I must say:")

SHORT = (
    "Thanks for sharing!", "Great post, thanks!", "Nice article!", "Thank you so much!", "+1",
    "Very helpful, thanks.", "Well said!", "Love this.",
)  # fmt: skip
"""What many people write alike in fewer than five words."""
LONG = (
    "Thanks for sharing this with us all!", "This is exactly what I was looking for, thank you!",
    "Thank you for this post, it helped me a lot.", "I had the same problem and this fixed it.",
    "Great article, I am looking forward to the next one.", "Keep up the good work, as always.",
    "This worked for me on the first try, many thanks!", "I could not agree more with you on this.",
)  # fmt: skip
"""The same in five words and more."""

Campaign = tuple[float, int, int]
"""The share of words that its comments change, the fewest words of its length, which one."""


class Sent(Struct, frozen=True):
    """A comment of the stream: of which campaign, or of which kind of ham."""

    submission: Submission
    campaign: Campaign | None
    kind: str = ""


@functools.cache
def _texts(label: str) -> list[str]:
    """Return the English texts of the corpus."""
    return [row.text for row in corpus_rows() if row.label == label and row.lang == "en"]


@functools.cache
def _words() -> list[str]:
    """Return the words of these texts, as often as they stand there."""
    return [word for label in ("spam", "ham") for text in _texts(label) for word in text.split()]


def spun(chance: random.Random, text: str, share: float) -> str:
    """Return a text with other words for a share of its own, its own greeting and its own link."""
    host = f"{chance.choice(_words())}-{chance.randrange(10_000)}".strip("-.,!?").lower()
    said = [
        chance.choice(_words()) if chance.random() < share else word
        for word in _LINK.sub("", text).split()
    ]
    link = f"https://{re.sub('[^a-z0-9-]', '', host)}.example/{chance.randrange(999)}"
    parts = (chance.choice(_GREETINGS), " ".join(said), link if _LINK.search(text) else "")
    return " ".join(filter(None, parts))


def author(number: int) -> Author:
    """Return one of ten thousand authors, each at an address of their own."""
    ip = f"203.{number >> 8 & 63}.{number & 255}.{1 + number % 250}"
    return Author(name=f"Writer {number}", email=f"writer{number}@mail.example", ip=ip)


def hour(
    ham: Sequence[str] = (), *, comments: int = 600, each: int = 3, seed: int = 1,
    shares: Sequence[float] = SHARES,
) -> list[Sent]:  # fmt: skip
    """Return an hour in its order: `each` campaigns of every length and share, and so many comments
    of people, of which a fifth are short stock phrases, a twentieth longer ones.

    The other ham is taken from `ham`, else from the corpus.
    """
    chance = random.Random(seed)
    stream: list[tuple[str, Campaign | None, str]] = []
    for low, high in LENGTHS:
        fitting = [text for text in _texts("spam") if low <= len(text.split()) <= high]
        taken = iter(chance.sample(fitting, each * len(shares)))
        for share in shares:
            for which in range(each):
                text = next(taken)
                stream += [
                    (spun(chance, text, share), (share, low, which), "") for _ in range(SIZE)
                ]
    for text in chance.sample(list(ham) or _texts("ham"), comments):
        kind = chance.choices(("short", "long", "other"), (0.2, 0.05, 0.75))[0]
        phrases = {"short": SHORT, "long": LONG, "other": (text,)}[kind]
        stream.append((chance.choice(phrases), None, kind))
    chance.shuffle(stream)
    return [
        Sent(Submission(content=text, author=author(number)), campaign, kind)
        for number, (text, campaign, kind) in enumerate(stream)
    ]
