"""The ordered list of a site, and what an entry would do before it is saved."""

from __future__ import annotations

from typing import Any

from flask import make_response, render_template, request

from moderation.console import entering
from moderation.console.entering import actor, runtime
from moderation.console.language import _
from moderation.console.screens import back_to, screen
from moderation.domain.errors import BadEntry, InvalidInput
from moderation.domain.listed import (
    ACTIONS,
    ENTRIES,
    KINDS,
    Draft,
    Listed,
    draft_of,
    rewritten,
    too_long,
)
from moderation.flow.people.access import site_of
from moderation.flow.runtime import now_ms
from moderation.flow.sites import choosing, trying

ROWS = 100
FORM_BYTES = 12 << 20
"""Most bytes of the form: 65,000 domains are 2 MiB, as many phrases of Chinese words 5 to 8."""


@screen("/sites/<site>/lists", "viewer")
def page(site: str) -> str:
    """Return the list of a site."""
    return _page(site)


@screen("/sites/<site>/lists", "moderator", "POST", most=FORM_BYTES)
def write(site: str) -> Any:
    """Try the entries that are written, or save them."""
    store = runtime().store
    place = _mine(site)
    try:
        drafts = _drafts()
        if not drafts:
            raise InvalidInput("write at least one entry")
        if "save" in request.form:
            choosing.change_list(store, place, lambda known: _with(known, drafts), actor())
            return back_to(f"/console/sites/{site}/lists?saved={len(drafts)}")
        saved = _listed(place)
        new = _with([draft_of(entry) for entry in saved.entries], drafts)
        draft = choosing.bounded(rewritten(saved, new, actor().who, now_ms()))
    except BadEntry as error:
        number = error.place + 1 - (0 if _is_first() else len(_listed(site).entries))
        said = _("Line %(n)s cannot be read as what you chose, or is in the list already.")
        return make_response(_page(site, said % {"n": max(number, 1)}), 422)
    except InvalidInput:
        said = _("Write at least one entry; a list has at most 65,000 of them, and 16 MiB.")
        return make_response(_page(site, said), 422)
    return _page(site, trial=trying.try_list(runtime(), place, saved, draft))


@screen("/sites/<site>/lists/change", "moderator", "POST")
def change(site: str) -> Any:
    """Take an entry off the list, or move it."""
    what, number = request.form.get("what", ""), request.form.get("number", 0, type=int)
    store = runtime().store
    entries = _listed(_mine(site)).entries
    entry = next((one for one in entries if one.number == number), None)
    if entry is not None:
        name = entry.kind, entry.value
        choosing.change_list(store, site, lambda known: _changed(known, name, what), actor())
    return back_to(f"/console/sites/{site}/lists")


def _changed(known: list[Draft], name: tuple[str, str], what: str) -> list[Draft]:
    """Return a list without an entry, or with it moved; as it is where the entry is gone."""
    at = next((n for n, draft in enumerate(known) if (draft.kind, draft.value) == name), None)
    if at is None or what not in ("remove", "up", "down", "top"):
        return known
    rest = [*known[:at], *known[at + 1 :]]
    if what == "remove":
        return rest
    to = {"up": max(0, at - 1), "down": at + 1, "top": 0}[what]
    return [*rest[:to], known[at], *rest[to:]]


def _drafts() -> list[Draft]:
    """Return the entries that are written, one a line or between commas."""
    kind, action = request.form.get("kind", ""), request.form.get("action", "")
    if kind not in KINDS or action not in ACTIONS:
        raise InvalidInput("there is no such kind or action")
    written = request.form.get("values", "")
    if written.count("\n") + written.count(",") > 2 * ENTRIES:  # Each line may end with a comma.
        raise too_long()
    lines = written.replace(",", "\n").split("\n")
    note = request.form.get("note", "").replace("\0", "").strip()[:500]
    values = [line.strip() for line in lines if line.strip()]
    if len(values) > ENTRIES:
        raise too_long()
    return [Draft(kind, value[:320], action, note) for value in values]


def _is_first() -> bool:
    return request.form.get("place") == "first"


def _with(known: list[Draft], drafts: list[Draft]) -> list[Draft]:
    return [*drafts, *known] if _is_first() else [*known, *drafts]


def _page(site: str, said: str = "", trial: trying.Trial | None = None) -> str:
    at = max(0, request.args.get("from", 0, type=int))
    entries = _listed(_mine(site)).entries
    return render_template(
        "console/lists/page.html",
        site=site,
        entries=entries[at : at + ROWS],
        first=at,
        total=len(entries),
        further=at + ROWS if len(entries) > at + ROWS else 0,
        kinds=KINDS,
        actions=ACTIONS,
        typed=request.form,
        trial=trial,
        said=said,
        saved=request.args.get("saved", 0, type=int),
    )


def _listed(site: str) -> Listed:
    """Return the list of a site, which this process has at hand unless it changed."""
    return runtime().rules_now(site).listed.written


def _mine(site: str) -> str:
    return site_of(runtime(), entering.user(), site)
