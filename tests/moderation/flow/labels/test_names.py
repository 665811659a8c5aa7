"""A model's name says everything: whoever answers under a name, whenever, scores alike."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, event, given
from hypothesis import settings as configure
from hypothesis import strategies as st

from classifier import Learner
from moderation.domain.decisions import LabelEntry
from moderation.domain.errors import NotFound, NothingToUndo
from moderation.flow.authorise import authorise
from moderation.flow.labels import compacting, learning, rebuilding, replaying
from moderation.flow.labels.advancing import Learned
from moderation.flow.labels.deciding import decide, forget, undo
from moderation.flow.labels.learning import Learners
from moderation.flow.labels.rebuilding import RebuildsAsked
from moderation.flow.labels.teaching import teach
from moderation.flow.opening import open_runtime
from moderation.flow.rows import row_of, training_row
from moderation.flow.sites import first_run
from moderation.store import checkpoints, labels, sites
from tests.factories import submission
from tests.moderation.flow.learning import WORD

WORDS = ("oak", "pine", "bread", "watches", "pills", "garden", "casino", "photo", "lens", "loan")
PROBES = [
    row_of(submission(text))
    for text in ("cheap pills and watches", "the garden bench in oak", "bread in this photo")
]
STEPS = (
    "teach", "teach", "teach", "teach", "relabel", "undo", "forget", "forget", "rebuild",
    "forget an old one", "begin anew", "lose a checkpoint", "lose checkpoints",
    "look", "look late", "begin late", "compact",
)  # fmt: skip
sites_made = itertools.count()


@pytest.fixture
def short(monkeypatch) -> None:
    """Make everything that is far near enough to be met in a few steps."""
    monkeypatch.setattr(replaying, "REPLAYABLE", 5)
    monkeypatch.setattr(replaying, "CHECKPOINT_EVERY", 3)
    monkeypatch.setattr(replaying, "REPLAY_AT_MOST", 9)


@pytest.fixture
def views(runtime, settings) -> Iterator[list]:
    """Return three processes' views of one installation."""
    more = [open_runtime(settings) for _ in range(2)]
    yield [runtime, *more]
    for each in more:
        each.close()


class History:
    """A site's labels with the texts that were ever taught, and what was ever answered."""

    def __init__(self, views) -> None:
        self.views, self.site = views, f"site{next(sites_made)}"
        self.store, self.model = views[0].store, views[0].shipped
        first_run.add_site(self.store, self.site)
        token = first_run.add_token(self.store, self.site, ("submit", "moderate"), "t")
        self.grant = authorise(views[0], token, "submit")
        self.comments: list[str] = []
        self.texts: dict[int, LabelEntry] = {}
        self.log: dict[int, LabelEntry] = {}
        self.states = [sites.read(self.store, self.site)]
        self.scores: dict[str, list[float]] = {}
        self.expected: dict[str, list[float]] = {}

    def take(self, step: str, n: int) -> None:
        """Do one thing, and note what the log is then."""
        view = self.views[n % 3]
        if step == "teach":
            text = f"{WORDS[n % 10]} and {WORDS[n * 7 % 10]} number {len(self.texts)}"
            label = ("ham", "spam")[n % 2]
            self.comments.append(teach(view, self.grant, submission(text), label, WORD).id)
        elif step == "rebuild":
            rebuilding.rebuild(view, self.site)
        elif step == "compact":
            compacting.compact(view, self.site, lambda *_: None, lambda _: None)
        elif step == "begin anew":
            view.own(Learners).drop(self.site)
        elif step.startswith("lose"):
            kept = checkpoints.kept(self.store, self.site, self.model.name)
            for one in kept if step == "lose checkpoints" else kept[n % 4 : n % 4 + 1]:
                checkpoints.drop(self.store, self.site, one)
        elif step == "look":
            self.look(view, self.states[-1])
        elif step.endswith("late"):
            if step == "begin late":
                view.own(Learners).drop(self.site)
            self.look(view, self.states[max(0, len(self.states) - 1 - n)])
        elif self.comments:
            some = self.comments[:4] if step == "forget an old one" else self.comments
            self._change(step, view, some[n * 5 % len(some)], n)
        self._note()

    def _change(self, step, view, comment, n) -> None:
        try:
            if step == "relabel":
                decide(view, self.site, comment, ("spam", "ham")[n % 2], WORD, None)
            elif step == "undo":
                undo(view, self.site, comment, WORD, None)
            else:
                forget(view, self.site, comment)
        except (NotFound, NothingToUndo):
            pass

    def look(self, view, state) -> str:
        """Score the probes in a process that takes this for the state; return the model's name."""
        context = learning.context(view, self.site, state)
        self.answered(context.name, context.learner)
        return context.name

    def answered(self, name, learner) -> None:
        """Note what is, or may be, answered under a name: same name, same scores."""
        scores = self.model.score(PROBES, learner).probability.tolist()
        assert self.scores.setdefault(name, scores) == scores, name
        assert self.expected.get(name, scores) == scores, name

    def _note(self) -> None:
        """Work out from all texts ever taught what a learner at the end of the log has learned."""
        state = sites.read(self.store, self.site)
        self.states.append(state)
        found = labels.entries(self.store, self.site, 0, state.labels)
        # What compaction took out did what it did.
        self.log |= {entry.seq: entry for entry in found if entry.kind != "gone"}
        log = [self.log[seq] for seq in sorted(self.log)]
        for entry in log:
            if entry.kind == "label":
                self.texts[entry.seq] = entry
        rebuilt = max([e.seq for e in log if e.kind == "rebuilt"], default=0)
        holds: dict[int, int] = {}
        for e in log:
            if e.seq in self.texts:
                holds[e.seq] = e.seq
            for target, becomes in ((e.drops, 0), (e.restores, e.restores)):
                if target and (e.seq < rebuilt or e.seq - target <= replaying.REPLAYABLE):
                    holds[target] = becomes
        for e in log:
            if e.kind == "erased" and (e.erased_epoch or e.erased_far < rebuilt):
                holds[e.seq] = 0
        learner = Learner(self.model)
        for seq in sorted(holds):
            if holds[seq]:
                entry = self.texts[seq]
                learner.learn(training_row(entry.example.row), entry.label)
        name = f"{self.model.name}+{state.labels}" + (f".{state.epoch}" if state.epoch else "")
        scores = self.model.score(PROBES, learner).probability.tolist()
        assert self.expected.setdefault(name, scores) == scores, name
        self.now = name


@pytest.fixture
def published(monkeypatch) -> list:
    """Return what any process has at hand at any time, for others to be judged by meanwhile."""
    seen: list[tuple[str, Learned]] = []
    swap = Learners.swap

    def noting(self, site, chosen):
        def note(held):
            kept = chosen(held)
            seen.append((site, kept))
            return kept

        swap(self, site, note)

    monkeypatch.setattr(Learners, "swap", noting)
    return seen


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("short")
@configure(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9)), min_size=30, max_size=70))
def test_whoever_answers_under_a_name_scores_alike_and_as_the_pure_replay(views, published, steps):
    history = History(views)
    for step, n in steps:
        history.take(step, n)
        answered = history.look(views[n % 3], history.states[-1])
        event("the learner of the moment" if answered == history.now else "the one at hand")
        while published:
            site, learned = published.pop()
            if site == history.site:  # A thread of the site before may still be at work.
                history.answered(learned.name, learned.learner)
    for view in views:
        view.own(RebuildsAsked).drop(history.site)
        history.look(view, history.states[-1])
    rebuilding.rebuild(views[0], history.site)
    history.take("look", 0)
    for view in views:
        assert history.look(view, history.states[-1]) == history.now
