"""Marks by which texts that are nearly the same are found and known, compiled.

A mark is a sketch of 24 bytes (as in `repeats`: the smallest hash in each class of words) and six
bands of 4 bytes, each of the two smallest hashes of all words in orders of their own. Two texts
that have half of their words in common share a band with a probability of 0.82, those that have 0.7
with 0.98; the sketches then tell whether they are alike. A text of few words, or none, has one band
and is alike with nothing but itself, whatever its case, signs and spacing. Source: Broder, On the
resemblance and containment of documents, 1997; bands as in Leskovec et al., Mining of Massive
Datasets, chapter 3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from classifier.compiled import unmanaged
from classifier.features.batch import FeatureBatch
from classifier.features.extract import extract_texts
from classifier.features.groups import CHARS, CJK, GROUP_SHIFT, URL, WORDS
from classifier.repeats import FEW_WORDS, LANES, lane_byte, mixed
from classifier.row import Row

BANDS, BAND_BYTES = 6, 4
MARK_BYTES = LANES + BANDS * BAND_BYTES

_GROUP_BITS = np.uint32(GROUP_SHIFT)
_LANES = np.uint64(LANES)
_NONE, _MOST = np.uint64(0), np.uint64(0xFFFFFFFFFFFFFFFF)
_ORDER = np.uint64(0x9E3779B97F4A7C15)
_EIGHT, _BYTE, _BYTES = np.uint64(8), np.uint64(0xFF), np.uint64(255)
_ONE = np.uint64(1)


def marks_of(texts: Sequence[str]) -> list[bytes]:
    """Return the mark of each text, b"" for one in which nothing is read."""
    return marks_of_read(*extract_texts([Row(text=text) for text in texts]))


def marks_of_read(batch: FeatureBatch, texts: npt.NDArray[np.int64]) -> list[bytes]:
    """Return the mark of the text of each row, with how many of its codes (int64[rows]) are of the
    text."""
    written = np.zeros((len(texts), MARK_BYTES), np.uint8)
    sizes = np.zeros(len(texts), np.int64)
    least, smallest = np.empty(LANES, np.uint64), np.empty(2 * BANDS, np.uint64)
    write_marks(batch.codes, batch.starts, texts, least, smallest, written, sizes)
    return [row[:size].tobytes() for row, size in zip(written, sizes.tolist(), strict=True)]


def are_alike(one: bytes, other: bytes) -> bool:
    """Say whether two marks are of texts that are nearly the same.

    The store's scripts (`alike.lua`) decide by the same rule: three fifths of the places in which
    either sketch has something are the same in both.
    """
    a, b = (np.frombuffer(mark[:LANES], np.uint8) for mark in (one, other))
    if not len(a) or len(a) != len(b):
        return False
    either = int(((a > 0) | (b > 0)).sum())
    return either > 0 and 5 * int(((a == b) & (a > 0)).sum()) >= 3 * either


@unmanaged
def write_marks(codes, starts, texts, least, smallest, marks, sizes):
    """Write the marks of rows (uint8[n, MARK_BYTES]) and how many bytes each has, by as many of the
    codes of each as `texts` (int64[n]) says."""
    for row in range(len(texts)):
        total, linked, others = _NONE, _NONE, _NONE
        count, rest = 0, 0
        least[:] = _MOST
        smallest[:] = _MOST
        for i in range(starts[row], starts[row] + texts[row]):
            group = codes[i] >> _GROUP_BITS
            h = mixed(np.uint64(codes[i]))
            if group in (WORDS, CJK):
                total += h
                count += 1
                lane = h % _LANES
                least[lane] = min(least[lane], h)
                _order(h, smallest)
            elif group == URL:
                linked += h
                rest += 1
            elif group == CHARS:
                others += h
                rest += 1
        if count >= FEW_WORDS:
            _write_sketch(marks[row], least, smallest)
            sizes[row] = MARK_BYTES
        elif count + rest > 0:
            _write_few(marks[row], mixed(total + linked if count > 0 else others + linked))
            sizes[row] = LANES + BAND_BYTES


@unmanaged
def _order(h, smallest):
    """Note a word's hash in each order of words."""
    for place in range(2 * BANDS):
        other = mixed(h ^ (_ORDER * np.uint64(place + 1)))
        smallest[place] = min(smallest[place], other)


@unmanaged
def _write_sketch(mark, least, smallest):
    for lane in range(LANES):
        mark[lane] = lane_byte(least[lane])
    for band in range(BANDS):
        pair = mixed(smallest[2 * band] + mixed(smallest[2 * band + 1]) + np.uint64(band))
        _write_bytes(mark, LANES + BAND_BYTES * band, BAND_BYTES, pair)


@unmanaged
def _write_few(mark, fingerprint):
    left = fingerprint
    for place in range(8):
        mark[place] = np.uint8(_ONE + (left & _BYTE) % _BYTES)
        left = left >> _EIGHT
    _write_bytes(mark, LANES, BAND_BYTES, mixed(fingerprint))


@unmanaged
def _write_bytes(mark, at, count, value):
    left = value
    for place in range(count):
        mark[at + place] = np.uint8(left & _BYTE)
        left = left >> _EIGHT
