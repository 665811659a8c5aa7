"""What is counted of a site by the day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from moderation.store import keys
from moderation.store.client import Store
from moderation.store.faults import store_errors


def counters(store: Store, site: str, days: Iterable[str]) -> list[dict[str, int]]:
    """Return a site's counters of each day."""
    return _counters(store, [keys.of_site(site).day + day for day in days])


def counters_of_day(store: Store, sites: Iterable[str], day: str) -> list[dict[str, int]]:
    """Return the counters of several sites on one day, in one round trip."""
    return _counters(store, [keys.of_site(site).day + day for site in sites])


def _counters(store: Store, names: Iterable[str]) -> list[dict[str, int]]:
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for name in names:
            pipe.hgetall(name)
        return [_by_name(found) for found in pipe.execute()]


def _by_name(found: dict[bytes, bytes]) -> dict[str, int]:
    """Return counters by name. What a verdict counts is one field: `verdicts_` and the codes of
    its status, its label and who judged."""
    counts: Counter[str] = Counter()
    for field, value in found.items():
        name, _, codes = field.decode().partition("verdicts_")
        if codes:
            for what, code in zip(("verdict", "label", "by"), codes, strict=True):
                counts[f"{what}_{code}"] += int(value)
        else:
            counts[name] += int(value)
    return dict(counts)
