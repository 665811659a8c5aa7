"""A text as the kernels read it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from classifier.features.normalise import CODE_MASK, FRONT
from classifier.features.reading import DISGUISES, HIDDEN, KEPT, is_as_sent, read, read_hidden
from classifier.features.scratch import scratch_space, tables


class Shown(NamedTuple):
    """The folded text, where each of its characters was sent (and its end), its disguises, and what
    of it visitors are not shown."""

    text: str
    at: list[int]
    disguises: int
    invisible: int
    hidden: str


def shown(text: str, *, address: bool = False) -> Shown:
    """Return a text, or an address, as it is read."""
    raw = np.array([text + "\0" * 64]).view(np.uint32)
    space, size = scratch_space(), len(text)
    padded, at, room = space[0], space[1], space[14]
    n, _, invisible = read(
        raw, 0, size, is_as_sent(raw, 0, size), not address, padded, at, tables()[0], room
    )
    folded = "".join(map(chr, (padded[FRONT : FRONT + n] & CODE_MASK).tolist()))
    disguises, places = int(room[2][DISGUISES]), at[: n + 1].tolist()
    size = read_hidden(tables()[0], room) if room[2][KEPT] else 0
    hidden = (room[0][HIDDEN][FRONT : FRONT + size] & CODE_MASK).tolist()
    return Shown(folded, places, disguises, int(invisible), "".join(map(chr, hidden)))
