"""From rows to feature codes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from classifier.features.batch import FeatureBatch
from classifier.features.groups import REASON_SHIFT, SIGNALS
from classifier.features.hashing import finish_hash, hash_text
from classifier.features.kernel import ROOM, extract
from classifier.features.scratch import scratch, tables
from classifier.reasons import INDEX
from classifier.row import OVERLAP_SIGNAL, Row

MOST_SIGNALS = 32
_BEHIND = "\0" * 64
"""Read with the last field, so that vectors are whole; never looked at."""
_NO_PLACES: npt.NDArray[np.int64] = np.zeros((1, 4), np.int64)


def extract_features(rows: Sequence[Row]) -> FeatureBatch:
    """Return the feature codes of all rows; each row's are the same in any batch."""
    codes, starts, _ = _run(rows, _NO_PLACES)
    return FeatureBatch(codes, starts)


def context_overlap(row: Row) -> float:
    """Return the share of the text's words that the page has as well, 0..1."""
    return float(_run([row], _NO_PLACES)[2][0])


def extract_places(row: Row) -> tuple[FeatureBatch, npt.NDArray[np.int64]]:
    """Return a row's features and every place (code, field, start, end) that gave one of them."""
    size = 8 * sum(map(len, (row.text, row.author, row.url))) + 512
    places = np.zeros((min(size, 6 * ROOM) + 1, 4), np.int64)
    codes, starts, _ = _run([row], places)
    return FeatureBatch(codes, starts), places[: places[-1, 3]]


def _run(
    rows: Sequence[Row], places: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    fields: list[str] = []
    for row in rows:
        fields += (row.text, row.author, row.url)
    if any(row.email or row.type or row.honeypot or row.context for row in rows):
        for row in rows:
            context = "\n".join(row.context) if row.context else ""
            fields += (row.honeypot, row.type, row.email, context)
    # numpy's own text is UCS-4 and takes lone surrogates as they are.
    raw = np.array(["".join((*fields, _BEHIND))]).view(np.uint32)
    lengths = np.fromiter(map(len, fields), np.int64, len(fields))
    form_ms, overlap = np.empty(len(rows)), np.empty(len(rows))
    form_ms[:] = [-1.0 if row.form_ms is None else row.form_ms for row in rows]
    overlap.fill(-1.0)
    signals = [row.signals for row in rows]
    signalled = any(signals)
    if signalled:
        overlap[:] = [_known_overlap(each) for each in signals]
    # A row never has more codes than ROOM, whatever its characters expand to.
    codes, starts = np.empty(ROOM * len(rows), np.uint32), np.empty(len(rows) + 1, np.int64)
    used = extract(raw, lengths, form_ms, overlap, codes, starts, places, tables(), scratch())
    codes = codes[:used]
    if signalled:
        codes, starts = _with_signals(codes, starts, rows)
    return codes, starts, overlap


def _known_overlap(signals: dict[str, float]) -> float:
    value = signals.get(OVERLAP_SIGNAL, -1.0)
    return value if value >= 0 else -1.0


def _signal_codes(row: Row) -> list[int]:
    """Return a code for each of the caller's signals, by its sign and power of two."""
    codes = []
    for name in sorted(row.signals)[:MOST_SIGNALS]:
        value = row.signals[name]
        if name == OVERLAP_SIGNAL or math.isnan(value):
            continue
        bounded = min(max(value, -1e9), 1e9)
        level = math.frexp(bounded)[1] if abs(bounded) > 1e-6 else -99
        bucket = finish_hash(hash_text(f"{name}:{level}:{bounded < 0}")) >> 44
        codes.append(SIGNALS << 28 | INDEX["site_record"] << REASON_SHIFT | bucket)
    return codes


def _with_signals(
    codes: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], rows: Sequence[Row]
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    pieces, sizes = [], [0]
    for i, row in enumerate(rows):
        extra = np.array(_signal_codes(row), np.uint32)
        pieces += [codes[starts[i] : starts[i + 1]], extra]
        sizes.append(int(starts[i + 1] - starts[i]) + len(extra))
    return np.concatenate(pieces), np.cumsum(sizes, dtype=np.int64)
