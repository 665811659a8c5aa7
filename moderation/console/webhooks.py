"""Webhooks of a site: added on its page; each has a page with its secret and what it was sent."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import make_response, render_template, request

from moderation.console import entering, sites
from moderation.console.entering import actor, runtime
from moderation.console.language import _
from moderation.console.screens import back_to, screen
from moderation.domain.errors import Conflict, InvalidInput, NotFound
from moderation.domain.people import may
from moderation.domain.webhooks import AT_MOST, EVENTS, OVERLAP_HOURS, Event
from moderation.flow.people.access import site_of
from moderation.flow.runtime import now_ms
from moderation.flow.webhooks import endpoints
from moderation.flow.webhooks.endpoints import Wanted

OVERLAPS = (0, 1, 24, 72, 168)
"""Hours for which a secret may sign beside the new one."""
ROWS = 50


@screen("/sites/<site>/webhooks", "administrator", "POST")
def add_webhook(site: str) -> Any:
    """Make a webhook and show its secret."""
    found = runtime()
    if len(endpoints.of_site(found.store, _mine(site))) >= AT_MOST:
        said = _("A site has at most 10 webhooks: remove one first.")
        return make_response(sites.shown(site, said), 422)
    try:
        _made, secret = endpoints.make(
            found.store, found.secret, site, request.form.get("url", "").strip(), _events(),
            actor(), personal="personal" in request.form,
        )  # fmt: skip
    except InvalidInput:
        return make_response(sites.shown(site, _not_usable()), 422)
    return make_response(sites.shown(site, hook_secret=secret), 201)


@screen("/sites/<site>/webhooks/<webhook>", "viewer")
def webhook(site: str, webhook: str) -> str:
    """Return one webhook with what it was sent."""
    return _page(site, webhook)


@screen("/sites/<site>/webhooks/<webhook>", "administrator", "POST")
def change_webhook(site: str, webhook: str) -> Any:
    """Change where a webhook is told, and of what."""
    url = request.form.get("url", "").strip()
    wanted = Wanted(url=url, events=_events(), personal="personal" in request.form)
    try:
        endpoints.change(runtime().store, _mine(site), webhook, wanted, actor())
    except InvalidInput:
        return make_response(_page(site, webhook, _not_usable(), typed=url[:2048]), 422)
    return back_to(f"/console/sites/{site}/webhooks/{webhook}")


@screen("/sites/<site>/webhooks/<webhook>/rotate", "administrator", "POST")
def rotate_webhook(site: str, webhook: str) -> Any:
    """Make a new secret and show it; the one before signs as well for a while."""
    hours = request.form.get("overlap", OVERLAP_HOURS, type=int)
    hours = hours if hours in OVERLAPS else OVERLAP_HOURS
    found = runtime()
    secret = endpoints.rotate(found.store, found.secret, _mine(site), webhook, hours, actor())
    return make_response(_page(site, webhook, hook_secret=secret), 201)


@screen("/sites/<site>/webhooks/<webhook>/switch", "administrator", "POST")
def switch_webhook(site: str, webhook: str) -> Any:
    """Have nothing sent to a webhook, or have it told again."""
    wanted = Wanted(enabled="enable" in request.form)
    endpoints.change(runtime().store, _mine(site), webhook, wanted, actor())
    return back_to(f"/console/sites/{site}/webhooks/{webhook}")


@screen("/sites/<site>/webhooks/<webhook>/remove", "administrator", "POST")
def remove_webhook(site: str, webhook: str) -> Any:
    """Remove a webhook."""
    with suppress(NotFound):  # It is gone, as it should be.
        endpoints.remove(runtime().store, _mine(site), webhook, actor())
    return back_to(f"/console/sites/{site}#webhooks")


@screen("/sites/<site>/webhooks/<webhook>/resend", "administrator", "POST")
def resend(site: str, webhook: str) -> Any:
    """Have a message sent again."""
    found, asked = runtime(), request.form.get("message", "")
    with suppress(Conflict, NotFound):  # The page says how it stands.
        endpoints.send_again(found.store, found.tasks, _mine(site), webhook, asked, actor())
    return back_to(f"/console/sites/{site}/webhooks/{webhook}#sent")


def _page(site: str, webhook: str, said: str = "", **more: Any) -> str:
    store = runtime().store
    hook, health = endpoints.one(store, _mine(site), webhook)
    sent, further = endpoints.sent(store, site, webhook, request.args.get("before", ""), ROWS)
    return render_template(
        "console/webhooks/page.html",
        site=site,
        hook=hook,
        health=health,
        two=len(hook.good_secrets(now_ms())) > 1,
        sent=sent,
        further=further,
        overlaps=OVERLAPS,
        usual=OVERLAP_HOURS,
        is_administrator=may(entering.user(), "administrator"),
        said=said,
        **more,
    )


def _events() -> tuple[Event, ...]:
    given = request.form.getlist("event")
    return tuple(event for event in EVENTS if event in given)


def _not_usable() -> str:
    return _(
        "Nothing was saved: write an address that begins with http or https, without a password in "
        "it, and choose what it is to be told of."
    )


def _mine(site: str) -> str:
    return site_of(runtime(), entering.user(), site)
