"""Near-duplicates among rows, so that none of them is judged by a model that learned the other.

Minwise hashing: rows whose sets of features are much alike share a band of least hashes. Source:
Broder, On the Resemblance and Containment of Documents, SEQUENCES 1997.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from classifier.features.batch import FeatureBatch

BANDS, HASHES = 3, 6
"""Rows sharing 90 % of their features meet with probability .9, rows sharing half with .05."""


def near_duplicates(batch: FeatureBatch) -> npt.NDArray[np.int64]:
    """Return the number of each row's group (int64 by row); a row unlike all others is alone."""
    rows = len(batch)
    filled = np.flatnonzero(np.diff(batch.starts))
    draw = np.random.default_rng(0)
    ends: list[npt.NDArray[np.int64]] = []
    for _ in range(BANDS):
        band = np.zeros(len(filled), np.uint64)
        for factor in draw.integers(1, 1 << 63, HASHES, dtype=np.uint64) | np.uint64(1):
            hashes = (batch.codes.astype(np.uint64) + np.uint64(1)) * factor
            least = np.minimum.reduceat(hashes, batch.starts[filled])
            band = band * np.uint64(0x9E3779B97F4A7C15) + least
        _, first, same = np.unique(band, return_index=True, return_inverse=True)
        ends.append(filled[first[same]])
    here = np.tile(filled, BANDS)
    there = np.concatenate(ends) if ends else here
    graph = coo_matrix((np.ones(len(here), np.int8), (here, there)), shape=(rows, rows))
    groups: npt.NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return groups
