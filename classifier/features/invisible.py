"""Which characters show nothing, from Python's Unicode data."""

from __future__ import annotations

import unicodedata

OTHER_DEFAULT_IGNORABLE = (
    *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0),
    *range(0xFFF0, 0xFFF9),
    *(0xE0000, *range(0xE0002, 0xE0020), *range(0xE0080, 0xE0100), *range(0xE01F0, 0xE1000)),
)
"""What Unicode lists because no rule gives it. Source: Other_Default_Ignorable_Code_Point in
https://www.unicode.org/Public/UCD/latest/ucd/PropList.txt."""
_ANNOTATIONS = range(0xFFF9, 0xFFFC)
_HIEROGLYPHS = range(0x13430, 0x13440)
_BEFORE_NUMBERS = (
    *range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD,
)  # fmt: skip
"""Format characters that are drawn: interlinear annotations, joiners of hieroglyphs, and what
stands before numbers (Prepended_Concatenation_Mark in the same file)."""
_LISTED = frozenset(OTHER_DEFAULT_IGNORABLE)
_DRAWN = frozenset((*_ANNOTATIONS, *_HIEROGLYPHS, *_BEFORE_NUMBERS))
_BLANK_NAMES = (" PATTERN BLANK", " HALF BLANK", " FULL BLANK", " NULL NOTEHEAD")
_EMPTY_NAMES = (" FILLER", " JOINER")


def is_default_ignorable(char: str) -> bool:
    """Say whether a renderer that does not know what to do with a character shows nothing.

    Source: the derivation of Default_Ignorable_Code_Point in
    https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point.
    """
    code = ord(char)
    if code in _LISTED:
        return True
    if unicodedata.category(char) == "Cf":
        return code not in _DRAWN
    return is_variation_selector(char)


def is_variation_selector(char: str) -> bool:
    """Say whether a character chooses a form of the one before it."""
    return "VARIATION SELECTOR" in unicodedata.name(char, "")


def is_blank(char: str) -> bool:
    """Say whether a character that is no white space is drawn as an empty place, by its name.

    Fillers and joiners are letters and marks; the punctuation of that name is drawn.
    """
    name, category = unicodedata.name(char, ""), unicodedata.category(char)
    if name.endswith(_EMPTY_NAMES):
        return category[0] in "LM"
    return name == "OBJECT REPLACEMENT CHARACTER" or name.endswith(_BLANK_NAMES)
