"""People: who may log in and do what; invited, changed, let in, removed by an administrator."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import make_response, render_template, request

from moderation.console import entering
from moderation.console.entering import runtime
from moderation.console.language import _, language
from moderation.console.screens import back_to, screen
from moderation.domain.accounts import LinkKind
from moderation.domain.errors import Conflict, InvalidInput
from moderation.domain.people import ROLES, Role
from moderation.flow.people import accounts, letters, links


@screen("/people", "administrator")
def page() -> Any:
    """Return everybody, and the form that invites."""
    return _list()


@screen("/people/invite", "administrator", "POST")
def invite() -> Any:
    """Make an account and show the link that invites, once."""
    asked = request.form
    name, email = asked.get("name", ""), asked.get("email", "")
    try:
        secret = accounts.invite(
            runtime().store, name, email, _role(), asked.getlist("site"), entering.actor()
        )
    except Conflict:
        return make_response(_list(_("There is somebody of this name already.")), 409)
    except InvalidInput:
        said = _("A name has 1 to 64 characters, and an e-mail address looks like ann@example.org.")
        return make_response(_list(said), 422)
    return _with_link(name.strip(), "invite", secret)


@screen("/people/person", "administrator")
def person() -> Any:
    """Return one person, and what can be changed of them."""
    return _one(request.args.get("name", ""))


@screen("/people/link", "administrator", "POST")
def make_link() -> Any:
    """Make a link for a new password, or another invitation, and show it once."""
    name = _name()
    kind: LinkKind = "reset" if accounts.account(runtime().store, name).password else "invite"
    secret = links.make(runtime().store, name, "reset", entering.actor())
    return _with_link(name, kind, secret)


@screen("/people/change", "administrator", "POST")
def change() -> Any:
    """Change a person's role, sites and e-mail address."""
    store, name = runtime().store, _name()
    try:
        accounts.change_sites(store, name, request.form.getlist("site"), entering.actor())
        accounts.change_role(store, name, _role(), entering.actor())
        email = request.form.get("email", "")
        if email.strip() != accounts.account(store, name).email:
            accounts.set_email(store, name, email, entering.actor())
    except Conflict:
        return _refused(name)
    except InvalidInput:
        return make_response(_one(name, _("This is not an e-mail address.")), 422)
    return back_to(_address_of(name))


@screen("/people/sessions", "administrator", "POST")
def end_sessions() -> Any:
    """End every log-in of a person."""
    accounts.end_sessions(runtime().store, _name(), entering.actor())
    return back_to(_address_of(_name()))


@screen("/people/second", "administrator", "POST")
def reset_second() -> Any:
    """Take a person's second factor away."""
    accounts.reset_second(runtime().store, _name(), entering.actor())
    return back_to(_address_of(_name()))


@screen("/people/remove", "administrator", "POST")
def remove() -> Any:
    """Remove an account."""
    try:
        accounts.remove(runtime().store, _name(), entering.actor())
    except Conflict:
        return _refused(_name())
    return back_to("/console/people")


@screen("/people/letter", "administrator")
def letter() -> str:
    """Return what became of the last letter to a person, for a page that waits for it."""
    name = request.args.get("name", "")
    (state,) = letters.states_of(runtime().store, [name])
    return render_template("console/people/letter.html", state=state, name=name)


def _name() -> str:
    return request.form.get("name", "")


def _role() -> Role:
    wanted = request.form.get("role", "")
    if wanted not in ROLES:
        raise InvalidInput("there is no such role")
    return wanted


def _address_of(name: str) -> str:
    return f"/console/people/person?{urlencode({'name': name})}"


def _refused(name: str) -> Any:
    said = _("This is the last administrator. Make another one first.")
    return make_response(_one(name, said), 409)


def _list(said: str = "") -> str:
    return render_template(
        "console/people/page.html",
        said=said,
        people=accounts.everybody(runtime().store),
        roles=ROLES,
        has_mail=letters.has_mail(runtime()),
        asked=request.form,
    )


def _one(name: str, said: str = "") -> str:
    found = accounts.one(runtime().store, name)
    (state,) = letters.states_of(runtime().store, [name])
    return render_template(
        "console/people/person.html", said=said, person=found, roles=ROLES, state=state
    )


def _with_link(name: str, kind: LinkKind, secret: str) -> Any:
    """Return the page that shows a link, which is sent besides where there is mail."""
    user = accounts.account(runtime().store, name)
    is_sent = letters.has_mail(runtime()) and bool(user.email)
    if is_sent:
        letters.send_link(runtime(), user, kind, secret, user.preferences.language or language())
    return render_template(
        "console/people/link.html",
        name=name,
        kind=kind,
        link=letters.link_address(runtime().settings.public_url, secret),
        email=user.email if is_sent else "",
        state="waiting",
    )
