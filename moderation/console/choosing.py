"""Which model is in use: promote, roll back, discard. Each asks on a page of its own first."""

from __future__ import annotations

from typing import Any, Literal

from flask import make_response, render_template, request

from moderation.console import entering
from moderation.console.entering import address, runtime
from moderation.console.screens import back_to, screen
from moderation.domain.errors import Conflict, GateRefused, NotFound, NothingToUndo, StaleChoice
from moderation.flow.models import acting, showing
from moderation.flow.models.acting import Actor

REASON_CHARACTERS = 2000
What = Literal["promote", "rollback", "discard"]


def actor() -> Actor:
    """Return who acts, and from where."""
    return Actor(entering.user().name, address())


@screen("/models/rollback", "administrator")
def ask_roll_back() -> Any:
    """Ask whether the newest promotion is to be withdrawn."""
    return _ask("rollback")


@screen("/models/rollback", "administrator", "POST")
def roll_back() -> Any:
    """Withdraw the newest promotion."""
    try:
        acting.roll_back(runtime(), actor(), _reason(), request.form.get("etag", ""))
    except StaleChoice:
        return make_response(_ask("rollback", said="stale"), 412)
    except (NothingToUndo, Conflict):
        return make_response(_ask("rollback"), 409)
    return back_to("/console/models?done=rolled-back")


@screen("/models/<name>/promote", "administrator")
def ask_promote(name: str) -> Any:
    """Ask whether a model is to be put to use, and say what speaks against it."""
    return _ask("promote", name)


@screen("/models/<name>/promote", "administrator", "POST")
def promote(name: str) -> Any:
    """Put a model to use from the next verdict on."""
    override, seen = bool(request.form.get("override")), request.form.get("etag", "")
    reason = _reason()
    if override and not reason:
        return make_response(_ask("promote", name, said="reason"), 422)
    try:
        acting.promote(runtime(), actor(), name, reason, seen, override=override)
    except StaleChoice:
        return make_response(_ask("promote", name, said="stale"), 412)
    except GateRefused:
        return make_response(_ask("promote", name, said="refused"), 409)
    except Conflict:
        return make_response(_ask("promote", name), 409)
    return back_to("/console/models?done=promoted")


@screen("/models/<name>/discard", "administrator")
def ask_discard(name: str) -> Any:
    """Ask whether a candidate is to be forgotten."""
    return _ask("discard", name)


@screen("/models/<name>/discard", "administrator", "POST")
def discard(name: str) -> Any:
    """Forget a candidate."""
    try:
        acting.discard(runtime(), actor(), name)
    except Conflict:
        return make_response(_ask("discard", name, said="used"), 409)
    return back_to("/console/models?done=discarded")


def _reason() -> str:
    return request.form.get("reason", "").replace("\0", "").strip()[:REASON_CHARACTERS]


def _ask(what: What, name: str = "", said: str = "") -> str:
    """Return the page that asks; what was typed stays."""
    known = showing.versions(runtime())
    wanted = known.before if what == "rollback" else name
    version = known.version(wanted)
    if version is None and what != "rollback":
        raise NotFound("there is no model of this name")
    found = showing.report_of(runtime(), wanted) if version else None
    return render_template(
        "console/choosing/page.html",
        what=what,
        known=known,
        version=version,
        report=found,
        rules=showing.rules(runtime(), found) if found else [],
        said=said,
        reason=request.form.get("reason", ""),
        most=REASON_CHARACTERS,
    )
