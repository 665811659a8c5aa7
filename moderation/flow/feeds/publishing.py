"""Making a feed of what people decided as spam in the last days."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import tldextract
from msgspec import Struct

from classifier import Row, are_alike, marks_of
from moderation.domain.errors import InvalidInput
from moderation.domain.feeds import (
    FORMAT,
    MOST,
    MOST_DAYS,
    Domain,
    Feed,
    Text,
    domain_hash,
    sketch_of,
)
from moderation.domain.matching import domains_in
from moderation.flow.labels.holding import holding
from moderation.flow.privacy.promise import PUBLISHED
from moderation.flow.rows import training_row
from moderation.flow.runtime import Runtime
from moderation.store import keys, labels, processes, sites

LEAST = 2
"""Sites, or people of one site, that stand behind an entry at least: one alone tells nothing of
anybody but themselves."""
GOOD_FOR_DAYS = 2
"""A feed that is not made anew for so long after its time is not believed any more."""
_BAND_BYTES, _BANDS_FROM = 4, 24
_DAY_MS = 86_400_000

Note = Callable[[str, int, int], None]


class _Said(Struct, frozen=True):
    """A comment that somebody decided as spam, or that is fine here."""

    site: str
    by: str
    day: str
    mark: bytes
    domains: frozenset[str]
    is_spam: bool


class _Behind:
    """Who said spam of a thing, and when they did last."""

    def __init__(self) -> None:
        self.sites, self.people, self.day = set[str](), set[tuple[str, str]](), ""

    def add(self, said: _Said) -> None:
        self.sites.add(said.site)
        self.people.add((said.site, said.by))
        self.day = max(self.day, said.day)

    def counts(self, least: int) -> bool:
        return max(len(self.sites), len(self.people)) >= least


def publish(
    runtime: Runtime, name: str, days: int, least: int, now_ms: int, note: Note = lambda *_: None
) -> Feed:
    """Return the feed of the last days, of the sites that share what they teach.

    A text or a domain is in it that at least `least` sites, or people, said spam of, and of which
    nobody said ham. What an import brought, and what no person decided, is not.

    Raises:
        InvalidInput: `days` or `least` is out of bounds.
    """
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"days: 1 to {MOST_DAYS}")
    if least < LEAST:
        raise InvalidInput(f"least: {LEAST} or more, so that nobody's word alone can be read in it")
    # The page on which authors read what leaves this machine says so from now on.
    processes.count(runtime.store, PUBLISHED)
    since = now_ms - days * _DAY_MS
    spam, ham = list[_Said](), list[_Said]()
    sharing = [
        site
        for site in sites.names(runtime.store)
        if runtime.site_settings(site, sites.read(runtime.store, site).settings).shares_training
    ]
    for done, site in enumerate(sharing):
        note("reading what was decided", done, len(sharing))
        for said in _said(runtime, site, since):
            (spam if said.is_spam else ham).append(said)
    note("reading what was decided", len(sharing), len(sharing))
    made = dt.datetime.fromtimestamp(now_ms // 1000, dt.UTC)
    return Feed(
        FORMAT,
        name,
        made,
        made + dt.timedelta(days=GOOD_FOR_DAYS),
        tuple(_texts(spam, ham, least)),
        tuple(_domains(spam, ham, least)),
    )


def _said(runtime: Runtime, site: str, since_ms: int) -> Iterator[_Said]:
    store = runtime.store
    first, end = labels.first_since(store, site, since_ms), sites.read(store, site).labels
    if first is None:
        return
    for piece in holding(store, site, end, end - first + 1):
        rows = [training_row(example.row) for _, example in piece]
        for (entry, _), row, mark in zip(
            piece, rows, marks_of([row.text for row in rows]), strict=True
        ):
            decision, is_spam = entry.decision, entry.label == "spam"
            if is_spam and (decision is None or decision.via == "import"):
                continue
            at_ms = decision.at_ms if decision else since_ms
            if at_ms < since_ms:
                continue
            by = decision.by if decision else ""
            yield _Said(site, by, keys.day_of(at_ms), mark, _linked(row), is_spam)


_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def _linked(row: Row) -> frozenset[str]:
    """Return the registered domains that a comment leads to."""
    named = domains_in(row.text) + (domains_in(row.url) if row.url else [])
    return frozenset(filter(None, map(_registered, set(named))))


def _registered(host: str) -> str:
    """Return the domain that somebody registered; '' where the host has none."""
    found = _suffixes(host)
    if found.suffix or host.rpartition(".")[2].isdigit():
        return found.top_domain_under_public_suffix
    # The list knows no such ending; where there is none above it, it is the last label.
    return ".".join(host.split(".")[-2:]) if "." in host else ""


def _texts(spam: Sequence[_Said], ham: Sequence[_Said], least: int) -> list[Text]:
    """Return the groups of texts that are alike, those that most people met first."""
    groups: list[tuple[bytes, _Behind]] = []
    by_band: dict[tuple[int, bytes], int] = {}
    for said in spam:
        if not sketch_of(said.mark):
            continue
        place = _found(said.mark, by_band, groups)
        if place is None:
            place = len(groups)
            groups.append((said.mark, _Behind()))
            for band in _bands(said.mark):
                by_band.setdefault(band, place)
        groups[place][1].add(said)
    fine = {_found(said.mark, by_band, groups) for said in ham if said.mark}
    found = [
        (mark, behind)
        for place, (mark, behind) in enumerate(groups)
        if behind.counts(least) and place not in fine
    ]
    found.sort(key=lambda one: (-len(one[1].people), one[0]))
    return [
        Text(sketch_of(mark).hex(), len(behind.sites), len(behind.people))
        for mark, behind in found[:MOST]
    ]


def _bands(mark: bytes) -> Iterator[tuple[int, bytes]]:
    for at in range(_BANDS_FROM, len(mark), _BAND_BYTES):
        yield at, mark[at : at + _BAND_BYTES]


def _found(
    mark: bytes,
    by_band: dict[tuple[int, bytes], int],
    groups: Sequence[tuple[bytes, _Behind]],
) -> int | None:
    for band in _bands(mark):
        place = by_band.get(band)
        if place is not None and are_alike(groups[place][0], mark):
            return place
    return None


def _domains(spam: Sequence[_Said], ham: Sequence[_Said], least: int) -> list[Domain]:
    """Return the domains, each under the day on which it was last said of."""
    fine = {name for said in ham for name in said.domains}
    found: dict[str, _Behind] = defaultdict(_Behind)
    for said in spam:
        for name in said.domains - fine:
            found[name].add(said)
    kept = [(name, behind) for name, behind in found.items() if behind.counts(least)]
    kept.sort(key=lambda one: (-len(one[1].people), one[0]))
    return sorted(
        (
            Domain(
                behind.day,
                domain_hash(behind.day, name).hex(),
                len(behind.sites),
                len(behind.people),
            )
            for name, behind in kept[:MOST]
        ),
        key=lambda one: (one.day, one.hash),
    )
