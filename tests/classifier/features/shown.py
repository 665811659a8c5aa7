"""A text as the kernels read it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from classifier.features.normalise import CODE_MASK, FRONT
from classifier.features.reading import DISGUISES, is_as_sent, read
from classifier.features.scratch import scratch_space, tables


class Shown(NamedTuple):
    """The folded text, where each of its characters was sent (and its end), and its disguises."""

    text: str
    at: list[int]
    disguises: int
    invisible: int


def shown(text: str, *, address: bool = False) -> Shown:
    """Return a text, or an address, as it is read."""
    raw = np.array([text + "\0" * 64]).view(np.uint32)
    space, size = scratch_space(), len(text)
    padded, at, room = space[0], space[1], space[14]
    n, _, invisible = read(
        raw, 0, size, is_as_sent(raw, 0, size), not address, padded, at, tables()[0], room
    )
    folded = "".join(map(chr, (padded[FRONT : FRONT + n] & CODE_MASK).tolist()))
    return Shown(folded, at[: n + 1].tolist(), int(room[2][DISGUISES]), int(invisible))
