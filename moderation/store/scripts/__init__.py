"""The scripts of this package: their texts, put together, and the server's names for them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from moderation.store import keys

LIBRARIES = {
    "quick": "quick_",
    "signals": "signals(",
    "weighing": "weighing(",
    "author": "author_",
    "alike": "alike(",
    "comment": "comment_",
    "log": "log(",
}
"""Files that are put in front of every script that names something of them, by what names it: each
of them may name those before it."""
_CONSTANTS = re.compile(
    r"^ *local ([A-Z][A-Z_]*(?:,\s+[A-Z][A-Z_]*)*) =\s+([^{}()\n]+?)$", re.MULTILINE
)
_NAME = re.compile(r"\b[A-Z][A-Z_]+\b")


def _parts_of_keys() -> dict[str, str]:
    """Return as constants what scripts add to the key of a site for another one of it, and to the
    first `KEY_SHARD` characters for one of its shard: to send those names takes longer."""
    example = keys.SiteKeys("")
    shard, _, site = example.meta.partition("}")
    found = {"KEY_SHARD": str(len(shard) + 1)}
    for name in example.__slots__:
        key = getattr(example, name)
        if isinstance(key, str):
            part = key.removeprefix(f"{shard}}}").removeprefix(site)
            found[f"KEY_{name.upper()}"] = f"'{part}'"
    return found


_KEYS = _parts_of_keys()


class Script:
    """One Lua file: its text and the digest by which the server knows it."""

    def __init__(self, name: str) -> None:
        """Read the script of a file's name."""
        self._take(self._read(name))

    @staticmethod
    def _read(name: str) -> tuple[str, str]:
        """Return the line that says how it is run, '' without one, and the rest."""
        folder = files(__name__)
        text = (folder / f"{name}.lua").read_text()
        if text.startswith("#!"):
            first, rest = text.split("\n", 1)
        else:
            first, rest = "", text
        for part, sign in reversed(LIBRARIES.items()):
            if sign in rest.lower():
                rest = (folder / f"{part}.lua").read_text() + rest
        return first, with_constants(rest)

    def _take(self, parts: tuple[str, str]) -> None:
        self.text = "\n".join(filter(None, parts))
        self.sha = hashlib.sha1(self.text.encode()).hexdigest()  # noqa: S324 - Redis names scripts so

    def call(self, names: Sequence[Any], args: Sequence[Any]) -> tuple[Any, ...]:
        """Return the command that runs it."""
        return ("EVALSHA", self.sha, len(names), *names, *args)

    def teaching(self, names: Sequence[Any], args: Sequence[Any]) -> tuple[Any, ...]:
        """Return the command that runs it on a server that does not know it."""
        return ("EVAL", self.text, len(names), *names, *args)


class WholeSlot(Script):
    """A script that a node of a Cluster runs only while it has all keys of the slot.

    A script finds keys that its call does not name. While a slot is moved key by key some of them
    are on another node already, and the script would break off there, after it wrote. So each call
    names one more key, which is nowhere: a node that is about to give or to get the slot answers
    TRYAGAIN to it, before the script begins.
    """

    def __init__(self, name: str) -> None:
        first, rest = self._read(name)
        self._take((first, f"KEYS[#KEYS] = nil\n{rest}"))

    def call(self, names: Sequence[Any], args: Sequence[Any]) -> tuple[Any, ...]:
        """Return the command that runs it."""
        return super().call(*_with_absent(names, args))

    def teaching(self, names: Sequence[Any], args: Sequence[Any]) -> tuple[Any, ...]:
        """Return the command that runs it on a server that does not know it."""
        return super().teaching(*_with_absent(names, args))


def _with_absent(names: Sequence[Any], args: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    return ([*names, keys.absent(names[0])] if names else names), args


def with_constants(text: str) -> str:
    """Return a script with the numbers and texts that its constants stand for in their places.

    A server makes a script's functions anew at each call, each with the locals of the file that it
    names; a constant costs nothing there.
    """
    values = dict(_KEYS)

    def note(found: re.Match[str]) -> str:
        names, given = re.split(r",\s+", found[1]), re.split(r",\s+", found[2])
        values.update(zip(names, given, strict=True))
        return ""

    text = _CONSTANTS.sub(note, text)
    return _NAME.sub(lambda found: values.get(found[0], found[0]), text)
