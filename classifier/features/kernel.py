"""The fused kernel: all feature codes of a batch of rows, one row after another.

A row is looked at by itself, so its features do not depend on the batch it came in; everything
is linear in the length of its fields.
"""

from __future__ import annotations

import numpy as np

from classifier.compiled import inlined, unmanaged
from classifier.features.apart import join_letters
from classifier.features.counts import count_shape
from classifier.features.disguises import count_disguises
from classifier.features.edges import emit_edges, emit_numbers, emit_signs
from classifier.features.emission import (
    ASIDE_MARK,
    CHAR_TAG,
    SENT_TAG,
    WORD_TAG,
)
from classifier.features.fields import (
    CONTEXT,
    FIELDS,
    FIRST_TOPIC,
    HONEYPOT,
    LAST_TOPIC,
    TEXT,
    URL,
)
from classifier.features.grams import char_grams, hash_grams
from classifier.features.groups import GROUP_SHIFT, REASON_SHIFT, TOPIC
from classifier.features.hashing import finish
from classifier.features.links import emit_links, schemes
from classifier.features.normalise import BLANK, FRONT
from classifier.features.parts import base_score
from classifier.features.reading import (
    DISGUISES,
    HIDDEN,
    KEPT,
    SENT,
    TAGS,
    TURNS,
    is_as_sent,
    read,
    read_hidden,
    read_stored,
)
from classifier.features.scratch import LONGEST_TEXT
from classifier.features.sender import ADDRESS_GRAMS, AUTHOR_GRAMS, emit_sender
from classifier.features.shape import POSITION
from classifier.features.tokens import BEHIND, find_tokens
from classifier.features.topics import topics_inside
from classifier.features.turning import copy_all
from classifier.features.words import emit_words, emit_words_alone, remember_words

_FIELDS = len(FIELDS)
_MOST_STAMPS = 255
USUAL = URL + 1
RARE = len(FIELDS) - USUAL
"""Fields that comments always have, and those that few have."""
MOST_WORDS, MOST_CODES = 1200, 2048
HIDDEN_WORDS, HIDDEN_CODES = 400, 1024
"""Codes of words, and all codes, that what visitors are not shown may have besides."""
MOST_SIGNS = 64
ROOM = MOST_CODES + AUTHOR_GRAMS + ADDRESS_GRAMS + 640 + HIDDEN_CODES + 128
"""Codes that a row can have at most (grams of the text stop at MOST_CODES; author, link and shape
follow)."""

_P = POSITION
_LINKS, _PER_WORD, _ADDRESSES = _P["links"], _P["links_per_word"], _P["addresses"]
_BREAKS, _INVISIBLE, _DISGUISED = _P["line_breaks"], _P["invisible"], _P["disguised"]
_TAGS, _ANCHORS, _HANDLES = _P["tags"], _P["anchors"], _P["handles"]
_SPACED, _REPEATED, _OVERLAP = _P["spaced"], _P["repeated_words"], _P["overlap"]
_HONEYPOT = _P["honeypot"]
_HURRIED, _SECONDS = _P["hurried"], _P["form_seconds"]
_SALT_TOPIC = np.uint64(0x1F83D9ABFB41BD6B)
_BUCKET_SHIFT = np.uint64(44)
_CHARS = np.uint32(CHAR_TAG)


@inlined
def _text(raw, begins, ends, as_sent, page, codes, k, seen, places, t, s, v):
    """Emit what the text says; return (k, links, share of its words that the page has, length of
    what visitors are not shown of it)."""
    padded, at, padded_looks, looks_at, tokens, grams, look_grams, _, _ = s[:9]
    topics, found, hosts, room_to_read, state = s[9], s[10], s[11], s[14], s[14][2]
    look_alikes, suffixes, trie = t[1], t[2], t[3]
    norm, looks = padded[FRONT:], padded_looks[FRONT:]
    room, most = k + MOST_WORDS, k + MOST_CODES
    stop = min(ends[TEXT], begins[TEXT] + LONGEST_TEXT)
    n, v[_BREAKS], v[_INVISIBLE] = read(
        raw, begins[TEXT], stop, as_sent, True, padded, at, t[0], room_to_read
    )
    norm[n : n + BEHIND] = BLANK
    total, signed, scripts = find_tokens(norm, n, tokens)
    linked, odd = count_shape(padded, n, tokens[3][:signed], scripts, v)
    sent = read_stored(t[0], room_to_read) if state[TURNS] else 0
    if odd:
        n, sent, v[_SPACED] = _join(norm, at, n, tokens, total, sent, room_to_read)
        if v[_SPACED] > 0:
            total, signed, scripts = find_tokens(norm, n, tokens)
            v[_TAGS] = v[_ANCHORS] = v[_HANDLES] = 0
            linked, odd = count_shape(padded, n, tokens[3][:signed], scripts, v)
    v[_TAGS] += state[TAGS]
    signs = tokens[3][:signed]
    k, new, common = emit_words(
        norm, at, n, tokens, total, scripts, codes, k, room, seen, places, TEXT, WORD_TAG,
        topics, page, trie,
    )  # fmt: skip
    k = emit_edges(norm, at, n, tokens, total, codes, k, seen, places, TEXT)
    k = emit_signs(norm, at, signs, codes, k, k + MOST_SIGNS, seen, places, TEXT)
    k = emit_numbers(norm, at, tokens, total, codes, k, k + MOST_SIGNS, seen, places, TEXT)
    if v[_SPACED] > 0:
        topics_inside(norm, tokens[1], tokens[2], total, topics, trie)
    m = 0
    if odd:
        m, v[_DISGUISED] = count_disguises(norm, at, n, tokens, total, looks, looks_at, look_alikes)
    v[_DISGUISED] += state[DISGUISES]
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
    hash_grams(padded, n, _CHARS, grams)
    k = char_grams(grams, at, n, codes, k, most, seen, places, TEXT)
    if m > 0:
        hash_grams(padded_looks, m, _CHARS, look_grams)
        k = char_grams(look_grams, looks_at, m, codes, k, most, seen, places, TEXT)
    if sent > 0:
        k, stored, addressed = _as_sent(sent, codes, k, most, seen, places, t, s)
        number, addresses = max(number, stored), max(addresses, addressed)
    hidden = read_hidden(t[0], room_to_read) if state[KEPT] else 0
    number += schemes(room_to_read[0][HIDDEN][FRONT:], hidden)
    v[_LINKS], v[_ADDRESSES], v[_PER_WORD] = number, addresses, number / max(total, 4)
    return k, number, common / max(total, 1), hidden


@unmanaged
def _hidden(n, codes, k, seen, places, t, s):
    """Emit the words and runs of characters of what visitors are not shown, each behind a mark, and
    its links."""
    tokens, grams, topics, room_to_read = s[4], s[5], s[9], s[14]
    padded, at = room_to_read[0][HIDDEN], room_to_read[1][HIDDEN]
    text, room = padded[FRONT:], k + HIDDEN_CODES
    text[n : n + BEHIND] = BLANK
    codes[k] = ASIDE_MARK
    total, signed, scripts = find_tokens(text, n, tokens)
    k, _, _ = emit_words(
        text, at, n, tokens, total, scripts, codes, k + 1, k + HIDDEN_WORDS, seen, places, TEXT,
        WORD_TAG, topics, s[8][:0], t[3],
    )  # fmt: skip
    codes[k] = ASIDE_MARK
    hash_grams(padded, n, _CHARS, grams)
    k = char_grams(grams, at, n, codes, k + 1, room, seen, places, TEXT)
    signs = tokens[3][:signed]
    return emit_links(
        text, at, n, signs, codes, k, k + 64, seen, places, TEXT, t[2], s[10], s[11][:0]
    )[0]


@unmanaged
def _join(norm, at, n, tokens, total, sent, room_to_read):
    """Join letters set apart; return the text's length, that of what was sent if it is another,
    and how many words were joined."""
    padded_sent, sent_at = room_to_read[0][SENT], room_to_read[1][SENT]
    if sent == 0:
        copy_all(norm[:n], padded_sent[FRONT:])
        copy_all(at[: n + 1], sent_at)
    size, joined = join_letters(norm, at, n, tokens, total)
    norm[size : size + BEHIND] = BLANK
    return size, (sent if sent > 0 or size == n else n), joined


@unmanaged
def _as_sent(n, codes, k, room, seen, places, t, s):
    """Emit the words and links of a text as it was sent where that is not what is read; return
    (k, links, addresses)."""
    tokens, found, hosts, room_to_read = s[4], s[10], s[11], s[14]
    text, at = room_to_read[0][SENT][FRONT:], room_to_read[1][SENT]
    text[n : n + BEHIND] = BLANK
    total, signed, _ = find_tokens(text, n, tokens)
    k = emit_words_alone(at, tokens, total, codes, k, room, seen, places, TEXT, SENT_TAG)
    return emit_links(
        text, at, n, tokens[3][:signed], codes, k, room, seen, places, TEXT, t[2], found, hosts
    )


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
    padded, at, known = s[0], s[1], s[8]
    if end > begin:
        known[:] = 0
        stop = min(end, begin + LONGEST_TEXT)
        n, _, _ = read(
            raw, begin, stop, is_as_sent(raw, begin, stop), True, padded, at, t[0], s[14]
        )
        remember_words(padded[FRONT:], n, known)
    return end > begin


@unmanaged
def extract(
    raw, lengths, form_ms, overlap, codes, starts, texts, places, t, s, base, weights, products
):
    """Write the codes of all rows one after another; starts[i + 1] is the end of row i,
    texts[i] how many codes it begins with that are of its text as visitors see it.

    raw: uint32 code points of all rows' USUAL fields, then of their RARE ones if any row has one;
    lengths: int64, theirs; form_ms, overlap: float64, −1 unknown (overlap is given back where it
    was computed); codes: uint32 with ROOM to spare; places: int64[n, 4], where each feature of the
    one row stands if n > 1; base, weights: the base's table and its blocks' lengths; products:
    float64, each row's product with them, or empty if nobody asks.
    """
    stamps, known, topics, v, bounds, factors = s[7], s[8], s[9], s[12], s[13], s[15]
    begins, ends, stamp = bounds[:_FIELDS], bounds[_FIELDS : 2 * _FIELDS], bounds[2 * _FIELDS :]
    k = 0
    bounds[: 2 * _FIELDS] = 0
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
        if stamp[0] > _MOST_STAMPS:
            stamps[:] = 0
            stamp[0] = 1
        seen = (stamps, np.uint8(stamp[0]), base)
        topics[FIRST_TOPIC : LAST_TOPIC + 1] = 0
        v[:] = 0
        page = known[:0]
        if overlap[row] < 0 and _knows_page(raw, begins[CONTEXT], ends[CONTEXT], t, s):
            page = known
        as_sent = is_as_sent(raw, begins[TEXT], ends[URL])
        k, number, share, hidden = _text(
            raw, begins, ends, as_sent, page, codes, k, seen, places, t, s, v
        )
        texts[row] = k - starts[row]
        if len(page):
            overlap[row] = share
        k = _topics(codes, k, topics)
        topics[FIRST_TOPIC : LAST_TOPIC + 1] = 0
        k = emit_sender(raw, begins, ends, as_sent, number, codes, k, seen, places, t, s, v)
        v[_OVERLAP] = overlap[row]
        v[_HONEYPOT] = ends[HONEYPOT] > begins[HONEYPOT]
        v[_HURRIED] = 0 if form_ms[row] < 0 or form_ms[row] >= 4000 else 1 + (form_ms[row] < 1500)
        v[_SECONDS] = form_ms[row] / 1000
        k = _shape(codes, k, v, t[5])
        if hidden > 0:
            k = _hidden(hidden, codes, k, seen, places, t, s)
        if len(products):
            products[row] = base_score(codes, starts[row], k, base, weights, factors)
    starts[rows] = k
    return k
