"""The labels of an installation, read once and kept as their features: what models learn from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from classifier import FeatureBatch, Row
from classifier.features.extract import extract_features
from classifier.training.duplicates import grouped, signatures
from classifier.training.layer import Examples
from moderation.domain.decisions import Example, How, LabelEntry
from moderation.domain.verdicts import Label
from moderation.flow.labels.holding import holding
from moderation.flow.labels.replaying import how_of
from moderation.flow.rows import training_row
from moderation.flow.runtime import Runtime
from moderation.store import sites

MOST_ENTRIES = 200_000
"""Newest entries of all label logs that take part; as features they take about 220 MiB."""
FEWEST = 2000
"""Newest entries of each site that take part before any site's older ones do."""

Progress = Callable[[int, int], None]
"""Told how much of how much is done; raises to end the work."""


class Fact(Struct, frozen=True):
    """What is known of a row beside its features. `weight` is for how many comments a piece of
    evidence stands; `audit` the probability with which a labelled comment was drawn at random."""

    kind: Literal["label", "kept"]
    label: Label
    how: How
    weight: float
    person: str
    comment: str
    at_ms: int
    audit: float | None
    language: str
    has_link: bool


class SiteRows(Struct, frozen=True):
    """The rows of a site: places in the batch, in the order of its log."""

    site: str
    places: range


class Gathered(Struct, frozen=True):
    """Labels and evidence of all sites that share theirs: features and facts by place."""

    batch: FeatureBatch
    facts: list[Fact]
    sites: list[SiteRows]
    groups: npt.NDArray[np.int64]

    def places(self, kind: str = "label") -> npt.NDArray[np.int64]:
        """Return the places of the labels, or of the evidence."""
        return np.array([i for i, fact in enumerate(self.facts) if fact.kind == kind], np.int64)

    def site_of(self) -> list[str]:
        """Return the site of each place."""
        found = [""] * len(self.facts)
        for rows in self.sites:
            for place in rows.places:
                found[place] = rows.site
        return found

    def examples(self, places: npt.NDArray[np.int64]) -> Examples:
        """Return these labels as what the installation layer is fitted on."""
        site_of = self.site_of()
        facts = [self.facts[place] for place in places]
        return Examples(
            self.batch.picked(places),
            np.array([1.0 if fact.label == "spam" else -1.0 for fact in facts]),
            [site_of[place] for place in places],
            [fact.person for fact in facts],
        )


def gather(runtime: Runtime, progress: Progress, most: int = MOST_ENTRIES) -> Gathered:
    """Return what all sites that share their labels have taught, at most so many entries of it.

    A site that keeps its labels at home (`shares_training: no`) takes no part. Texts are read in
    pieces and dropped when their features are known.
    """
    sizes = {
        site: state.labels
        for site, state in sites.read_all(runtime.store).items()
        if state.labels and runtime.site_settings(site, state.settings).shares_training
    }
    return _gathered(runtime, sizes, newest_by_site(sizes, most), progress)


def gather_site(runtime: Runtime, site: str, size: int, most: int = MOST_ENTRIES) -> Gathered:
    """Return what one site has taught, for itself alone: whether it shares that does not matter."""
    return _gathered(runtime, {site: size}, {site: min(size, most)}, lambda done, total: None)


def _gathered(
    runtime: Runtime, sizes: dict[str, int], wanted: dict[str, int], progress: Progress
) -> Gathered:
    """Return so many of the newest entries of logs of these sizes."""
    total, done = sum(wanted.values()), 0
    batches: list[FeatureBatch] = []
    signed: list[npt.NDArray[np.uint64]] = []
    facts: list[Fact] = []
    found: list[SiteRows] = []
    for site, number in sorted(wanted.items()):
        first = len(facts)
        pieces: list[tuple[FeatureBatch, list[Fact]]] = []
        for entries in holding(runtime.store, site, sizes[site], number):
            rows = [training_row(example.row) for _, example in entries]
            known = [_fact(site, *pair, row) for pair, row in zip(entries, rows, strict=True)]
            pieces.append((extract_features(rows), known))
            progress(min(total, done + sum(len(p[1]) for p in pieces)), total)
        for batch, known in reversed(pieces):
            batches.append(batch)
            signed.append(signatures(batch))
            facts += known
        found.append(SiteRows(site, range(first, len(facts))))
        done += number
        progress(done, total)
    batch = FeatureBatch.joined(batches)
    every = np.concatenate(signed, axis=1) if signed else signatures(batch)
    return Gathered(batch, facts, found, grouped(every, np.diff(batch.starts) > 0))


def newest_by_site(sizes: dict[str, int], most: int) -> dict[str, int]:
    """Return how many of each site's newest entries take part, `most` of all together.

    Each site's newest count before any other's older ones; what is left goes to the long logs in
    proportion.
    """
    first = {site: min(size, FEWEST) for site, size in sizes.items()}
    begun = sum(first.values())
    if begun >= most:
        return {site: number * most // begun for site, number in first.items()}
    rest = sum(sizes.values()) - begun
    share = min(1.0, (most - begun) / rest) if rest else 0.0
    return {site: first[site] + int((sizes[site] - first[site]) * share) for site in sizes}


def _fact(site: str, entry: LabelEntry, example: Example, row: Row) -> Fact:
    by = entry.decision.by if entry.decision else ""
    return Fact(
        kind="kept" if entry.kind == "kept" else "label",
        label=entry.label or "ham",
        how=how_of(entry),
        weight=example.stands_for,
        # Tokens of two sites may have one name; a person who moderates both is one person.
        person=f"{site}/{by}" if by.startswith("token:") else by,
        comment=example.comment,
        at_ms=example.labelled_ms,
        audit=example.audit,
        language=row.lang,
        has_link=bool(row.url) or "://" in row.text,
    )
