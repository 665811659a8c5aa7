"""Feature codes as the sparse matrix that scikit-learn fits on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from classifier.features.batch import FeatureBatch
from classifier.features.groups import BASE_BITS, BASE_WEIGHTS, GROUP_SHIFT
from classifier.scoring import base_size

BASE_COLUMNS = 1 << BASE_BITS


def base_matrix(
    batch: FeatureBatch, group_weights: npt.NDArray[np.float64] = BASE_WEIGHTS
) -> csr_matrix:
    """Return rows of unit length, long ones shorter (float64, rows × 2^20), as the base scores
    them."""
    values = group_weights[batch.codes >> np.uint32(GROUP_SHIFT)]
    counts = np.diff(batch.starts)
    row_of = np.repeat(np.arange(len(batch)), counts)
    squares = np.bincount(row_of, values * values, minlength=len(batch))
    lengths = np.sqrt(np.maximum(squares, 1e-12))
    values = values * (base_size.py_func(lengths) / lengths)[row_of]
    columns = (batch.codes & np.uint32(BASE_COLUMNS - 1)).astype(np.int32)
    kept = values != 0
    starts = np.concatenate([[0], np.cumsum(np.bincount(row_of[kept], minlength=len(batch)))])
    shape = (len(batch), BASE_COLUMNS)
    return csr_matrix((values[kept], columns[kept], starts), shape=shape)
