"""WordPress's keys of a site, and what they would do before they are saved."""

from __future__ import annotations

from typing import Any

from flask import make_response, render_template, request

from moderation.console import entering
from moderation.console.entering import actor, runtime
from moderation.console.language import _
from moderation.console.screens import back_to, screen
from moderation.domain.errors import InvalidInput, StaleChoice
from moderation.domain.keywords import KEYS_BYTES, Keys
from moderation.flow.people.access import site_of
from moderation.flow.sites import choosing, trying

FORM_BYTES = 3 * KEYS_BYTES + (64 << 10)
"""Most bytes of the form: a browser writes most letters but those of English as three or more."""


@screen("/sites/<site>/keywords", "viewer")
def page(site: str) -> str:
    """Return the keys of a site."""
    saved = choosing.keys(runtime().store, _mine(site))
    return _page(site, saved, choosing.etag(saved))


@screen("/sites/<site>/keywords", "moderator", "POST", most=FORM_BYTES)
def write(site: str) -> Any:
    """Try the keys that are written, or save them as they were seen."""
    place = _mine(site)
    given = Keys(*(_given(name) for name in ("disallowed", "moderation")))
    seen = request.form.get("etag", "")
    try:
        if "save" not in request.form:
            return _page(site, given, seen, trial=trying.try_keys(runtime(), place, given))
        choosing.put_keys(runtime().store, place, given, actor(), seen)
    except StaleChoice:
        said = _("Somebody else changed these keys meanwhile. Nothing of yours was saved.")
        now = choosing.etag(choosing.keys(runtime().store, place))
        return make_response(_page(site, given, now, said), 412)
    except InvalidInput:
        said = _("Nothing was saved: a list has at most 200,000 keys, and both 4 MiB together.")
        return make_response(_page(site, given, seen, said), 422)
    return back_to(f"/console/sites/{site}/keywords?saved=1")


def _given(name: str) -> str:
    """Return a list of keys as it was typed, with the line ends of files."""
    return request.form.get(name, "").replace("\r\n", "\n").replace("\0", "")


def _page(
    site: str, typed: Keys, etag: str, said: str = "", trial: trying.Trial | None = None
) -> str:
    return render_template(
        "console/keywords/page.html",
        site=_mine(site),
        typed=typed,
        etag=etag,
        said=said,
        trial=trial,
        was_saved=request.args.get("saved"),
    )


def _mine(site: str) -> str:
    return site_of(runtime(), entering.user(), site)
