"""A new snapshot from the labels of the installation, and the judgement on a candidate."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from functools import partial

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from classifier import Model
from classifier.training.layer import fit_layer
from moderation.domain.errors import Conflict, NotFound
from moderation.domain.gate import Rules
from moderation.domain.reports import Report
from moderation.flow.models import evaluating, offering, promoting, reporting
from moderation.flow.models.evaluating import Split
from moderation.flow.models.gathering import Gathered, gather
from moderation.flow.models.promoting import Why
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import models, sites

log = logging.getLogger(__name__)

NAMES_A_DAY = 1000


Note = Callable[[str, int, int], None]
"""Told stage, done and total often; raises to end the work."""


class Trained(Struct, frozen=True):
    """What came of a training: the candidate, and whether it was promoted at once.

    `name` is empty where there was no label to learn.
    """

    name: str
    labels: int
    refused: list[str]
    promoted: bool


def train(runtime: Runtime, by: str, note: Note) -> Trained:
    """Learn the installation layer anew from all labels, judge it, and keep it as a candidate.

    It stands on the shipped model, never on an earlier layer, so that nothing of the base is
    forgotten. It is promoted at once where the installation says so and no rule speaks against it,
    and whatever rules say where the model in use is withdrawn. It begins anew where labels of a
    person were erased meanwhile, which it may have read.
    """
    while True:
        erased = models.erasures(runtime.store)
        made = _candidate(runtime, by, note)
        if models.erasures(runtime.store) == erased:
            return _put_to_use(runtime, by, made)
        # What is made from now on is not: whoever erases withdraws what was there before.
        models.withdraw(runtime.store, [made.name] if made.name else [], now_ms())


def _candidate(runtime: Runtime, by: str, note: Note) -> Trained:
    """Return the candidate that all labels make, judged and kept; not promoted."""
    gathered = gather(runtime, partial(note, "reading labels"))
    places = gathered.places()
    if not len(places):
        return Trained("", 0, [], False)
    parts = evaluating.split(gathered)
    note("fitting without what is held back", 0, len(places))
    shown = fit_layer(runtime.shipped, gathered.examples(parts.rest))
    name = promoting.in_use(runtime).name
    found = _judge(runtime, gathered, parts, name, shown, note)
    note("fitting on all labels", 0, len(places))
    model = fit_layer(runtime.shipped, gathered.examples(places), name=_new_name(runtime))
    # Fitting asks nobody: who cancelled meanwhile is heard before anything comes of it.
    note("keeping the model", len(places), len(places))
    made = _same_as(runtime, model)
    if made is None:
        made = offering.offer(runtime, model.to_bytes(), by, "trained")[0].name
    keep_report(runtime, made, found)
    return Trained(made, len(places), [refusal.text for refusal in found.refusals], False)


def _put_to_use(runtime: Runtime, by: str, made: Trained) -> Trained:
    """Promote a candidate where the gate let it pass or the model in use is withdrawn."""
    withdrawn, name = models.withdrawn(runtime.store), promoting.in_use(runtime).name
    if made.name in withdrawn:
        # It is what was just made of the labels that are there: it had learned none of the others.
        models.restore(runtime.store, made.name)
    if made.name == name:
        return made
    if name in withdrawn:
        why = Why(by, f"{name} had learned labels of somebody who was erased")
        new = made.name or runtime.shipped.name
        promoting.promote(runtime, new, why, override=True)
        return replace(made, name=new, promoted=True)
    if made.name and runtime.settings.promote == "auto" and not made.refused:
        promoting.promote(runtime, made.name, Why(by, "the gate let it pass"))
        return replace(made, promoted=True)
    return made


def _same_as(runtime: Runtime, model: Model) -> str | None:
    """Return the newest trained snapshot if it learned just the same: nights without labels are
    many."""
    trained = (one for one in models.every(runtime.store) if one.origin == "trained")
    newest = next(trained, None)
    blob = models.blob(runtime.store, newest.name) if newest else None
    if newest is None or blob is None:
        return None
    renamed = Model(model.manifest | {"name": newest.name}, model.table.astype(np.float16))
    return newest.name if renamed.to_bytes() == blob else None


def evaluate(runtime: Runtime, name: str, note: Note) -> Report:
    """Judge a candidate as it is beside the model in use, and keep the report.

    Raises:
        NotFound: there is no such candidate. Conflict: this version cannot use it.
    """
    if models.one(runtime.store, name) is None:
        raise NotFound("there is no model of this name")
    candidate = runtime.model(name)
    if candidate.name != name:
        raise Conflict("this model cannot be used by this version of Winnow")
    gathered = gather(runtime, partial(note, "reading labels"))
    parts = evaluating.split(gathered)
    in_use = promoting.in_use(runtime).name
    found = _judge(runtime, gathered, parts, in_use, candidate, note)
    keep_report(runtime, name, found)
    return found


def keep_report(runtime: Runtime, name: str, found: Report) -> None:
    """Keep the report on a candidate under the name that it has got."""
    models.put_report(runtime.store, name, replace(found, candidate=name))


def rules_of(runtime: Runtime) -> Rules:
    """Return the rules of the gate as the installation is set."""
    s = runtime.settings
    return Rules(
        s.gate_labels, s.gate_ham_rejected, s.gate_ham_held, s.gate_spam_caught, s.gate_site
    )


def _judge(
    runtime: Runtime, gathered: Gathered, parts: Split, in_use: str, candidate: Model, note: Note
) -> Report:
    settings = {
        site: runtime.site_settings(site, state.settings)
        for site, state in sites.read_all(runtime.store).items()
    }
    current = _without_held_back(runtime, gathered, parts, in_use)
    both = evaluating.outcomes(
        gathered, parts, [current, candidate], settings, partial(note, "replaying")
    )
    judged = reporting.Judged(gathered, parts, *both)
    names = in_use, candidate.name
    return reporting.report(runtime, names, len(parts.rest), parts, judged, rules_of(runtime))


def _without_held_back(runtime: Runtime, gathered: Gathered, parts: Split, in_use: str) -> Model:
    """Return the model in use as if it had been trained without the held-back labels.

    One that was trained here is fitted again, on what it may have seen; any other is as it is.
    """
    model, known = runtime.model(in_use), models.one(runtime.store, in_use)
    if known is None or known.origin != "trained":
        return model
    seen = [place for place in parts.rest if gathered.facts[place].at_ms <= known.made_ms]
    return fit_layer(runtime.shipped, gathered.examples(np.array(seen, np.int64)))


def _new_name(runtime: Runtime) -> str:
    """Return the first name of today that no model has."""
    taken = {one.name for one in models.every(runtime.store)}
    day = dt.datetime.now(dt.UTC).strftime("%Y.%m.%d")
    return next(name for n in range(1, NAMES_A_DAY) if (name := f"{day}-{n}") not in taken)
