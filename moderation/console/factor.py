"""The person's own second factor: set up, confirmed, given up; recovery codes, shown once."""

from __future__ import annotations

from typing import Any

import segno
from flask import make_response, render_template, request

from moderation.console import account, entering
from moderation.console.entering import address, runtime
from moderation.console.language import _
from moderation.console.screens import back_to, screen
from moderation.domain.errors import Conflict, NotAuthorised, RateLimited
from moderation.flow.people import second

BORDER = 4
"""Light modules around the code (ISO/IEC 18004)."""


@screen("/account/factor", "viewer", "POST")
def begin() -> Any:
    """Make a secret and lead to where it is confirmed."""
    try:
        second.begin(runtime(), entering.user(), entering.this_session(), _password(), address())
    except (NotAuthorised, RateLimited) as error:
        return _refused(error)
    return back_to("/console/account/factor")


@screen("/account/factor", "viewer")
def show() -> Any:
    """Return the secret, as a picture and as text, and the form that confirms it."""
    return _draft()


@screen("/account/factor/confirm", "viewer", "POST")
def confirm() -> Any:
    """Put the second factor to use and show the recovery codes, once."""
    code = request.form.get("code", "")
    try:
        codes = second.confirm(runtime(), entering.user(), entering.this_session(), code, address())
    except NotAuthorised:
        return make_response(_draft(_("The code is wrong. Wait for the next one.")), 422)
    except RateLimited:
        return make_response(_draft(_("Too many attempts. Wait a quarter of an hour.")), 429)
    except Conflict:
        return back_to("/console/account")
    return _codes(codes)


@screen("/account/factor/codes", "viewer", "POST")
def renew_codes() -> Any:
    """Show new recovery codes, once, in place of those before."""
    try:
        codes = second.renew_codes(runtime(), entering.user(), _password(), address())
    except (NotAuthorised, RateLimited) as error:
        return _refused(error)
    except Conflict:
        return back_to("/console/account")
    return _codes(codes)


@screen("/account/factor/off", "viewer", "POST")
def give_up() -> Any:
    """Go without a second factor."""
    try:
        second.give_up(runtime(), entering.user(), _password(), address())
    except (NotAuthorised, RateLimited) as error:
        return _refused(error)
    return back_to("/console/account")


def _password() -> str:
    return request.form.get("password", "")


def _refused(error: Exception) -> Any:
    if isinstance(error, RateLimited):
        return account.refused(_("Too many attempts. Wait a quarter of an hour."), 429)
    return account.refused(_("The password is wrong. Nothing was changed."), 422)


def _draft(said: str = "") -> Any:
    made = second.draft(runtime(), entering.user(), entering.this_session())
    if made is None:
        return back_to("/console/account")
    path, size = _drawn(made.address)
    letters = made.secret
    return render_template(
        "console/factor/page.html",
        said=said,
        path=path,
        size=size,
        secret=" ".join(letters[at : at + 4] for at in range(0, len(letters), 4)),
    )


def _codes(codes: list[str]) -> str:
    return render_template("console/factor/codes.html", codes=codes)


def _drawn(text: str) -> tuple[str, int]:
    """Return a QR code as the path of its dark modules, and its width with the border."""
    code = segno.make(text, error="m", micro=False)
    path = "".join(
        f"M{x + BORDER} {y + BORDER}h1v1h-1z"
        for y, row in enumerate(code.matrix)
        for x, module in enumerate(row)
        if module
    )
    return path, len(code.matrix) + 2 * BORDER
