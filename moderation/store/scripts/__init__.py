"""The scripts of this package: their texts, put together, and the server's names for them."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files

LIBRARIES = {
    "signals": "signals(",
    "author": "author_",
    "alike": "alike(",
    "comment": "comment_",
    "log": "log(",
}
"""Files that are put in front of every script that names something of them, by what names it."""
_CONSTANTS = re.compile(
    r"^ *local ([A-Z][A-Z_]*(?:,\s+[A-Z][A-Z_]*)*) =\s+([^{}()\n]+?)$", re.MULTILINE
)
_NAME = re.compile(r"\b[A-Z][A-Z_]+\b")


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
            (folder / f"{part}.lua").read_text()
            for part, sign in LIBRARIES.items()
            if sign in rest.lower()
        )
        rest = with_constants(library + rest)
        self.text = f"{first}\n{rest}" if first else rest
        self.sha = hashlib.sha1(self.text.encode()).hexdigest()  # noqa: S324 - Redis names scripts so


def with_constants(text: str) -> str:
    """Return a script with the numbers and texts that its constants stand for in their places.

    A server makes a script's functions anew at each call, each with the locals of the file that it
    names; a constant costs nothing there.
    """
    values: dict[str, str] = {}

    def note(found: re.Match[str]) -> str:
        names, given = re.split(r",\s+", found[1]), re.split(r",\s+", found[2])
        values.update(zip(names, given, strict=True))
        return ""

    text = _CONSTANTS.sub(note, text)
    return _NAME.sub(lambda found: values.get(found[0], found[0]), text)
