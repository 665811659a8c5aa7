"""Author, e-mail address and kind of a comment."""

from __future__ import annotations

import numpy as np

from classifier.compiled import unmanaged
from classifier.features.apart import SPACED_OUT, join_letters
from classifier.features.characters import DIGIT, LETTER, MARK
from classifier.features.emission import AUTHOR_TAG, EMAIL_TAG, TYPE_TAG, emit, was_seen
from classifier.features.hashing import finish, step
from classifier.features.lexicon import TRADE
from classifier.features.normalise import BLANK, CODE_MASK, class_of
from classifier.features.shape import POSITION
from classifier.features.tokens import BEHIND, find_tokens
from classifier.features.words import SALT_WORD, count_topics, emit_words
from classifier.reasons import INDEX

TEXT, AUTHOR, URL, HONEYPOT, TYPE, EMAIL, CONTEXT = range(7)
FIELDS = ("text", "author", "url", "honeypot", "type", "email", "context")
FIRST_TOPIC, LAST_TOPIC = INDEX["topic_pharmacy"], INDEX["topic_offer"]

_A_WORDS, _A_DIGITS = POSITION["author_words"], POSITION["author_digits"]
_A_TOPICS, _A_IN_TEXT = POSITION["author_topics"], POSITION["author_in_text"]
_A_TRADES = POSITION["author_trades"]
_HAS_AUTHOR, _HAS_EMAIL = POSITION["has_author"], POSITION["has_email"]
_DISPOSABLE = POSITION["disposable"]
_SALT_NAME = np.uint64(0x7A3646F8A7E5F5B1)
_SALT_EMAIL = np.uint64(0x3C6EF372FE94F82B)
_SALT_TYPE = np.uint64(0x510E527FADE682D1)
_AUTHOR_WORDS = 64
_AT_SIGN = 64


@unmanaged
def author(norm, at, n, tokens, codes, k, seen, places, topics, known, tries, v):
    """Emit the author's name: its words, the whole, and what its shape says; return (k, length of
    the name with letters joined, signs).

    BEHIND blanks stand behind it; `topics` must count none yet.
    """
    v[_HAS_AUTHOR] = 1
    total, signed, scripts = find_tokens(norm, n, tokens)
    if total >= SPACED_OUT:
        n, _ = join_letters(norm, at, n, tokens, total)
        norm[n : n + BEHIND] = BLANK
        total, signed, scripts = find_tokens(norm, n, tokens)
    h, size, whole = np.uint64(0), 0, np.uint64(0)
    for i in range(n + 1):
        kind = class_of(norm[i])
        if LETTER <= kind <= MARK:
            h = step(h, np.uint64(norm[i] & CODE_MASK))
            whole = step(whole, np.uint64(norm[i] & CODE_MASK))
            v[_A_DIGITS] += kind == DIGIT
            size += 1
            continue
        if size > 2:
            v[_A_IN_TEXT] += was_seen(seen, h ^ SALT_WORD)
        h, size = np.uint64(0), 0
    k, _, _ = emit_words(
        norm, at, n, tokens, total, scripts, codes, k, k + _AUTHOR_WORDS, seen, places,
        AUTHOR, AUTHOR_TAG, topics, known[:0], tries[0],
    )  # fmt: skip
    first = at[0] if n > 0 else 0  # Of a name of blanks nothing is left: it stands for all of it.
    k = emit(codes, k, seen, places, AUTHOR, first, at[n], AUTHOR_TAG, whole ^ _SALT_NAME)
    v[_A_WORDS] = total
    topics[TRADE] = 0
    count_topics(norm, n, tokens, total, scripts, topics, tries[1])
    v[_A_TRADES] = topics[TRADE]
    for topic in range(FIRST_TOPIC, LAST_TOPIC + 1):
        v[_A_TOPICS] += topics[topic]
    return k, n, signed


@unmanaged
def behind_at_sign(norm, n):
    """Return where the domain of a folded e-mail address begins; one without an at sign is one."""
    for i in range(n - 1, -1, -1):
        if norm[i] & CODE_MASK == _AT_SIGN:
            return i + 1 + (norm[i + 1] == BLANK)
    return 0


@unmanaged
def email(norm, n, codes, k, seen, places, disposable, v):
    """Emit the domain of the author's e-mail address."""
    v[_HAS_EMAIL] = 1
    h = np.uint64(0)
    for i in range(n - 1, -1, -1):
        h = step(h, np.uint64(norm[i] & CODE_MASK))
    v[_DISPOSABLE] = _contains(disposable, finish(h) | np.uint64(1))
    return emit(codes, k, seen, places, EMAIL, 0, 0, EMAIL_TAG, h ^ _SALT_EMAIL)


@unmanaged
def _contains(keys, key):
    mask = len(keys) - 1
    slot = np.int64(key >> np.uint64(40)) & mask
    while keys[slot] != 0:
        if keys[slot] == key:
            return 1
        slot = (slot + 1) & mask
    return 0


@unmanaged
def kind_of_comment(raw, begin, end, codes, k, seen, places):
    """Emit what kind of comment the caller says it is."""
    h = np.uint64(0)
    for i in range(begin, min(end, begin + 64)):
        h = step(h, np.uint64(raw[i]))
    return emit(codes, k, seen, places, TYPE, 0, 0, TYPE_TAG, h ^ _SALT_TYPE)
