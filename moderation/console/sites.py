"""Sites: all of them, and one with its settings, keys, people and the switch of an attack."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Any

from flask import make_response, render_template, request

from moderation.console import entering, sitewide
from moderation.console.entering import actor, runtime
from moderation.console.language import _
from moderation.console.screens import back_to, screen
from moderation.console.sitewide import Fields
from moderation.domain.errors import Conflict, InvalidInput, StaleChoice
from moderation.domain.people import may
from moderation.domain.sites import Contradiction, SiteSettings, check
from moderation.flow.models import targets
from moderation.flow.people import accounts
from moderation.flow.people.access import site_of
from moderation.flow.runtime import now_ms
from moderation.flow.sites import administering, choosing, entrance, founding, removing, trying
from moderation.flow.webhooks import endpoints

ROWS = 100
PEOPLE = 100


@screen("/sites", "viewer")
def page() -> Any:
    """Return the sites of the person who asks."""
    return _list()


@screen("/sites", "administrator", "POST")
def make() -> Any:
    """Make a site and show it."""
    name = request.form.get("name", "").strip().lower()
    try:
        founding.make(runtime().store, name, actor())
    except Conflict:
        return make_response(_list(_("There is a site of this name already."), name), 409)
    except InvalidInput:
        said = _("A name has 1 to 63 letters from a to z, digits, dots and hyphens.")
        return make_response(_list(said, name), 422)
    return back_to(f"/console/sites/{name}")


def _list(said: str = "", name: str = "") -> str:
    store, at = runtime().store, max(0, request.args.get("from", 0, type=int))
    mine = set(entering.my_sites())
    found = [one for one in founding.listed(store) if one.name in mine]
    return render_template(
        "console/sites/page.html",
        sites=found[at : at + ROWS],
        further=at + ROWS if len(found) > at + ROWS else 0,
        blogs=founding.blogs(store),
        attacked=dict(choosing.attacked(store, [one.name for one in found])),
        said=said,
        name=name,
    )


@screen("/sites/<site>", "viewer")
def one(site: str) -> Any:
    """Return one site."""
    return shown(site)


@screen("/sites/<site>/settings", "administrator", "POST")
def save(site: str) -> Any:
    """Save the settings as they were seen, or propose bands for what can be borne."""
    _mine(site)
    fields, seen = Fields.from_form(request.form), request.form.get("etag", "")
    if "propose" in request.form:
        return _proposed(site, fields)
    try:
        new = fields.settings(choosing.settings(runtime().store, site))
        if "try" in request.form:
            trial = trying.try_settings(runtime(), site, check(new))
            return shown(site, fields=fields, trial=trial)
        choosing.put_settings(runtime().store, site, lambda _known: new, actor(), seen)
    except StaleChoice:
        said = _("Somebody else changed these settings meanwhile. Nothing of yours was saved.")
        answer = shown(site, said, fields=fields, is_stale=True)
        return make_response(answer, 412)
    except sitewide.BadField as error:
        return make_response(shown(site, _(error.said), fields=fields, wrong=error.field), 422)
    except Contradiction as error:
        said = _("A comment cannot be held from a higher score on than it is rejected from.")
        if error.field != "hold":
            said = _("Write at most 50 roles of 1 to 64 characters.")
        return make_response(shown(site, said, fields=fields, wrong=error.field), 422)
    return back_to(f"/console/sites/{site}?saved=1")


def _proposed(site: str, fields: Fields) -> Any:
    try:
        held, rejected = fields.shares()
        proposal = targets.propose(runtime(), site, held, rejected)
    except (InvalidInput, sitewide.BadField):
        said = _("Write how many good comments you can bear: more may be held than rejected.")
        return make_response(shown(site, said, fields=fields), 422)
    return shown(site, fields=fields.with_bands(proposal), proposal=proposal)


@screen("/sites/<site>/attack", "moderator", "POST")
def attack(site: str) -> Any:
    """Have everything of the site held until a time, or end that."""
    _mine(site)
    until = 0
    if "end" not in request.form:
        hours = request.form.get("hours", type=float)
        until = now_ms() + int(hours * 3_600_000) if hours and 0 < hours <= 720 else -1
        with suppress(ValueError):  # A time by itself goes before the hours.
            given = dt.datetime.fromisoformat(request.form.get("until", ""))
            until = int(given.replace(tzinfo=dt.UTC).timestamp() * 1000)
    try:
        choosing.hold_everything(runtime().store, site, until, actor())
    except InvalidInput:
        said = _("Everything is held until a time that is to come, within 30 days.")
        return make_response(shown(site, said), 422)
    return back_to(f"/console/sites/{site}#attack")


@screen("/sites/<site>/retire", "administrator", "POST")
def retire(site: str) -> Any:
    """Have the site take no new comments, or take them again."""
    with suppress(Conflict):  # Sent twice, or by somebody else: it is as it should be.
        (founding.reopen if "reopen" in request.form else founding.retire)(
            runtime().store, _mine(site), actor()
        )
    return back_to(f"/console/sites/{site}")


@screen("/sites/<site>/remove", "administrator", "POST")
def remove(site: str) -> Any:
    """Remove the site with all that is its, where its name was typed."""
    _mine(site)
    if request.form.get("name", "").strip() != site:
        said = _("Nothing was removed: write the site's name to remove it.")
        return make_response(shown(site, said), 422)
    removing.begin(runtime(), site, actor())
    return back_to(f"/console/sites/{site}#remove")


def shown(site: str, said: str = "", *, fields: Fields | None = None, **more: Any) -> str:
    """Return the page of a site; with what was typed, where it could not be saved."""
    _mine(site)
    store, person = runtime().store, entering.user()
    found = founding.shown(store, site)
    is_administrator = may(person, "administrator")
    saved = Fields.of(found.settings)
    return render_template(
        "console/sites/one.html",
        site=found,
        saved=saved,
        fields=fields or saved,
        etag=choosing.etag(found.settings),
        defaults=SiteSettings(),
        now=now_ms(),
        tokens=entrance.tokens(store, site),
        keys=entrance.keys_of(store, site),
        entries=len(runtime().rules_now(site).listed.written.entries),
        used=administering.token_uses(store),
        people=_people(site),
        is_administrator=is_administrator,
        webhooks=endpoints.of_site(store, site),
        removal=removing.under_way(runtime(), site) if found.retired_ms else None,
        was_saved=request.args.get("saved"),
        said=said,
        **more,
    )


def _people(site: str) -> list[Any]:
    """Return who works on a site: administrators on every one."""
    known = accounts.everybody(runtime().store)
    return [one for one in known if may(one.user, "administrator") or site in one.user.sites][
        :PEOPLE
    ]


def _mine(site: str) -> str:
    return site_of(runtime(), entering.user(), site)
