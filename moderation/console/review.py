"""Review: one held comment in focus, decided by one key."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import jsonify, make_response, render_template, request

from moderation.console import entering
from moderation.console.entering import runtime
from moderation.console.item import Item, agreement_words, coming_of, item_of, today_words
from moderation.console.language import language
from moderation.console.screens import back_to, screen
from moderation.console.shown import iso, number
from moderation.domain.errors import NotFound
from moderation.domain.people import may
from moderation.flow.lookup import find, raw_id
from moderation.flow.people.access import site_of
from moderation.flow.review import looking, sampling, tally
from moderation.flow.review.ahead import Ahead, Order

COMING = 30
"""Comments that the column of what comes shows."""
BESIDE = 20
"""Most ids that a page may ask to be passed over."""


@screen("/review", "viewer")
def page() -> str:
    """Return the page with the next comment in focus, or the one that was asked for."""
    sites = entering.chosen_sites(request.args.get("site"))
    ahead = _ahead(sites)
    return render_template(
        "console/review/page.html",
        item=_wanted(ahead),
        coming=coming_of(runtime(), ahead.listed(COMING)),
        order=_order(),
        counts=entering.counts(sites),
        today=today_words(tally.decided_today(runtime(), entering.user().name)),
        **_done(),
    )


@screen("/review/item", "viewer")
def item() -> Any:
    """Return the next comment, or the one that was asked for, for the page to put into focus."""
    found = _wanted(_ahead(entering.chosen_sites(request.args.get("site"))))
    return render_template("console/review/item.html", item=found, standing=True)


@screen("/review/coming", "viewer")
def coming() -> str:
    """Return what comes after a comment, for the page to put to the end of its list."""
    after = request.args.get("after", "")
    if after:
        raw_id(after)  # Refuses what is no id.
    ahead = _ahead(entering.chosen_sites(request.args.get("site")))
    found = coming_of(runtime(), ahead.listed(COMING, after))
    return render_template("console/review/coming.html", coming=found, item=None, order=_order())


@screen("/review/counts", "viewer")
def counts() -> Any:
    """Return how many comments wait, for a page that stays open; the same again costs no bytes."""
    held, escalated = entering.counts(entering.chosen_sites(request.args.get("site")))
    found = escalated if request.args.get("of") == "escalated" else held
    answer = make_response(number(found), {"Cache-Control": "private, no-cache"})
    answer.set_etag(f"{language()}-{found}")
    return answer.make_conditional(request)


@screen("/review/<site>/<comment_id>/keep", "moderator", "POST")
def keep(site: str, comment_id: str) -> Any:
    """Keep a comment for the person who looks at it, and say until when it is theirs."""
    site_of(runtime(), entering.user(), site)
    is_theirs = looking.keep(runtime(), site, comment_id, entering.user().name)
    until = looking.until_ms(runtime(), site, comment_id) if is_theirs else 0
    return jsonify(yours=is_theirs, until=iso(until) if until else "")


@screen("/review/<site>/<comment_id>/leave", "moderator", "POST")
def leave(site: str, comment_id: str) -> Any:
    """Give a comment back and go on to the next."""
    site_of(runtime(), entering.user(), site)
    looking.leave(runtime(), site, comment_id, entering.user().name)
    if request.form.get("told"):
        # A page that goes away tells so; led to the next comment, it would take that one.
        return "", 204
    return back_to(f"/console/review?{urlencode({'after': comment_id, **asked_order()})}")


def _order() -> Order:
    """Return which comment is to come first."""
    return "uncertain" if request.args.get("order") == "uncertain" else "oldest"


def _ahead(sites: list[str]) -> Ahead:
    return Ahead(runtime(), sites, _order())


def asked_order() -> dict[str, str]:
    """Return the order that a form of Review names, for the address that it leads back to."""
    return {"order": "uncertain"} if request.form.get("order") == "uncertain" else {}


def _wanted(ahead: Ahead) -> Item | None:
    """Return the comment that the query asks for, under a lease where there is one to be had."""
    who = entering.user()
    wanted, site = request.args.get("id", ""), request.args.get("site", "")
    if wanted:
        comment = find(runtime(), site_of(runtime(), who, site), wanted)
        is_open = comment.status == "held" or sampling.is_hidden(comment)
        if is_open and may(who, "moderator"):
            looking.look(runtime(), comment, who.name)
        return item_of(runtime(), looking.look_of(runtime(), comment), hides=True)
    after = request.args.get("after", "")
    if after:
        raw_id(after)  # Refuses what is no id.
    if not may(who, "moderator"):
        shown = ahead.listed(1, after)
        return item_of(runtime(), shown[0], hides=True) if shown else None
    beside = request.args.getlist("not")[:BESIDE]
    found = ahead.take(who.name, after, beside)
    return item_of(runtime(), found, hides=True) if found else None


def _done() -> dict[str, Any]:
    """Return the comment that the person decided or escalated last, to be told and undone on the
    page, and what the filter had said where it was of the random sample; nothing where it is
    another person's by now, or the address was another's."""
    who = entering.user()
    site, _, comment_id = request.args.get("done", "").partition("/")
    if not comment_id:
        return {}
    try:
        done = find(runtime(), site_of(runtime(), who, site), comment_id)
    except NotFound:
        return {}
    asked = None if done.decision else looking.look_of(runtime(), done).escalation
    acted = done.decision or asked
    if acted is None or acted.by != who.name or not may(who, "moderator"):
        return {}
    if done.decision is None:
        return {"done": done, "asked": asked}
    agreement = sampling.agreement(done, done.decision.label)
    return {"done": done, "told": agreement_words(agreement) if agreement else ""}
