"""Log in and out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import make_response, render_template, request, session

from moderation.console import entering
from moderation.console.language import _
from moderation.console.screens import back_to, for_anyone, screen
from moderation.domain.errors import NotAuthorised, RateLimited
from moderation.domain.people import ROLES

_HOME = "/console/review"


@for_anyone("/login")
def show() -> Any:
    """Return the form; who is logged in goes on to the work."""
    if entering.is_known():
        return back_to(_ours(request.args.get("next", "")))
    return _form()


@for_anyone("/login", "POST")
def log_in() -> Any:
    """Log a person in and go on to where they wanted to."""
    name = request.form.get("name", "")
    try:
        entering.enter(name, request.form.get("password", ""))
    except NotAuthorised:
        return make_response(_form(_("The name or the password is wrong.")), 401)
    except RateLimited as error:
        said = _("Too many attempts. Wait a quarter of an hour, or let an operator let you in.")
        answer = make_response(_form(said), 429)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    return back_to(_ours(request.form.get("next", "")))


@screen("/logout", ROLES[0], "POST")
def log_out() -> Any:
    """Log the person out."""
    entering.leave()
    return back_to("/console/login")


@screen("/", ROLES[0])
def home() -> Any:
    """Go to where the work is."""
    return back_to(_HOME)


def _form(said: str = "") -> str:
    return render_template(
        "console/login/page.html",
        said=said,
        next=_ours(request.values.get("next", "")),
        host=request.host,
        known=session.get("user", ""),
    )


def _ours(target: str) -> str:
    """Return an address below /console/ of this server, and no other."""
    parts = urlsplit(target)
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/console/")
    return target if is_ours and "\\" not in target and target.isprintable() else _HOME
