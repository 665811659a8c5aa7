"""All that was said of one comment, as the label log has it: which of it counts no longer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from moderation.domain.decisions import LabelEntry
from moderation.flow.labels import replaying
from moderation.store import Store, codec, compaction, labels
from moderation.store.compaction import Step

WORDS_KEPT = 4
"""Words on one comment that stay while it is kept: the one that holds, and those that as many
undos give back."""


class Chain:
    """The entries about a comment, the newest first, and whether the comment itself is kept."""

    def __init__(self, raw: bytes, entries: Sequence[LabelEntry], is_kept: bool) -> None:
        self.raw = raw
        self.entries = list(entries)
        self._is_kept = is_kept

    @property
    def last(self) -> int:
        """The last entry, 0 where there is none."""
        return self.entries[0].seq if self.entries else 0

    def superfluous(self, rebuilt: int) -> list[LabelEntry]:
        """Return the entries that count no longer, the oldest first.

        None do as long as learners have not taken up everything that was withdrawn, which they
        have when they were made anew at entry `rebuilt`.
        """
        if any(_is_pending(entry, rebuilt) for entry in self.entries):
            return []
        stays = self._holding()
        if self._is_kept:
            stays |= self._given_back(stays)
        return [entry for entry in reversed(self.entries) if entry.seq not in stays]

    def _holding(self) -> set[int]:
        holds: set[int] = set()
        for entry in reversed(self.entries):
            if entry.kind in ("label", "kept"):
                holds.add(entry.seq)
            holds.discard(entry.drops)
            if entry.restores:
                holds.add(entry.restores)
        return holds

    def _given_back(self, holding: set[int]) -> set[int]:
        """Return what undoing the words that hold would give back."""
        drops = {entry.seq: entry.drops for entry in self.entries if entry.kind == "label"}
        given: set[int] = set()
        for seq in holding:
            for _ in range(WORDS_KEPT - 1):
                seq = drops.get(seq, 0)
                given.add(seq)
        return given

    def without(self, seq: int) -> int:
        """Drop an entry; return the one that follows it, 0 where it is the last."""
        place = next(i for i, entry in enumerate(self.entries) if entry.seq == seq)
        del self.entries[place]
        return self.entries[place - 1].seq if place else 0

    def has(self, seq: int) -> bool:
        """Say whether an entry is about the comment."""
        return any(entry.seq == seq for entry in self.entries)


def _is_pending(entry: LabelEntry, rebuilt: int) -> bool:
    switched = [seq for seq in (entry.drops, entry.restores) if seq]
    is_whole = len(replaying.targets(entry, rebuilt)) == len(switched)
    return not is_whole or replaying.is_still_learned(entry, rebuilt)


class Chains:
    """Chains of comments of a site, each read once, and what goes of them."""

    def __init__(self, store: Store, site: str, rebuilt: int) -> None:
        self._store, self._site, self._rebuilt = store, site, rebuilt
        self._known: dict[bytes, Chain] = {}

    def superfluous(self, ids: Sequence[bytes]) -> Iterator[Step]:
        """Yield the steps by which what counts no longer of some comments goes."""
        self._load(ids)
        for chain in (self._known[raw] for raw in ids):
            for entry in chain.superfluous(self._rebuilt):
                for evidence in self._evidence(entry):
                    yield from self._without(chain, *evidence)
                yield from self._without(chain, chain, entry.seq)

    def _evidence(self, label: LabelEntry) -> list[tuple[Chain, int]]:
        """Return what was drawn with a label, each with the chain that it is part of."""
        drawn = range(label.seq - label.kept, label.seq)
        found = {
            entry.seq: codec.id_bytes(entry.example.comment)
            for entry in labels.some(self._store, self._site, drawn)
            if entry.kind == "kept" and entry.example is not None
        }
        self._load(list(found.values()))
        return [(self._known[raw], seq) for seq, raw in found.items()]

    def _without(self, guard: Chain, chain: Chain, seq: int) -> Iterator[Step]:
        if not chain.has(seq):
            return
        guarded, last = guard.last, chain.last
        yield Step(seq, guard.raw, guarded, chain.raw, last, chain.without(seq))

    def _load(self, ids: Sequence[bytes]) -> None:
        """Read the chains of comments that are not known, all of them a link at a time."""
        new = [raw for raw in dict.fromkeys(ids) if raw not in self._known]
        if not new:
            return
        found = compaction.last_entries(self._store, self._site, new)
        entries: dict[bytes, list[LabelEntry]] = {raw: [] for raw in new}
        following = {raw: last for raw, (last, _) in zip(new, found, strict=True) if last}
        while following:
            links = labels.outlines(self._store, self._site, list(following.values()))
            for raw, entry in zip(list(following), links, strict=True):
                if entry.kind != "gone":
                    entries[raw].append(entry)
                following[raw] = entry.previous
            following = {raw: seq for raw, seq in following.items() if seq}
        for raw, (_, is_kept) in zip(new, found, strict=True):
            self._known[raw] = Chain(raw, entries[raw], is_kept)
