"""The lists of others that a site subscribed to, and what one would do before it is."""

from __future__ import annotations

from typing import Any

from flask import make_response, render_template, request

from moderation.console import entering
from moderation.console.entering import actor, runtime
from moderation.console.language import _
from moderation.console.screens import back_to, screen
from moderation.domain.errors import InvalidInput
from moderation.domain.subscribed import READS, NewSubscription, Trusted, as_written
from moderation.flow.outbound.request import OutboundError
from moderation.flow.people.access import site_of
from moderation.flow.sites import fetching, trying

ACTIONS: tuple[Trusted, ...] = ("hold", "spam")
"""What a list may decide; a feed weighs in."""


@screen("/sites/<site>/subscriptions", "viewer")
def page(site: str) -> str:
    """Return the lists of others of a site."""
    return _page(site)


@screen("/sites/<site>/subscriptions", "administrator", "POST")
def write(site: str) -> Any:
    """Try the list that is written, which fetches it, or subscribe to it."""
    place, store = _mine(site), runtime().store
    try:
        one = _given()
        if "save" not in request.form:
            return _page(site, trial=trying.try_subscription(runtime(), place, one))
        known = [as_written(held.chosen) for held in fetching.shown(store, place)]
        fetching.subscribe(store, place, [*known, one], actor(), None)
    except OutboundError:
        said = _("The list could not be fetched, or holds nothing of this kind.")
        return make_response(_page(site, said), 422)
    except InvalidInput:
        said = _(
            "Write an address that begins with https://, not yet subscribed to, and of a feed its "
            "key; at most ten."
        )
        return make_response(_page(site, said), 422)
    return back_to(f"/console/sites/{site}/subscriptions?saved=1")


@screen("/sites/<site>/subscriptions/remove", "administrator", "POST")
def remove(site: str) -> Any:
    """End a subscription."""
    place, number = _mine(site), request.form.get("number", 0, type=int)
    found = fetching.shown(runtime().store, place)
    left = [as_written(held.chosen) for held in found if held.chosen.number != number]
    fetching.subscribe(runtime().store, place, left, actor(), None)
    return back_to(f"/console/sites/{site}/subscriptions")


def _given() -> NewSubscription:
    form = request.form
    reads = next((one for one in READS if one == form.get("reads")), None)
    action = next((one for one in ACTIONS if one == form.get("action")), None)
    if reads is None or action is None:
        raise InvalidInput("there is no such kind or action")
    note = form.get("note", "").replace("\0", "").strip()[:500]
    url, key = (form.get(name, "").strip() for name in ("url", "key"))
    if reads == "feed":
        return NewSubscription(url[:2048], reads, "weigh", note, key[:64])
    return NewSubscription(url[:2048], reads, action, note)


def _page(site: str, said: str = "", trial: trying.Trial | None = None) -> str:
    return render_template(
        "console/subscriptions/page.html",
        site=_mine(site),
        lists=fetching.shown(runtime().store, site),
        reads=READS,
        actions=ACTIONS,
        typed=request.form,
        said=said,
        trial=trial,
        was_saved=request.args.get("saved"),
    )


def _mine(site: str) -> str:
    return site_of(runtime(), entering.user(), site)
