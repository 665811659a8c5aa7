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
    """Return comments in: text, author, permalink and an external id of their own."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        text = " ".join(chance.choices(_WORDS, k=40))[:190] + f" {number}"
        author = {"name": chance.choice(_WORDS).title(), "email": f"u{number}@mail.example",
                  "ip": f"192.0.2.{number % 250}"}  # fmt: skip
        made.append({"content": text, "author": author, "external_id": f"{seed}-{number}",
                     "permalink": "https://blog.example/2026/11/on-bread"})  # fmt: skip
    return made


def forms(count: int, key: str) -> list[dict[str, str]]:
    """Return comments as the fields of a comment-check, as WordPress' plugin sends them."""
    return [
        {
            "api_key": key,
            "blog": "https://blog.example/",
            "blog_charset": "UTF-8",
            "blog_lang": "en_US",
            "user_ip": made["author"]["ip"],
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "referrer": made["permalink"],
            "permalink": made["permalink"],
            "comment_type": "comment",
            "comment_author": made["author"]["name"],
            "comment_author_email": made["author"]["email"],
            "comment_author_url": "",
            "comment_content": made["content"],
            "comment_date_gmt": "2026-11-22 10:00:00",
            "comment_post_ID": "12",
            "comment_post_modified_gmt": "2026-11-20 08:00:00",
            "POST_comment": made["content"],
            "POST_author": made["author"]["name"],
            "SERVER_SOFTWARE": "nginx",
            "is_test": "0",
        }
        for made in comments(count, seed=4)
    ]
