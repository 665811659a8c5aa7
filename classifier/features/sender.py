"""What author, address, e-mail and kind of a comment say."""

from __future__ import annotations

import numpy as np

from classifier.compiled import inlined, unmanaged
from classifier.features.emission import ADDRESS_CHAR_TAG, AUTHOR_CHAR_TAG
from classifier.features.fields import (
    AUTHOR,
    EMAIL,
    TYPE,
    URL,
    author,
    behind_at_sign,
    email,
    kind_of_comment,
)
from classifier.features.grams import char_grams, hash_grams
from classifier.features.habits import (
    emit_address_habits,
    emit_circumstances,
    emit_name_habits,
)
from classifier.features.links import HYPHENS, PATH_PARTS, SITE, emit_links, link
from classifier.features.normalise import BLANK, FRONT
from classifier.features.reading import read
from classifier.features.shape import POSITION
from classifier.features.tokens import BEHIND

SHORT_FIELD = 2048
AUTHOR_GRAMS, ADDRESS_GRAMS = 256, 256
_P = POSITION
_LENGTH, _HAS_URL, _SAME_HOST = _P["length"], _P["has_url"], _P["same_host"]
_A_ADDRESS, _A_IN_TEXT = _P["author_is_address"], _P["author_in_text"]
_U_PATH, _U_HYPHENS = _P["url_path"], _P["url_hyphens"]
_AUTHOR_CHARS, _ADDRESS_CHARS = np.uint32(AUTHOR_CHAR_TAG), np.uint32(ADDRESS_CHAR_TAG)


@inlined
def emit_sender(raw, begins, ends, as_sent, number, codes, k, seen, places, t, s, v):
    """Emit what author, address, e-mail and kind of comment say; `number` links are in the text."""
    padded, at, tokens, grams, known, topics = s[0], s[1], s[4], s[5], s[8], s[9]
    found, hosts = s[10], s[11]
    suffixes, tries, disposable, room_to_read = t[2], (t[3], t[6]), t[4], s[14]
    norm, head, words = padded[FRONT:], np.uint64(0), 0
    named, addressed = ends[AUTHOR] > begins[AUTHOR], ends[URL] > begins[URL]
    if named:
        stop = min(ends[AUTHOR], begins[AUTHOR] + SHORT_FIELD)
        n, _, _ = read(raw, begins[AUTHOR], stop, as_sent, True, padded, at, t[0], room_to_read)
        norm[n : n + BEHIND] = BLANK
        k, n, signed = author(norm, at, n, tokens, codes, k, seen, places, topics, known, tries, v)
        if signed:
            k, links, addresses = emit_links(
                norm, at, n, tokens[3][:signed], codes, k, k + 64, seen, places, AUTHOR, suffixes,
                found, hosts[:0],
            )  # fmt: skip
            v[_A_ADDRESS] = links + addresses
        hash_grams(padded, n, _AUTHOR_CHARS, grams)
        k = char_grams(grams, at, n, codes, k, k + AUTHOR_GRAMS, seen, places, AUTHOR)
        k, words, head = emit_name_habits(
            padded, at, n, v[_A_ADDRESS] > 0, v[_A_IN_TEXT] > 0, codes, k, seen, places
        )
    if addressed:
        stop = min(ends[URL], begins[URL] + SHORT_FIELD)
        n, _, _ = read(raw, begins[URL], stop, as_sent, False, padded, at, t[0], room_to_read)
        v[_HAS_URL] = 1
        k = link(norm, at, 0, n, codes, k, k + 64, seen, places, URL, suffixes, found)
        v[_U_PATH], v[_U_HYPHENS] = found[PATH_PARTS], found[HYPHENS]
        for i in range(min(number, len(hosts))):
            v[_SAME_HOST] += hosts[i] == found[SITE]
        hash_grams(padded, n, _ADDRESS_CHARS, grams)
        k = char_grams(grams, at, n, codes, k, k + ADDRESS_GRAMS, seen, places, URL)
        k = emit_address_habits(norm, n, np.int64(v[_U_HYPHENS]), head, codes, k, seen)
    if named:
        size = np.int64(v[_LENGTH])
        k = emit_circumstances(addressed, number, size, words, codes, k, seen)
    if ends[EMAIL] > begins[EMAIL]:
        stop = min(ends[EMAIL], begins[EMAIL] + SHORT_FIELD)
        n, _, _ = read(raw, begins[EMAIL], stop, False, False, padded, at, t[0], room_to_read)
        first = behind_at_sign(norm, n)
        if n > first:
            k = email(norm[first:], n - first, codes, k, seen, places, disposable, v)
    if ends[TYPE] > begins[TYPE]:
        k = kind_of_comment(raw, begins[TYPE], ends[TYPE], codes, k, seen, places)
    return k


@unmanaged
def domain_in(raw, size, padded, at, tables, room):
    """Return where the domain of raw[:size], an e-mail address as it was sent, begins there."""
    n, _, _ = read(raw, 0, size, False, False, padded, at, tables, room)
    return at[min(behind_at_sign(padded[FRONT:], n), n)]
