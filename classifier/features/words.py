"""Words, pairs of words and ideographs of a normalised text."""

from __future__ import annotations

import numpy as np

from classifier.compiled import inlined, unmanaged
from classifier.features.characters import HAN, KANA, UNSPACED
from classifier.features.emission import CJK_TAG, PAIR_TAG, emit
from classifier.features.hashing import finish, step
from classifier.features.normalise import CODE_MASK, script_of
from classifier.features.tokens import in_word, is_dense
from classifier.features.topics import is_unspaced, may_open, may_open_unspaced, topic_at

SALT_WORD = np.uint64(0x5851F42D4C957F2D)
_SALT_PAIR = np.uint64(0x14057B7EF767814F)
_SALT_CJK = np.uint64(0x2545F4914F6CDD1D)
_DENSE = np.uint32(1 << HAN | 1 << KANA)
_NOT_SPACED = np.uint32(-1 << UNSPACED & 0xFFFF)


@unmanaged
def emit_words(
    text, at, n, tokens, count, scripts, codes, k, room, seen, places, field, tag, topics, known,
    trie,
):  # fmt: skip
    """Emit words, pairs and ideographs of a text and count its topics.

    `scripts` has a bit for each script of the text; `topics` (int64 by reason) is added to;
    `known` is the page's words as a bit set, or empty. Return (k, new words, words known).
    """
    count_topics(text, n, tokens, count, scripts, topics, trie)
    hashes, firsts, ends = tokens[:3]
    new, common, previous = 0, 0, np.uint64(0)
    for token in range(count):
        h, first, stop = hashes[token], np.int64(firsts[token]), np.int64(ends[token])
        if scripts & _DENSE and is_dense(text[first]):
            k, fresh, met = _ideograph(text, at, first, codes, k, room, seen, places, field, known)
            new += fresh
            common += met
            continue
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
def emit_words_alone(at, tokens, count, codes, k, room, seen, places, field, tag):
    """Emit the words of a text without pairs and topics."""
    hashes, firsts, ends = tokens[:3]
    for token in range(count):
        if k >= room:
            break
        start, end = at[firsts[token]], at[ends[token] - 1] + 1
        k = emit(codes, k, seen, places, field, start, end, tag, hashes[token] ^ SALT_WORD)
    return k


@unmanaged
def count_topics(text, n, tokens, count, scripts, topics, trie):
    """Count the topics that words start with and, where words are not spaced, all characters."""
    hashes, firsts, ends, _, chosen, sums, powers, _ = tokens
    if scripts & _NOT_SPACED:
        _unspaced_topics(text, n, firsts[:count], ends, topics, trie)
    some = np.uint64(0)
    for token in range(count):
        first, end = np.uint64(firsts[token]), np.uint64(ends[token])
        chosen[some] = token
        some += may_open(sums, powers, hashes[token], first, end, trie[2])
    for choice in range(some):
        first = np.int64(firsts[chosen[choice]])
        if not scripts & _NOT_SPACED or not _is_unspaced(text, first, ends[chosen[choice]]):
            topics[topic_at(text, first, n, trie)] += 1


@unmanaged
def _unspaced_topics(text, n, firsts, ends, topics, trie):
    """Count the topics that start in words and characters of scripts written without spaces."""
    for token in range(len(firsts)):
        first, stop = np.int64(firsts[token]), np.int64(ends[token])
        if not _is_unspaced(text, first, stop):
            continue
        last = stop if _has_unspaced(text, first, stop) else first + 1
        for i in range(first, last):
            if not is_unspaced(text[i]) or may_open_unspaced(text, i, trie[2]):
                topics[topic_at(text, i, n, trie)] += 1


@unmanaged
def _is_unspaced(text, first, stop):
    return is_unspaced(text[first]) or _has_unspaced(text, first, stop)


@unmanaged
def _has_unspaced(text, first, stop):
    found = False
    for i in range(first, stop):
        found |= script_of(text[i]) == UNSPACED
    return found


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
