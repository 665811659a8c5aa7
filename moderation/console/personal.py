"""Personal data: what is held of somebody who writes, put out, erased; how far erasures are."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import Any

import msgspec
from flask import Response, make_response, render_template, request

from moderation.console.entering import actor, runtime
from moderation.console.language import _
from moderation.console.screens import back_to, screen
from moderation.domain.errors import InvalidInput
from moderation.domain.jobs import Job
from moderation.flow import jobs
from moderation.flow.privacy import access, erasing, finding
from moderation.flow.privacy.person import Person, asked_for

SHOWN = 50
"""Comments of a page that are linked."""
ERASURES = 10


@screen("/personal", "administrator")
def page() -> str:
    """Return the form that asks about somebody, and the newest erasures."""
    return _page()


@screen("/personal", "administrator", "POST")
def search() -> Any:
    """Return what a bounded part of the store holds of somebody; the next part goes on."""
    try:
        person, found = _looked()
    except InvalidInput:
        return _refused()
    counted = Counter((one.site, str(msgspec.to_builtins(one)["kind"])) for one in found.held)
    comments = [one for one in found.held if isinstance(one, access.HeldComment)]
    looked = request.form.get("looked", 0, type=int) + found.looked
    return _page(
        person=person,
        found=found,
        counted=sorted(counted.items()),
        comments=comments[:SHOWN],
        looked=looked,
        total=max(looked, finding.size(runtime(), person)),
    )


@screen("/personal/export", "administrator", "POST")
def export() -> Any:
    """Return the same part as lines of JSON."""
    try:
        _person_asked, found = _looked()
    except InvalidInput:
        return _refused()
    name = {"Content-Disposition": "attachment; filename=person.jsonl"}
    data = msgspec.json.Encoder().encode_lines(found.held)
    return Response(data, 200, name, content_type="application/x-ndjson")


@screen("/personal/erase", "administrator", "POST")
def erase() -> Any:
    """Have somebody erased whose address or id was typed once more."""
    try:
        person = _person()
    except InvalidInput:
        return _refused()
    typed = request.form.get("again", "").strip()
    if typed not in {value for value in (person.email, person.ip, person.author_id) if value}:
        said = _("Nobody was erased: write the address or the id once more to erase.")
        return make_response(_page(said, person=person), 422)
    erasing.begin(runtime(), person, actor())
    return back_to("/console/personal#erasures")


@screen("/personal/erasures", "administrator")
def progress() -> Any:
    """Return how far erasures are, for a page that stays open; the same costs no bytes."""
    body = render_template("console/personal/progress.html", erasures=_erasures())
    answer = make_response(body, {"Cache-Control": "private, no-cache"})
    answer.set_etag(sha256(body.encode()).hexdigest()[:32])
    return answer.make_conditional(request)


def _person() -> Person:
    asked = {name: request.form.get(name, "") for name in ("email", "ip", "author_id", "site")}
    return asked_for(runtime(), **asked)


def _looked() -> tuple[Person, access.Page]:
    """Return who is asked about, and what the part that is asked for holds of them."""
    person, after = _person(), request.form.get("after", "")
    if not after:
        access.note(runtime(), person, actor())
    return person, access.page(runtime(), person, after)


def _refused() -> Response:
    said = _("Give an e-mail address, an IP address or an author's id, and with an id the site.")
    return make_response(_page(said), 422)


def _page(said: str = "", person: Person | None = None, **more: Any) -> str:
    asked = {
        name: request.form.get(name, "")[:320] for name in ("email", "ip", "author_id", "site")
    }
    return render_template(
        "console/personal/page.html",
        said=said,
        asked=asked,
        person=person,
        erasures=_erasures(),
        **more,
    )


def _erasures() -> list[Job]:
    return jobs.page(runtime(), kind=erasing.KIND, limit=ERASURES).jobs
