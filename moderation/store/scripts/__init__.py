"""The scripts of this package: their texts, put together, and the server's names for them."""

from __future__ import annotations

import hashlib
from importlib.resources import files


class Script:
    """One Lua file: its text and the digest by which the server knows it."""

    def __init__(self, name: str) -> None:
        folder = files(__name__)
        text = (folder / f"{name}.lua").read_text()
        if text.startswith("#!"):
            first, rest = text.split("\n", 1)
        else:
            first, rest = "", text
        library = (folder / "comment.lua").read_text() if "comment_" in rest.lower() else ""
        self.text = f"{first}\n{library}{rest}" if first else library + rest
        self.sha = hashlib.sha1(self.text.encode()).hexdigest()  # noqa: S324 - Redis names scripts so
