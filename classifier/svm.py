"""The on-line support vector machine's one step, compiled. No BLAS, no fastmath.

A ring of the last rows' codes is kept in one array; a step revisits the newest rows that fit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.compiled import compiled
from classifier.scoring import GROUP_BITS, SITE_MASK, dot, site_size

WINDOW = 200
RING_CODES = 96_256
"""Codes kept of the newest rows: with short comments all of the window, with long ones fewer."""
PRIOR_WEIGHT, SCORED_PRIOR = 0.22, 0.36
"""How much of the base's score a margin has, and how much a score has: the table learns more than
it is trusted with."""
EVIDENCE_WEIGHT = 0.1
"""How much of the counts' evidence a margin has: their part need not be learned twice."""
COST = 3.0
EARLY, PASSES = 100, 2
"""The first labels, at each of which the ring is visited twice: there are few rows."""

MOST_ALPHA, FIRST_ALPHA, FIRST_LABELS = 0.7, 1.0, 10
"""How much one comment can move: a label against everything known may be a wrong one. Of the first
labels each can move more, as there is little that speaks against it."""
EVIDENCE_COST, EVIDENCE_MARGIN, EVIDENCE_ALPHA = 0.35, 0.6, 0.6
"""Cost and margin of a comment that was published and not reported, and the share of its cost that
it can move: many of all kinds show what the site's ham is like, and none may open the door to its
own kind."""
EVIDENCE_REACH = 0.15
"""How far the table speaks for evidence at most: what the base finds suspicious is not made up for
by a larger step. Else whoever posts ever new words of one kind, none of them quite suspicious
enough to be held, makes the kind harmless."""
DOUBTFUL = 0.3
"""Probability of spam from which a kept comment does nothing for its own like. Below it does some:
ham of one kind is common, and what looks harmless is published whatever was kept."""

SPAM, HAM, HEAD, COUNT, CODE_HEAD, EVIDENCE, DECIDED = range(7)
STATE = 7
BEGIN, LENGTH, PRIOR, SIGN, ALPHA, SCALE, COST_OF, MARGIN = range(8)
FIELDS = 8


def is_consistent(state: npt.NDArray[np.int64], rows: npt.NDArray[np.float64]) -> bool:
    """Say whether a state read from a checkpoint stays inside the ring."""
    inside = state[HEAD] < WINDOW and state[COUNT] <= WINDOW and state[CODE_HEAD] <= RING_CODES
    begins, lengths = rows[:, BEGIN], rows[:, LENGTH]
    placed = begins.min() >= 0 and lengths.min() >= 0 and (begins + lengths).max() <= RING_CODES
    return bool(state.min() >= 0 and inside and placed and np.isfinite(rows).all())


@compiled
def _place(codes_len, rows, state):
    """Return where a row of `codes_len` codes goes, and forget the rows it overwrites."""
    begin = state[CODE_HEAD]
    if begin + codes_len > RING_CODES:
        begin = 0
    end = begin + codes_len
    kept = 0
    for back in range(min(state[COUNT], WINDOW - 1)):
        row = rows[(state[HEAD] - 1 - back) % WINDOW]
        if row[BEGIN] < end and row[BEGIN] + row[LENGTH] > begin:
            break
        kept += 1
    state[COUNT] = kept
    return begin


@compiled
def product(codes, table, group_weights):
    """Return the product of a row with the table, sized by its length."""
    found, length = dot(codes, 0, len(codes), table, SITE_MASK, group_weights)
    return found * site_size(length)


@compiled
def learn(table, ring, rows, state, codes, prior, sign, group_weights):
    """Learn one label, by visiting the ring's rows from newest to oldest; return how much all rows
    were moved to spam by it.
    """
    state[SPAM if sign > 0 else HAM] += 1
    labels, same = state[SPAM] + state[HAM], state[SPAM if sign > 0 else HAM]
    cost = COST * 0.5 * (labels + 1) / same
    _put(table, ring, rows, state, codes, prior, sign, cost, 1.0, group_weights)
    most = FIRST_ALPHA if labels <= FIRST_LABELS else MOST_ALPHA
    moved = 0.0
    for _ in range(PASSES if labels <= EARLY else 1):
        for back in range(state[COUNT]):
            row = rows[(state[HEAD] - 1 - back) % WINDOW]
            moved += _visit(table, ring, row, most, group_weights)
    return moved


@compiled
def keep(table, ring, rows, state, codes, prior, trust, group_weights):
    """Put a row among the ring's as ham that nobody labelled, to be visited with the next label;
    `trust` (0 to 1) weighs it.
    """
    state[EVIDENCE] += 1
    cost, prior = trust * EVIDENCE_COST, min(prior, EVIDENCE_REACH - EVIDENCE_MARGIN)
    _put(table, ring, rows, state, codes, prior, -1.0, cost, EVIDENCE_MARGIN, group_weights)


@compiled
def pushed_ham(table, ring, rows, state, group_weights):
    """Return the mean product of evidence with the table, as if each had not been kept itself, and
    how many rows of it the ring has.
    """
    total, count = 0.0, 0
    for back in range(state[COUNT]):
        row = rows[(state[HEAD] - 1 - back) % WINDOW]
        if row[MARGIN] != EVIDENCE_MARGIN:
            continue
        begin, size = np.int64(row[BEGIN]), site_size(row[SCALE])
        end = begin + np.int64(row[LENGTH])
        total += size * dot(ring, begin, end, table, SITE_MASK, group_weights)[0]
        total += row[ALPHA] * size * size
        count += 1
    return total / max(count, 1), count


@compiled
def note_pulls(rows, state, pulls):
    """Write to `pulls` (uint8, in 255ths, at most 1) how far each piece of evidence that the ring
    still has moved the product of its own like to ham; what looked harmless counts the less.
    """
    number = state[EVIDENCE]
    for back in range(state[COUNT]):
        row = rows[(state[HEAD] - 1 - back) % WINDOW]
        if row[MARGIN] == EVIDENCE_MARGIN:
            number -= 1
            trust = row[COST_OF] / EVIDENCE_COST
            chance = (1.0 - trust) / (1.0 + trust)
            pull = row[ALPHA] * site_size(row[SCALE]) ** 2 * min(1.0, chance / DOUBTFUL)
            pulls[number % len(pulls)] = np.uint8(np.rint(255.0 * min(1.0, pull)))


@compiled
def _put(table, ring, rows, state, codes, prior, sign, cost, margin, group_weights):
    """Put a row in the ring, in the place of the oldest."""
    size = min(len(codes), 4096)
    begin = _place(size, rows, state)
    ring[begin : begin + size] = codes[:size]
    row = rows[state[HEAD]]
    row[BEGIN], row[LENGTH], row[PRIOR], row[SIGN], row[ALPHA] = begin, size, prior, sign, 0.0
    row[SCALE] = dot(ring, begin, begin + size, table, SITE_MASK, group_weights)[1]
    row[COST_OF], row[MARGIN] = cost, margin
    state[HEAD] = (state[HEAD] + 1) % WINDOW
    state[COUNT] += 1
    state[CODE_HEAD] = begin + size


@compiled
def _visit(table, ring, row, most, group_weights):
    """Correct the table for one row by a step of dual coordinate descent, `most` at most; return
    how much the row was moved to spam by it.
    """
    begin, end = np.int64(row[BEGIN]), np.int64(row[BEGIN] + row[LENGTH])
    size = site_size(row[SCALE])
    margin = row[PRIOR] + size * dot(ring, begin, end, table, SITE_MASK, group_weights)[0]
    soft = 0.5 / row[COST_OF]
    gradient = row[SIGN] * margin - row[MARGIN] + row[ALPHA] * soft
    if row[MARGIN] == EVIDENCE_MARGIN:
        most = EVIDENCE_ALPHA * row[COST_OF]
    alpha = min(most, max(0.0, row[ALPHA] - gradient / (size * size + soft)))
    moved = (alpha - row[ALPHA]) * row[SIGN] * size
    change = moved / row[SCALE]
    if change != 0.0:
        for i in range(begin, end):
            code = ring[i]
            table[code & SITE_MASK] += np.float32(change * group_weights[code >> GROUP_BITS])
        row[ALPHA] = alpha
    return moved
