"""Every figure of docs/accuracy.md: cold, taught, and beside other filters on the same rows."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Sequence
from functools import partial, reduce
from pathlib import Path
from typing import Any

import msgspec

from classifier import LabelledRow, Model
from classifier.evaluation import peers, teaching
from classifier.evaluation.ablation import SOURCES, family_figures
from classifier.evaluation.bases import Bases, Store, digest_of_rows
from classifier.evaluation.cold import cold, source_figures
from classifier.evaluation.dilution import dilution_figures
from classifier.evaluation.imported import imported_figures
from classifier.evaluation.peers import (
    Bogofilter,
    Filter,
    SpamBayes,
    TfidfLogistic,
    Tutorial,
)
from classifier.evaluation.protocols import (
    FIRST_LABELS,
    Scored,
    Winnow,
    hold_out,
    hold_out_figures,
    replay,
    replay_figures,
)
from classifier.evaluation.repeats import repeat_figures, swept
from classifier.evaluation.sections import SECTIONS
from classifier.evaluation.streams import (
    Rows,
    by_date,
    by_group,
    has_both_labels,
    orders,
    without,
)
from classifier.evaluation.year import BLOGS, year_figures
from classifier.training.layer import SiteLabel, fit_installation_layer

Figures = dict[str, Any]
Say = Callable[[str], None]

DIGEST_OF_PEERS = hashlib.sha256(Path(peers.__file__).read_bytes()).hexdigest()[:8]
"""In the names of remembered scores, so that none outlives a change of how peers are run."""
YOUTUBE = "youtube_uci"
CUTOFFS = {"sbclassifier": 0.9, "bogofilter": 0.99}
"""From where a filter's own documentation calls a comment spam; one half for the others."""
PUBLISHED_70_30 = {
    "Youtube01-Psy": 0.962,
    "Youtube02-KatyPerry": 0.925,
    "Youtube03-LMFAO": 0.985,
    "Youtube04-Eminem": 0.970,
    "Youtube05-Shakira": 0.964,
}
"""Accuracy of the best of ten classifiers a video: Alberto, Lochter, Almeida, ICMLA 2015."""


class Study:
    """One run over the labelled sources of a folder; peers that are missing are named loudly."""

    def __init__(self, sources: dict[str, Rows], store: Store, say: Say, orders: int = 5) -> None:
        self.sources = sources
        self.bases = Bases(without(sources, []), store, say)
        self.orders = orders
        self._store = store
        self.say = say
        self.peers: dict[str, Callable[[], Filter]] = {}
        for peer in (SpamBayes, Bogofilter):
            if peer.available():
                self.peers[peer.name] = peer
            else:
                say(f"WITHOUT {peer.name}: it is not installed ({peer.install})")

    def run(self, sections: Sequence[str] = SECTIONS) -> Figures:
        """Return the figures of each section, and what they were made with."""
        made: dict[str, Callable[[], Figures]] = {
            "regimes": self.regimes,
            "year": self.year,
            "import": self.imported,
            "cold": partial(cold, self),
            "dilution": partial(dilution_figures, self),
            "corpus": self.corpus,
            "replay": self.taught,
            "repeats": self.repeated,
            "youtube": self.youtube,
            "ablation": self.families,
        }
        found: Figures = {
            "model": Model.load().name,
            "python": platform.python_version(),
            "peers": list(self.peers),
            "rows": {name: len(rows) for name, rows in self.sources.items()},
        }
        return found | {name: made[name]() for name in SECTIONS if name in sections}

    def base_without_video(self, video: str, like: Model) -> Model:
        """Return the base trained on everything but one video, calibrated as if none had been
        seen.
        """
        return self.bases.fitted(
            lambda row: (row.source, row.group) != (YOUTUBE, video), f"without {video}", like
        )

    def streams(self) -> dict[str, tuple[str, list[Rows]]]:
        """Return each stream to replay: its source and its orders; each video is a stream of its
        own.
        """
        found: dict[str, tuple[str, list[Rows]]] = {}
        for name, rows in self.sources.items():
            if not has_both_labels(rows):
                continue
            parts = by_group(rows) if name == YOUTUBE else {name: rows}
            for part, its_rows in parts.items():
                found[part] = (name, orders(its_rows, self.orders))
        return found

    def corpus(self) -> Figures:
        """Return cold figures of a base trained with the seed corpus beside one trained without
        it.
        """
        bare = Bases(without(self.sources, []), self._store, self.say, corpus=False)
        found = {}
        for name, rows in self.sources.items():
            if not has_both_labels(rows):
                continue
            self.say(f"corpus: {name}")
            found[name] = {
                "with": source_figures(self.bases, name),
                "without": source_figures(bare, name),
            }
        return found

    def taught(self) -> Figures:
        """Return each stream replayed, predict, then learn, that has both classes after the first
        labels.
        """
        found = {}
        for name, (source, runs) in self.streams().items():
            if not all(has_both_labels(run[FIRST_LABELS:]) for run in runs):
                self.say(f"replay: {name} is left out, too little of one class")
                continue
            model = self.bases.without(source)
            self.say(f"replay: {name}, {len(runs)} orders of {len(runs[0]):,} rows")
            found[name] = {"winnow": replay_figures([replay(Winnow(model), run) for run in runs])}
            for peer in self.peers:
                found[name][peer] = replay_figures([self.replayed(peer, run) for run in runs])
        return found

    def regimes(self) -> Figures:
        """Return each stream by how its people label, and the means of those with enough of both
        classes.
        """
        found = {}
        for name, (source, runs) in self.streams().items():
            self.say(f"regimes: {name}")
            found[name] = teaching.taught_figures(self.bases.without(source), runs[0])
        chosen = [stream for stream in found.values() if teaching.counts(stream["all"])]
        return {"streams": found, "mean": teaching.means(chosen)}

    def year(self) -> Figures:
        """Return a year of each of some blogs, week by week; of those that are there."""
        found = {}
        for name in BLOGS:
            if name in self.sources:
                self.say(f"year: {name}")
                found[name] = year_figures(self.bases.without(name), self.sources[name])
        return found

    def imported(self) -> Figures:
        """Return the second half of each stream, with and without its first half imported."""
        found = {}
        for name, (source, runs) in self.streams().items():
            self.say(f"import: {name}")
            found[name] = imported_figures(self.bases.without(source), runs[0])
        return found

    def repeated(self) -> Figures:
        """Return repeats after one decision against the filter's opinion; and what else is swept
        along.
        """
        found = {}
        for name, rows in self.sources.items():
            if has_both_labels(rows):
                self.say(f"repeats: {name}")
                base, stream = self.bases.without(name), orders(rows, 1)[0]
                found[name] = {
                    "decided": repeat_figures(base, stream),
                    "stream": swept(base, stream),
                }
        return found

    def youtube(self) -> Figures:
        """Return YouTube comments: one video left out, and the last 30 % of each video."""
        rows = self.sources.get(YOUTUBE)
        if rows is None:
            self.say(f"WITHOUT youtube: no source {YOUTUBE}")
            return {}
        videos = {name: by_date(part) for name, part in by_group(rows).items()}
        pairs = {
            name: (by_date([row for row in rows if row.group != name]), unseen)
            for name, unseen in videos.items()
        }
        later = {
            name: (part[: len(part) * 7 // 10], part[len(part) * 7 // 10 :])
            for name, part in videos.items()
        }
        return {
            "leave_one_video_out": self._held_out_table(pairs, with_base=True),
            "first_70_percent": self._held_out_table(later, with_base=False),
            "published_70_30_accuracy": PUBLISHED_70_30,
        }

    def families(self) -> Figures:
        """Return what each family of features buys and costs, on one order of a few streams."""
        runs = self.streams().items()
        chosen = {name: rows[0] for name, (source, rows) in runs if source in SOURCES}
        return family_figures(self.bases, chosen)

    def _held_out_table(self, pairs: dict[str, tuple[Rows, Rows]], *, with_base: bool) -> Figures:
        """Return figures of each filter, by video and pooled."""
        base = self.bases.without(YOUTUBE)
        runs: dict[str, dict[str, Scored]] = {}
        for video, (known, unseen) in pairs.items():
            self.say(f"youtube: {video}, {len(known):,} rows known, {len(unseen):,} unseen")
            made = {"winnow, taught": hold_out(Winnow(base), known, unseen)}
            if with_base:
                layered = fit_installation_layer(base, [_site_label(row) for row in known])
                made["winnow, installation layer"] = hold_out(Winnow(layered), [], unseen)
                whole = self.base_without_video(video, base)
                made["winnow, base"] = hold_out(Winnow(whole), [], unseen)
                made["winnow, base and taught"] = hold_out(Winnow(whole), known, unseen)
            for peer in self.peers:
                made[peer] = self.held_out(peer, known, unseen)
                made[f"{peer}, text alone"] = self.held_out(
                    peer, _text_alone(known), _text_alone(unseen)
                )
            made[TfidfLogistic.name] = hold_out(TfidfLogistic(), known, unseen)
            for name, scored in made.items():
                runs.setdefault(name, {})[video] = scored
        return {
            name: _by_video(parts, CUTOFFS.get(name.partition(",")[0], 0.5))
            for name, parts in runs.items()
        }

    def left_out(self, peer: type[SpamBayes | Tutorial]) -> list[list[float]]:
        """Return a peer's scores of the rows of each fold, taught what the fold's base was fitted
        on, remembered.
        """
        folds = [(fold.kept, fold.inside) for fold in self.bases.folds()]
        parts = hashlib.sha256(b"".join(one.tobytes() for fold in folds for one in fold))
        rows = digest_of_rows(self.bases.rows)[:16]
        name = f"{peer.name}-{DIGEST_OF_PEERS}-folds-{rows}-{parts.hexdigest()[:16]}.json"

        def make() -> bytes:
            self.say(f"cold: {peer.name} on {len(folds)} folds")
            return msgspec.json.encode(peer.left_out(self.bases.rows, folds))

        return msgspec.json.decode(self._store.recall(name, make), type=list[list[float]])

    def replayed(self, peer: str, rows: Rows) -> Scored:
        """Return a peer's replay, remembered: it does not change when our model does."""
        return self._remembered(peer, "replay", rows, lambda: replay(self.peers[peer](), rows))

    def held_out(self, peer: str, known: Rows, unseen: Rows) -> Scored:
        """Return a peer's scores of unseen rows, remembered."""
        kind = f"after-{digest_of_rows(known)[:16]}"
        return self._remembered(
            peer, kind, unseen, lambda: hold_out(self.peers[peer](), known, unseen)
        )

    def _remembered(self, peer: str, kind: str, rows: Rows, make: Callable[[], Scored]) -> Scored:
        name = f"{peer}-{DIGEST_OF_PEERS}-{kind}-{digest_of_rows(rows)[:16]}.json"
        kept = self._store.recall(name, lambda: msgspec.json.encode(make().score.tolist()))
        return Scored.of(msgspec.json.decode(kept, type=list[float]), rows)


def _text_alone(rows: Rows) -> Rows:
    return [LabelledRow(text=row.text, label=row.label) for row in rows]


def _site_label(row: LabelledRow) -> SiteLabel:
    """Return a row as a label of the installation; each video is a site."""
    return SiteLabel(**msgspec.structs.asdict(row), site=row.group)


def _by_video(parts: dict[str, Scored], cutoff: float) -> Figures:
    pooled = reduce(Scored.joined, parts.values())
    found = {video: hold_out_figures(scored, cutoff) for video, scored in parts.items()}
    return found | {"pooled": hold_out_figures(pooled, cutoff)}
