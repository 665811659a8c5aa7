"""The person's own account: password, log-ins, how the console looks."""

from __future__ import annotations

from typing import Any

from flask import make_response, render_template, request, session

from moderation.console import entering
from moderation.console.entering import address, runtime
from moderation.console.language import _
from moderation.console.screens import back_to, screen
from moderation.domain.errors import InvalidInput, NotAuthorised, RateLimited
from moderation.flow.people import passwords, sessions

THEMES = ("", "light", "dark")


@screen("/account", "viewer")
def page() -> str:
    """Return the account."""
    return _page()


@screen("/account/password", "viewer", "POST")
def change_password() -> Any:
    """Change the password, and end every other log-in."""
    old, new = request.form.get("old", ""), request.form.get("new", "")
    mine = entering.this_session()
    try:
        sessions.change_password(runtime(), entering.user(), old, new, mine, address())
    except NotAuthorised:
        return make_response(_page(_("The old password is wrong. Nothing was changed.")), 422)
    except InvalidInput:
        said = _("A password has at least %(n)s characters.") % {"n": passwords.SHORTEST}
        return make_response(_page(said), 422)
    except RateLimited:
        return make_response(_page(_("Too many attempts. Wait a quarter of an hour.")), 429)
    return back_to("/console/account?changed=1")


@screen("/account/sessions", "viewer", "POST")
def end_sessions() -> Any:
    """End one log-in, or all but this one."""
    name, mine = entering.user().name, entering.this_session().id
    wanted = request.form.get("session", "")
    ids = [wanted] if wanted else [s.id for s in sessions.sessions(runtime(), name) if s.id != mine]
    sessions.end(runtime(), name, ids, "session_ended", address())
    return back_to("/console/account")


@screen("/account/look", "viewer", "POST")
def look() -> Any:
    """Choose light, dark, or what the system says."""
    wanted = request.form.get("theme", "")
    session["theme"] = wanted if wanted in THEMES else ""
    return back_to("/console/account")


def _page(said: str = "") -> str:
    return render_template(
        "console/account/page.html",
        said=said,
        changed=request.args.get("changed"),
        sessions=sessions.sessions(runtime(), entering.user().name),
        mine=entering.this_session().id,
        themes=THEMES,
    )
