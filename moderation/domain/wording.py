"""The words of a text as it is shown, and as they are meant where letters are disguised."""

from __future__ import annotations

import re
import unicodedata
from itertools import repeat

from moderation.domain.shown import unescape

_TAG = re.compile(r"<!--.*?(?:-->|\Z)|</?([A-Za-z][A-Za-z0-9]{0,15})(?:[\s/][^<>]*)?>", re.DOTALL)
_INLINE = re.compile(
    "a|abbr|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|span|strike|"
    "strong|sub|sup|tt|u|var|wbr",
    re.IGNORECASE,
)
"""Elements that part no word (HTML, phrasing content)."""
_UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF), (0x3040, 0x30FF),
    (0x3130, 0x318F), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7AF),
    (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip
"""Scripts that put no space between words, or write endings to them (Thai, Lao, Burmese, Khmer,
Hangul, Kana, Han): each of their characters is a word, so that words are found within."""
_LOOSE = ((0x0300, 0x036F), (0x20D0, 0x20FF))
"""Marks of no script: those that NFC puts on no letter only make a word look different."""
_NO_WIDTH = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""What is ignored by default (Unicode, DerivedCoreProperties) and is no format character."""
_KEPT_AT_MOST = 20_000

_ASCII_WORD = re.compile(r"[a-z0-9]+|[$+<=>^`|~]")
"""Letters and digits, or one symbol (Unicode, category S), of a text in lower case."""
_SIGNS = re.compile(r"[013457@$!€|]+")
_BEFORE = "$@€"
_MEANT = str.maketrans("013457@$!€|", "oieastasiei")
_FOUR_SINGLE = b"\1\1\1\1"
_APART = re.compile(r"(?<!\w)[^\W\d_](?:([ .*_\-])\1{0,2}[^\W\d_]){3,31}(?!\w)")
"""Four letters and more, each alone, with the same sign between them."""
_OTHERS = "авԁеһіјкӏмноԛрсѕтуѵԝхзαεηικνορτυχω"
_LOOK_ALIKE = str.maketrans(_OTHERS, "abdehijkimhoqpcstyvwx3aenikvoptuxw")
"""Letters of Cyrillic and Greek that look like Latin ones, in lower case (UTS #39, confusables)."""
_LATIN = re.compile("[a-z]")
_MARK = re.compile("[\u0300-\u036f]")


class _Parting(dict[int, str | None]):
    """What each character becomes where a text is parted into words; filled as they are met."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        kind = unicodedata.category(char)
        if kind == "Cf" or char in _NO_WIDTH or 0xFE00 <= code <= 0xFE0F or _is_in(code, _LOOSE):
            found = None
        elif kind[0] == "S" or _is_in(code, _UNSPACED):
            found = f" {char} "
        else:
            found = char if kind[0] in "LMN" else " "
        # A text may hold any of a million characters.
        if len(self) < _KEPT_AT_MOST:
            self[code] = found
        return found


def _is_in(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


_PARTING = _Parting()


def words_of(text: str) -> list[str]:
    """Return the words of a text as a page shows it, in one case (Unicode, NFKC_Casefold).

    Markup, what has no width and punctuation are no words; a symbol is one.
    """
    return _parted(_shown(text))


def readings(text: str) -> tuple[list[str], ...]:
    """Return the words of a text as it is shown and, where letters are disguised, as it is meant.

    Letters of other alphabets, digits and signs within a word of Latin letters stand for those
    that they look like; letters that stand apart are put together.
    """
    shown = _shown(text)
    words = _parted(shown)
    meant = _SIGNS.sub(_letters, shown)
    if _FOUR_SINGLE in bytes(map(min, map(len, words), repeat(2))):
        meant = _APART.sub(lambda found: "".join(c for c in found[0] if c.isalpha()), meant)
    others = words if meant == shown else _parted(meant)
    if not shown.isascii():
        others = [word if word.isascii() else _in_latin(word) for word in others]
    return (words,) if others == words else (words, others)


def _parted(shown: str) -> list[str]:
    if shown.isascii():
        return _ASCII_WORD.findall(shown)
    return shown.translate(_PARTING).split()


def plain(text: str) -> str:
    """Return a text in one case and form, without what has no width (Unicode, NFKC_Casefold)."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c for c in folded if c.isascii() or unicodedata.category(c) != "Cf")


def _shown(text: str) -> str:
    if "<" in text:
        text = _TAG.sub(_gap, text)
    text = unescape(text)
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _gap(tag: re.Match[str]) -> str:
    return "" if tag[1] is None or _INLINE.fullmatch(tag[1]) else " "


def in_latin_letters(word: str) -> str:
    """Return a word with each letter that looks like a Latin one as that."""
    return word.translate(_LOOK_ALIKE)


def _in_latin(word: str) -> str:
    """Return a word that mixes Latin letters with look-alikes of others in Latin letters."""
    if not _LATIN.search(word) or word.translate(_LOOK_ALIKE) == word:
        return word
    return _MARK.sub("", unicodedata.normalize("NFD", word)).translate(_LOOK_ALIKE)


def _letters(signs: re.Match[str]) -> str:
    """Return the letters that digits and signs stand for within a word, or some before one."""
    found, text, first, end = signs[0], signs.string, *signs.span()
    before, after = text[max(0, first - 1) : first], text[end : end + 1]
    is_in_word = before.isalpha() or (not before.isalnum() and found in _BEFORE)
    return found.translate(_MEANT) if is_in_word and after.isalpha() else found
