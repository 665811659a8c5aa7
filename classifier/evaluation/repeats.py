"""Whether repeats of a comment follow a single decision, and whether others are swept along."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from classifier import FeatureBatch, LabelledRow, Learner, Model, Row, for_training
from classifier.repeats import FEW_WORDS

LABELS = (0, 50, 500)
"""Labels that a site has taught before the decision."""
SAMPLE = 200
LATER = 100
"""Labels that come between the decision and a late repeat."""
FAR = 1e6
"""A logit beyond every band."""

ALTERED = ("replaced", "added", "dropped", "exchanged")

_PIECE = re.compile(r"\S+")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_NUMBER = re.compile(r"\d+")
Texts = dict[str, str]


def repeat_figures(model: Model, rows: Sequence[LabelledRow]) -> dict[str, Any]:
    """Share of repeats that follow, by labels taught before.

    Each of up to SAMPLE comments that the site has not taught is decided against the side on which
    its score is, by a learner that is thrown away afterwards. A repeat follows if it is then held
    or rejected as spam, or not even held as ham. `near` is in capitals with signs added;
    `replaced`, `added` and `dropped` differ by one word at a random place; `exchanged` has another
    number or, if the decision is for spam, another link; `later` is the exact repeat LATER further
    labels on.
    """
    found: dict[str, Any] = {}
    learner = Learner(model)
    draw = random.Random(0)  # noqa: S311
    pool = [word for row in rows for word in row.text.split() if word.isalpha()] or ["more"]
    for first in LABELS:
        if first + LATER + 20 > len(rows):
            break
        for row in rows[learner.position : first]:
            learner.learn(row, row.label)
        after, rest = rows[first : first + LATER], rows[first + LATER :]
        chosen = rest[:: max(1, len(rest) // SAMPLE)][:SAMPLE]
        followed = [
            _followed(model, learner, row, after, altered(row.text, pool, draw)) for row in chosen
        ]
        found[str(first)] = {"decisions": len(chosen)} | {
            kind: _share([one[kind] for one in followed if kind in one])
            for kind in ("before", "exact", "near", *ALTERED, "later")
        }
    return found


def altered(text: str, pool: Sequence[str], draw: random.Random) -> Texts:
    """Return the nearly exact repeats of a text of FEW_WORDS or more, by kind, with words of
    `pool`.
    """
    words = [m for m in _PIECE.finditer(text) if not _LINK.match(m.group())]
    if len(words) < FEW_WORDS:
        return {}
    a, b = draw.choice(words).span()
    found = {
        "replaced": f"{text[:a]}{draw.choice(pool)}{text[b:]}",
        "added": f"{text[:a]}{draw.choice(pool)} {text[a:]}",
        "dropped": text[:a] + text[b:],
    }
    link, number = _LINK.search(text), _NUMBER.search(text)
    if link:
        other = f"http://fresh{draw.randrange(10**4)}.example/p/{draw.randrange(10**6)}"
        found["exchanged"] = text[: link.start()] + other + text[link.end() :]
    elif number:
        other = str(int(number.group()[:9]) + draw.randrange(1, 999))
        found["exchanged"] = text[: number.start()] + other + text[number.end() :]
    return found


def _followed(
    model: Model, learner: Learner, row: LabelledRow, after: Sequence[LabelledRow], others: Texts
) -> dict[str, bool]:
    """Say whether a row before, and then the row and its repeats of each kind, are as decided."""
    bare = for_training(row)
    likely = model.score([bare], learner).probability[0] >= 0.5
    decided = "ham" if likely else "spam"
    found = {"before": _is_as(decided, model, learner, bare)}
    taught = learner.copy()
    taught.learn(bare, decided)
    texts = {"exact": bare.text, "near": f"{bare.text.upper()} !!"} | others
    if decided == "ham" and _LINK.search(bare.text):
        # Another link in an approved comment is what a copier would put there.
        texts.pop("exchanged", None)
    for kind, text in texts.items():
        found[kind] = _is_as(decided, model, taught, msgspec.structs.replace(bare, text=text))
    for other in after:
        taught.learn(other, other.label)
    return found | {"later": _is_as(decided, model, taught, bare)}


def _is_as(decided: str, model: Model, learner: Learner, row: Row) -> bool:
    held = bool(model.score([row], learner).probability[0] >= learner.bands.hold)
    return held == (decided == "spam")


def _share(values: Sequence[bool]) -> float | None:
    return float(np.mean(values)) if values else None


def swept(model: Model, rows: Sequence[LabelledRow]) -> dict[str, int]:
    """Return how many rows of a stream follow an earlier decision as its repeats, and how many
    wrongly.

    Each row's own label is learned before the next one comes.
    """
    learner = Learner(model)
    found = {"comments": len(rows), "follow": 0, "wrongly": 0}
    for row in rows:
        batch = model.features([row])
        label = label_of_repeat(learner, batch)
        found["follow"] += label is not None
        found["wrongly"] += label not in (None, row.label)
        learner.learn(batch, row.label)
    return found


def label_of_repeat(learner: Learner, batch: FeatureBatch) -> str | None:
    """Return which decision a row follows: it moves a score that is far on the other side."""
    for label, logit in (("spam", -FAR), ("ham", FAR)):
        shifts = np.zeros(1)
        learner.follow(batch.codes, batch.starts, np.array([logit]), np.zeros(1), shifts)
        if shifts[0] != 0:
            return label
    return None
