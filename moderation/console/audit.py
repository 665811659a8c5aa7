"""Audit: everything that people did in the console."""

from __future__ import annotations

import re
from typing import Any

from flask import render_template, request

from moderation.console.entering import runtime
from moderation.console.screens import screen
from moderation.domain.people import ACTS
from moderation.flow.people import auditing

ROWS = 100
_ID = re.compile(r"\d{1,19}-\d{1,19}")


@screen("/audit", "administrator")
def page() -> Any:
    """Return the newest entries of the log."""
    who, what = request.args.get("who", "")[:256], request.args.get("what", "")
    before = request.args.get("before", "")
    found, last = auditing.acts(
        runtime(),
        who,
        what if what in ACTS else "",
        before if _ID.fullmatch(before) else "",
        ROWS,
    )
    return render_template(
        "console/audit/page.html", acts=found, last=last, who=who, what=what, kinds=ACTS
    )
