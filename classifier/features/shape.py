"""Shape: what is counted in a comment, and the steps at which a count becomes a feature.

A value v gives one feature for every step s with v >= s, so that a weight says what the next step
adds. Values are float64; -1 means unknown and gives nothing.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.features.groups import REASON_SHIFT, SHAPE, SITE_ONLY
from classifier.features.hashing import finish_hash, hash_text
from classifier.reasons import INDEX


class Measure(NamedTuple):
    """A value of a comment: the reason that names it, its steps, and whether only sites use it."""

    name: str
    reason: str
    steps: tuple[float, ...]
    site_only: bool = False


MEASURES: tuple[Measure, ...] = (
    Measure("always", "site_balance", (0,)),
    Measure("length", "length", (8, 20, 40, 80, 160, 320, 640, 1280, 2560)),
    Measure("links", "links", (1, 2, 3, 5, 9)),
    Measure("links_per_word", "links", (0.02, 0.07, 0.15, 0.4)),
    Measure("anchors", "markup", (1, 2, 4)),
    Measure("tags", "markup", (1, 3, 8)),
    Measure("capitals", "capitals", (0.08, 0.2, 0.5)),
    Measure("digits", "digits", (0.03, 0.1, 0.25)),
    Measure("long_numbers", "digits", (1, 2)),
    Measure("exclamations", "punctuation", (1, 3, 6)),
    Measure("questions", "punctuation", (1, 3)),
    Measure("punctuation", "punctuation", (0.02, 0.06, 0.15)),
    Measure("currency", "punctuation", (1, 3)),
    Measure("symbols", "punctuation", (0.02, 0.1)),
    Measure("emoji", "emoji", (1, 3, 8)),
    Measure("line_breaks", "line_breaks", (1, 3, 8)),
    Measure("scripts", "mixed_scripts", (2, 3)),
    Measure("disguised", "disguised_letters", (1, 2, 4)),
    Measure("invisible", "disguised_letters", (1, 3)),
    Measure("spaced", "disguised_letters", (1, 2)),
    Measure("repeated_words", "repetition", (0.2, 0.4, 0.6)),
    Measure("repeated_characters", "repetition", (4, 8, 16)),
    Measure("addresses", "contact", (1, 2)),
    Measure("handles", "contact", (1, 2)),
    Measure("author_words", "author_shape", (3, 4, 6)),
    Measure("author_digits", "author_shape", (1, 3)),
    Measure("author_topics", "author_shape", (1, 2)),
    Measure("author_trades", "author_shape", (1, 2)),
    Measure("author_is_address", "author_shape", (1,)),
    Measure("author_in_text", "author_in_text", (1, 2)),
    Measure("url_path", "author_link", (1, 3)),
    Measure("url_hyphens", "author_link", (1, 2)),
    Measure("same_host", "author_link", (1,)),
    Measure("disposable", "email_disposable", (1,)),
    Measure("honeypot", "honeypot", (1,)),
    Measure("hurried", "form_time", (1, 2)),
    Measure("overlap", "context_overlap", (0.15, 0.35, 0.6, 0.85)),
    Measure("has_author", "author_shape", (1,), site_only=True),
    Measure("has_url", "author_link", (1,), site_only=True),
    Measure("has_email", "email_domain", (1,), site_only=True),
    Measure("form_seconds", "form_time", (0, 2, 5, 15, 60, 600, 3600), site_only=True),
)

POSITION: dict[str, int] = {measure.name: index for index, measure in enumerate(MEASURES)}


class ShapeTables(NamedTuple):
    """The steps of all measures in one row after another, and the code each of them gives."""

    starts: npt.NDArray[np.int32]
    steps: npt.NDArray[np.float64]
    codes: npt.NDArray[np.uint32]


@cache
def shape_tables() -> ShapeTables:
    """Return the measures as arrays."""
    starts, steps, codes = [0], [], []
    for measure in MEASURES:
        for number, step in enumerate(measure.steps):
            steps.append(step)
            bucket = finish_hash(hash_text(f"{measure.name}:{number}")) >> 44
            group = SITE_ONLY if measure.site_only else SHAPE
            codes.append(group << 28 | INDEX[measure.reason] << REASON_SHIFT | bucket)
        starts.append(len(steps))
    return ShapeTables(
        np.array(starts, np.int32), np.array(steps, np.float64), np.array(codes, np.uint32)
    )
