"""The feature code: group, reason and bucket in 32 bits; and the groups' weights.

Bits 28-31 name the group, bits 20-27 the reason (position in `classifier.reasons.CODES`), bits
0-19 the bucket in the base's table; the low 16 of these are the bucket in a site's table.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FEATURE_VERSION = 5
"""Raised by whatever changes the features of a row or how the base weighs them: models and
learners of another are refused."""

BASE_BITS = 20
SITE_BITS = 16
GROUP_SHIFT = 28
REASON_SHIFT = 20

CHARS, WORDS, PAIRS, SHAPE, AUTHOR, URL, TOPIC, CJK, SITE_ONLY, SIGNALS = range(10)
GROUPS = 16

BASE_WEIGHTS: npt.NDArray[np.float64] = np.zeros(GROUPS)
BASE_WEIGHTS[[CHARS, WORDS, PAIRS, SHAPE, AUTHOR, URL, TOPIC, CJK]] = [2, 3, 2, 2, 2, 2, 10, 2]
"""How much a feature of each group weighs in a row before it is brought to unit length.

What is present at all (an author URL, an e-mail address) is left to the site: in public data it
tells more about the source than about spam. Topics weigh most: they carry over to unseen sites.
"""

SITE_WEIGHTS: npt.NDArray[np.float64] = np.zeros(GROUPS)
SITE_WEIGHTS[[CHARS, WORDS, PAIRS, SHAPE, AUTHOR, URL]] = [1.5, 3, 0.5, 2.5, 2, 2]
SITE_WEIGHTS[[TOPIC, CJK, SITE_ONLY, SIGNALS]] = [2, 4, 2, 2]
"""The same for a site's learner: what is common to all sites tells a single one less."""
