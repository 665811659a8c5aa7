"""What a link opens that works once: a password to choose, or a log-in. Looking uses up nothing."""

from __future__ import annotations

from typing import Any

from flask import make_response, render_template, request

from moderation.console import entering, login
from moderation.console.entering import address, runtime
from moderation.console.language import _
from moderation.console.screens import back_to, for_anyone
from moderation.domain.errors import InvalidInput, NotFound
from moderation.domain.people import may
from moderation.flow.people import links, passwords, sessions
from moderation.flow.sites import first_run


@for_anyone("/link/<secret>")
def show(secret: str) -> Any:
    """Return a page with a button: a preview of the link must not use it up."""
    return _page(secret)


@for_anyone("/link", "POST")
def use() -> Any:
    """Use a link up: set the password that was chosen, or log the person in."""
    secret, chosen = request.form.get("secret", ""), request.form.get("password", "")
    if not secret:
        return back_to("/console/login")
    try:
        _user, link = links.find(runtime().store, secret)
        if link.kind == "enter":
            user = links.use_to_enter(runtime().store, secret)
        else:
            user = links.set_password(runtime().store, secret, chosen, address())
    except InvalidInput:
        said = _("A password has at least %(n)s characters.") % {"n": passwords.SHORTEST}
        return make_response(_page(secret, said), 422)
    except NotFound:
        return _page(secret)
    is_new = may(user, "administrator") and first_run.is_untouched(runtime())
    target = "/console/first" if is_new else login.HOME
    return login.go_on(sessions.begin(runtime(), user, entering.where()), target)


def _page(secret: str, said: str = "") -> Any:
    try:
        user, link = links.find(runtime().store, secret)
    except NotFound:
        gone = render_template("console/link/gone.html", host=request.host)
        return make_response(gone, 410)
    return render_template(
        "console/link/page.html",
        said=said,
        secret=secret,
        kind=link.kind,
        until=link.until_ms,
        name=user.name,
        shortest=passwords.SHORTEST,
        host=request.host,
    )
