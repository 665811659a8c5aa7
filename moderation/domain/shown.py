"""Text as a page shows it: references read, and whether anything is seen of it at all."""

from __future__ import annotations

import html
import re
import unicodedata

_NUMBER = re.compile(r"&#(?:[xX]0*([0-9a-fA-F]+)|0*([0-9]+));?")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffc")
"""Letters and signs of Unicode that show nothing."""
_SEEN = frozenset("LNPS")
"""First letters of the general categories of what is seen (numbers, punctuation, symbols too)."""


def unescape(text: str) -> str:
    """Return text with its HTML references read, whatever numbers stand in them.

    The standard library raises on one of more digits than Python converts (4,300).
    """
    return html.unescape(_NUMBER.sub(_short_reference, text)) if "&" in text else text


def _short_reference(found: re.Match[str]) -> str:
    sign, digits = ("x", found[1]) if found[1] else ("", found[2])
    # No character has a number of more than seven digits; what has none is shown as U+FFFD.
    return f"&#{sign}{digits};" if len(digits) <= 7 else "\ufffd"


def shows_nothing(text: str) -> bool:
    """Say whether nobody sees anything of a text: blanks, what has no width, comments in markup."""
    shown = _COMMENT.sub("", unescape(text)) if "<!--" in text else unescape(text)
    return not any(unicodedata.category(c)[0] in _SEEN and c not in _BLANK for c in shown)
