"""Which part of a row the base goes by: all that is shown, or the worst part of a long text.

Harmless words around an advertisement make it less of one in the mean of all of them, and so do
words that visitors are not shown. So the base reads all that is shown as a row of its own; and,
where that is long or something is hidden, each part of about `WINDOW` runs of characters, with the
words that stand there and all that does not depend on the part. Such a reading counts where it
gives more by `PENALTY`: any long text has a worst part. What is hidden can only add to a score.
"""

from __future__ import annotations

import numpy as np

from classifier.compiled import unmanaged
from classifier.features.blocks import (
    FACTORS,
    base_bucket,
    base_product,
    block_factors,
    shown_end,
)
from classifier.features.groups import (
    ASIDE,
    BLOCK_OF,
    BLOCK_PRIOR,
    CHARS,
    CJK,
    GROUP_SHIFT,
    GROUPS,
    PAIRS,
    REASON_SHIFT,
    WORDS,
)
from classifier.intrinsics import weight_at
from classifier.reasons import INDEX

STEP = 48
"""Runs of characters that the next part begins later."""
STEPS = 4
WINDOW = STEP * STEPS
LONG = 256
"""Runs of characters up to which a text that hides nothing is read as one."""
PENALTY = 0.5
"""What a part must give more than the whole. Both were chosen on left-out sources: shorter parts,
and more lengths than one, catch no more at the same share of ham held."""
MOST_STEPS = 96
"""Steps of a row that are looked through: more than its runs can fill."""
WORD_RUN, CHAR_RUN, HIDDEN_WORD_RUN, HIDDEN_CHAR_RUN = range(4)
READING = FACTORS
"""Where in the scratch space stands what is read of each run: where it begins and ends, and where
what is read of it begins and ends; and after these the sums and sizes of steps."""
_SHOWN = READING + 16
_STEPS_AT = READING + 17
SCRATCH = _STEPS_AT + 4 * MOST_STEPS
"""Cells of float64 that all of this works in."""

_GROUP_BITS, _REASON_BITS = np.uint32(GROUP_SHIFT), np.uint32(REASON_SHIFT)
_RUN_KIND = np.uint32(CHARS << 8 | INDEX["wording"])
_CHAR_BLOCK, _WORD_BLOCK = int(BLOCK_OF[CHARS]), int(BLOCK_OF[WORDS])
_CHAR_PRIOR, _WORD_PRIOR = float(BLOCK_PRIOR[_CHAR_BLOCK]), float(BLOCK_PRIOR[_WORD_BLOCK])


@unmanaged
def base_score(codes, begin, end, table, weights, scratch):
    """Return the product of a row with the base's table in the reading that gives most.

    Behind it `weight_of` says what each feature is multiplied by; `scratch` (float64[SCRATCH]).
    """
    shown = shown_end(codes, begin, end)
    block_factors(codes, begin, shown, weights, scratch)
    whole = base_product(codes, begin, shown, table, scratch)
    scratch[READING : READING + 16] = -1.0
    scratch[READING] = scratch[_SHOWN] = shown
    if shown == end and scratch[GROUPS + _CHAR_BLOCK] * np.sqrt(LONG + _CHAR_PRIOR) > 1.0:
        return whole
    return _worst(codes, begin, shown, end, table, weights, scratch, whole)


@unmanaged
def base_scores(codes, starts, table, weights, scratch, out):
    """Write each row's `base_score` to `out`."""
    for row in range(len(starts) - 1):
        out[row] = base_score(codes, starts[row], starts[row + 1], table, weights, scratch)


@unmanaged
def reading_of(codes, table, weights, scratch, out):
    """Write what each feature of a row is multiplied by to `out`; return the row's `base_score`."""
    found = base_score(codes, 0, len(codes), table, weights, scratch)
    for i in range(len(codes)):
        out[i] = weight_of(codes[i], i, scratch)
    return found


@unmanaged
def weight_of(code, i, scratch):
    """Return what the feature at place i of the row that `base_score` looked at last is multiplied
    by: nothing where it stands in a part that is not read."""
    if scratch[READING + 1] < 0.0:
        # All that is shown is read.
        return scratch[code >> _GROUP_BITS] if i < scratch[READING] else 0.0
    for run in range(4):
        at = READING + 4 * run
        if scratch[at] <= i < scratch[at + 1]:
            inside = scratch[at + 2] <= i < scratch[at + 3]
            return scratch[code >> _GROUP_BITS] if inside else 0.0
    return scratch[code >> _GROUP_BITS] if i < scratch[_SHOWN] else 0.0


@unmanaged
def _is_word(code):
    group = code >> _GROUP_BITS
    return group == WORDS or group == PAIRS or group == CJK


@unmanaged
def _find_runs(codes, begin, shown, end, runs):
    """Write where the words and the runs of characters of a row's text begin and end, and those of
    what is hidden."""
    i = begin
    while i < shown and _is_word(codes[i]):
        i += 1
    runs[0], runs[1] = begin, i
    first, last = i, i
    for j in range(i, shown):
        if codes[j] >> _REASON_BITS == _RUN_KIND:
            first = j if first == last else first
            last = j + 1
    runs[4], runs[5] = first, last
    i = min(shown + 1, end)
    runs[8] = i
    while i < end and codes[i] >> _GROUP_BITS != ASIDE:
        i += 1
    runs[9] = i
    i = min(i + 1, end)
    runs[12] = i
    while i < end and codes[i] >> _REASON_BITS == _RUN_KIND:
        i += 1
    runs[13] = i


@unmanaged
def _word_at(place, first, last, begin, end):
    """Return where in begin:end the words stand that a place in first:last has."""
    return begin + (place - first) * (end - begin) // max(last - first, 1)


@unmanaged
def _add_steps(codes, chars, words, table, weights, steps, count):
    """Append the steps of a run of characters and of its words, as sum and number of both each;
    return how many there are now."""
    first, last = np.int64(chars[0]), np.int64(chars[1])
    begin, end = np.int64(words[0]), np.int64(words[1])
    i = first
    while i < last and count < MOST_STEPS:
        stop = min(i + STEP, last)
        total, spoken = 0.0, 0.0
        for j in range(i, stop):
            total += weight_at(table, base_bucket(codes[j]))
        a, b = _word_at(i, first, last, begin, end), _word_at(stop, first, last, begin, end)
        for j in range(a, b):
            weight = weights[codes[j] >> _GROUP_BITS]
            spoken += weight * weight_at(table, base_bucket(codes[j]))
        step = 4 * count
        steps[step], steps[step + 1] = total, stop - i
        steps[step + 2], steps[step + 3] = spoken, b - a
        count += 1
        i = stop
    return count


@unmanaged
def _worst(codes, begin, shown, end, table, weights, scratch, whole):
    """Return the product of the reading that gives most, and write which it is to `scratch`."""
    runs, steps = scratch[READING:_SHOWN], scratch[_STEPS_AT:]
    _find_runs(codes, begin, shown, end, runs)
    visible = _add_steps(codes, runs[4:6], runs[0:2], table, weights, steps, 0)
    count = _add_steps(codes, runs[12:14], runs[8:10], table, weights, steps, visible)
    char_factor, word_factor = scratch[CHARS], scratch[WORDS]
    chars, words, many, several = 0.0, 0.0, 0.0, 0.0
    for step in range(visible):
        chars += steps[4 * step]
        many += steps[4 * step + 1]
        words += steps[4 * step + 2]
        several += steps[4 * step + 3]
    char_weight = weights[CHARS]
    char_share, word_share = scratch[GROUPS + _CHAR_BLOCK], scratch[GROUPS + _WORD_BLOCK]
    # What the two blocks have besides the text: the author's name and address, disguised words.
    others = 1.0 / (char_share * char_share) - many
    other_words = 1.0 / (word_share * word_share) - several
    char_rest = _rest(codes, begin, shown, table, weights, _CHAR_BLOCK) - char_weight * chars
    word_rest = _rest(codes, begin, shown, table, weights, _WORD_BLOCK) - words
    rest = whole - char_share * (char_rest + char_weight * chars)
    rest -= word_share * (word_rest + words)
    best, chosen, behind, best_chars, best_words = whole, -1, -1, char_factor, word_factor
    for first in range(count):
        if first + STEPS > count and first != 0 and first != visible:
            continue
        last = min(first + STEPS, count)
        own, number, spoken, size = 0.0, 0.0, 0.0, 0.0
        for step in range(first, last):
            own += steps[4 * step]
            number += steps[4 * step + 1]
            spoken += steps[4 * step + 2]
            size += steps[4 * step + 3]
        a = 1.0 / np.sqrt(max(others + number, 1.0))
        b = 1.0 / np.sqrt(max(other_words + size, 1.0))
        found = rest + a * (char_rest + char_weight * own) + b * (word_rest + spoken) - PENALTY
        if found > best:
            best, chosen, behind, best_chars, best_words = found, first, last, a, b
    if chosen < 0:
        runs[:] = -1.0
        runs[0] = shown
        return whole
    scratch[CHARS] = char_weight * best_chars
    for group in (WORDS, PAIRS, CJK):
        scratch[group] = weights[group] * best_words
    _note_part(runs[4:8], runs[0:4], chosen, min(behind, visible))
    _note_part(runs[12:16], runs[8:12], max(chosen - visible, 0), behind - visible)
    return best


@unmanaged
def _rest(codes, begin, end, table, weights, block):
    """Return the weighted sum of the features of a block, without its length."""
    total = 0.0
    for i in range(begin, end):
        group = codes[i] >> _GROUP_BITS
        if BLOCK_OF[group] == block:
            total += weights[group] * weight_at(table, base_bucket(codes[i]))
    return total


@unmanaged
def _note_part(chars, words, first, behind):
    """Write which places of a run of characters, and of its words, some steps of it are."""
    begin, end = np.int64(chars[0]), np.int64(chars[1])
    a = min(begin + first * STEP, end)
    b = max(min(begin + behind * STEP, end), a)
    chars[2], chars[3] = a, b
    spoken, last = np.int64(words[0]), np.int64(words[1])
    words[2] = _word_at(a, begin, end, spoken, last)
    words[3] = _word_at(b, begin, end, spoken, last)
