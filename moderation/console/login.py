"""Log in, in one step or two, and out."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from flask import Response, make_response, render_template, request, session

from moderation.console import entering
from moderation.console.entering import address, runtime
from moderation.console.language import _, language
from moderation.console.screens import back_to, for_anyone, screen
from moderation.domain.errors import NotAuthorised, RateLimited
from moderation.domain.people import ROLES
from moderation.flow.people import letters, second, sessions

HOME = "/console/review"


@for_anyone("/login")
def show() -> Any:
    """Return the form; who is logged in goes on to the work."""
    if entering.is_known():
        return back_to(_ours(request.args.get("next", "")))
    return _form()


@for_anyone("/login", "POST")
def log_in() -> Any:
    """Log a person in, or ask for their code, and go on to where they wanted to."""
    name, password = request.form.get("name", ""), request.form.get("password", "")
    try:
        entered = sessions.log_in(runtime(), name, password, entering.where())
    except NotAuthorised:
        return make_response(_form(_("The name or the password is wrong.")), 401)
    except RateLimited as error:
        said = _("Too many attempts. Wait a quarter of an hour, or let an operator let you in.")
        return _limited(_form(said), error)
    return go_on(entered, _ours(request.form.get("next", "")))


def go_on(entered: sessions.Entered, target: str) -> Response:
    """Keep a log-in and lead to a page of ours, by way of the code where that is lacking."""
    entering.keep(entered)
    if entered.lacks_code:
        return back_to(f"/console/login/code?{urlencode({'next': target})}")
    return back_to(target)


@for_anyone("/login/code")
def show_code() -> Any:
    """Return the form of the second step; who has not taken the first goes there."""
    try:
        half = sessions.half(runtime(), session.get("half", ""))
    except NotAuthorised:
        return back_to("/console/login")
    return _code_form(half.user)


@for_anyone("/login/code", "POST")
def give_code() -> Any:
    """Take the code that a person gives, or a recovery code, and go on."""
    secret = session.get("half", "")
    try:
        half = sessions.half(runtime(), secret)
    except NotAuthorised:
        return back_to("/console/login")
    code = request.form.get("code", "")
    try:
        entered = second.complete(runtime(), secret, code, entering.where())
    except NotAuthorised:
        said = _("The code is wrong, or was used before.")
        return make_response(_code_form(half.user, said), 401)
    except RateLimited as error:
        said = _("Too many attempts. Wait a quarter of an hour, or let an operator let you in.")
        return _limited(_code_form(half.user, said), error)
    return go_on(entered, _ours(request.form.get("next", "")))


@for_anyone("/login/forgotten")
def show_forgotten() -> Any:
    """Return the form to ask for a new password, where there is mail."""
    if not letters.has_mail(runtime()):
        return back_to("/console/login")
    return _forgotten_form()


@for_anyone("/login/forgotten", "POST")
def ask_link() -> Any:
    """Send a link to whoever the account is of; the answer is the same for every name."""
    if not letters.has_mail(runtime()):
        return back_to("/console/login")
    try:
        letters.ask_link(runtime(), request.form.get("name", ""), language(), address())
    except RateLimited as error:
        return _limited(_forgotten_form(_("Too many attempts. Wait a quarter of an hour.")), error)
    return _forgotten_form(is_asked=True)


@screen("/logout", ROLES[0], "POST")
def log_out() -> Any:
    """Log the person out."""
    entering.leave()
    return back_to("/console/login")


@screen("/", ROLES[0])
def home() -> Any:
    """Go to where the work is."""
    return back_to(HOME)


def _form(said: str = "") -> str:
    return render_template(
        "console/login/page.html",
        said=said,
        next=_ours(request.values.get("next", "")),
        host=request.host,
        known="" if "other" in request.args else session.get("user", ""),
        has_mail=letters.has_mail(runtime()),
    )


def _code_form(name: str, said: str = "") -> str:
    return render_template(
        "console/login/code.html",
        said=said,
        name=name,
        next=_ours(request.values.get("next", "")),
        recovers="recovery" in request.values,
        host=request.host,
    )


def _forgotten_form(said: str = "", *, is_asked: bool = False) -> str:
    return render_template(
        "console/login/forgotten.html", said=said, is_asked=is_asked, host=request.host
    )


def _limited(page: str, error: RateLimited) -> Response:
    answer = make_response(page, 429)
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _ours(target: str) -> str:
    """Return an address below /console/ of this server, and no other."""
    parts = urlsplit(target)
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/console/")
    # A browser takes /console/%2e%2e/x for /x.
    steps = unquote(parts.path).split("/")[2:]
    stays = ".." not in steps and "" not in steps[:-1]
    return target if is_ours and stays and "\\" not in target and target.isprintable() else HOME
