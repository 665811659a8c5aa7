"""WordPress's "disallowed" and "moderation" keys, pasted as they are and matched as it does.

A key is found anywhere within a field, in any case, part of a word or not
(`wp-includes/comment.php`: `wp_check_comment_disallowed_list` and `check_comment`).
"""

from __future__ import annotations

import re

import ahocorasick_rs
from msgspec import Struct

from moderation.domain.comments import Submission
from moderation.domain.errors import InvalidInput

KEYS_BYTES = 4 << 20
"""Most bytes of both lists of keys together."""
KEYS = 200_000
"""Most keys of a list."""
_TRIMMED = " \t\n\r\0\x0b"
"""What PHP's `trim` takes off."""
_TAG = re.compile(
    r"<(script|style)\b[^<>]*>.*?(?:</\1>|\Z)|<!--.*?(?:-->|\Z)|<[/!?a-z][^<>]*(?:>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_FOLDED = str.maketrans("ςſµϐϑϕϖϰϱϵẛι", "σsμβθφπκρεṡι")
"""Lower-case letters that PCRE takes for others in any case (Unicode, simple case folding)."""


class Keys(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Both lists as they were pasted, a key a line."""

    disallowed: str = ""
    """A comment that holds one of them is spam."""
    moderation: str = ""
    """A comment that holds one of them is held."""


NO_KEYS = Keys()


def keys_of(text: str) -> list[str]:
    """Return the keys of a pasted list, in their order; PHP's `empty` drops a line that is 0."""
    lines = (line.strip(_TRIMMED) for line in text.split("\n"))
    return [line for line in lines if line not in ("", "0")]


def checked(keys: Keys) -> Keys:
    """Return keys that are no more than are kept; raises `InvalidInput`."""
    if len(keys.disallowed.encode()) + len(keys.moderation.encode()) > KEYS_BYTES:
        raise InvalidInput(f"the keys have at most {KEYS_BYTES:,} bytes together")
    for text in (keys.disallowed, keys.moderation):
        if len(keys_of(text)) > KEYS:
            raise InvalidInput(f"a list has at most {KEYS:,} keys")
    return keys


def folded(text: str) -> str:
    """Return a text in the one case in which keys are looked for."""
    text = text.lower()
    return text if text.isascii() else text.translate(_FOLDED)


def without_tags(text: str) -> str:
    """Return a text without HTML tags, by which words would be parted (`wp_strip_all_tags`)."""
    return _TAG.sub("", text).strip()


class Searched:
    """Keys ready to be looked for, for any number of threads: a text is walked once, whatever the
    number of keys (Aho and Corasick 1975)."""

    def __init__(self, keys: list[str]) -> None:
        self._lines = dict.fromkeys(map(folded, keys))
        self._found = ahocorasick_rs.AhoCorasick(
            self._lines,
            implementation=ahocorasick_rs.Implementation.ContiguousNFA,
            store_patterns=False,
        )

    def __bool__(self) -> bool:
        return bool(self._lines)

    def is_in(self, texts: list[str]) -> bool:
        """Say whether some key is within one of some texts."""
        # No key spans two fields: none holds a line break.
        return bool(self._found.find_matches_as_indexes(folded("\n".join(filter(None, texts)))))


NO_KEYS_SEARCHED = Searched([])


def fields_of(submission: Submission) -> list[str]:
    """Return the fields in which WordPress looks for keys."""
    author = submission.author
    return [author.name, author.email, author.url, submission.content, author.ip, author.user_agent]


class SearchedKeys(Struct, frozen=True):
    """Both lists of keys, ready to be looked for."""

    disallowed: Searched = NO_KEYS_SEARCHED
    moderation: Searched = NO_KEYS_SEARCHED

    def disallows(self, submission: Submission) -> bool:
        """Say whether a comment holds a disallowed key, in its text without tags too."""
        if not self.disallowed:
            return False
        content, fields = submission.content, fields_of(submission)
        return self.disallowed.is_in([*fields, without_tags(content)] if "<" in content else fields)

    def holds(self, submission: Submission) -> bool:
        """Say whether a comment holds a key by which it is to be looked at."""
        return bool(self.moderation) and self.moderation.is_in(fields_of(submission))


def searched(keys: Keys) -> SearchedKeys:
    """Return keys ready to be looked for."""
    return SearchedKeys(Searched(keys_of(keys.disallowed)), Searched(keys_of(keys.moderation)))
