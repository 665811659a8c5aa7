"""The fused kernel: all feature codes of a batch of rows, one row after another.

A row is looked at by itself, so its features do not depend on the batch it came in; everything
is linear in the length of its fields.
"""

from __future__ import annotations

import numpy as np

from classifier.compiled import unmanaged
from classifier.features.counts import count_shape
from classifier.features.disguises import disguises
from classifier.features.emit import WORD_TAG
from classifier.features.fields import (
    AUTHOR,
    CONTEXT,
    EMAIL,
    FIELDS,
    FIRST_TOPIC,
    HONEYPOT,
    LAST_TOPIC,
    TEXT,
    TYPE,
    URL,
    author,
    behind_at_sign,
    email,
    kind_of_comment,
)
from classifier.features.grams import FRONT, char_grams
from classifier.features.groups import GROUP_SHIFT, REASON_SHIFT, TOPIC
from classifier.features.hashing import finish
from classifier.features.links import HYPHENS, PATH_PARTS, SITE, link, links
from classifier.features.normalise import BLANK, normalise
from classifier.features.scratch import LONGEST_TEXT
from classifier.features.shape import POSITION
from classifier.features.tokens import find_tokens
from classifier.features.topics import LOOK_AHEAD
from classifier.features.words import remember_words, words

FIELD_COUNT = len(FIELDS)
MOST_WORDS, MOST_CODES = 1200, 2048
SHORT_FIELD = 2048
ROOM = MOST_CODES + 512
"""Codes that a row can have at most (grams stop at MOST_CODES; author, link and shape follow)."""

_P = POSITION
_LINKS, _PER_WORD, _ADDRESSES = _P["links"], _P["links_per_word"], _P["addresses"]
_BREAKS, _INVISIBLE, _DISGUISED = _P["line_breaks"], _P["invisible"], _P["disguised"]
_SPACED, _REPEATED, _OVERLAP = _P["spaced"], _P["repeated_words"], _P["overlap"]
_A_ADDRESS, _U_PATH, _U_HYPHENS = _P["author_is_address"], _P["url_path"], _P["url_hyphens"]
_SAME_HOST, _HONEYPOT, _HAS_URL = _P["same_host"], _P["honeypot"], _P["has_url"]
_HURRIED, _SECONDS = _P["hurried"], _P["form_seconds"]
_SALT_TOPIC = np.uint64(0x1F83D9ABFB41BD6B)
_BUCKET_SHIFT = np.uint64(44)


@unmanaged
def _text(raw, b, page, codes, k, seen, places, t, s, v):
    """Emit what the text says; return (k, links, share of its words that the page has)."""
    padded, at, padded_looks, looks_at, tokens, block, _, _, topics, found, hosts, _, _, _ = s
    folding, look_alikes, suffixes, trie, _, _ = t
    norm, looks = padded[FRONT:], padded_looks[FRONT:]
    room, most = k + MOST_WORDS, k + MOST_CODES
    stop = min(b[TEXT + 1], b[TEXT] + LONGEST_TEXT)
    n, v[_BREAKS], v[_INVISIBLE] = normalise(raw, b[TEXT], stop, norm, at, folding)
    norm[n : n + LOOK_AHEAD] = BLANK
    total, signed = find_tokens(norm, n, tokens)
    signs = tokens[3][:signed]
    linked, styled = count_shape(norm, n, signs, v)
    k, new, common = words(
        norm, at, n, tokens, total, codes, k, room, seen, places, TEXT, WORD_TAG,
        topics, page, trie,
    )  # fmt: skip
    m, v[_DISGUISED], v[_SPACED] = disguises(
        norm, at, n, tokens, total, styled, looks, looks_at, look_alikes
    )
    if m > 0:
        looks[m : m + LOOK_AHEAD] = BLANK
        tokens = (tokens[0], tokens[1], tokens[2], tokens[3][signed:])
        count, _ = find_tokens(looks, m, tokens)
        k, _, _ = words(
            looks, looks_at, m, tokens, count, codes, k, room, seen, places, TEXT, WORD_TAG,
            topics, page[:0], trie,
        )  # fmt: skip
    v[_REPEATED] = 1 - new / total if total >= 8 else 0
    number, addresses = 0, 0
    if linked:
        k, number, addresses = links(
            norm, at, n, signs, codes, k, room + 256, seen, places, TEXT, suffixes, found, hosts
        )
    v[_LINKS], v[_ADDRESSES], v[_PER_WORD] = number, addresses, number / max(total, 4)
    k = char_grams(padded, at, n, block, codes, k, most, seen, places, TEXT)
    if m > 0:
        k = char_grams(padded_looks, looks_at, m, block, codes, k, most, seen, places, TEXT)
    return k, number, common / max(total, 1)


@unmanaged
def _rest(raw, b, number, codes, k, seen, places, t, s, v):
    """Emit what author, address, e-mail and kind of comment say; `number` links are in the text."""
    padded, at, _, _, tokens, _, _, known, topics, found, hosts, _, _, _ = s
    folding, _, suffixes, trie, disposable, _ = t
    norm = padded[FRONT:]
    if b[AUTHOR + 1] > b[AUTHOR]:
        stop = min(b[AUTHOR + 1], b[AUTHOR] + SHORT_FIELD)
        n, _, _ = normalise(raw, b[AUTHOR], stop, norm, at, folding)
        norm[n : n + LOOK_AHEAD] = BLANK
        k, signed = author(norm, at, n, tokens, codes, k, seen, places, topics, known, trie, v)
        if signed:
            k, named, addresses = links(
                norm,
                at,
                n,
                tokens[3][:signed],
                codes,
                k,
                k + 64,
                seen,
                places,
                AUTHOR,
                suffixes,
                found,
                hosts[:0],
            )
            v[_A_ADDRESS] = named + addresses
    if b[URL + 1] > b[URL]:
        stop = min(b[URL + 1], b[URL] + SHORT_FIELD)
        n, _, _ = normalise(raw, b[URL], stop, norm, at, folding)
        v[_HAS_URL] = 1
        k = link(norm, at, 0, n, codes, k, k + 64, seen, places, URL, suffixes, found)
        v[_U_PATH], v[_U_HYPHENS] = found[PATH_PARTS], found[HYPHENS]
        for i in range(min(number, len(hosts))):
            v[_SAME_HOST] += hosts[i] == found[SITE]
    if b[EMAIL + 1] > b[EMAIL]:
        begin = behind_at_sign(raw, b[EMAIL], b[EMAIL + 1])
        if b[EMAIL + 1] > begin:
            stop = min(b[EMAIL + 1], begin + SHORT_FIELD)
            n, _, _ = normalise(raw, begin, stop, norm, at, folding)
            k = email(norm, n, codes, k, seen, places, disposable, v)
    if b[TYPE + 1] > b[TYPE]:
        k = kind_of_comment(raw, b[TYPE], b[TYPE + 1], codes, k, seen, places)
    return k


@unmanaged
def _topics(codes, k, topics):
    """Emit a code for one, two, four and eight mentions of each topic, and count none again."""
    for reason in range(FIRST_TOPIC, LAST_TOPIC + 1):
        count = topics[reason]
        for number in range(4):
            if count < (1 << number):
                break
            bucket = finish(np.uint64(reason * 8 + number) ^ _SALT_TOPIC) >> _BUCKET_SHIFT
            codes[k] = np.uint64(TOPIC << GROUP_SHIFT | reason << REASON_SHIFT) | bucket
            k += 1
    return k


@unmanaged
def _shape(codes, k, v, shape):
    """Emit the code of every step that a measure reaches."""
    starts, steps, names = shape
    used = np.uint64(k)
    for measure in range(len(v)):
        for i in range(starts[measure], starts[measure + 1]):
            codes[used] = names[i]
            used += np.uint64(v[measure] >= steps[i])
    return np.int64(used)


@unmanaged
def extract(raw, lengths, form_ms, overlap, codes, starts, places, t, s):
    """Write the codes of all rows one after another; starts[i + 1] is the end of row i.

    raw: uint32 code points of all fields; lengths: int64[rows × fields]; form_ms, overlap:
    float64, −1 unknown (overlap is given back where it was computed); codes: uint32 with ROOM to
    spare; places: int64[n, 4], where each feature of the one row stands if n > 1.
    """
    padded, at, _, _, _, _, stamps, known, topics, _, _, v, b, stamp = s
    k = 0
    b[0] = 0
    for row in range(len(form_ms)):
        for field in range(FIELD_COUNT):
            b[field + 1] = b[field] + lengths[row * FIELD_COUNT + field]
        starts[row] = k
        stamp[0] += 1
        if stamp[0] == 0:
            stamps[:] = 0
            stamp[0] = 1
        seen = (stamps, stamp[0])
        topics[FIRST_TOPIC : LAST_TOPIC + 1] = 0
        v[:] = 0
        page = known[:0]
        if b[CONTEXT + 1] > b[CONTEXT] and overlap[row] < 0:
            page = known
            page[:] = 0
            stop = min(b[CONTEXT + 1], b[CONTEXT] + LONGEST_TEXT)
            n, _, _ = normalise(raw, b[CONTEXT], stop, padded[FRONT:], at, t[0])
            remember_words(padded[FRONT:], n, page)
        k, number, share = _text(raw, b, page, codes, k, seen, places, t, s, v)
        if len(page):
            overlap[row] = share
        k = _topics(codes, k, topics)
        topics[FIRST_TOPIC : LAST_TOPIC + 1] = 0
        k = _rest(raw, b, number, codes, k, seen, places, t, s, v)
        v[_OVERLAP] = overlap[row]
        v[_HONEYPOT] = b[HONEYPOT + 1] > b[HONEYPOT]
        v[_HURRIED] = 0 if form_ms[row] < 0 or form_ms[row] >= 4000 else 1 + (form_ms[row] < 1500)
        v[_SECONDS] = form_ms[row] / 1000
        k = _shape(codes, k, v, t[5])
        b[0] = b[FIELD_COUNT]
    starts[len(form_ms)] = k
    return k
