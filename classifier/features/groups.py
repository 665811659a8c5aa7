"""The feature code: group, reason and bucket in 32 bits; and the groups' weights.

Bits 28-31 name the group, bits 20-27 the reason (position in `classifier.reasons.CODES`), bits
0-19 the bucket in the base's table; the low 16 of these are the bucket in a site's table.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FEATURE_VERSION = 9
"""Raised by whatever changes the features of a row or how the base weighs them: models and
learners of another are refused."""

BASE_BITS = 20
SITE_BITS = 16
GROUP_SHIFT = 28
REASON_SHIFT = 20

CHARS, WORDS, PAIRS, SHAPE, AUTHOR, URL, TOPIC, CJK, SITE_ONLY, SIGNALS = range(10)
EDGES, SIGNS = 10, 11
NAMES, ADDRESSES, NAME_RUNS = 12, 13, 14
"""How names look, how addresses do, and runs of three characters of names: a site's alone."""
ASIDE = 15
"""No feature, but a mark: behind the first of a row stand the words of what visitors are not shown,
behind the second its runs of characters."""
GROUPS = 16

BASE_BUCKETS = 2 << BASE_BITS
"""Entries of the base's table: runs of characters have the first half, all else the second, so that
what is added to the weights of words falls on no run of characters."""

BLOCKS = 8
NO_BLOCK = BLOCKS
BLOCK_OF: npt.NDArray[np.int64] = np.full(GROUPS, NO_BLOCK)
BLOCK_OF[[CHARS, WORDS, PAIRS, CJK]] = [0, 1, 1, 1]
BLOCK_OF[[AUTHOR, URL, SHAPE, TOPIC, EDGES, SIGNS]] = range(2, BLOCKS)
"""The block of each group. A block of a row is brought to unit length by itself: a long text does
not drown its author, and one circumstance of a long text, which speaks through many of its
features, says no more than in a short one."""

BLOCK_PRIOR: npt.NDArray[np.float64] = np.zeros(BLOCKS + 1)
BLOCK_PRIOR[BLOCK_OF[[CHARS, WORDS, AUTHOR, URL, TOPIC]]] = [16, 4, 2, 2, 2]
"""Features that each block counts as having besides its own: one word alone says less than the same
word among others."""

BASE_WEIGHTS: npt.NDArray[np.float64] = np.zeros(GROUPS)
BASE_WEIGHTS[[CHARS, WORDS, PAIRS, CJK]] = [1, 0.7, 0.7, 0.7]
BASE_WEIGHTS[[AUTHOR, URL, SHAPE, TOPIC, EDGES, SIGNS]] = [0.5, 0.2, 0.4, 0.2, 0.3, 0.3]
"""The length of each group's block in the base.

What is present at all (an author URL, an e-mail address) is left to the site: in public data it
tells more about the source than about spam. So are the habits of names and addresses.
"""

SITE_WEIGHTS: npt.NDArray[np.float64] = np.zeros(GROUPS)
SITE_WEIGHTS[[CHARS, WORDS, PAIRS, SHAPE, AUTHOR, URL]] = [1.5, 3, 0.5, 2.5, 2, 2]
SITE_WEIGHTS[[TOPIC, CJK, SITE_ONLY, SIGNALS, EDGES, SIGNS]] = [2, 4, 2, 2, 2, 2]
SITE_WEIGHTS[[NAMES, ADDRESSES, NAME_RUNS]] = [2, 2, 1]
"""The same for a site's learner: what is common to all sites tells a single one less."""
