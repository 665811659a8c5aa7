"""From what two models did to held-back labels to figures that an operator understands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from classifier.training.layer import FREE
from moderation.domain.gate import Both, Refusal, Rules, SiteTreated, Treated, refusals
from moderation.domain.reports import Figure, Flip, Interval, Report, Slice
from moderation.domain.verdicts import VerdictStatus
from moderation.flow.models.curves import Floats, Mask, curves, equal_size, interval
from moderation.flow.models.evaluating import Outcomes, Split
from moderation.flow.models.gathering import Fact, Gathered
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import sites
from moderation.store.comments import counting

LISTED = 100
"""Flips of each direction, and parts of each kind of slice, that a report lists."""
ROUNDS = 100
LARGEST_SHARE = 0.25
"""Of the weight of the held-back labels, the most that one site has, and the most that one person
has, where that leaves them as much as `FREE` labels."""
FEWEST_AUDITED = 30
DAYS = 7
_STATUSES: tuple[VerdictStatus, ...] = ("approved", "held", "spam")


class Judged:
    """Held-back labels with what both models did to them, and how much each of them counts."""

    def __init__(self, gathered: Gathered, parts: Split, current: Outcomes, new: Outcomes) -> None:
        site_of = gathered.site_of()
        self.facts: list[Fact] = [gathered.facts[place] for place in parts.held]
        self.sites = [site_of[place] for place in parts.held]
        self.is_spam: Mask = np.array([fact.label == "spam" for fact in self.facts], np.bool_)
        # Who gives very many labels decides over no model, neither by teaching nor by judging it.
        self.weights = fair_weights(self.sites, [fact.person for fact in self.facts])
        self.current, self.new = current, new

    def both(self, part: Mask) -> Both:
        """Return what both models do to a part of the labels."""
        return Both(*(self.treated(o.status, part) for o in (self.current, self.new)))

    def untaught(self) -> Both:
        """Return what both models do to all of the labels where no site had taught anything."""
        part = np.ones(len(self.facts), np.bool_)
        return Both(*(self.treated(o.untaught, part) for o in (self.current, self.new)))

    def treated(self, status: npt.NDArray[np.int8], part: Mask) -> Treated:
        """Return what becomes of a part of the labels."""
        ham, spam = part & ~self.is_spam, part & self.is_spam
        wrong = np.where(self.is_spam, status == 0, status > 0)
        return Treated(
            ham=int(ham.sum()),
            spam=int(spam.sum()),
            ham_held=self._share(status > 0, ham),
            ham_rejected=self._share(status == 2, ham),
            spam_caught=self._share(status > 0, spam, 1.0),
            wrong=self._share(wrong, part),
            spam_rejected=self._share(status == 2, spam),
        )

    def _share(self, hits: Mask, of: Mask, if_none: float = 0.0) -> float:
        total = float(self.weights[of].sum())
        return float(self.weights[of & hits].sum()) / total if total else if_none


def fair_weights(sites: Sequence[str], people: Sequence[str]) -> Floats:
    """Return how much each label counts, by its site and by who gave it ('': the site itself).

    More labels of one do not raise its share, as they would where it is one of all labels as they
    were given.
    """
    given = [person or f"/{site}" for site, person in zip(sites, people, strict=True)]
    groups = [np.unique(names, return_inverse=True)[1] for names in (list(sites), given)]
    weights = np.ones(len(sites))
    for _ in range(ROUNDS):
        before = weights
        for group in groups:
            most = max(FREE, LARGEST_SHARE * weights.sum())
            weights = weights * np.minimum(1.0, most / np.bincount(group, weights))[group]
        if np.allclose(before, weights, rtol=1e-6):
            break
    return weights


def report(
    runtime: Runtime, names: tuple[str, str], learned: int, parts: Split, judged: Judged,
    rules: Rules,
) -> Report:  # fmt: skip
    """Return the report on a candidate; `names` are those of the model in use and its own."""
    everything = np.ones(len(judged.facts), np.bool_)
    volume = _comments_a_day(runtime)
    audits = np.array([1 / fact.audit if fact.audit else 0.0 for fact in judged.facts], np.float64)
    slices = _slices(judged)
    better, worse = _flips(judged)
    everyone, untaught = judged.both(everything), judged.untaught()
    return Report(
        candidate=names[1],
        current=names[0],
        made_ms=now_ms(),
        learned=learned,
        held_back=len(judged.facts),
        near_duplicates=len(parts.apart) - len(parts.held),
        comments_a_day=volume,
        figures=_figures(judged, judged.weights, volume),
        audited=_figures(judged, audits, volume) if (audits > 0).sum() >= FEWEST_AUDITED else [],
        current_curves=curves(judged.current.chance, judged.is_spam, judged.weights),
        candidate_curves=curves(judged.new.chance, judged.is_spam, judged.weights),
        slices=slices,
        better=len(better),
        worse=len(worse),
        flips=better[:LISTED] + worse[:LISTED],
        refusals=_refusals(rules, judged, everything),
        stricter=_moved(judged, judged.new.status > judged.current.status),
        milder=_moved(judged, judged.new.status < judged.current.status),
        overall=(everyone.current, everyone.candidate),
        untaught=(untaught.current, untaught.candidate),
    )


def _refusals(rules: Rules, judged: Judged, everything: Mask) -> list[Refusal]:
    names = np.array(judged.sites)
    of_sites = [
        SiteTreated(site, both.current, both.candidate)
        for site in sorted(set(judged.sites))
        for both in (judged.both(names == site),)
    ]
    return refusals(rules, judged.both(everything), judged.untaught(), of_sites)


def _figures(judged: Judged, weights: Floats, volume: float) -> list[Figure]:
    """Return figures of both models in words, each label counting by its weight."""
    all_ = np.ones(len(weights), np.bool_)
    return [
        *_shares(judged, weights, all_),
        _figure(
            judged, weights, "held", "comments held per day", lambda o: o.status == 1, all_, volume
        ),
        _figure(
            judged, weights, "spam_through_a_day", "spam let through per day",
            lambda o: judged.is_spam & (o.status == 0), all_, volume,
        ),
    ]  # fmt: skip


def _shares(judged: Judged, weights: Floats, part: Mask) -> list[Figure]:
    """Return what both models do to a part of the labels, as shares in words."""
    ham, spam = part & ~judged.is_spam, part & judged.is_spam
    return [
        _figure(judged, weights, name, text, hits, of, by)
        for name, text, hits, of, by in (
            ("ham_rejected", "good comments rejected of 1,000",
             lambda o: o.status == 2, ham, 1000.0),
            ("ham_held", "good comments held or rejected of 100",
             lambda o: o.status > 0, ham, 100.0),
            ("spam_through", "spam let through of 100",
             lambda o: o.status == 0, spam, 100.0),
        )
    ]  # fmt: skip


def _figure(
    judged: Judged,
    weights: Floats,
    name: str,
    text: str,
    hits: Callable[[Outcomes], Mask],
    of: Mask,
    by: float,
) -> Figure:
    found = [_interval(hits(o), of, weights, by) for o in (judged.current, judged.new)]
    return Figure(name, text, *found)


def _interval(hits: Mask, of: Mask, weights: Floats, by: float) -> Interval:
    """Return a weighted share as a figure `by` so many, with its interval."""
    total = float(weights[of].sum())
    share = float(weights[of & hits].sum()) / total if total else 0.0
    return interval(share, equal_size(weights[of]), by, digits=3)


def _slices(judged: Judged) -> list[Slice]:
    """Return what both models do by site, language and link, the largest parts of each first."""
    link = ["with a link" if fact.has_link else "without" for fact in judged.facts]
    found: list[Slice] = []
    for by, values in (
        ("site", judged.sites),
        ("language", [fact.language[:35] or "not said" for fact in judged.facts]),
        ("link", link),
    ):
        array = np.array(values)
        parts = sorted(set(values), key=lambda value: (-values.count(value), value))[:LISTED]
        for value in parts:
            part = array == value
            both, figures = judged.both(part), _shares(judged, judged.weights, part)
            found.append(Slice(by, value, both.current, both.candidate, figures))  # type: ignore[arg-type]
    return found


def _flips(judged: Judged) -> tuple[list[Flip], list[Flip]]:
    """Return the labels that the candidate treats better, and those that it treats worse."""
    better: list[Flip] = []
    worse: list[Flip] = []
    for i, fact in enumerate(judged.facts):
        before, after = int(judged.current.status[i]), int(judged.new.status[i])
        if before == after:
            continue
        flip = Flip(
            judged.sites[i], fact.comment, fact.label, _STATUSES[before], _STATUSES[after],
            round(float(judged.current.chance[i]), 6), round(float(judged.new.chance[i]), 6),
        )  # fmt: skip
        (better if (after > before) == (fact.label == "spam") else worse).append(flip)
    return better, worse


def _moved(judged: Judged, moved: Mask) -> tuple[int, int]:
    """Return how many good comments and how many of spam are among these."""
    return int((moved & ~judged.is_spam).sum()), int((moved & judged.is_spam).sum())


def _comments_a_day(runtime: Runtime) -> float:
    """Return how many comments came a day in the week before today, of all sites together."""
    names, today = sites.names(runtime.store), dt.datetime.now(dt.UTC).date()
    total = 0
    for back in range(1, DAYS + 1):
        day = (today - dt.timedelta(days=back)).isoformat()
        found: Sequence[dict[str, int]] = counting.counters_of_day(runtime.store, names, day)
        total += sum(one.get("comments", 0) for one in found)
    return total / DAYS
