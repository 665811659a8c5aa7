"""Audit: everything that people did in the console."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from typing import Any

from flask import Response, render_template, request

from moderation.console.entering import runtime
from moderation.console.screens import screen
from moderation.console.shown import iso
from moderation.domain.people import ACTS, ON_COMMENTS
from moderation.flow.people import auditing

ROWS, EXPORTED_AT_ONCE = 100, 1000
_FORMULA = frozenset("=+-@")
_CELL = re.compile(r"(?<=[;,|])(?=[\s\"]*(.))", re.DOTALL)
"""Where a spreadsheet that parts cells by another sign than the comma would begin one."""
_ID = re.compile(r"\d{1,19}-\d{1,19}")


@screen("/audit", "administrator")
def page() -> Any:
    """Return the newest entries of the log."""
    who, what = _wanted()
    before = request.args.get("before", "")
    before = before if _ID.fullmatch(before) else ""
    found, last = auditing.acts(runtime(), who, what, before, ROWS)
    return render_template(
        "console/audit/page.html",
        acts=found,
        last=last,
        who=who,
        what=what,
        kinds=ACTS,
        on_comments=ON_COMMENTS,
    )


@screen("/audit/export", "administrator")
def export() -> Response:
    """Return the entries that the filters ask for as CSV (RFC 4180)."""
    who, what = _wanted()
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("at", "who", "what", "site", "about", "address", "note"))
    last = ""
    while True:
        found, last = auditing.acts(runtime(), who, what, last, EXPORTED_AT_ONCE)
        for act in found:
            fields = (iso(act.at_ms), act.who, act.what, act.site, act.about, act.address, act.note)
            table.writerow(map(harmless, fields))
        if not last:
            break
    name = {"Content-Disposition": "attachment; filename=audit.csv"}
    return Response(text.getvalue(), 200, name, content_type="text/csv; charset=utf-8")


def harmless(field: str) -> str:
    """Return a field that no spreadsheet takes for a formula."""
    plain = "".join(sign if sign.isprintable() else " " for sign in field)
    plain = _CELL.sub(lambda found: "'" if _begins_formula(found[1]) else "", plain)
    return f"'{plain}" if _begins_formula(plain.lstrip(' "')[:1]) else plain


def _begins_formula(sign: str) -> bool:
    """Say whether a formula begins with a sign, be it wide, small or raised."""
    return unicodedata.normalize("NFKC", sign)[:1] in _FORMULA if sign else False


def _wanted() -> tuple[str, str]:
    """Return whose entries, and of which kind, are asked for; '' for all."""
    what = request.args.get("what", "")
    return request.args.get("who", "")[:256], what if what in ACTS else ""
