"""Words, pairs of words and ideographs of a normalised text."""

from __future__ import annotations

import numpy as np

from classifier.compiled import inlined, unmanaged
from classifier.features.emit import CJK_TAG, PAIR_TAG, emit
from classifier.features.hashing import finish, step
from classifier.features.normalise import CODE_MASK
from classifier.features.tokens import IN_UNSPACED, IS_DENSE, SIZE_SHIFT, in_word, is_dense
from classifier.features.topics import may_open, topic_at

SALT_WORD = np.uint64(0x5851F42D4C957F2D)
_SALT_PAIR = np.uint64(0x14057B7EF767814F)
_SALT_CJK = np.uint64(0x2545F4914F6CDD1D)


@unmanaged
def words(
    text, at, n, tokens, count, codes, k, room, seen, places, field, tag, topics, known, trie
):
    """Emit words, pairs and ideographs of a text and count its topics.

    `topics` (int64 by reason) is added to; `known` is the page's words as a bit set, or empty.
    Returns (k, new words, words known).
    """
    (hashes, infos, ends, _), (_, _, _, openings) = tokens, trie
    new, common, previous = 0, 0, np.uint64(0)
    for token in range(count):
        h, info, stop = hashes[token], infos[token], np.int64(ends[token])
        first = stop - np.int64(info >> SIZE_SHIFT)
        if may_open(text, first, openings):
            topics[topic_at(text, first, n, trie)] += 1
        if info & IS_DENSE:
            k, fresh, met = _ideograph(text, at, first, codes, k, room, seen, places, field, known)
            new += fresh
            common += met
            continue
        if info & IN_UNSPACED:
            for i in range(first + 1, stop):
                if may_open(text, i, openings):
                    topics[topic_at(text, i, n, trie)] += 1
        if k < room:
            start, end, before = at[first], at[stop - 1] + 1, k
            k = emit(codes, k, seen, places, field, start, end, tag, h ^ SALT_WORD)
            new += k - before
            if token > 0:
                pair = finish(previous) + h ^ _SALT_PAIR
                k = emit(codes, k, seen, places, field, start, end, PAIR_TAG, pair)
        previous = h
        if len(known) and stop - first > 2:
            common += _is_known(known, h)
    return k, new, common


@unmanaged
def _ideograph(text, at, i, codes, k, room, seen, places, field, known):
    """Emit a character of a script without words alone and with the one before it."""
    c, common, before = np.uint64(text[i] & CODE_MASK), 0, k
    if k >= room:
        return k, 0, 0
    k = emit(codes, k, seen, places, field, at[i], at[i] + 1, CJK_TAG, c ^ _SALT_CJK)
    new = k - before
    if i > 0 and is_dense(text[i - 1]):
        two = step(np.uint64(text[i - 1] & CODE_MASK), c)
        k = emit(codes, k, seen, places, field, at[i - 1], at[i] + 1, CJK_TAG, two ^ _SALT_CJK)
        if len(known):
            common = _is_known(known, two)
    return k, new, common


@inlined
def _is_known(known, h):
    bucket = finish(h) >> np.uint64(48)
    return np.int64((known[bucket >> np.uint64(6)] >> (bucket & np.uint64(63))) & np.uint64(1))


@unmanaged
def remember_words(text, n, known):
    """Set the bit of every word (or pair of ideographs) of a page's text."""
    h, size = np.uint64(0), 0
    for i in range(n + 1):
        value = text[i]
        if in_word(value):
            h = step(h, np.uint64(value & CODE_MASK))
            size += 1
            continue
        if size > 2:
            _remember(known, h)
        h, size = np.uint64(0), 0
        if is_dense(value) and i > 0 and is_dense(text[i - 1]):
            _remember(known, step(np.uint64(text[i - 1] & CODE_MASK), np.uint64(value & CODE_MASK)))


@inlined
def _remember(known, h):
    bucket = finish(h) >> np.uint64(48)
    known[bucket >> np.uint64(6)] |= np.uint64(1) << (bucket & np.uint64(63))
