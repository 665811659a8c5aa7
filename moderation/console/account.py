"""The person's own account: password, log-ins, mail, how the console looks and speaks."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response, make_response, render_template, request, session

from moderation.console import entering
from moderation.console.entering import address, runtime
from moderation.console.language import _
from moderation.console.screens import back_to, screen
from moderation.domain.accounts import Preferences
from moderation.domain.errors import InvalidInput, NotAuthorised, RateLimited
from moderation.flow.people import accounts, letters, passwords, sessions
from moderation.flow.people.links import By
from moderation.wording import LANGUAGES, NAMES

THEMES = ("", "light", "dark")
DIGESTS: dict[str, Literal["never", "daily"]] = {"never": "never", "daily": "daily"}


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
        return refused(_("The old password is wrong. Nothing was changed."), 422)
    except InvalidInput:
        return refused(
            _("A password has at least %(n)s characters.") % {"n": passwords.SHORTEST}, 422
        )
    except RateLimited:
        return refused(_("Too many attempts. Wait a quarter of an hour."), 429)
    return back_to("/console/account?changed=1")


@screen("/account/sessions", "viewer", "POST")
def end_sessions() -> Any:
    """End one log-in, or all but this one."""
    name, mine = entering.user().name, entering.this_session().id
    wanted = request.form.get("session", "")
    ids = [wanted] if wanted else [s.id for s in sessions.sessions(runtime(), name) if s.id != mine]
    sessions.end(runtime(), name, ids, "session_ended", address())
    return back_to("/console/account")


@screen("/account/mail", "viewer", "POST")
def change_mail() -> Any:
    """Change where letters go; with the password, for a link to log in goes there too."""
    user = entering.user()
    try:
        sessions.confirm(runtime(), user, request.form.get("password", ""), address())
        by = By(user.name, address())
        accounts.set_email(runtime().store, user.name, request.form.get("email", ""), by)
    except NotAuthorised:
        return refused(_("The password is wrong. Nothing was changed."), 422)
    except InvalidInput:
        return refused(_("This is not an e-mail address."), 422)
    except RateLimited:
        return refused(_("Too many attempts. Wait a quarter of an hour."), 429)
    return back_to("/console/account")


@screen("/account/look", "viewer", "POST")
def look() -> Any:
    """Choose light, dark, or what the system says."""
    wanted = request.form.get("theme", "")
    session["theme"] = wanted if wanted in THEMES else ""
    return back_to("/console/account")


@screen("/account/preferences", "viewer", "POST")
def prefer() -> Any:
    """Keep the language, the digest, and how comments look at first sight."""
    asked = request.form
    wanted = asked.get("language", "")
    made = Preferences(
        language=wanted if wanted in LANGUAGES else "",
        # The form asks for it only where there is mail.
        digest=DIGESTS.get(asked.get("digest", ""), entering.user().preferences.digest),
        blurred="blurred" in asked,
        grey="grey" in asked,
        unmarked="unmarked" in asked,
    )
    accounts.prefer(runtime().store, entering.user().name, made)
    return back_to("/console/account")


def refused(said: str, status: int) -> Response:
    """Return the account with what was wrong."""
    return make_response(_page(said), status)


def _page(said: str = "") -> str:
    return render_template(
        "console/account/page.html",
        said=said,
        changed=request.args.get("changed"),
        sessions=sessions.sessions(runtime(), entering.user().name),
        mine=entering.this_session().id,
        themes=THEMES,
        languages={name: NAMES.get(name, name) for name in LANGUAGES},
        has_mail=letters.has_mail(runtime()),
        digest_at=runtime().settings.digest_at,
    )
