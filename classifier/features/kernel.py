"""The fused kernel: all feature codes of a batch of rows, one row after another.

A row is looked at by itself, so its features do not depend on the batch it came in; everything
is linear in the length of its fields.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from classifier.features import counts
from classifier.features.emit import AUTHOR_TAG, EMAIL_TAG, TYPE_TAG, WORD_TAG, emit, was_seen
from classifier.features.groups import GROUP_SHIFT, REASON_SHIFT, TOPIC
from classifier.features.hashing import finish, step
from classifier.features.lexicon import Trie
from classifier.features.links import HYPHENS, KIND, LINK, PATH_PARTS, SITE, link, links
from classifier.features.normalise import CODE_MASK, class_of, normalise
from classifier.features.shape import MEASURES, POSITION
from classifier.features.words import char_grams, remember_words, words
from classifier.reasons import INDEX

FIELDS = ("text", "author", "url", "honeypot", "type", "email", "context")
TEXT, AUTHOR, URL, HONEYPOT, TYPE, EMAIL, CONTEXT = range(len(FIELDS))

LONGEST_TEXT = 1 << 16
MOST_WORDS, MOST_CODES = 1200, 2048
SHORT_FIELD = 2048
ROOM = MOST_CODES + 512
"""Codes that a row can have at most (grams stop at MOST_CODES; author, link and shape follow)."""

_VALUES = len(MEASURES)
_P = POSITION
_LINKS, _PER_WORD, _ADDRESSES = _P["links"], _P["links_per_word"], _P["addresses"]
_BREAKS, _INVISIBLE, _DISGUISED = _P["line_breaks"], _P["invisible"], _P["disguised"]
_SPACED, _REPEATED, _OVERLAP = _P["spaced"], _P["repeated_words"], _P["overlap"]
_A_WORDS, _A_DIGITS, _A_TOPICS = _P["author_words"], _P["author_digits"], _P["author_topics"]
_A_ADDRESS, _A_IN_TEXT, _A_IN_HOST = (
    _P["author_is_address"],
    _P["author_in_text"],
    _P["author_in_host"],
)
_U_PATH, _U_HYPHENS, _U_TOPICS = _P["url_path"], _P["url_hyphens"], _P["url_topics"]
_SAME_HOST, _DISPOSABLE, _HONEYPOT = _P["same_host"], _P["disposable"], _P["honeypot"]
_HURRIED, _SECONDS = _P["hurried"], _P["form_seconds"]
_HAS_AUTHOR, _HAS_URL, _HAS_EMAIL = _P["has_author"], _P["has_url"], _P["has_email"]
_FIRST_TOPIC, _LAST_TOPIC = INDEX["topic_pharmacy"], INDEX["topic_offer"]
_SALT_WORD = np.uint64(0x5851F42D4C957F2D)
_SALT_NAME = np.uint64(0x7A3646F8A7E5F5B1)
_SALT_EMAIL = np.uint64(0x3C6EF372FE94F82B)
_SALT_TYPE = np.uint64(0x510E527FADE682D1)
_SALT_TOPIC = np.uint64(0x1F83D9ABFB41BD6B)


class Tables(NamedTuple):
    """Every table that the kernel reads."""

    packed: npt.NDArray[np.uint32]
    expansions: npt.NDArray[np.uint32]
    look_alikes: npt.NDArray[np.uint32]
    pairs: npt.NDArray[np.uint64]
    composed: npt.NDArray[np.uint32]
    suffix_keys: npt.NDArray[np.uint64]
    suffix_kinds: npt.NDArray[np.uint8]
    trie: Trie
    disposable: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.int32]
    steps: npt.NDArray[np.float64]
    codes: npt.NDArray[np.uint32]


@numba.njit(cache=True)
def _author(raw, begin, end, codes, k, seen, places, t, norm, at, topics, none, no_view, no_at, found, v):
    """Emit the author's name: its words, the whole, and what its shape says."""
    if begin == end:
        return k
    n, _, _ = normalise(raw, begin, min(end, begin + SHORT_FIELD), norm, at, t)
    v[_HAS_AUTHOR] = 1
    room = k + 64
    topics[:] = 0
    h, size, first = np.uint64(0), 0, 0
    whole = np.uint64(0)
    for i in range(n + 1):
        kind = class_of(norm[i])
        if 2 <= kind <= 4:
            h = step(h, np.uint64(norm[i] & CODE_MASK))
            whole = step(whole, np.uint64(norm[i] & CODE_MASK))
            v[_A_DIGITS] += kind == 3
            size += 1
            continue
        if size > 2:
            v[_A_IN_TEXT] += was_seen(seen, h ^ _SALT_WORD)
        h, size = np.uint64(0), 0
    k, _, total, _, _, _, _ = words(
        norm, at, n, codes, k, room, seen, places, AUTHOR, AUTHOR_TAG, topics, none, no_view, no_at, t
    )
    k = emit(codes, k, seen, places, AUTHOR, at[0], at[n], AUTHOR_TAG, whole ^ _SALT_NAME)
    v[_A_WORDS] = total
    v[_A_TOPICS] = topics[_FIRST_TOPIC : _LAST_TOPIC + 1].sum()
    k, number, addresses = links(
        norm, at, n, codes, k, room + 64, seen, places, AUTHOR, t, found, found[:0]
    )
    v[_A_ADDRESS] = number + addresses
    return k


@numba.njit(cache=True)
def _url(raw, begin, end, codes, k, seen, places, t, norm, at, topics, hosts, number, found, v):
    """Emit the author's link, in one namespace with the links of the text."""
    if begin == end:
        return k
    n, _, _ = normalise(raw, begin, min(end, begin + SHORT_FIELD), norm, at, t)
    v[_HAS_URL] = 1
    k = link(norm, at, 0, n, codes, k, k + 64, seen, places, URL, t, found)
    if found[KIND] != LINK:
        return k
    v[_U_PATH] = found[PATH_PARTS]
    v[_U_HYPHENS] = found[HYPHENS]
    for i in range(min(number, len(hosts))):
        if hosts[i] == found[SITE]:
            v[_SAME_HOST] = 1
    return k


@numba.njit(cache=True)
def _email(raw, begin, end, codes, k, seen, places, t, norm, at, v):
    if begin == end:
        return k
    n, _, _ = normalise(raw, begin, min(end, begin + SHORT_FIELD), norm, at, t)
    v[_HAS_EMAIL] = 1
    h = np.uint64(0)
    for i in range(n - 1, -1, -1):
        h = step(h, np.uint64(norm[i] & CODE_MASK))
    v[_DISPOSABLE] = _contains(t.disposable, finish(h) | np.uint64(1))
    return emit(codes, k, seen, places, EMAIL, 0, 0, EMAIL_TAG, h ^ _SALT_EMAIL)


@numba.njit(cache=True)
def _contains(keys, key):
    mask = len(keys) - 1
    slot = np.int64(key >> np.uint64(40)) & mask
    while keys[slot] != 0:
        if keys[slot] == key:
            return 1
        slot = (slot + 1) & mask
    return 0


@numba.njit(cache=True)
def _named(codes, k, topics, v, t):
    """Emit topics and shape: codes that no other feature of the row can have."""
    for reason in range(_FIRST_TOPIC, _LAST_TOPIC + 1):
        count = topics[reason]
        for number in range(4):
            if count < (1 << number):
                break
            bucket = finish(np.uint64(reason * 8 + number) ^ _SALT_TOPIC) >> np.uint64(44)
            codes[k] = np.uint64(TOPIC << GROUP_SHIFT | reason << REASON_SHIFT) | bucket
            k += 1
    for measure in range(_VALUES):
        value = v[measure]
        for i in range(t.starts[measure], t.starts[measure + 1]):
            if value < t.steps[i]:
                break
            codes[k] = t.codes[i]
            k += 1
    return k


@numba.njit(cache=True)
def extract(raw, bounds, form_ms, overlap, codes, starts, places, t):
    """Write the codes of all rows one after another; starts[i + 1] is the end of row i.

    raw: uint32 code points of all fields; bounds: int64[rows × fields + 1]; form_ms, overlap:
    float64, −1 unknown (overlap is given back where it was computed); codes: uint32 with ROOM to
    spare; places: None, or where each feature of the one row stands.
    """
    rows = len(form_ms)
    longest = 0
    for i in range(len(bounds) - 1):
        longest = max(longest, bounds[i + 1] - bounds[i])
    longest = min(longest, LONGEST_TEXT) * 2 + 96
    norm, at = np.empty(longest, np.uint32), np.empty(longest, np.int32)
    view, view_at = np.empty(longest, np.uint32), np.empty(longest, np.int32)
    seen, known = np.zeros(1024, np.uint64), np.zeros(1024, np.uint64)
    topics, author_topics = np.zeros(256, np.int64), np.zeros(256, np.int64)
    v, scripts = np.zeros(_VALUES), np.zeros(32, np.int64)
    found, hosts = np.zeros(6, np.int64), np.zeros(8, np.int64)
    k = 0
    for row in range(rows):
        b = bounds[row * 7 : row * 7 + 8]
        limit = starts[row] = k
        seen[:] = 0
        topics[:] = 0
        v[:] = 0
        given = known[:0]
        if b[CONTEXT + 1] > b[CONTEXT] and overlap[row] < 0:
            known[:] = 0
            given = known
            stop = min(b[CONTEXT + 1], b[CONTEXT] + LONGEST_TEXT)
            n, _, _ = normalise(raw, b[CONTEXT], stop, norm, at, t)
            remember_words(norm, n, known)
        stop = min(b[TEXT + 1], b[TEXT] + LONGEST_TEXT)
        n, breaks, invisible = normalise(raw, b[TEXT], stop, norm, at, t)
        norm[n + 1] = norm[n]
        v[_BREAKS], v[_INVISIBLE] = breaks, invisible
        counts.count_shape(norm, n, v, scripts)
        k, m, total, new, common, disguised, spaced = words(
            norm, at, n, codes, k, limit + MOST_WORDS, seen, places, TEXT, WORD_TAG, topics, given, view, view_at, t
        )  # fmt: skip
        if m > 0:
            k, _, _, _, _, _, _ = words(
                view, view_at, m, codes, k, limit + MOST_WORDS, seen, places, TEXT, WORD_TAG, topics, known[:0], view[:0], view_at[:0], t
            )  # fmt: skip
        v[_DISGUISED], v[_SPACED] = disguised, spaced
        v[_REPEATED] = 1 - new / total if total >= 8 else 0
        if len(given):
            overlap[row] = common / total if total > 0 else 0
        v[_OVERLAP] = overlap[row]
        k, number, addresses = links(
            norm, at, n, codes, k, limit + MOST_WORDS + 256, seen, places, TEXT, t, found, hosts
        )
        v[_LINKS], v[_ADDRESSES] = number, addresses
        v[_PER_WORD] = number / max(total, 4)
        k = char_grams(norm, at, n, codes, k, limit + MOST_CODES, seen, places, TEXT)
        if m > 0:
            k = char_grams(view, view_at, m, codes, k, limit + MOST_CODES, seen, places, TEXT)
        k = _author(
            raw, b[AUTHOR], b[AUTHOR + 1], codes, k, seen, places, t, norm, at, author_topics, known[:0], view[:0], view_at[:0], found, v
        )  # fmt: skip
        k = _url(
            raw, b[URL], b[URL + 1], codes, k, seen, places, t, norm, at, author_topics, hosts, number, found, v
        )  # fmt: skip
        k = _email(raw, b[EMAIL], b[EMAIL + 1], codes, k, seen, places, t, norm, at, v)
        v[_HONEYPOT] = b[HONEYPOT + 1] > b[HONEYPOT]
        if b[TYPE + 1] > b[TYPE]:
            h = np.uint64(0)
            for i in range(b[TYPE], min(b[TYPE + 1], b[TYPE] + 64)):
                h = step(h, np.uint64(raw[i]))
            k = emit(codes, k, seen, places, TYPE, 0, 0, TYPE_TAG, h ^ _SALT_TYPE)
        v[_HURRIED] = 0 if form_ms[row] < 0 or form_ms[row] >= 4000 else 1 + (form_ms[row] < 1500)
        v[_SECONDS] = form_ms[row] / 1000
        k = _named(codes, k, topics, v, t)
    starts[rows] = k
    return k
