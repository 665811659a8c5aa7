"""Feature codes as the sparse matrix that scikit-learn fits on."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack

from classifier.features.batch import FeatureBatch
from classifier.features.blocks import base_buckets
from classifier.features.groups import (
    ASIDE,
    AUTHOR,
    BASE_BUCKETS,
    BASE_WEIGHTS,
    BLOCK_OF,
    BLOCK_PRIOR,
    BLOCKS,
    GROUP_SHIFT,
    NO_BLOCK,
    WORDS,
)
from classifier.features.parts import PENALTY, SCRATCH, base_scores, reading_of


def base_matrix(
    batch: FeatureBatch, group_weights: npt.NDArray[np.float64] = BASE_WEIGHTS
) -> csr_matrix:
    """Return all that is shown of rows, each block at its length (float64, rows × 2^21)."""
    batch = shown_alone(batch)
    groups = batch.codes >> np.uint32(GROUP_SHIFT)
    row_of = np.repeat(np.arange(len(batch)), np.diff(batch.starts))
    cells = row_of * (BLOCKS + 1) + BLOCK_OF[groups]
    counts = np.bincount(cells, minlength=len(batch) * (BLOCKS + 1))
    shares = 1.0 / np.sqrt(np.maximum(counts + np.tile(BLOCK_PRIOR, len(batch)), 1))
    shares[NO_BLOCK :: BLOCKS + 1] = 0.0
    values = group_weights[groups] * shares[cells]
    kept = values != 0
    starts = np.concatenate([[0], np.cumsum(np.bincount(row_of[kept], minlength=len(batch)))])
    columns = base_buckets(batch.codes)[kept].astype(np.int32)
    return csr_matrix((values[kept], columns, starts), shape=(len(batch), BASE_BUCKETS))


def shown_alone(batch: FeatureBatch) -> FeatureBatch:
    """Return rows without what stands behind their first mark."""
    marks = (batch.codes >> np.uint32(GROUP_SHIFT) == ASIDE).astype(np.int64)
    if not marks.any():
        return batch
    before = np.concatenate([[0], np.cumsum(marks)])
    kept = before[1:] == np.repeat(before[batch.starts[:-1]], np.diff(batch.starts))
    starts = np.concatenate([[0], np.cumsum(kept)])[batch.starts]
    return FeatureBatch(batch.codes[kept], starts.astype(np.int64))


def read_matrix(batch: FeatureBatch, table: npt.NDArray[np.float64]) -> csr_matrix:
    """Return rows as the base of this table reads them (float64, rows × 2^21 + 1): of a long one a
    part, for which the last column has `PENALTY`.
    """
    scratch = np.empty(SCRATCH)
    values = np.empty(len(batch.codes))
    given = np.array(
        [
            reading_of(batch.codes[a:b], table, BASE_WEIGHTS, scratch, values[a:b])
            for a, b in pairwise(batch.starts.tolist())
        ]
    )
    columns = base_buckets(batch.codes)
    own = csr_matrix((values, columns, batch.starts), shape=(len(batch), BASE_BUCKETS))
    penalty = np.where(own @ table - given > PENALTY / 2, PENALTY, 0.0)
    return hstack([own, csr_matrix(penalty[:, None])], format="csr")


def scores_by(
    batch: FeatureBatch, coefficients: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the products of rows with coefficients, rounded as a model file has them."""
    found, bits = np.empty(len(batch)), coefficients.astype(np.float16).view(np.uint16)
    base_scores(batch.codes, batch.starts, bits, BASE_WEIGHTS, np.empty(SCRATCH), found)
    return found


class BaseFeatures(NamedTuple):
    """Rows as the base is fitted on them."""

    matrix: csr_matrix
    """What the support vector machine sees."""
    words: csr_matrix
    """Ones where a row has a word, a pair of words or an ideograph."""
    author: csr_matrix
    """Ones where a row has a word of the author's name, or the whole."""

    @classmethod
    def of(cls, batch: FeatureBatch) -> BaseFeatures:
        """Return the features of a batch."""
        return cls(
            base_matrix(batch),
            *(_ones(batch, BLOCK_OF[group]) for group in (WORDS, AUTHOR)),
        )

    def take(self, rows: npt.NDArray[np.int64]) -> BaseFeatures:
        """Return the features of some rows."""
        return BaseFeatures(*(part[rows] for part in self))


def _ones(batch: FeatureBatch, block: int) -> csr_matrix:
    batch = shown_alone(batch)
    kept = BLOCK_OF[batch.codes >> np.uint32(GROUP_SHIFT)] == block
    starts = np.concatenate([[0], np.cumsum(kept)])[batch.starts]
    columns = base_buckets(batch.codes)[kept].astype(np.int32)
    return csr_matrix((np.ones(len(columns)), columns, starts), shape=(len(batch), BASE_BUCKETS))
