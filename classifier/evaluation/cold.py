"""Sites that nobody has taught: every source scored by filters that did not see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifier import LabelledRow
from classifier.bands import Bands
from classifier.calibration import MOST_HELD
from classifier.evaluation import metrics
from classifier.evaluation.peers import SpamBayes, Tutorial
from classifier.evaluation.protocols import Scored
from classifier.evaluation.run import has_link, statuses
from classifier.training.calibrate import Calibration, bands_of

if TYPE_CHECKING:
    from classifier.evaluation.bases import Bases
    from classifier.evaluation.study import Study

Figures = dict[str, Any]
Floats = npt.NDArray[np.float64]

BLOGS = frozenset(
    {
        "alexeykalina_blog",
        "billjr99_pr",
        "chrisrisner_blog",
        "cmbuckley_pr",
        "django_cast",
        "eduardoboucas_blog",
        "fabienlasserre_blog",
        "filmprojektor_pr",
        "gitannex_forum",
        "ham_dyn4j_blog",
        "ham_haacked_blog",
        "ham_hoizey_blog",
        "ham_mademistakes_blog",
        "ham_networkhobo_blog",
        "ham_papagamedev_blog",
        "ham_rachel_blog",
        "ham_rumpler_blog",
        "joehx_blog",
        "julien731_pr",
        "macnaughton_pr",
        "mademistakes_pr",
        "mindbyte_pr",
        "small_blogs_pr",
        "small_blogs_pr3",
        "someweekendreading_pr",
        "spinningnumbers_blog",
        "vplauzon_blog",
        "yalov_pr",
    }
)
"""Sources that are comments under the pages of a site; where none of them is, all sources are."""
PEERS = (SpamBayes, Tutorial)


def cold(study: Study) -> Figures:
    """Return figures of every source by itself, and of all blogs together beside other filters."""
    bases = study.bases
    scores = {"winnow": bases.left_out_scores()}
    for peer in PEERS:
        if peer.available():
            scores[peer.name] = _peer_scores(study, peer)
    sources: Figures = {}
    judged: dict[str, tuple[Scored, npt.NDArray[np.int64]]] = {}
    for name, rows in study.sources.items():
        own = np.array([row.source == name for row in bases.rows])
        scored, bands = _judged(bases, own, rows)
        judged[name] = scored, statuses(scored.score, bands)
        sources[name] = cold_figures(scored, bands, rows) | {
            peer: discrimination(Scored.of(found[own].tolist(), rows))
            for peer, found in scores.items()
            if peer != "winnow"
        }
    return {"filters": list(scores), "sources": sources, "blogs": _blogs(bases, scores, judged)}


def source_figures(bases: Bases, name: str) -> Figures:
    """Return `cold_figures` of one source by bases that never saw it."""
    own = np.array([row.source == name for row in bases.rows])
    rows = [row for row, here in zip(bases.rows, own, strict=True) if here]
    return cold_figures(*_judged(bases, own, rows), rows)


def _judged(
    bases: Bases, own: npt.NDArray[np.bool_], rows: Sequence[LabelledRow]
) -> tuple[Scored, Bands]:
    """Return a source's probabilities by a base, and the bands, that know nothing of it."""
    found = bases.calibrated(~own)
    scored = Scored.of(chances(found, bases.left_out_scores()[own]).tolist(), rows)
    return scored, bands_of(found)


def chances(calibration: Calibration, raw: Floats) -> Floats:
    """Return the probabilities of raw scores, rounded as the classifier does."""
    found: Floats = 1 / (1 + np.exp(-(calibration.slope * raw + calibration.offset)))
    return np.rint(found * 1e6) / 1e6


def _peer_scores(study: Study, peer: type[SpamBayes | Tutorial]) -> Floats:
    """Return a peer's score of each row, taught what the base of the row's fold was fitted on."""
    found = np.full(len(study.bases.rows), np.nan)
    for fold, scores in zip(study.bases.folds(), study.left_out(peer), strict=True):
        found[fold.inside] = scores
    return found


def _blogs(
    bases: Bases,
    scores: dict[str, Floats],
    judged: dict[str, tuple[Scored, npt.NDArray[np.int64]]],
) -> Figures:
    """Return all blogs as one stream, and those with both classes as one; and the default bands."""
    names = [name for name in judged if name in BLOGS] or list(judged)
    both = [name for name in names if 0 < judged[name][0].is_spam.mean() < 1]
    spam = np.array([row.label == "spam" for row in bases.rows])
    found: Figures = {"sources": names, "with_both": both}
    for key, chosen in (("all", names), ("both", both)):
        inside = np.array([row.source in chosen for row in bases.rows])
        found[key] = {
            name: discrimination(Scored(score[inside], spam[inside]))
            for name, score in scores.items()
        }
        found[key]["rows"] = int(inside.sum())
        status = np.concatenate([judged[name][1] for name in chosen] or [np.empty(0, np.int64)])
        is_spam = np.concatenate(
            [judged[name][0].is_spam for name in chosen] or [np.empty(0, bool)]
        )
        found[key]["bands"] = {
            "ham_rejected": _mean(status[~is_spam] >= 2),
            "ham_held": _mean(status[~is_spam] == 1),
            "spam_rejected": _mean(status[is_spam] >= 2),
            "spam_caught": _mean(status[is_spam] >= 1),
        }
    return found


def cold_figures(scored: Scored, bands: Bands, rows: Sequence[LabelledRow]) -> Figures:
    """Return AUC and recall where both classes are, and what the bands do to ham and spam."""
    status = statuses(scored.score, bands)
    link = [has_link(row.text) for row in rows]
    figures = discrimination(scored) | {"rows": len(rows)}
    for label, chosen in (("ham", ~scored.is_spam), ("spam", scored.is_spam)):
        if chosen.any():
            figures[label] = {
                "rows": int(chosen.sum()),
                "with_link": int((chosen & link).sum()),
                "held_or_rejected": float((status[chosen] >= 1).mean()),
                "rejected": float((status[chosen] >= 2).mean()),
                "rejected_with_link": _mean(status[chosen & link] >= 2),
                "held_or_rejected_with_link": _mean(status[chosen & link] >= 1),
            }
    if {"ham", "spam"} <= figures.keys():
        figures["spam"]["held_within_limit"] = _held_within_limit(scored, bands.hold)
    return figures


def _held_within_limit(scored: Scored, hold: float) -> float:
    """Return the share of spam held if the band is raised where more ham is held than is
    promised.
    """
    ham, spam = scored.score[~scored.is_spam], scored.score[scored.is_spam]
    limit = float(np.quantile(ham, 1 - MOST_HELD, method="higher"))
    return float((spam >= hold).mean()) if limit < hold else float((spam > limit).mean())


def discrimination(scored: Scored) -> Figures:
    """Return AUC and recall at 1 % false positives, None where a class is missing."""
    counts = scored.counts()
    return {
        "auc": metrics.roc_auc(counts),
        "recall_at_1_percent_fpr": metrics.recall_at_fpr(counts),
    }


def _mean(values: Any) -> float | None:
    return float(values.mean()) if len(values) else None
