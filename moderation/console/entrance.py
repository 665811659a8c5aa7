"""Tokens and Akismet keys of a site: a new one is shown on the page that makes it, on no other."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import make_response, render_template, request

from moderation.console import entering
from moderation.console.entering import actor, runtime
from moderation.console.screens import back_to, screen
from moderation.console.sites import shown
from moderation.domain.accounts import Scope
from moderation.domain.errors import InvalidInput, NotFound
from moderation.flow.people.access import site_of
from moderation.flow.sites import entrance

OVERLAPS = (0, 1, 24, 72, 168)
"""Hours for which what is rotated may go on."""


@screen("/sites/<site>/tokens", "administrator", "POST")
def make_token(site: str) -> Any:
    """Make a token and show it."""
    name = request.form.get("name", "").replace("\0", "").strip()[:64]
    order: tuple[Scope, ...] = ("submit", "moderate")
    scopes = tuple(scope for scope in order if scope in request.form.getlist("scope"))
    if not name or not scopes:
        raise InvalidInput("a token has a name and something that it may do")
    _, secret = entrance.make_token(runtime().store, _mine(site), scopes, name, 0, actor())
    return _once(site, secret, name)


@screen("/sites/<site>/tokens/rotate", "administrator", "POST")
def rotate_token(site: str) -> Any:
    """Make a token in place of one, which goes on for a while, and show it."""
    asked = request.form.get("token", "")
    store = runtime().store
    made, secret = entrance.rotate_token(store, _mine(site), asked, _overlap(), actor())
    return _once(site, secret, made.name)


@screen("/sites/<site>/tokens/revoke", "administrator", "POST")
def revoke_token(site: str) -> Any:
    """Make a token useless from its next call on."""
    with suppress(NotFound):  # It is gone, as it should be.
        asked = request.form.get("token", "")
        entrance.revoke_token(runtime().store, _mine(site), asked, actor())
    return back_to(f"/console/sites/{site}#keys")


@screen("/sites/<site>/keys", "administrator", "POST")
def make_key(site: str) -> Any:
    """Make an Akismet key, or one in place of those that there are, and show it."""
    found, place = runtime(), _mine(site)
    if "rotate" in request.form:
        _, key = entrance.rotate_keys(found.store, found.secret, place, _overlap(), actor())
    else:
        _, key = entrance.make_key(found.store, found.secret, place, actor())
    return _once(site, key, "")


@screen("/sites/<site>/keys/revoke", "administrator", "POST")
def revoke_key(site: str) -> Any:
    """Make an Akismet key useless from its next call on."""
    with suppress(NotFound):
        asked = request.form.get("key", "")
        entrance.revoke_key(runtime().store, _mine(site), asked, actor())
    return back_to(f"/console/sites/{site}#keys")


@screen("/sites/<site>/rotate", "administrator")
def ask(site: str) -> str:
    """Ask how long what is rotated is to go on."""
    return render_template(
        "console/entrance/rotate.html",
        site=_mine(site),
        token=request.args.get("token", "")[:64],
        overlaps=OVERLAPS,
        usual=entrance.OVERLAP_HOURS,
    )


def _once(site: str, secret: str, name: str) -> Any:
    """Return the page of a site with a new secret, which no other page will show."""
    return make_response(shown(site, made=secret, made_name=name, is_token=bool(name)), 201)


def _overlap() -> int:
    hours = request.form.get("overlap", entrance.OVERLAP_HOURS, type=int)
    return hours if hours in OVERLAPS else entrance.OVERLAP_HOURS


def _mine(site: str) -> str:
    return site_of(runtime(), entering.user(), site)
