"""The scripts of this package: their texts, put together, and the server's names for them."""

from __future__ import annotations

import hashlib
from importlib.resources import files

LIBRARIES = ("author", "alike", "comment")
"""Files that are put in front of every script that names something of them."""


class Script:
    """One Lua file: its text and the digest by which the server knows it."""

    def __init__(self, name: str) -> None:
        folder = files(__name__)
        text = (folder / f"{name}.lua").read_text()
        if text.startswith("#!"):
            first, rest = text.split("\n", 1)
        else:
            first, rest = "", text
        library = "".join(
            (folder / f"{part}.lua").read_text() for part in LIBRARIES if f"{part}_" in rest.lower()
        )
        self.text = f"{first}\n{library}{rest}" if first else library + rest
        self.sha = hashlib.sha1(self.text.encode()).hexdigest()  # noqa: S324 - Redis names scripts so
