"""Bringing a learner to where the label log is, from the nearest place at which one is known."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from msgspec import Struct

from classifier import Learner, Model, ModelError
from moderation.domain.decisions import LabelEntry
from moderation.domain.errors import StoreDown, StoreFull
from moderation.flow.labels import replaying, streaming
from moderation.flow.runtime import Runtime
from moderation.store import checkpoints, hurry, labels, sites
from moderation.store.checkpoints import Checkpoint
from moderation.store.sites import SiteState

log = logging.getLogger(__name__)

LEFT_SECONDS = 0.1
"""What hurries asks the store for no more of the label log when it has less time than this left:
the rest is for recording the verdict."""


class Learned(Struct, frozen=True):
    """A site's learner as of a place in its label log, in an epoch; swapped whole, never changed.

    Without a learner it is the model alone.
    """

    model: Model
    epoch: int = 0
    position: int = 0
    learner: Learner | None = None

    @property
    def name(self) -> str:
        """The name under which its scores are the same everywhere and always."""
        epoch = f".{self.epoch}" if self.epoch else ""
        return f"{self.model.name}+{self.position}{epoch}"

    def knows_more(self, other: Learned) -> bool:
        """Say whether it is of the same snapshot and further."""
        is_same = self.model.name == other.model.name
        return is_same and (self.epoch, self.position) > (other.epoch, other.position)

    def follows(self, other: Learned) -> bool:
        """Say whether it is of the same snapshot and epoch and further."""
        return self.epoch == other.epoch and self.knows_more(other)

    def serves(self, model: Model, state: SiteState) -> bool:
        """Say whether it knows all that a site's state knows."""
        return (
            self.model.name == model.name
            and self.epoch >= state.epoch
            and self.position >= state.labels
        )


class Overtaken(Exception):
    """A label was erased after the site's state was read."""


class OutOfReach(Exception):
    """The learner cannot be brought to the end of the log by a request; a job must make it anew."""


class NoTime(Exception):
    """What hurries has no time left to read the label log."""


class Advance:
    """One way of a site's learner to the end of the log as a state names it.

    `offer` is called with what is known on the way, for others to use meanwhile. Where it
    `may_be_long` it replays as many labels as there are, in pieces, and gives up at a time
    (`until`, monotonic); else as many as a request may.
    """

    def __init__(
        self,
        runtime: Runtime,
        site: str,
        state: SiteState,
        model: Model,
        offer: Callable[[Learned], None],
        may_be_long: bool = False,
        until: float = math.inf,
    ) -> None:
        self.model = model
        self._until = until
        self._may_be_long = may_be_long
        self._store, self._site, self._state = runtime.store, site, state
        self._offer = offer
        self._entries: list[LabelEntry] = []
        self._after = state.labels
        self._made: list[tuple[Checkpoint, bytes]] = []

    def run(self, held: Learned | None) -> Learned:
        """Return the learner at the end of the log.

        Raises:
            Overtaken: the state is no longer that of the log.
            OutOfReach: more labels would have to be replayed than may be, or erased ones; or it
            took too long.
            NoTime: what hurries has no time left for it. StoreDown.
        """
        try:
            return self._near(held)
        except OutOfReach:
            if not self._may_be_long:
                raise
        return self._long_way(held)

    def _near(self, held: Learned | None) -> Learned:
        """Replay what a request may, from the nearest place that is known."""
        held = self._usable(held)
        near = self._state.labels - replaying.CHECKPOINT_EVERY
        if held is not None and held.position >= near:
            with suppress(OutOfReach):
                if self._holds(held.position, held.position):
                    return self._from(held.position, held.learner, held.position)
        for seq, as_of, checkpoint in self._starts(held):
            if not self._holds(seq, as_of):
                continue
            learner = held.learner if held and checkpoint is None and seq else None
            if checkpoint is not None:
                learner = self._load(checkpoint)
                if learner is None:
                    continue
                if checkpoint.is_plain:
                    self._offer(self._learned(seq, learner))
            return self._from(seq, learner, seq if as_of == seq else 0)
        raise OutOfReach

    def _usable(self, held: Learned | None) -> Learned | None:
        """Return what is held where it is of the same snapshot and epoch."""
        wanted = self.model.name, self._state.epoch
        return held if held and (held.model.name, held.epoch) == wanted else None

    def _long_way(self, held: Learned | None) -> Learned:
        """Replay the log in pieces, from what is held, the newest checkpoint or its start."""
        state = self._state
        starts = [self._usable(held), self.newest(), Learned(self.model, state.epoch)]
        for start in (known for known in starts if known is not None):
            self._need_time()
            found = streaming.outline(self._store, self._site, start.position, state.labels)
            if found.erased_epoch > state.epoch:
                raise Overtaken
            if not found.is_unlearnable and not found.reaches <= start.position > 0:
                return self._in_pieces(start.learner, found)
        raise OutOfReach

    def _in_pieces(self, start: Learner | None, found: streaming.Outline) -> Learned:
        learner = Learner(self.model) if start is None else start.copy()
        end = self._state.labels
        try:
            streaming.teach(
                self._store, self._site, learner, found, lambda at: self._keep(at, end, learner),
                lambda done, total: self._need_time(),
            )  # fmt: skip
        except streaming.Changed as error:
            raise Overtaken from error
        if found.has_gaps:
            self._same_epoch()
        self._keep(end, end, learner)
        return self._learned(end, learner)

    def _need_time(self) -> None:
        if monotonic() > self._until:
            raise OutOfReach

    def newest(self) -> Learned | None:
        """Return the newest place of the log at which a checkpoint knows the learner, if any."""
        for seq, _, checkpoint in self._starts(None):
            if checkpoint is not None and checkpoint.is_plain:
                learner = self._load(checkpoint)
                if learner is not None:
                    return self._learned(seq, learner)
        return None

    def _learned(self, place: int, learner: Learner) -> Learned:
        return Learned(self.model, self._state.epoch, place, learner)

    def _starts(self, held: Learned | None) -> list[tuple[int, int, Checkpoint | None]]:
        """Return where a learner is known, newest first: place, as of what, checkpoint if it is."""
        _may_ask_more()
        state = self._state
        starts: list[tuple[int, int, Checkpoint | None]] = [
            (c.seq, c.as_of, c)
            for c in checkpoints.kept(self._store, self._site, self.model.name)
            if c.as_of <= state.labels and c.epoch <= state.epoch
        ]
        if held is not None:
            starts.append((held.position, held.position, None))
        starts.append((0, 0, None))
        return sorted(starts, key=lambda start: start[:2], reverse=True)

    def _holds(self, place: int, as_of: int) -> bool:
        """Say whether a learner of a place is still right at the end of the log."""
        # What was read already may say that it is not: then nothing more need be read for it.
        if place and replaying.reached(self._entries, max(as_of, self._after)) <= place:
            return False
        if place < self._after:
            if self._state.labels - place > replaying.REPLAY_AT_MOST:
                raise OutOfReach
            _may_ask_more()
            earlier = labels.entries(self._store, self._site, place, self._after)
            self._entries, self._after = earlier + self._entries, place
            if replaying.erased_in(earlier) > self._state.epoch:
                raise Overtaken
            if any(entry.kind == "gone" for entry in earlier):
                self._same_epoch()
        if replaying.still_learned(self._entries) > place:
            raise OutOfReach
        return place == 0 or replaying.reached(self._entries, as_of) > place

    def _same_epoch(self) -> None:
        """Raise `Overtaken` where entries may have been taken out since the state was read: one
        that is gone held perhaps as the state has it."""
        if sites.read(self._store, self._site).epoch != self._state.epoch:
            raise Overtaken

    def _load(self, checkpoint: Checkpoint) -> Learner | None:
        _may_ask_more()
        blob = checkpoints.read(self._store, self._site, checkpoint)
        if blob is None:
            return None
        try:
            return Learner.from_bytes(blob, self.model)
        except ModelError as error:
            log.warning("a checkpoint of a learner cannot be used (%s); an older one serves", error)
            # Whoever comes next would try it again, and none could be kept in its place.
            checkpoints.drop(self._store, self._site, checkpoint)
            return None

    def _from(self, place: int, start: Learner | None, plain: int) -> Learned:
        """Replay what follows a place; `plain` is the last one that is known as it was then."""
        state = self._state
        entries = [e for e in self._entries if e.seq > place]
        learner = Learner(self.model) if start is None else start.copy()

        def passing(at: int) -> None:
            nonlocal plain
            holds = replaying.reached(entries, at) > at
            if holds:
                plain = at
                self._offer(self._learned(at, learner.copy()))
            self._keep(at, at if holds else state.labels, learner)

        replaying.replay(learner, entries, passing=passing)
        if state.labels - plain > replaying.CHECKPOINT_EVERY:
            # Others have the same way before them, and who just started has nothing else at hand.
            self._keep(state.labels, state.labels, learner)
        return self._learned(state.labels, learner)

    def _keep(self, seq: int, as_of: int, learner: Learner) -> None:
        if self._state.labels - seq <= replaying.spacing().reach:
            checkpoint = Checkpoint(self.model.name, self._state.epoch, as_of, seq)
            self._made.append((checkpoint, learner.to_bytes()))

    def keep(self) -> None:
        """Put the checkpoints that were made on the way into the store, as far as it lets."""
        # A full or slow store has no room and no time for what only saves time.
        with suppress(StoreFull, StoreDown, NoTime):
            for checkpoint, blob in self._made:
                _may_ask_more()
                checkpoints.put(
                    self._store,
                    self._site,
                    checkpoint,
                    blob,
                    self._state.snapshot,
                    replaying.spacing(),
                )


def _may_ask_more() -> None:
    """Raise `NoTime` where what hurries should ask the store for nothing more of the log."""
    left = hurry.seconds_left()
    if left is not None and left < LEFT_SECONDS:
        raise NoTime("there is no time left to read the label log")
