"""Repeats of decided comments, exact and nearly exact, by sketches of their words, compiled.

An exact repeat is known by its fingerprint, a sum of hashes, so case, signs, spacing and the order
of words do not change it. Few words are anybody's: there the author's name belongs to it, and
nothing else is a repeat. A nearly exact one is known by its sketch, the smallest hash in each of
LANES classes of its words: the share of lanes alike estimates the share of words in common, and
one word replaced changes two lanes at most. Source: Li, Owen and Zhang, One Permutation Hashing,
NIPS 2012, with a byte of each hash (Li and König, b-Bit Minwise Hashing, WWW 2010).

Whoever copies an approved comment and puts a pitch or a link of his own into it must not be waved
through: a decision for ham is followed only by what has the same addresses, about as many words and
at most two lanes changed; and nothing of which words were left out as too many follows it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.calibration import logistic
from classifier.compiled import unmanaged
from classifier.features.groups import AUTHOR, CHARS, CJK, GROUP_SHIFT, PAIRS, URL, WORDS
from classifier.features.kernel import MOST_WORDS
from classifier.tally import are_plain

SLOTS = 4096
"""Fingerprints remembered at most (uint32); a later one takes the slot of an earlier one."""
LANES, NEWEST = 24, 1024
"""Bytes of a sketch, and how many of the newest decisions have one."""
SKETCHES = (LANES + 2) * NEWEST
"""Lane by lane the byte of each decision, 0 where it has no word; then its label and addresses, and
its number of words (uint8)."""
FEW_WORDS = 5
LEAST_ALIKE = 3
ALIKE, OF = 3, 5
"""The share of a near repeat's lanes that are alike, at least."""
MOST_CHANGED, WORDS_MORE = 2, 2
"""Lanes that may differ from a comment decided as ham, and words by which their numbers may."""
PAST_BAND = 0.5
"""Logits by which a repeat is put on its decision's side of the site's band."""

_GROUP_BITS = np.uint32(GROUP_SHIFT)
_SLOT_SHIFT, TAG_SHIFT = np.uint64(52), np.uint64(20)
_IS_SPAM = np.uint8(1)
_KIND, _COUNT = LANES * NEWEST, (LANES + 1) * NEWEST
_ADDRESSES = np.uint64(127)
_NONE = np.uint64(0)
_NO_WORD = np.uint64(0xFFFFFFFFFFFFFFFF)
_BYTE_SHIFT, _BYTES = np.uint64(8), np.uint64(255)
_LANES = np.uint64(LANES)
_UNKNOWN, _HAM, _SPAM = range(3)


def room() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
    """Return scratch space: a row's smallest hashes, and its lanes alike with each sketch."""
    return np.empty(LANES, np.uint64), np.empty(NEWEST, np.uint8)


@unmanaged
def mixed(x):
    """Return an integer whose bits all depend on all of `x`'s (Steele et al., SplitMix64, 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@unmanaged
def read_row(codes, begin, end, least):
    """Return a row's fingerprint (0: none), how many words it has, a mark of its addresses (0 if
    it has none) and whether words may have been left out of its features.

    `least` (uint64[LANES]) gets the smallest hash of each class of words.
    """
    least[:] = _NO_WORD
    total, others, author, linked, count, links, pairs = _NONE, _NONE, _NONE, _NONE, 0, 0, 0
    i = begin
    while i < end:
        if count + links > 0 and i + 4 <= end and are_plain(codes, i):
            i += 4
            continue
        group = codes[i] >> _GROUP_BITS
        if group in (WORDS, CJK):
            h = mixed(np.uint64(codes[i]))
            lane = h % _LANES
            least[lane] = min(least[lane], h)
            total += h
            count += 1
        elif group == URL:
            linked += mixed(np.uint64(codes[i]))
            links += 1
        elif group == PAIRS:
            pairs += 1
        elif group == AUTHOR:
            author += mixed(np.uint64(codes[i]))
        elif group == CHARS and count + links == 0:
            others += mixed(np.uint64(codes[i]))
        i += 1
    total += linked
    if count + links == 0:
        total = others
    if count + links < FEW_WORDS:
        total += author
    address = linked | np.uint64(1) if links > 0 else _NONE
    return mixed(total), count, address, count + pairs + 1 >= MOST_WORDS


@unmanaged
def _number(address):
    """Return what a sketch keeps of addresses: 1 to 127, 0 for none."""
    return np.uint8(np.uint64(1) + address % _ADDRESSES if address != _NONE else _NONE)


@unmanaged
def lane_byte(smallest):
    """Return what a sketch keeps of a lane: 0 where it has no word."""
    if smallest == _NO_WORD:
        return np.uint8(0)
    return np.uint8(np.uint64(1) + (smallest >> _BYTE_SHIFT) % _BYTES)


@unmanaged
def tag_of(mark):
    """Return bits of a fingerprint that its slot does not tell; never 0, the lowest left free."""
    return (np.uint32(mark >> TAG_SHIFT) | np.uint32(2)) & ~np.uint32(1)


@unmanaged
def remember(codes, number, decided, sketches, least, is_spam):
    """Keep the decision on a row, the `number`-th, in `decided` and `sketches`."""
    mark, count, address, _ = read_row(codes, 0, len(codes), least)
    if mark != _NONE:
        decided[mark >> _SLOT_SHIFT] = tag_of(mark) | np.uint32(is_spam)
    place = number % NEWEST
    for lane in range(LANES):
        known = lane_byte(least[lane]) if count >= FEW_WORDS else np.uint8(0)
        sketches[lane * NEWEST + place] = known
    sketches[_KIND + place] = np.uint8(2) * _number(address) + np.uint8(is_spam)
    sketches[_COUNT + place] = np.uint8(count & 255)


@unmanaged
def count_alike(least, sketches, alike):
    """Count the lanes of each decision that are like a row's; return the row's lanes with words."""
    alike[:] = 0
    size = 0
    for lane in range(LANES):
        mine, first = lane_byte(least[lane]), np.uint64(lane * len(alike))
        if mine == 0:
            continue
        size += 1
        for place in range(len(alike)):
            alike[place] += np.uint8(sketches[first + np.uint64(place)] == mine)
    return size


@unmanaged
def most_of(alike):
    """Return the largest of some counts."""
    most = alike[0]
    for place in range(len(alike)):
        most = max(most, alike[place])
    return np.int64(most)


@unmanaged
def _nearest(least, count, address, number, sketches, alike):
    """Return the decision on the comment most like a row, of equals the newest.

    None if that was decided as ham and more was changed than a repeat changes.
    """
    size = count_alike(least, sketches, alike)
    needed = max(LEAST_ALIKE, (size * ALIKE + OF - 1) // OF)
    for level in range(most_of(alike), needed - 1, -1):
        for back in range(1, NEWEST + 1):
            place = (number - back) % NEWEST
            if alike[place] != level:
                continue
            kind, changed = sketches[_KIND + place], _changed(least, place, sketches)
            theirs = kind >> np.uint8(1)
            if (theirs > 0) != (address > 0) or level * OF < (level + changed) * ALIKE:
                continue
            if kind & _IS_SPAM:
                return _SPAM
            more = (count - np.int64(sketches[_COUNT + place]) + WORDS_MORE) & 255
            same = theirs == address and changed <= MOST_CHANGED and more <= 2 * WORDS_MORE
            return _HAM if same else _UNKNOWN
    return _UNKNOWN


@unmanaged
def _changed(least, place, sketches):
    """Return the lanes in which a row and a decided one differ."""
    differ = 0
    for lane in range(LANES):
        differ += sketches[lane * NEWEST + place] != lane_byte(least[lane])
    return differ


@unmanaged
def follow(codes, starts, number, decided, sketches, least, alike, bands, logits, chances, shifts):
    """Move rows that repeat a decided one past the band of their decision.

    `number` is how many decisions there were; `least` and `alike` are scratch space; `bands`
    (float64[2]) are the logits of hold and reject; `shifts` (float64) gets what was added to
    `logits`; `chances` are the probabilities, rounded to 1e-6.
    """
    for row in range(len(starts) - 1):
        mark, count, address, is_cut = read_row(codes, starts[row], starts[row + 1], least)
        kept = decided[mark >> _SLOT_SHIFT]
        label = _UNKNOWN
        if mark != _NONE and kept & ~np.uint32(1) == tag_of(mark):
            label = _SPAM if kept & np.uint32(1) else _HAM
        elif number > 0 and count >= FEW_WORDS - 1:
            label = _nearest(least, count, _number(address), number, sketches, alike)
        if label == _UNKNOWN or (label == _HAM and is_cut):
            continue
        if label == _SPAM:
            shifts[row] = max(0.0, bands[1] + PAST_BAND - logits[row])
        else:
            shifts[row] = min(0.0, bands[0] - PAST_BAND - logits[row])
        logits[row] += shifts[row]
        chances[row] = np.rint(logistic(logits[row]) * 1e6) / 1e6
