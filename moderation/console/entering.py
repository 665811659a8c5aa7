"""Who is at the other end: the cookie, the log-in behind it, and the guard of forms."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Any

from flask import Flask, current_app, g, request, session
from flask_wtf import CSRFProtect

from moderation.domain.accounts import User
from moderation.domain.addresses import client_address
from moderation.domain.errors import NotAllowed, NotAuthorised, StoreDown
from moderation.domain.people import Role, Session, may
from moderation.flow.people import sessions
from moderation.flow.people.access import sites_of
from moderation.flow.people.links import By
from moderation.flow.people.sessions import Entered, Where
from moderation.flow.review import looking
from moderation.flow.runtime import Runtime
from moderation.flow.sites import choosing

csrf = CSRFProtect()
"""Forms are guarded by a token that stands in the signed cookie; `screens` asks it of each POST."""


def register(app: Flask) -> None:
    """Give an app signed cookies that no script reads and no other site sends along."""
    settings = app.extensions["winnow"].settings
    app.secret_key = settings.secret_key
    app.config.update(
        SESSION_COOKIE_NAME="winnow",
        SESSION_COOKIE_PATH="/console",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https:"),
        PERMANENT_SESSION_LIFETIME=dt.timedelta(milliseconds=sessions.KEPT_MS),
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    csrf.init_app(app)


def runtime() -> Runtime:
    """Return this process's view of the installation."""
    found: Runtime = current_app.extensions["winnow"]
    return found


def address() -> str:
    """Return the client's address, as far as it can be believed."""
    return client_address(
        request.environ.get("REMOTE_ADDR", ""),
        request.environ.get("HTTP_X_FORWARDED_FOR", ""),
        runtime().settings.trusted_proxies,
    )


def where() -> Where:
    """Return where the person sits who asks."""
    return Where(address(), request.headers.get("User-Agent", ""))


def keep(entered: Entered) -> None:
    """Keep a log-in, or half of one, in the cookie."""
    # Nothing of before stays, the token of forms least of all: it might be known to somebody.
    theme = session.get("theme", "")
    session.clear()
    session.permanent = True
    if entered.lacks_code:
        session.update(half=entered.secret, theme=theme)
    else:
        session.update(secret=entered.secret, user=entered.user.name, theme=theme)


def leave() -> None:
    """Log the person out, here and in the store."""
    sessions.end(runtime(), user().name, [this_session().id], "log_out", address())
    session.clear()


def recognise(role: Role) -> None:
    """Find out who asks, and that they may do what a role may.

    Raises:
        NotAuthorised: nobody is logged in. NotAllowed: the role is too small.
    """
    secret, name = session.get("secret"), session.get("user")
    if not secret or not name:
        raise NotAuthorised("nobody is logged in")
    g.session, g.user = sessions.session_of(runtime(), secret, name)
    if not may(g.user, role):
        raise NotAllowed("your role may not do this")


def is_known() -> bool:
    """Say whether somebody is logged in."""
    try:
        recognise("viewer")
    except NotAuthorised:
        return False
    return True


def user() -> User:
    """Return the account of the person who asks."""
    found: User = g.user
    return found


def actor() -> By:
    """Return the person who asks as the audit log names them."""
    return By(user().name, address())


def this_session() -> Session:
    """Return the log-in of the person who asks."""
    found: Session = g.session
    return found


def my_sites() -> list[str]:
    """Return the sites of the person who asks."""
    if "sites" not in g:
        g.sites = sites_of(runtime(), user())
    found: list[str] = g.sites
    return found


def shown() -> dict[str, Any]:
    """Return what every page shows: the person, their sites, how many comments need a look."""
    if "user" not in g:
        return {}
    held = None
    with suppress(StoreDown):
        held = counts(my_sites())[0]
        attacks = choosing.attacked(runtime().store, my_sites())
        return {"user": user(), "my_sites": my_sites(), "held": held, "attacks": attacks}
    return {"user": user(), "my_sites": [], "held": held, "attacks": []}


def counts(sites: list[str]) -> tuple[int, int]:
    """Return how many comments of some sites are held, and how many are escalated."""
    # The list and its frame ask for the same within one request.
    known: dict[tuple[str, ...], tuple[int, int]] = g.setdefault("counts", {})
    of_sites = tuple(sites)
    if of_sites not in known:
        known[of_sites] = looking.counts(runtime(), sites)
    return known[of_sites]


def chosen_sites(wanted: Any) -> list[str]:
    """Return the one site that was chosen if it is theirs, else all of theirs."""
    return [wanted] if wanted in my_sites() else my_sites()
