"""Whether spam stays held when harmless prose stands around it, shown or hidden."""

from __future__ import annotations

import random
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from classifier import LabelledRow, Model
from classifier.evaluation.cells import percent
from classifier.training.data import OTHER_GENRES

if TYPE_CHECKING:
    from classifier.evaluation.study import Study

SAMPLE = 200
"""Spam of a source, held by a base that has not seen it, that is diluted."""
SHORTEST, LONGEST = 200, 2000
"""Characters of the ham of other sources that it is diluted with."""


def diluted(text: str, prose: str) -> dict[str, str]:
    """Return a text with prose around it by kind: the first three are hidden, the others shown."""
    middle = prose.find(" ", len(prose) // 2)
    return {
        "comment": f"{text}<!-- {prose.replace('--', ' ')} -->",
        "element": f'<div style="display:none">{escape(prose)}</div>{text}',
        "attribute": f'<img src="a.png" alt="{escape(prose)}">{text}',
        "after": f"{text}\n\n{prose}",
        "before": f"{prose}\n\n{text}",
        "around": f"{prose[:middle]}\n{text}\n{prose[middle:]}",
    }


def dilution_figures(study: Study) -> dict[str, Any]:
    """Return for each source of comments how much of its held spam stays held, by kind."""
    prose = [
        row
        for name, rows in study.sources.items()
        for row in rows
        if row.label == "ham"
        and name not in OTHER_GENRES
        and SHORTEST <= len(row.text) <= LONGEST
        and row.lang in ("", "en")
    ]
    found: dict[str, Any] = {}
    for name, rows in study.sources.items():
        spam = [row for row in rows if row.label == "spam"]
        if spam and name not in OTHER_GENRES:
            study.say(f"dilution: {name}")
            model = study.bases.without(name)
            found[name] = stays_held(model, spam, [row.text for row in prose if row.source != name])
    return found


def stays_held(model: Model, spam: Sequence[LabelledRow], prose: Sequence[str]) -> dict[str, Any]:
    """Return how many of up to SAMPLE rows that the model holds are diluted, and the shares of
    them that are held still."""
    draw = random.Random(0)  # noqa: S311
    chances = model.score(spam).probability
    held = [row for row, p in zip(spam, chances, strict=True) if p >= model.bands.hold]
    chosen = draw.sample(held, min(SAMPLE, len(held)))
    texts = [diluted(row.text, draw.choice(prose)) for row in chosen] if prose else []
    found: dict[str, Any] = {"rows": len(texts)}
    for kind in texts[0] if texts else ():
        changed = [
            msgspec.structs.replace(row, text=own[kind])
            for row, own in zip(chosen, texts, strict=True)
        ]
        found[kind] = float(np.mean(model.score(changed).probability >= model.bands.hold))
    return found


def table(figures: dict[str, Any]) -> tuple[Sequence[str], list[Sequence[str]]]:
    """Return the shares by source and of all, by kind."""
    found = {name: part for name, part in figures["dilution"].items() if part["rows"]}
    kinds = [kind for kind in next(iter(found.values()), {}) if kind != "rows"]
    rows: list[Sequence[str]] = [
        (name, f"{part['rows']:,}", *(percent(part[kind]) for kind in kinds))
        for name, part in found.items()
    ]
    total = sum(part["rows"] for part in found.values())
    sums = [sum(part[kind] * part["rows"] for part in found.values()) / total for kind in kinds]
    rows.append(("all", f"{total:,}", *map(percent, sums)))
    return ("source left out", "held spam", *kinds), rows
