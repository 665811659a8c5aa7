"""Endings of hosts as links have them in the world, for training with the seed corpus.

The corpus names only hosts that nobody can own. Left at that, a base would learn from its ham that
links to `.example` are harmless, and of links to `.com` it would know only other sources' spam.
"""

from __future__ import annotations

import re
import zlib

import msgspec

from classifier.row import LabelledRow

COMMON = ("com", "com", "com", "org", "net", "io", "info")
COUNTRIES = {
    "ar": "ae", "bg": "bg", "bn": "com.bd", "cs": "cz", "da": "dk", "de": "de", "el": "gr",
    "en": "co.uk", "es": "es", "fa": "ir", "fi": "fi", "fil": "ph", "fr": "fr", "he": "co.il",
    "hi": "in", "hu": "hu", "id": "co.id", "it": "it", "ja": "jp", "ko": "kr", "nb": "no",
    "nl": "nl", "pl": "pl", "pt": "com.br", "ro": "ro", "ru": "ru", "sk": "sk", "sv": "se",
    "th": "co.th", "tr": "com.tr", "uk": "ua", "vi": "vn", "zh": "cn",
}  # fmt: skip
_COUNTRY_SHARE = 3
_FIELDS = ("text", "author", "url", "email", "permalink")
_RESERVED = re.compile(r"((?:[\w-]+\.)+)(?:example(?:\.(?:com|net|org))?|test|invalid)\b")


def with_common_endings(row: LabelledRow) -> LabelledRow:
    """Return the row with each reserved host under a common or the language's ending.

    The same host of a language gets the same ending everywhere, whatever the label.
    """
    endings = COMMON + (COUNTRIES.get(row.lang, "com"),) * _COUNTRY_SHARE

    def exchanged(found: re.Match[str]) -> str:
        return found[1] + endings[zlib.crc32(found[1].lower().encode()) % len(endings)]

    return msgspec.structs.replace(
        row, **{field: _RESERVED.sub(exchanged, getattr(row, field)) for field in _FIELDS}
    )
