"""Fields that people do not see: whether a bot filled one in, or the author's own browser."""

from __future__ import annotations

import re
import unicodedata

from moderation.domain.comments import Submission
from moderation.domain.shown import shows_nothing, unescape

_UNSPACED = 16
"""Most characters of a name that is written without a space, as Chinese ones are."""
_SCHEME = re.compile(r"(?:https?:)?//(?:www\.)?|www\.")
_BETWEEN_NAMES = re.compile(r"[\s,.\-‐‑–]+")
_APOSTROPHES = str.maketrans("’‘ʼ`´", "'''''")


def is_filled_by_a_bot(submission: Submission) -> bool:
    """Say whether the hidden field holds anything that is not the author's own.

    Browsers and password managers fill hidden fields in with the name or a part of it, with the
    e-mail or the web address of whoever writes.
    """
    if not submission.honeypot or shows_nothing(submission.honeypot):
        return False
    value, author = _plain(submission.honeypot), submission.author
    if value and value in (_plain(author.name), _plain(author.email), _plain(author.url)):
        return False
    whole = _plain(author.name)
    if not value.isascii() and len(whole) <= _UNSPACED and " " not in whole and value in whole:
        return False  # Family or given name of one that is written without a space.
    parts, name = _parts(value), _parts(whole)
    # A single Latin letter is not taken for a name.
    return not parts <= name or all(len(part.encode()) == 1 for part in parts)


def _parts(name: str) -> set[str]:
    return {part for part in _BETWEEN_NAMES.split(name) if part}


def _plain(text: str) -> str:
    """Return a text as it is shown, without case, spare white space, scheme and final slashes."""
    shown = "".join(c for c in unescape(text) if unicodedata.category(c) != "Cf")
    folded = " ".join(unicodedata.normalize("NFKC", shown).casefold().split())
    folded = folded.translate(_APOSTROPHES)
    scheme = _SCHEME.match(folded)
    return folded[scheme.end() if scheme else 0 :].rstrip("/")
