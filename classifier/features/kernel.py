"""The fused kernel: all feature codes of a batch of rows, one row after another.

A row is looked at by itself, so its features do not depend on the batch it came in; everything
is linear in the length of its fields.
"""

from __future__ import annotations

import numpy as np

from classifier.compiled import inlined, unmanaged
from classifier.features.counts import count_shape
from classifier.features.disguises import count_disguises
from classifier.features.emission import WORD_TAG
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
from classifier.features.grams import char_grams, hash_grams
from classifier.features.groups import GROUP_SHIFT, REASON_SHIFT, TOPIC
from classifier.features.hashing import finish
from classifier.features.links import HYPHENS, PATH_PARTS, SITE, emit_links, link
from classifier.features.normalise import BLANK, FRONT, normalise_text
from classifier.features.scratch import LONGEST_TEXT
from classifier.features.shape import POSITION
from classifier.features.tokens import BEHIND, find_tokens
from classifier.features.words import emit_words, remember_words
from classifier.scoring import BASE_MASK, base_size, dot

USUAL = URL + 1
RARE = len(FIELDS) - USUAL
"""Fields that comments always have, and those that few have."""
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


@inlined
def _text(raw, begins, ends, page, codes, k, seen, places, t, s, v):
    """Emit what the text says; return (k, links, share of its words that the page has)."""
    padded, at, padded_looks, looks_at, tokens, grams, look_grams, _, _ = s[:9]
    topics, found, hosts = s[9:12]
    folding, look_alikes, suffixes, trie, _, _ = t
    norm, looks = padded[FRONT:], padded_looks[FRONT:]
    room, most = k + MOST_WORDS, k + MOST_CODES
    stop = min(ends[TEXT], begins[TEXT] + LONGEST_TEXT)
    n, v[_BREAKS], v[_INVISIBLE] = normalise_text(raw, begins[TEXT], stop, padded, at, folding)
    norm[n : n + BEHIND] = BLANK
    total, signed, scripts = find_tokens(norm, n, tokens)
    signs = tokens[3][:signed]
    linked, odd = count_shape(padded, n, signs, scripts, v)
    k, new, common = emit_words(
        norm, at, n, tokens, total, scripts, codes, k, room, seen, places, TEXT, WORD_TAG,
        topics, page, trie,
    )  # fmt: skip
    m = 0
    if odd:
        m, v[_DISGUISED], v[_SPACED] = count_disguises(
            norm, at, n, tokens, total, looks, looks_at, look_alikes
        )
    if m > 0:
        looks[m : m + BEHIND] = BLANK
        hashes, firsts, stops, others, chosen, sums, powers, inverse = tokens
        tokens = (hashes, firsts, stops, others[signed:], chosen, sums, powers, inverse)
        count, _, scripts = find_tokens(looks, m, tokens)
        k, _, _ = emit_words(
            looks, looks_at, m, tokens, count, scripts, codes, k, room, seen, places, TEXT,
            WORD_TAG, topics, page[:0], trie,
        )  # fmt: skip
    v[_REPEATED] = 1 - new / total if total >= 8 else 0
    number, addresses = 0, 0
    if linked:
        k, number, addresses = emit_links(
            norm, at, n, signs, codes, k, room + 256, seen, places, TEXT, suffixes, found, hosts
        )
    v[_LINKS], v[_ADDRESSES], v[_PER_WORD] = number, addresses, number / max(total, 4)
    hash_grams(padded, n, grams)
    k = char_grams(grams, at, n, codes, k, most, seen, places, TEXT)
    if m > 0:
        hash_grams(padded_looks, m, look_grams)
        k = char_grams(look_grams, looks_at, m, codes, k, most, seen, places, TEXT)
    return k, number, common / max(total, 1)


@inlined
def _rest(raw, begins, ends, number, codes, k, seen, places, t, s, v):
    """Emit what author, address, e-mail and kind of comment say; `number` links are in the text."""
    padded, at, _, _, tokens, _, _, _, known, topics, found, hosts, _, _, _, _ = s
    folding, _, suffixes, trie, disposable, _ = t
    norm = padded[FRONT:]
    if ends[AUTHOR] > begins[AUTHOR]:
        stop = min(ends[AUTHOR], begins[AUTHOR] + SHORT_FIELD)
        n, _, _ = normalise_text(raw, begins[AUTHOR], stop, padded, at, folding)
        norm[n : n + BEHIND] = BLANK
        k, signed = author(norm, at, n, tokens, codes, k, seen, places, topics, known, trie, v)
        if signed:
            k, named, addresses = emit_links(
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
    if ends[URL] > begins[URL]:
        stop = min(ends[URL], begins[URL] + SHORT_FIELD)
        n, _, _ = normalise_text(raw, begins[URL], stop, padded, at, folding)
        v[_HAS_URL] = 1
        k = link(norm, at, 0, n, codes, k, k + 64, seen, places, URL, suffixes, found)
        v[_U_PATH], v[_U_HYPHENS] = found[PATH_PARTS], found[HYPHENS]
        for i in range(min(number, len(hosts))):
            v[_SAME_HOST] += hosts[i] == found[SITE]
    if ends[EMAIL] > begins[EMAIL]:
        begin = behind_at_sign(raw, begins[EMAIL], ends[EMAIL])
        if ends[EMAIL] > begin:
            stop = min(ends[EMAIL], begin + SHORT_FIELD)
            n, _, _ = normalise_text(raw, begin, stop, padded, at, folding)
            k = email(norm, n, codes, k, seen, places, disposable, v)
    if ends[TYPE] > begins[TYPE]:
        k = kind_of_comment(raw, begins[TYPE], ends[TYPE], codes, k, seen, places)
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
def _place_fields(lengths, first, begin, count, begins, ends):
    """Write where `count` fields of a row stand, the first of them at `begin`; return the end."""
    for field in range(count):
        begins[field] = begin
        begin += lengths[first + field]
        ends[field] = begin
    return begin


@unmanaged
def _knows_page(raw, begin, end, t, s):
    """Note the words of the page that the comment stands on; return whether there is text of it."""
    padded, at, _, _, _, _, _, _, known, _, _, _, _, _, _, _ = s
    if end > begin:
        known[:] = 0
        n, _, _ = normalise_text(raw, begin, min(end, begin + LONGEST_TEXT), padded, at, t[0])
        remember_words(padded[FRONT:], n, known)
    return end > begin


@unmanaged
def extract(raw, lengths, form_ms, overlap, codes, starts, places, t, s, base, weights, products):
    """Write the codes of all rows one after another; starts[i + 1] is the end of row i.

    raw: uint32 code points of all rows' USUAL fields, then of their RARE ones if any row has one;
    lengths: int64, theirs; form_ms, overlap: float64, −1 unknown (overlap is given back where it
    was computed); codes: uint32 with ROOM to spare; places: int64[n, 4], where each feature of the
    one row stands if n > 1; base, weights: the base's table and its groups' weights; products:
    float64, each row's product with them, or empty if nobody asks.
    """
    _, _, _, _, _, _, _, stamps, known, topics, _, _, v, begins, ends, stamp = s
    k = 0
    begins[:], ends[:] = 0, 0
    rows = len(form_ms)
    place, behind = 0, lengths[: rows * USUAL].sum()
    for row in range(rows):
        place = _place_fields(lengths, row * USUAL, place, USUAL, begins, ends)
        if len(lengths) > rows * USUAL:
            behind = _place_fields(
                lengths, rows * USUAL + row * RARE, behind, RARE, begins[USUAL:], ends[USUAL:]
            )
        starts[row] = k
        stamp[0] += 1
        if stamp[0] == 0:
            stamps[:] = 0
            stamp[0] = 1
        seen = (stamps, stamp[0], base)
        topics[FIRST_TOPIC : LAST_TOPIC + 1] = 0
        v[:] = 0
        page = known[:0]
        if overlap[row] < 0 and _knows_page(raw, begins[CONTEXT], ends[CONTEXT], t, s):
            page = known
        k, number, share = _text(raw, begins, ends, page, codes, k, seen, places, t, s, v)
        if len(page):
            overlap[row] = share
        k = _topics(codes, k, topics)
        topics[FIRST_TOPIC : LAST_TOPIC + 1] = 0
        k = _rest(raw, begins, ends, number, codes, k, seen, places, t, s, v)
        v[_OVERLAP] = overlap[row]
        v[_HONEYPOT] = ends[HONEYPOT] > begins[HONEYPOT]
        v[_HURRIED] = 0 if form_ms[row] < 0 or form_ms[row] >= 4000 else 1 + (form_ms[row] < 1500)
        v[_SECONDS] = form_ms[row] / 1000
        k = _shape(codes, k, v, t[5])
        if len(products):
            product, length = dot(codes, starts[row], k, base, BASE_MASK, weights)
            products[row] = product * base_size(length)
    starts[rows] = k
    return k
