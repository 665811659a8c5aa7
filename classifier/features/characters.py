"""Tables by code point: folding (NFKC and lower case), class, script and look-alikes."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

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
    if category[0] == "C" or 0xFE00 <= code <= 0xFE0F or code in (0x115F, 0x1160, 0x3164):
        return DROP
    return {"L": LETTER, "N": DIGIT, "M": MARK, "P": PUNCTUATION, "S": SYMBOL}[category[0]]


def _lower(char: str) -> str:
    lowered = char.lower()
    return lowered if len(lowered) == 1 else lowered[0]


def _fold(char: str) -> str:
    return "".join(map(_lower, unicodedata.normalize("NFKC", char)))


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
    plain = folded.isascii() and folded.isalpha()
    return plain and code > 0x2000 and unicodedata.decomposition(char).startswith("<")


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


def _compositions() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32], set[int]]:
    """Return an open-addressed table of (base, mark) pairs and the marks that occur in it."""
    size = 4096
    keys, values = np.zeros(size, np.uint64), np.zeros(size, np.uint32)
    marks: set[int] = set()
    for code in range(LIMIT):
        char = chr(code)
        parts = unicodedata.decomposition(char).split()
        if len(parts) != 2 or parts[0].startswith("<"):
            continue
        base, mark = int(parts[0], 16), int(parts[1], 16)
        if char != _lower(char) or unicodedata.normalize("NFC", chr(base) + chr(mark)) != char:
            continue
        key = base << 21 | mark
        slot = (key * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF) >> 52
        while keys[slot]:
            slot = (slot + 1) % size
        keys[slot], values[slot] = key, code
        marks.add(mark)
    return keys, values, marks


@cache
def folding_tables() -> FoldingTables:
    """Return the tables, computed once from this Python's Unicode data (some 0.2 s)."""
    packed, expansions = _pack()
    pairs, composed, marks = _compositions()
    melting = np.isin(packed & (1 << CLASS_SHIFT) - 1, sorted(marks)) & (packed & EXPANDS_BIT == 0)
    packed[melting] |= np.uint32(COMPOSES_BIT)
    packed[0x1161:0x11C3] |= np.uint32(COMPOSES_BIT)
    return FoldingTables(packed, expansions, pairs, composed)
