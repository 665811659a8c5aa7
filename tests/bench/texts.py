"""Comments for measuring: generated, the same in every run, about 200 characters each."""

from __future__ import annotations

import random
from typing import Any

_WORDS = [
    "the", "garden", "old", "bread", "camera", "thanks", "build", "example", "works",
    "second", "morning", "river", "paint", "wood", "article", "agree", "simple", "question",
    "version", "install", "never", "always", "people", "train", "winter", "music", "team",
    "recipe", "lens", "light", "paper", "history", "window", "small", "city", "garden",
    "write", "read", "cheap", "offer", "price", "link", "photo", "travel", "engine",
    "question", "answer", "because", "about", "through", "between", "several", "without",
    "perhaps",
]  # fmt: skip


def comments(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Returns comments in: text, author, permalink and an external id of their own."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        text = " ".join(chance.choices(_WORDS, k=40))[:190] + f" {number}"
        author = {"name": chance.choice(_WORDS).title(), "email": f"u{number}@mail.example",
                  "ip": f"192.0.2.{number % 250}"}  # fmt: skip
        made.append({"content": text, "author": author, "external_id": f"{seed}-{number}",
                     "permalink": "https://blog.example/2026/11/on-bread"})  # fmt: skip
    return made
