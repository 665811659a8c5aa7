"""Tables by code point: folding (NFKC and lower case), class, script and look-alikes."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.features.invisible import is_blank, is_default_ignorable

LIMIT = 0x20000
"""Code points from here on are ideographs (planes 2 and 3) or dropped (tags, private use)."""

DROP, SPACE, LETTER, DIGIT, MARK, PUNCTUATION, SYMBOL, EMOJI = range(8)
COMMON, LATIN, CYRILLIC, GREEK, ARABIC, HEBREW, INDIC, UNSPACED, HAN, KANA, HANGUL, OTHER = range(
    12
)

CLASS_SHIFT = 21
SCRIPT_SHIFT = 24
UPPER_BIT = 1 << 28
DISGUISE_BIT = 1 << 29  # a compatibility or phonetic variant of a plain letter
EXPANDS_BIT = 1 << 30  # the low bits are a position in `expansions`, not a code point
COMPOSES_BIT = 1 << 31  # may melt with the character before it
COMPOSED_BIT = EXPANDS_BIT  # of folded text: a mark was put on this letter
LOOSE_BIT = COMPOSES_BIT  # of folded text: a mark was taken off this letter
LOOSE_MARK = COMPOSES_BIT | UPPER_BIT | MARK << CLASS_SHIFT  # of no script: composes or is dropped

_SCRIPT_RANGES = [
    (0x0041, 0x024F, LATIN),
    (0x0250, 0x02AF, LATIN),
    (0x0370, 0x03FF, GREEK),
    (0x0400, 0x052F, CYRILLIC),
    (0x0530, 0x058F, OTHER),
    (0x0590, 0x05FF, HEBREW),
    (0x0600, 0x08FF, ARABIC),
    (0x0900, 0x0DFF, INDIC),
    (0x0E00, 0x0EFF, UNSPACED),
    (0x0F00, 0x0FFF, INDIC),
    (0x1000, 0x109F, UNSPACED),
    (0x10A0, 0x10FF, OTHER),
    (0x1100, 0x11FF, HANGUL),
    (0x1200, 0x177F, OTHER),
    (0x1780, 0x17FF, UNSPACED),
    (0x1C80, 0x1C8F, CYRILLIC),
    (0x1D00, 0x1DBF, LATIN),
    (0x1E00, 0x1EFF, LATIN),
    (0x1F00, 0x1FFF, GREEK),
    (0x2C60, 0x2C7F, LATIN),
    (0x2DE0, 0x2DFF, CYRILLIC),
    (0x2E80, 0x2FDF, HAN),
    (0x3005, 0x3007, HAN),
    (0x3040, 0x30FF, KANA),
    (0x3105, 0x312F, KANA),
    (0x3130, 0x318F, HANGUL),
    (0x31F0, 0x31FF, KANA),
    (0x3400, 0x4DBF, HAN),
    (0x4E00, 0x9FFF, HAN),
    (0xA640, 0xA69F, CYRILLIC),
    (0xA720, 0xA7FF, LATIN),
    (0xAB30, 0xAB6F, LATIN),
    (0xAC00, 0xD7FF, HANGUL),
    (0xF900, 0xFAFF, HAN),
    (0xFB00, 0xFB06, LATIN),
    (0xFB1D, 0xFB4F, HEBREW),
    (0xFB50, 0xFDFF, ARABIC),
    (0xFE70, 0xFEFC, ARABIC),
    (0xFF21, 0xFF5A, LATIN),
    (0xFF66, 0xFF9F, KANA),
    (0x1D400, 0x1D7FF, LATIN),
    (0x1F100, 0x1F1FF, LATIN),
]

FIRST_REGIONAL = 0x1F1E6
"""The first of 26 letters in dashed frames, two of which are drawn as a flag."""
_FRAMED = (
    "REGIONAL INDICATOR SYMBOL LETTER ",
    "NEGATIVE CIRCLED LATIN CAPITAL LETTER ",
    "NEGATIVE SQUARED LATIN CAPITAL LETTER ",
    "CROSSED NEGATIVE SQUARED LATIN CAPITAL LETTER ",
)
"""Names of letters that Unicode does not decompose: white on black, or halves of flags."""
_ALPHABETS_END = 0x2000
_DIACRITICS = [
    (0x0300, 0x036F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE20, 0xFE2F),
]  # fmt: skip
"""Unicode's five blocks of marks for letters of any script."""
_KEYCAP = 0x20E3
"""Drawn around digits, for emoji."""
_EMOJI_RANGES = [(0x1F000, 0x1F0FF), (0x1F1E6, 0x1FAFF), (0x2600, 0x27BF), (0x2B50, 0x2B55)]

_LOOK_ALIKES = {
    "авеёзиіїјкмнопрстухѕһԁԛԝьгӏꙅԍғҳқңүұәӕьєэд": "abee3uiijkmhonpctyxshdqwbrlsgfxknyyeabeeg",
    "αβγδεζηικλμνοπρςστυφχψωάέήίόύώϲϳ": "abydeznikluvonpsstufxpwaenioyocj",
    "օոսհցզյքվ": "onuhgqjpv",
    "ıȷɑɡɩʀɪʟɴʏʙɢʜᴀᴄᴅᴇꜰᴊᴋᴍᴏᴘǫꜱᴛᴜᴠᴡᴢøđłħŧƅɵɯʋʃ": "ijagiriinybghacdefjkmopqstuvwzodlhtbouvs",
}
_IN_WORD_DIGITS = dict(zip("013457890", "oieastbgo", strict=True))


class FoldingTables(NamedTuple):
    """What normalising looks up by code point, and by base and mark."""

    packed: npt.NDArray[np.uint32]
    expansions: npt.NDArray[np.uint32]
    pairs: npt.NDArray[np.uint64]
    composed: npt.NDArray[np.uint32]


def _ranges(table: npt.NDArray[np.uint8], ranges: list[tuple[int, int, int]]) -> None:
    for first, last, value in ranges:
        table[first : last + 1] = value


def _class_of(category: str, code: int) -> int:
    if code in (9, 10, 11, 12, 13) or category[0] == "Z":
        return SPACE
    if category[0] == "C" or is_default_ignorable(chr(code)) or is_blank(chr(code)):
        return DROP
    return {"L": LETTER, "N": DIGIT, "M": MARK, "P": PUNCTUATION, "S": SYMBOL}[category[0]]


def _lower(char: str) -> str:
    lowered = char.lower()
    return lowered if len(lowered) == 1 else lowered[0]


def _framed(char: str) -> str:
    """Return the letter of a symbol that is a letter in a frame, '' for others."""
    name = unicodedata.name(char, "")
    return name[-1].lower() if name.startswith(_FRAMED) and name[-2] == " " else ""


def _fold(char: str) -> str:
    return _framed(char) or "".join(map(_lower, unicodedata.normalize("NFKC", char)))


def _classes() -> npt.NDArray[np.uint8]:
    classes = np.fromiter(
        (_class_of(unicodedata.category(chr(code)), code) for code in range(LIMIT)), np.uint8, LIMIT
    )
    for first, last in _EMOJI_RANGES:
        span = classes[first : last + 1]
        span[span == SYMBOL] = EMOJI
    return classes


def _pack() -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    classes, scripts = _classes(), np.zeros(LIMIT, np.uint8)
    _ranges(scripts, _SCRIPT_RANGES)
    scripts[(classes != LETTER) & (classes != MARK)] = COMMON
    packed = np.zeros(LIMIT, np.uint32)
    expansions: list[int] = []
    for code in range(LIMIT):
        if classes[code] == DROP:
            continue
        if classes[code] == SPACE:
            packed[code] = SPACE << CLASS_SHIFT | ord(" ")
            continue
        char = chr(code)
        folded = _fold(char)
        attributes = int(classes[code]) << CLASS_SHIFT | int(scripts[code]) << SCRIPT_SHIFT
        if char.isupper():
            attributes |= UPPER_BIT
        if _is_disguise(code, char, folded):
            attributes |= DISGUISE_BIT
        if len(folded) == 1:
            first = ord(folded)
            if first != code and first < LIMIT:
                kept = attributes & (UPPER_BIT | DISGUISE_BIT)
                attributes = kept | int(classes[first]) << CLASS_SHIFT
                attributes |= int(scripts[first]) << SCRIPT_SHIFT
            packed[code] = first | attributes
        else:
            packed[code] = len(expansions) | EXPANDS_BIT | attributes
            expansions += [len(folded), *map(ord, folded)]
    return packed, np.array(expansions, np.uint32)


def _is_disguise(code: int, char: str, folded: str) -> bool:
    """Say whether a letter is a styled or phonetic variant that only looks like a plain one."""
    if 0x0250 <= code <= 0x02AF or 0x1D00 <= code <= 0x1DBF or 0xA730 <= code <= 0xA731:
        return True
    if not folded.isascii() or not folded.isalpha() or code <= 0x2000:
        return False
    return unicodedata.decomposition(char).startswith("<") or bool(_framed(char))


@cache
def look_alikes() -> npt.NDArray[np.uint32]:
    """Return by code point the Latin letter that it looks like, or itself."""
    table = np.arange(LIMIT, dtype=np.uint32)
    for code in range(0xC0, 0x250):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii():
            table[code] = ord(base.lower())
    for code in range(0x1E00, 0x1F00):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii():
            table[code] = ord(base.lower())
    for sources, targets in _LOOK_ALIKES.items():
        for source, target in zip(sources, targets, strict=False):
            table[ord(source)] = ord(target)
    for source, target in _IN_WORD_DIGITS.items():
        table[ord(source)] = ord(target)
    return table


def _is_loose(char: str) -> bool:
    """Say whether a mark is of no script: such as stand on any letter, by their names."""
    if unicodedata.category(char)[0] != "M":
        return False
    name = unicodedata.name(char, "")
    return name.startswith("COMBINING ") and "KATAKANA-HIRAGANA" not in name


def _mark_loose(packed: npt.NDArray[np.uint32], on_letters: set[int]) -> None:
    """Note the marks of no script, and which of them no language puts on a letter."""
    for code in range(LIMIT):
        if packed[code] and _is_loose(chr(code)) and not packed[code] & EXPANDS_BIT:
            folded = int(packed[code]) & (1 << CLASS_SHIFT) - 1
            encloses = unicodedata.category(chr(code)) == "Me" and code != _KEYCAP
            diacritic = any(first <= code <= last for first, last in _DIACRITICS)
            odd = encloses or (diacritic and folded not in on_letters)
            packed[code] = folded | LOOSE_MARK | (DISGUISE_BIT if odd else 0)


def bare_letters() -> npt.NDArray[np.uint32]:
    """Return by code point of Latin, Greek and Cyrillic the letter without its marks."""
    letters = (unicodedata.normalize("NFD", chr(code))[0] for code in range(_ALPHABETS_END))
    return np.fromiter(map(ord, letters), np.uint32, _ALPHABETS_END)


class _Pairs(NamedTuple):
    keys: npt.NDArray[np.uint64]
    values: npt.NDArray[np.uint32]

    def put(self, base: int, mark: int, code: int) -> None:
        key = base << 21 | mark
        slot = (key * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF) >> 52
        while self.keys[slot] and self.keys[slot] != key:
            slot = (slot + 1) % len(self.keys)
        if not self.keys[slot]:
            self.keys[slot], self.values[slot] = key, code


def _compositions() -> tuple[_Pairs, set[int], set[int]]:
    """Return an open-addressed table of (base, mark) pairs, the marks that occur in it, and those
    of them that compose with letters.

    Of two marks the outer one may come first, as some keyboards send it, so `â` with a dot below.
    """
    pairs = _Pairs(np.zeros(4096, np.uint64), np.zeros(4096, np.uint32))
    marks: set[int] = set()
    on_letters: set[int] = set()
    for code in range(LIMIT):
        char = chr(code)
        parts = unicodedata.decomposition(char).split()
        if len(parts) != 2 or parts[0].startswith("<"):
            continue
        base, mark = int(parts[0], 16), int(parts[1], 16)
        if char != _lower(char) or unicodedata.normalize("NFC", chr(base) + chr(mark)) != char:
            continue
        pairs.put(base, mark, code)
        marks.add(mark)
        if unicodedata.category(char)[0] == "L":
            on_letters.add(mark)
        whole = unicodedata.normalize("NFD", char)
        other = unicodedata.normalize("NFC", whole[0] + whole[-1])
        if len(whole) == 3 and len(other) == 1:
            pairs.put(ord(other), ord(whole[1]), code)
    return pairs, marks, on_letters


@cache
def folding_tables() -> FoldingTables:
    """Return the tables, computed once from this Python's Unicode data (some 0.2 s)."""
    packed, expansions = _pack()
    pairs, marks, on_letters = _compositions()
    melting = np.isin(packed & (1 << CLASS_SHIFT) - 1, sorted(marks)) & (packed & EXPANDS_BIT == 0)
    packed[melting] |= np.uint32(COMPOSES_BIT)
    packed[0x1161:0x11C3] |= np.uint32(COMPOSES_BIT)
    # So that folding takes the slow way, which notes that there is one.
    packed[FIRST_REGIONAL : FIRST_REGIONAL + 26] |= np.uint32(COMPOSES_BIT)
    _mark_loose(packed, on_letters)
    return FoldingTables(packed, expansions, *pairs)
