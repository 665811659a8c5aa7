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
    return grouped(signatures(batch), np.diff(batch.starts) > 0)


def signatures(batch: FeatureBatch) -> npt.NDArray[np.uint64]:
    """Return what near-duplicates share one of (uint64[BANDS, rows]); 0 of rows without features.

    Rows may be signed piece by piece and grouped together: what is kept of each is 24 bytes.
    """
    filled = np.flatnonzero(np.diff(batch.starts))
    draw = np.random.default_rng(0)
    signed = np.zeros((BANDS, len(batch)), np.uint64)
    for band in range(BANDS):
        for factor in draw.integers(1, 1 << 63, HASHES, dtype=np.uint64) | np.uint64(1):
            hashes = (batch.codes.astype(np.uint64) + np.uint64(1)) * factor
            least = np.minimum.reduceat(hashes, batch.starts[filled])
            signed[band, filled] = signed[band, filled] * np.uint64(0x9E3779B97F4A7C15) + least
    return signed


def grouped(
    signed: npt.NDArray[np.uint64], is_filled: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Return the number of each row's group by its signature (uint64[BANDS, rows]).

    `is_filled` says which rows have features: the others are alone.
    """
    rows, filled = signed.shape[1], np.flatnonzero(is_filled)
    ends: list[npt.NDArray[np.int64]] = []
    for band in signed[:, filled]:
        _, first, same = np.unique(band, return_index=True, return_inverse=True)
        ends.append(filled[first[same]])
    here = np.tile(filled, BANDS)
    there = np.concatenate(ends)
    graph = coo_matrix((np.ones(len(here), np.int8), (here, there)), shape=(rows, rows))
    groups: npt.NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return groups
