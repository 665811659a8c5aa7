"""Statistics of a blog and of a key, and what is left of its quota."""

from __future__ import annotations

import re
from typing import Any, get_args

from flask import Blueprint

from moderation.akismet import answers
from moderation.akismet.calls import Call, Malformed, call
from moderation.akismet.paths import answers_at
from moderation.domain.akismet import Account
from moderation.flow.akismet.keys import account_of, month_of
from moderation.flow.akismet.notices import notice_of
from moderation.flow.akismet.statistics import (
    SECONDS_A_SPAM,
    Counts,
    Order,
    SiteCounts,
    Span,
    blog_stats,
    key_stats,
    sites_of_month,
    used_this_month,
)
from moderation.flow.runtime import now_ms
from moderation.server.service import Reply

blueprint = Blueprint("akismet_usage", __name__)

_MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])")
_NO_NOTICE, _NOTICE_OVER = "NOTICE_NONE", "NOTICE_THIRD_MONTH_OVER_LIMIT"
"""Names of Akismet's OpenAPI document and WordPress' plugin; the second is that of code 10508."""

_PLAIN_CELL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]*")
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a formula begins with, in ASCII and in full width."""

SITES_UNASKED = 500
SITES_AT_MOST = 1000


@answers_at(blueprint, "get-stats")
@call()
def stats(asking: Call) -> Reply:
    account = _account(asking)
    if not asking.blog:
        raise Malformed("blog")
    span = _span(asking, "60-days")
    notice = notice_of(asking.runtime, account, asking.blog)
    said = _stats(blog_stats(asking.runtime, account, asking.blog, span))
    return answers.json(said, answers.alert(notice))


@answers_at(blueprint, "get-key-stats")
@call()
def whole_key_stats(asking: Call) -> Reply:
    account = _account(asking)
    periods = key_stats(asking.runtime, account, _span(asking, "6-months"))
    said = _stats(periods)
    for period, counts in periods.items():
        said["breakdown"][period]["blogs"] = str(counts.blogs)
    return answers.json(said)


@answers_at(blueprint, "usage-limit")
@call()
def usage_limit(asking: Call) -> Reply:
    account = _account(asking)
    used, limit = used_this_month(asking.runtime, account), account.monthly
    is_over = bool(limit) and used >= limit
    said: dict[str, Any] = {
        "limit": str(limit or "none"),
        "usage": used,
        "percentage": f"{100 * used / limit:.2f}" if limit else "0.00",
        "throttled": is_over,
    }
    if asking.form.flag("extended"):
        said |= {"notice_level": _NOTICE_OVER if is_over else _NO_NOTICE, "upgrade": False}
    return answers.json(said)


@answers_at(blueprint, "key-sites")
@call()
def key_sites(asking: Call) -> Reply:
    account = _account(asking)
    form = asking.form
    month = form.line("month", 16)
    month = month if _MONTH.fullmatch(month) else month_of(now_ms())
    order: Any = form.line("order", 32)
    order = order if order in get_args(Order) else "total"
    found = sites_of_month(asking.runtime.store, account, month, order)
    wanted = form.line("filter", 256).lower()
    found = [site for site in found if wanted in site.blog]
    limit = min(_number(form.line("limit", 16), SITES_UNASKED) or SITES_UNASKED, SITES_AT_MOST)
    offset = _number(form.line("offset", 16), 0)
    page, paging = found[offset : offset + limit], (limit, offset, len(found))
    if form.line("format", 8).lower() == "csv":
        return answers.csv(_csv(asking.key.lower(), month, page, paging))
    names = ("limit", "offset", "total")
    rows = [_row(site) for site in page]
    return answers.json({month: rows} | dict(zip(names, paging, strict=True)))


def _account(asking: Call) -> Account:
    if not asking.key:
        raise Malformed("api_key")
    return account_of(asking.runtime, asking.key, asking.address)


def _span(asking: Call, unasked: Span) -> str:
    span = asking.form.line("from", 16)
    return span if span in get_args(Span) else unasked


def _number(text: str, unasked: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() else unasked


def _stats(periods: dict[str, Counts]) -> dict[str, Any]:
    whole = Counts()
    for counts in periods.values():
        whole.add(counts)
    return {
        "spam": whole.spam,
        "ham": whole.ham,
        "missed_spam": whole.missed_spam,
        "false_positives": whole.false_positives,
        "accuracy": whole.accuracy,
        "time_saved": whole.spam * SECONDS_A_SPAM,
        "breakdown": {
            period: {
                "spam": str(counts.spam),
                "ham": str(counts.ham),
                "missed_spam": str(counts.missed_spam),
                "false_positives": str(counts.false_positives),
                "da": period if len(period) == 10 else f"{period}-01",
            }
            for period, counts in periods.items()
        },
    }


def _row(site: SiteCounts) -> dict[str, Any]:
    counts = site.counts
    return {
        "site": site.blog,
        "api_calls": str(counts.total),
        "spam": str(counts.spam),
        "ham": str(counts.ham),
        "missed_spam": str(counts.missed_spam),
        "false_positives": str(counts.false_positives),
        "is_revoked": site.is_revoked,
    }


def _csv(key: str, month: str, page: list[SiteCounts], paging: tuple[int, int, int]) -> str:
    limit, offset, total = paging
    lines = [
        f"Active sites for {key} during {month} (limit:{limit}, offset: {offset}, total: {total})",
        "Site,Total API Calls,Spam,Ham,Missed Spam,False Positives,Is Revoked",
    ]
    for site in page:
        name, *counts, is_revoked = _row(site).values()
        lines.append(",".join((_cell(name), *counts, str(is_revoked).lower())))
    return "".join(f"{line}\n" for line in lines)


def _cell(text: str) -> str:
    """Return a cell of a table that no spreadsheet executes, whatever it splits lines at.

    What is more than a plain address is quoted, and what begins like a formula gets an
    apostrophe before it (OWASP, CSV Injection).
    """
    if _PLAIN_CELL.fullmatch(text):
        return text
    marked = f"'{text}" if text.lstrip().startswith(_FORMULA) else text
    return '"' + marked.replace('"', '""') + '"'
