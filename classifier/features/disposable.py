"""Disposable e-mail domains as a hash table."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from classifier.features.suffixes import host_key, insert


@cache
def disposable_domains() -> npt.NDArray[np.uint64]:
    """Return an open-addressed table of `host_key` (0 = free)."""
    lines = files("classifier.features").joinpath("disposable.txt").read_text("utf-8").split()
    size = 1 << max(8, (len(lines) * 3).bit_length())
    keys, kinds = np.zeros(size, np.uint64), np.zeros(size, np.uint8)
    for domain in lines:
        insert(keys, kinds, host_key(domain), 1)
    return keys
