"""What the kernel reads and what it works in, in the form in which it takes them fastest."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.features.characters import folding_tables, look_alikes
from classifier.features.disposable import disposable_domains
from classifier.features.fields import FIELDS
from classifier.features.groups import SITE_BITS
from classifier.features.lexicon import topic_trie, trade_trie
from classifier.features.normalise import BLANK, FRONT
from classifier.features.parts import SCRATCH
from classifier.features.reading import Reading, room_for_reading
from classifier.features.shape import MEASURES, shape_tables
from classifier.features.suffixes import suffix_table
from classifier.features.tokens import BEHIND, Tokens, room_for_tokens

LONGEST_TEXT = 1 << 16
LONGEST = 2 * LONGEST_TEXT + 96 + 2 * BEHIND
"""Characters that a text may be folded to."""

_of_thread = threading.local()


class Scratch(NamedTuple):
    """What the kernel works in; of one thread at a time."""

    text: npt.NDArray[np.uint32]
    at: npt.NDArray[np.int32]
    looks: npt.NDArray[np.uint32]
    looks_at: npt.NDArray[np.int32]
    tokens: Tokens
    grams: npt.NDArray[np.uint32]
    look_grams: npt.NDArray[np.uint32]
    stamps: npt.NDArray[np.uint8]
    known: npt.NDArray[np.uint64]
    topics: npt.NDArray[np.int64]
    found: npt.NDArray[np.int64]
    hosts: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    bounds: npt.NDArray[np.int64]
    """Where the fields of a row begin, where they end, and the row's stamp."""
    reading: Reading
    factors: npt.NDArray[np.float64]


def _new() -> Scratch:
    text, looks = np.empty(FRONT + LONGEST, np.uint32), np.empty(FRONT + 2 * LONGEST, np.uint32)
    text[:FRONT] = looks[:FRONT] = BLANK
    return Scratch(
        text,
        np.empty(LONGEST, np.int32),
        looks,
        np.empty(2 * LONGEST, np.int32),
        room_for_tokens(2 * LONGEST),
        np.empty(LONGEST, np.uint32),
        np.empty(2 * LONGEST, np.uint32),
        np.zeros(1 << SITE_BITS, np.uint8),
        np.zeros(1024, np.uint64),
        np.zeros(256, np.int64),
        np.zeros(6, np.int64),
        np.zeros(8, np.int64),
        np.zeros(len(MEASURES)),
        np.zeros(2 * len(FIELDS) + 1, np.int64),
        room_for_reading(LONGEST),
        np.zeros(SCRATCH),
    )


def _plain(value: Any) -> Any:
    """Return nested named tuples as plain ones, whose type numba tells in C: it saves 9 µs."""
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value


def scratch_space() -> Any:
    """Return this thread's scratch space; pages of it that no row needed yet cost nothing."""
    try:
        return _of_thread.scratch
    except AttributeError:
        _of_thread.scratch = _plain(_new())
        return _of_thread.scratch


@cache
def tables() -> Any:
    """Return every table that the kernel reads, built once in a process."""
    return _plain(
        (
            folding_tables(),
            look_alikes(),
            suffix_table(),
            topic_trie(),
            disposable_domains(),
            shape_tables(),
            trade_trie(),
        )
    )
