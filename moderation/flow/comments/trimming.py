"""Taking out what outlived its comment: index entries, external ids, labels."""

from __future__ import annotations

import logging

from moderation.domain.errors import StoreDown, StoreFull
from moderation.flow.labels import compacting, importing, replaying
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.tasks import REBUILD_LEARNER
from moderation.store import authors, keys, labels, signals, sites
from moderation.store.comments import deletions
from moderation.store.comments import indexes as stored

log = logging.getLogger(__name__)

SLICES = 64
"""A site's external ids are looked through in this many parts, one a run."""


def trim(runtime: Runtime) -> int:
    """Remove index entries of comments whose time to live is over; return how many.

    Each run looks at every site's oldest entries and at one part in 64 of its external ids and of
    what is known of its authors, finishes deletions that were cut short, sends again the jobs that
    were asked for and lost, and has label logs compacted in which much counts no longer.
    """
    part = now_ms() // 600_000 % SLICES
    removed = 0
    names, away = [], set()
    for site in sites.names(runtime.store):
        shard = keys.shard_of(site)
        if shard in away:
            continue
        try:
            removed += _trim_site(runtime, site, part)
            names.append(site)
        except (StoreDown, StoreFull):
            if not runtime.store.is_spread:
                raise
            away.add(shard)  # Other shards may be on servers that answer; a later run comes back.
    for site in labels.rebuilds_asked(runtime.store, names):
        runtime.tasks.send(REBUILD_LEARNER, site)
    compacting.tend(runtime, names)
    importing.tidy(runtime)
    if removed:
        log.info("%d index entries of expired comments were removed", removed)
    return removed


def _trim_site(runtime: Runtime, site: str, part: int) -> int:
    """Do what is due for one site; return how many index entries were removed."""
    removed = stored.indexes(runtime.store, site)
    removed += stored.external_ids(runtime.store, site, part, SLICES)
    _forget_authors(runtime, site, part)
    for raw in deletions.unfinished(runtime.store, site):
        deletions.forget(runtime.store, site, raw, "", replaying.REPLAYABLE, now_ms())
    return removed


def _forget_authors(runtime: Runtime, site: str, part: int) -> None:
    """Forget whose last comment is longer ago than the site keeps any comment."""
    longest = sites.settings(runtime.store, site).retention.records
    signals.drop_before(runtime.store, site, now_ms() - longest * authors.DAY_MS, part, SLICES)
    authors.drop_before(runtime.store, site, now_ms() // authors.DAY_MS - longest, part, SLICES)
