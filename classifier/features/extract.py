"""From rows to feature codes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.features.batch import FeatureBatch
from classifier.features.emission import PLACE_END, PLACE_FIELD
from classifier.features.fields import AUTHOR, TEXT, URL
from classifier.features.groups import BASE_WEIGHTS, REASON_SHIFT, SIGNALS
from classifier.features.hashing import finish_hash, hash_text
from classifier.features.kernel import ROOM, extract
from classifier.features.parts import SCRATCH, base_scores
from classifier.features.references import AMPERSAND, reference_at
from classifier.features.scratch import scratch_space, tables
from classifier.features.sender import SHORT_FIELD, domain_in
from classifier.reasons import INDEX
from classifier.row import OVERLAP_SIGNAL, Row

MOST_SIGNALS = 32
_BEHIND = "\0" * 64
"""Read with the last field, so that vectors are whole; never looked at."""
_NO_PLACES: npt.NDArray[np.int64] = np.zeros((1, 4), np.int64)
_NO_TABLE: npt.NDArray[np.uint16] = np.zeros(1, np.uint16)


class _Extracted(NamedTuple):
    codes: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.int64]
    texts: npt.NDArray[np.int64]
    overlap: npt.NDArray[np.float64]
    products: npt.NDArray[np.float64]


def extract_features(rows: Sequence[Row]) -> FeatureBatch:
    """Return the feature codes of all rows; each row's are the same in any batch."""
    found = _run(rows)
    return FeatureBatch(found.codes, found.starts)


def extract_texts(rows: Sequence[Row]) -> tuple[FeatureBatch, npt.NDArray[np.int64]]:
    """Return the features of rows, and with how many (int64[rows]) each begins that are of its text
    as visitors see it: those are the same in any company."""
    found = _run(rows)
    return FeatureBatch(found.codes, found.starts), found.texts


def extract_with_products(
    rows: Sequence[Row], table: npt.NDArray[np.uint16]
) -> tuple[FeatureBatch, npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return the features of rows, what `parts.base_scores` makes of them with this table, and how
    many are of the text, as `extract_texts` does.

    Each weight is asked for as soon as its code is known, so that a row's product, taken when the
    row has been read, waits for little of a table that no cache of the processor holds.
    """
    found = _run(rows, table=table)
    return FeatureBatch(found.codes, found.starts), found.products, found.texts


def context_overlap(row: Row) -> float:
    """Return the share of the text's words that the page has as well, 0..1."""
    return float(_run([row]).overlap[0])


def for_training(row: Row) -> Row:
    """Return what may be kept of a row to train on: its features are those of the row itself.

    The IP address goes, the e-mail address is cut to its domain, and the page's text is
    replaced by the overlap that was computed from it.
    """
    signals = dict(row.signals)
    if row.context and OVERLAP_SIGNAL not in signals:
        signals[OVERLAP_SIGNAL] = context_overlap(row)
    return Row(
        text=row.text,
        author=row.author,
        url=row.url,
        email=_domain(row.email),
        permalink=row.permalink,
        date=row.date,
        lang=row.lang,
        type=row.type,
        honeypot=row.honeypot,
        form_ms=row.form_ms,
        signals=signals,
    )


def _domain(email: str) -> str:
    """Return the part of an e-mail address behind its last at sign, however that is written."""
    room, size = scratch_space(), min(len(email), SHORT_FIELD)
    raw = np.array([email + _BEHIND]).view(np.uint32)
    return email[domain_in(raw, size, room[0], room[1], tables()[0], room[14]) : size]


def extract_places(row: Row) -> tuple[FeatureBatch, npt.NDArray[np.int64]]:
    """Return a row's features and every place (code, field, start, end) that gave one of them."""
    size = 8 * sum(map(len, (row.text, row.author, row.url))) + 512
    places = np.zeros((min(size, 6 * ROOM) + 1, 4), np.int64)
    found = _run([row], places)
    places = places[: places[-1, PLACE_END]]
    _reach_over_references(row, places)
    return FeatureBatch(found.codes, found.starts), places


def _reach_over_references(row: Row, places: npt.NDArray[np.int64]) -> None:
    """Let places end behind the reference that their last character was sent as, not in it."""
    for field, text in ((TEXT, row.text), (AUTHOR, row.author), (URL, row.url)):
        raw = np.array([text + _BEHIND]).view(np.uint32)
        begun = np.flatnonzero(raw[: len(text)] == AMPERSAND)
        ends = np.arange(1, len(text) + 2)
        for i in begun.tolist():
            stop = reference_at(raw, i, len(text), True)[2]
            ends[i] = max(stop, i + 1)
        own = (places[:, PLACE_FIELD] == field) & (places[:, PLACE_END] > 0)
        # A letter that is read as two, at the very end, would reach beyond what was sent.
        last = np.minimum(places[own, PLACE_END], max(len(text), 1))
        places[own, PLACE_END] = ends[last - 1]


def _run(
    rows: Sequence[Row],
    places: npt.NDArray[np.int64] = _NO_PLACES,
    table: npt.NDArray[np.uint16] = _NO_TABLE,
) -> _Extracted:
    count = len(rows)
    fields, timed, signalled = _fields(rows)
    # numpy's own text is UCS-4 and takes lone surrogates as they are.
    raw = np.array(["".join((*fields, _BEHIND))]).view(np.uint32)
    lengths = np.fromiter(map(len, fields), np.int64, len(fields))
    form_ms, overlap = np.empty(count), np.empty(count)
    form_ms.fill(-1.0)
    overlap.fill(-1.0)
    if timed:
        form_ms[:] = [-1.0 if row.form_ms is None else row.form_ms for row in rows]
    if signalled:
        overlap[:] = [_known_overlap(row.signals) for row in rows]
    # A row never has more codes than ROOM, whatever its characters expand to.
    codes, starts = np.empty(ROOM * count, np.uint32), np.empty(count + 1, np.int64)
    texts = np.empty(count, np.int64)
    products = np.empty(0 if table is _NO_TABLE else count)
    used = extract(
        raw, lengths, form_ms, overlap, codes, starts, texts, places, tables(), scratch_space(),
        table, BASE_WEIGHTS, products,
    )  # fmt: skip
    codes = codes[:used]
    if signalled:
        codes, starts = _with_signals(codes, starts, rows)
        if len(products):
            base_scores(codes, starts, table, BASE_WEIGHTS, np.empty(SCRATCH), products)
    return _Extracted(codes, starts, texts, overlap, products)


def _fields(rows: Sequence[Row]) -> tuple[list[str], bool, bool]:
    """Return the fields as the kernel takes them; whether any row has a time, and any signals."""
    fields: list[str] = []
    rare = timed = signalled = False
    for row in rows:
        fields += (row.text, row.author, row.url)
        if row.email or row.type or row.honeypot or row.context:
            rare = True
        if row.form_ms is not None:
            timed = True
        if row.signals:
            signalled = True
    if rare:
        for row in rows:
            context = "\n".join(row.context) if row.context else ""
            fields += (row.honeypot, row.type, row.email, context)
    return fields, timed, signalled


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
