"""Names of hosts that look like others (UTS #39, RFC 3492)."""

from __future__ import annotations

import unicodedata

from moderation.domain import wording
from moderation.domain.addresses import ascii_label, unicode_label


def look_alike(host: str) -> tuple[str, str]:
    """Return a host's name in ASCII and the name in Latin letters that it looks like.

    Both are '' where it looks like no other: it has Latin letters alone, or some for which no
    Latin one can be taken.
    """
    name = unicodedata.normalize("NFKC", host.lower())
    labels = [unicode_label(label) for label in name.split(".")]
    seen = ".".join(map(wording.in_latin_letters, labels))
    if seen == name or not seen.isascii():
        return "", ""
    return ".".join(map(ascii_label, labels)), seen
