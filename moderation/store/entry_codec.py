"""How entries of the label log are written as bytes; `scripts/log.lua` reads the headers."""

from __future__ import annotations

import struct
from typing import Any

import msgspec

from moderation.domain.decisions import HOWS, Decision, Example, LabelEntry
from moderation.domain.verdicts import LABELS

_LABEL = struct.Struct(">BBIIIIBH")
_ERASED = struct.Struct(">II")
_LABEL_HAS_DAY = 2
_LABEL_HOW, _LABEL_KEPT = 2, 5
"""From which bit of the flags on an entry says how its label came, and how much evidence it has."""
_LABEL_DAY = 10
_KINDS: tuple[Any, ...] = ("", "label", "undo", "rebuilt", "erased", "kept")

_decision = msgspec.msgpack.Decoder(Decision).decode
_example = msgspec.msgpack.Decoder(Example).decode


def unpack_label(seq: int, data: bytes) -> LabelEntry:
    """Return the entry of a label log that was written as `data`."""
    kind, label, drops, restores, previous, _, flags, n_decision = _LABEL.unpack_from(data)
    view = memoryview(data)[_LABEL.size :]
    example = view[n_decision + (_LABEL_DAY if flags & _LABEL_HAS_DAY else 0) :]
    if _KINDS[kind] == "erased":
        epoch, far = _ERASED.unpack(example) if example else (0, 0)
        return LabelEntry(
            seq, "erased", None, drops, restores, previous, erased_epoch=epoch, erased_far=far
        )
    return LabelEntry(
        seq=seq,
        kind=_KINDS[kind],
        label=LABELS[label],
        drops=drops,
        restores=restores,
        previous=previous,
        decision=_decision(view[:n_decision]) if n_decision else None,
        example=_example(example) if example else None,
        how=HOWS[flags >> _LABEL_HOW & 7],
        kept=flags >> _LABEL_KEPT,
    )


OUTLINE_BYTES = _LABEL.size + _ERASED.size
"""So many bytes of an entry say what it does to others, and whether it was erased."""


def unpack_outline(seq: int, data: bytes) -> LabelEntry:
    """Return an entry without decision and example, of its first `OUTLINE_BYTES`."""
    kind, label, drops, restores, previous, _, flags, _ = _LABEL.unpack_from(data)
    is_erased = _KINDS[kind] == "erased" and len(data) == OUTLINE_BYTES
    epoch, far = _ERASED.unpack_from(data, _LABEL.size) if is_erased else (0, 0)
    return LabelEntry(
        seq, _KINDS[kind], LABELS[label], drops, restores, previous,
        erased_epoch=epoch, erased_far=far, how=HOWS[flags >> _LABEL_HOW & 7],
        kept=flags >> _LABEL_KEPT,
    )  # fmt: skip


def pack_rebuilt() -> bytes:
    """Return a label entry that marks a learner made anew."""
    return _LABEL.pack(_KINDS.index("rebuilt"), 0, 0, 0, 0, 0, 0, 0)
