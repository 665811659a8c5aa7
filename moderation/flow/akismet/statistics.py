"""What an Akismet key was used for, in that protocol's words: counted from the sites' own days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from moderation.domain.akismet import Account, Blog
from moderation.flow.akismet.keys import month_of, site_of
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import Store, akismet
from moderation.store.comments import counting

Span = Literal["60-days", "6-months", "year", "all"]
Order = Literal["total", "spam", "ham", "missed_spam", "false_positives"]

MONTHS_AT_MOST = 13
"""The counters of days are kept for 400 days: so many whole months."""
_MONTHS = {"6-months": 6, "year": 12}
SECONDS_A_SPAM = 5
"""What `time_saved` reckons for each spam comment that nobody had to look at: a convention."""


class Counts(Struct):
    """What sites were told of their comments, each once, and what people corrected of it.

    `blogs` of them were told something.
    """

    spam: int = 0
    ham: int = 0
    missed_spam: int = 0
    false_positives: int = 0
    blogs: int = 0

    def add(self, other: Counts) -> None:
        """Add other counts to these."""
        self.spam += other.spam
        self.ham += other.ham
        self.missed_spam += other.missed_spam
        self.false_positives += other.false_positives

    @property
    def total(self) -> int:
        """Every answer."""
        return self.spam + self.ham

    @property
    def accuracy(self) -> float:
        """Percent of the answers that nobody corrected, 100 where there was none."""
        wrong = self.missed_spam + self.false_positives
        return 100.0 if not self.total else max(0.0, round(100 - 100 * wrong / self.total, 2))


class SiteCounts(Struct, frozen=True):
    """A blog of a key in one month."""

    blog: str
    counts: Counts
    is_revoked: bool


def days_of(span: str, today: dt.date, since: dt.date) -> list[dt.date]:
    """Return the days of a span that ends today; months are whole but for the last."""
    if span == "60-days":
        first = today - dt.timedelta(days=59)
    else:
        back = _MONTHS.get(span, MONTHS_AT_MOST) - 1
        year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
        first = dt.date(year, month + 1, 1)
        if span == "all":
            first = max(first, since.replace(day=1))
    return [first + dt.timedelta(days=n) for n in range((today - first).days + 1)]


def blog_stats(runtime: Runtime, account: Account, blog: str, span: str) -> dict[str, Counts]:
    """Return the counts of one blog by period: days for `60-days`, months otherwise."""
    site = site_of(runtime.secret, account.id, blog)
    return _by_period(runtime.store, account, [site], span)


def key_stats(runtime: Runtime, account: Account, span: str) -> dict[str, Counts]:
    """Return the counts of all blogs of an account by period."""
    known = akismet.blogs(runtime.store, account.id).values()
    return _by_period(runtime.store, account, [blog.site for blog in known], span)


def _by_period(
    store: Store, account: Account, names: Sequence[str], span: str
) -> dict[str, Counts]:
    today = dt.datetime.now(dt.UTC).date()
    since = dt.datetime.fromtimestamp(account.created_ms / 1000, dt.UTC).date()
    days = days_of(span, today, since)
    width = 10 if span == "60-days" else 7
    periods = {day.isoformat()[:width]: Counts() for day in days}
    for name in names:
        active: set[str] = set()
        for day, counts in zip(days, _days(store, name, days), strict=True):
            period = day.isoformat()[:width]
            periods[period].add(counts)
            if counts.total:
                active.add(period)
        for period in active:
            periods[period].blogs += 1
    return periods


def _days(store: Store, site: str, days: Sequence[dt.date]) -> list[Counts]:
    found = counting.counters(store, site, [day.isoformat() for day in days])
    return [
        Counts(
            spam=day.get("told_spam", 0),
            ham=day.get("told_ham", 0),
            missed_spam=day.get("missed_spam", 0),
            false_positives=day.get("false_positives", 0),
        )
        for day in found
    ]


def used_this_month(runtime: Runtime, account: Account) -> int:
    """Return how many checks an account made this month."""
    if account.monthly:
        return akismet.usage(runtime.store, account.id, month_of(now_ms()))
    return recorded_this_month(runtime.store, account)


def is_used_up(runtime: Runtime, account: Account) -> bool:
    """Say whether an account has no check left in this month."""
    return bool(account.monthly) and used_this_month(runtime, account) >= account.monthly


def recorded_this_month(store: Store, account: Account) -> int:
    """Return of how many comments an account's blogs were told this month."""
    return sum(site.counts.total for site in sites_of_month(store, account, month_of(now_ms())))


def sites_of_month(
    store: Store, account: Account, month: str, order: Order = "total"
) -> list[SiteCounts]:
    """Return the blogs of an account that were active in a month (`2026-11`), busiest first."""
    first = dt.date.fromisoformat(f"{month}-01")
    days = [first + dt.timedelta(days=n) for n in range(31)]
    days = [day for day in days if day.month == first.month]
    found = [
        _site(store, name, blog, days) for name, blog in akismet.blogs(store, account.id).items()
    ]
    active = [site for site in found if site.counts.total]
    return sorted(active, key=lambda s: (-getattr(s.counts, order), s.blog))


def _site(store: Store, name: str, blog: Blog, days: Sequence[dt.date]) -> SiteCounts:
    counts = Counts()
    for day in _days(store, blog.site, days):
        counts.add(day)
    return SiteCounts(name, counts, blog.revoked)
