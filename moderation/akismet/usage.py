"""Statistics of a blog and of a key, and what is left of its quota."""

from __future__ import annotations

import csv
import io
import re
from typing import Any, get_args

from flask import Blueprint

from moderation.akismet import answers
from moderation.akismet.answers import Reply
from moderation.akismet.call import Call, Malformed, call
from moderation.domain.akismet import Account
from moderation.flow.akismet.keys import account_of, month_of
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

blueprint = Blueprint("akismet_usage", __name__)

_MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])")
SITES_UNASKED = 500
SITES_AT_MOST = 1000


@blueprint.route("/1.1/get-stats", methods=["GET", "POST"])
@call()
def stats(asking: Call) -> Reply:
    account = _account(asking)
    if not asking.blog:
        raise Malformed("blog")
    span = _span(asking, "60-days")
    return answers.json(_stats(blog_stats(asking.runtime, account, asking.blog, span)))


@blueprint.route("/1.2/get-key-stats", methods=["GET", "POST"])
@call()
def whole_key_stats(asking: Call) -> Reply:
    account = _account(asking)
    return answers.json(_stats(key_stats(asking.runtime, account, _span(asking, "6-months"))))


@blueprint.route("/1.2/usage-limit", methods=["GET", "POST"])
@call()
def usage_limit(asking: Call) -> Reply:
    account = _account(asking)
    used, limit = used_this_month(asking.runtime, account), account.monthly
    said: dict[str, Any] = {
        "limit": limit or "none",
        "usage": used,
        "percentage": f"{100 * used / limit:.2f}" if limit else "0.00",
        "throttled": bool(limit) and used >= limit,
    }
    if asking.form.flag("extended"):
        said |= {"notice_level": "none", "upgrade": False}
    return answers.json(said)


@blueprint.route("/1.2/key-sites", methods=["GET", "POST"])
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
        return answers.text(_csv(asking.key.lower(), month, page, paging))
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


def _csv(key: str, month: str, page: list[SiteCounts], paging: tuple[int, int, int]) -> bytes:
    limit, offset, total = paging
    text = io.StringIO()
    text.write(
        f"Active sites for {key} during {month} (limit:{limit}, offset: {offset}, total: {total})\n"
    )
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(
        ("Site", "Total API Calls", "Spam", "Ham", "Missed Spam", "False Positives", "Is Revoked")
    )
    for site in page:
        rows.writerow(
            [
                str(value).lower() if value in (True, False) else value
                for value in _row(site).values()
            ]
        )
    return text.getvalue().encode()
