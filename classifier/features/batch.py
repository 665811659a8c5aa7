"""The features of rows, as compressed sparse rows of codes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


class FeatureBatch:
    """Feature codes of some rows: `codes` (uint32) and `starts` (int64, one more than rows)."""

    __slots__ = ("codes", "starts")

    def __init__(self, codes: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64]) -> None:
        self.codes = codes
        self.starts = starts

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, key: int | slice) -> FeatureBatch:
        """Return one row or a run of rows as a batch of its own (views, not copies)."""
        if isinstance(key, slice):
            first, last, stride = key.indices(len(self))
            if stride != 1:
                raise IndexError("a batch is cut in runs only")
            last = max(first, last)
        else:
            first = key + len(self) if key < 0 else key
            if not 0 <= first < len(self):
                raise IndexError(key)
            last = first + 1
        begin, end = self.starts[first], self.starts[last]
        return FeatureBatch(self.codes[begin:end], self.starts[first : last + 1] - begin)

    @classmethod
    def joined(cls, batches: Sequence[FeatureBatch]) -> FeatureBatch:
        """Return the rows of several batches, one after another, as one."""
        sizes = [np.diff(batch.starts) for batch in batches]
        starts = np.concatenate([np.zeros(1, np.int64), *sizes]).cumsum()
        codes = [np.zeros(0, np.uint32), *(batch.codes for batch in batches)]
        return cls(np.concatenate(codes), starts)

    def picked(self, rows: npt.NDArray[np.int64]) -> FeatureBatch:
        """Return some rows, by their places and in that order, as a batch of its own."""
        return FeatureBatch.joined([self[int(row)] for row in rows])

    def row(self, index: int) -> npt.NDArray[np.uint32]:
        """Return the codes of one row (a view)."""
        return self.codes[self.starts[index] : self.starts[index + 1]]
