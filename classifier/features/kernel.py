"""The fused kernel: all feature codes of a batch of rows, one row after another.

A row is looked at by itself, so its features do not depend on the batch it came in; everything
is linear in the length of its fields.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.compiled import compiled
from classifier.features.characters import DIGIT, LETTER, MARK, FoldingTables
from classifier.features.counts import count_shape
from classifier.features.emit import AUTHOR_TAG, EMAIL_TAG, TYPE_TAG, WORD_TAG, emit, was_seen
from classifier.features.groups import GROUP_SHIFT, REASON_SHIFT, TOPIC
from classifier.features.hashing import finish, step
from classifier.features.lexicon import Trie
from classifier.features.links import HYPHENS, PATH_PARTS, SITE, link, links
from classifier.features.normalise import CODE_MASK, class_of, normalise
from classifier.features.shape import MEASURES, POSITION, ShapeTables
from classifier.features.suffixes import SuffixTable
from classifier.features.words import SALT_WORD, char_grams, remember_words, words
from classifier.reasons import INDEX

FIELDS = ("text", "author", "url", "honeypot", "type", "email", "context")
FIELD_COUNT = len(FIELDS)
TEXT, AUTHOR, URL, HONEYPOT, TYPE, EMAIL, CONTEXT = range(FIELD_COUNT)

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
_U_PATH, _U_HYPHENS = _P["url_path"], _P["url_hyphens"]
_SAME_HOST, _DISPOSABLE, _HONEYPOT = _P["same_host"], _P["disposable"], _P["honeypot"]
_HURRIED, _SECONDS = _P["hurried"], _P["form_seconds"]
_HAS_AUTHOR, _HAS_URL, _HAS_EMAIL = _P["has_author"], _P["has_url"], _P["has_email"]
_FIRST_TOPIC, _LAST_TOPIC = INDEX["topic_pharmacy"], INDEX["topic_offer"]
_SALT_NAME = np.uint64(0x7A3646F8A7E5F5B1)
_SALT_EMAIL = np.uint64(0x3C6EF372FE94F82B)
_SALT_TYPE = np.uint64(0x510E527FADE682D1)
_SALT_TOPIC = np.uint64(0x1F83D9ABFB41BD6B)


class Tables(NamedTuple):
    """Every table that the kernel reads."""

    folding: FoldingTables
    look_alikes: npt.NDArray[np.uint32]
    suffixes: SuffixTable
    trie: Trie
    disposable: npt.NDArray[np.uint64]
    shape: ShapeTables


@compiled
def _author(norm, at, n, codes, k, seen, places, topics, words_tables, v):
    """Emit the author's name: its words, the whole, and what its shape says."""
    v[_HAS_AUTHOR] = 1
    topics[_FIRST_TOPIC : _LAST_TOPIC + 1] = 0
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
    none, no_at = norm[:0], at[:0]
    k, _, total, _, _, _, _ = words(
        norm, at, n, codes, k, k + 64, seen, places, AUTHOR, AUTHOR_TAG,
        topics, seen[:0], none, no_at, words_tables,
    )  # fmt: skip
    k = emit(codes, k, seen, places, AUTHOR, at[0], at[n], AUTHOR_TAG, whole ^ _SALT_NAME)
    v[_A_WORDS] = total
    v[_A_TOPICS] = topics[_FIRST_TOPIC : _LAST_TOPIC + 1].sum()
    return k


@compiled
def _email(norm, n, codes, k, seen, places, disposable, v):
    """Emit the domain of the author's e-mail address."""
    v[_HAS_EMAIL] = 1
    h = np.uint64(0)
    for i in range(n - 1, -1, -1):
        h = step(h, np.uint64(norm[i] & CODE_MASK))
    v[_DISPOSABLE] = _contains(disposable, finish(h) | np.uint64(1))
    return emit(codes, k, seen, places, EMAIL, 0, 0, EMAIL_TAG, h ^ _SALT_EMAIL)


@compiled
def _contains(keys, key):
    mask = len(keys) - 1
    slot = np.int64(key >> np.uint64(40)) & mask
    while keys[slot] != 0:
        if keys[slot] == key:
            return 1
        slot = (slot + 1) & mask
    return 0


@compiled
def _kind_of_comment(raw, begin, end, codes, k, seen, places):
    h = np.uint64(0)
    for i in range(begin, min(end, begin + 64)):
        h = step(h, np.uint64(raw[i]))
    return emit(codes, k, seen, places, TYPE, 0, 0, TYPE_TAG, h ^ _SALT_TYPE)


@compiled
def _named(codes, k, topics, v, shape):
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
        for i in range(shape.starts[measure], shape.starts[measure + 1]):
            if value < shape.steps[i]:
                break
            codes[k] = shape.codes[i]
            k += 1
    return k


@compiled
def extract(raw, bounds, form_ms, overlap, codes, starts, places, t):
    """Write the codes of all rows one after another; starts[i + 1] is the end of row i.

    raw: uint32 code points of all fields; bounds: int64[rows × fields + 1]; form_ms, overlap:
    float64, −1 unknown (overlap is given back where it was computed); codes: uint32 with ROOM to
    spare; places: None, or where each feature of the one row stands.
    """
    longest = 64
    for i in range(len(bounds) - 1):
        longest = max(longest, bounds[i + 1] - bounds[i])
    longest = min(longest, LONGEST_TEXT) * 2 + 96
    norm, at = np.empty(longest, np.uint32), np.empty(longest, np.int32)
    view, view_at = np.empty(2 * longest, np.uint32), np.empty(2 * longest, np.int32)
    seen, known = np.zeros(1024, np.uint64), np.zeros(1024, np.uint64)
    topics, other_topics = np.zeros(256, np.int64), np.zeros(256, np.int64)
    v, scripts = np.zeros(_VALUES), np.zeros(32, np.int64)
    found, hosts = np.zeros(6, np.int64), np.zeros(8, np.int64)
    word_tables = (t.trie, t.look_alikes)
    folding, suffixes, shape = t.folding, t.suffixes, t.shape
    k = 0
    for row in range(len(form_ms)):
        b = bounds[row * FIELD_COUNT : row * FIELD_COUNT + FIELD_COUNT + 1]
        first = starts[row] = k
        seen[:] = 0
        topics[_FIRST_TOPIC : _LAST_TOPIC + 1] = 0
        v[:] = 0
        page = known[:0]
        if b[CONTEXT + 1] > b[CONTEXT] and overlap[row] < 0:
            page = known
            page[:] = 0
            stop = min(b[CONTEXT + 1], b[CONTEXT] + LONGEST_TEXT)
            n, _, _ = normalise(raw, b[CONTEXT], stop, norm, at, folding)
            remember_words(norm, n, page)
        stop = min(b[TEXT + 1], b[TEXT] + LONGEST_TEXT)
        n, v[_BREAKS], v[_INVISIBLE] = normalise(raw, b[TEXT], stop, norm, at, folding)
        norm[n + 1] = norm[n]
        linked = count_shape(norm, n, v, scripts)
        room = first + MOST_WORDS
        k, m, total, new, common, v[_DISGUISED], v[_SPACED] = words(
            norm, at, n, codes, k, room, seen, places, TEXT, WORD_TAG,
            topics, page, view, view_at, word_tables,
        )  # fmt: skip
        if m > 0:
            k, _, _, _, _, _, _ = words(
                view, view_at, m, codes, k, room, seen, places, TEXT, WORD_TAG,
                topics, page[:0], view[:0], view_at[:0], word_tables,
            )  # fmt: skip
        v[_REPEATED] = 1 - new / total if total >= 8 else 0
        if len(page):
            overlap[row] = common / max(total, 1)
        v[_OVERLAP] = overlap[row]
        number, addresses = 0, 0
        if linked:
            k, number, addresses = links(
                norm, at, n, codes, k, room + 256, seen, places, TEXT, suffixes, found, hosts
            )
        v[_LINKS], v[_ADDRESSES] = number, addresses
        v[_PER_WORD] = number / max(total, 4)
        k = char_grams(norm, at, n, codes, k, first + MOST_CODES, seen, places, TEXT)
        if m > 0:
            k = char_grams(view, view_at, m, codes, k, first + MOST_CODES, seen, places, TEXT)
        if b[AUTHOR + 1] > b[AUTHOR]:
            stop = min(b[AUTHOR + 1], b[AUTHOR] + SHORT_FIELD)
            n, _, _ = normalise(raw, b[AUTHOR], stop, norm, at, folding)
            k = _author(norm, at, n, codes, k, seen, places, other_topics, word_tables, v)
            k, named, addresses = links(
                norm, at, n, codes, k, k + 64, seen, places, AUTHOR, suffixes, found, hosts[:0]
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
            stop = min(b[EMAIL + 1], b[EMAIL] + SHORT_FIELD)
            n, _, _ = normalise(raw, b[EMAIL], stop, norm, at, folding)
            k = _email(norm, n, codes, k, seen, places, t.disposable, v)
        if b[TYPE + 1] > b[TYPE]:
            k = _kind_of_comment(raw, b[TYPE], b[TYPE + 1], codes, k, seen, places)
        v[_HONEYPOT] = b[HONEYPOT + 1] > b[HONEYPOT]
        v[_HURRIED] = 0 if form_ms[row] < 0 or form_ms[row] >= 4000 else 1 + (form_ms[row] < 1500)
        v[_SECONDS] = form_ms[row] / 1000
        k = _named(codes, k, topics, v, shape)
    starts[len(form_ms)] = k
    return k
