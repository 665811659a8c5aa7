"""The one hash by which features, hosts and topics are named, in Python and in the kernels."""

from __future__ import annotations

import numpy as np

from classifier.compiled import inlined

MASK = 0xFFFFFFFFFFFFFFFF
STEP = 0xD6E8FEB86659FD93
FINISH = 0x9E3779B97F4A7C15

_STEP = np.uint64(STEP)
_FINISH = np.uint64(FINISH)


@inlined
def step(state: int, code: int) -> int:
    """Return the rolling hash after one more code point (uint64 in, uint64 out)."""
    return state * _STEP + code


@inlined
def finish(state: int) -> int:
    """Return the hash with its high bits mixed (uint64)."""
    return (state ^ (state >> np.uint64(29))) * _FINISH


def hash_text(text: str, state: int = 0) -> int:
    """Return the rolling hash of a text, as the kernel computes it over its code points."""
    for char in text:
        state = (state * STEP + ord(char)) & MASK
    return state


def finish_hash(state: int) -> int:
    """Return `finish` of a Python integer."""
    return ((state ^ (state >> 29)) * FINISH) & MASK
