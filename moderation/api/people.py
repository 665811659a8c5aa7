"""People who write: what is held of one, found and put out; one erased."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from flask import Blueprint, Response
from msgspec import Meta, Struct

from moderation.api import answers, cursors
from moderation.api.body import JSON, NDJSON
from moderation.api.endpoint import Answer, Body, Call, Operation, endpoint
from moderation.api.jobs import Job, job_out
from moderation.api.sites import SMALL_BYTES, actor, small
from moderation.domain.comments import Status
from moderation.domain.verdicts import Label
from moderation.flow.privacy import access, erasing
from moderation.flow.privacy.access import (
    HeldComment,
    HeldEntry,
    HeldLabel,
    HeldRecord,
    HeldUnread,
)
from moderation.flow.privacy.person import LONGEST, Person, asked_for, mark_of

blueprint = Blueprint("people", __name__, url_prefix="/v1")

TAG = "People"


class PersonNamed(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who writes, by one of these or by several: whatever any of them leads to."""

    email: Annotated[str, Meta(max_length=LONGEST["email"])] = ""
    """The e-mail address, in any spelling that means the same one."""
    ip: Annotated[str, Meta(max_length=LONGEST["ip"])] = ""
    """The IP address, in any spelling."""
    author_id: Annotated[str, Meta(max_length=LONGEST["author_id"])] = ""
    """The site's own id of the author; where there are several sites, `site` must say which."""
    site: Annotated[str, Meta(max_length=63)] = ""
    """On this site alone; empty: on all."""


class PersonAsked(PersonNamed, frozen=True, forbid_unknown_fields=True):
    """Somebody who writes, and from where to go on."""

    cursor: Annotated[str, Meta(max_length=cursors.LONGEST)] = ""
    """`next` of the page before."""


class HeldOne(Struct, frozen=True, omit_defaults=True):
    """One thing that is held of a person."""

    kind: Literal["comment", "label", "record", "list", "unread"]
    """What it is: a comment, what the filter learns from one, what is known under a keyed hash, an
    entry of a site's list; something that cannot be read, so that nobody can tell whose it is."""
    site: str
    """The site."""
    id: str = ""
    """The comment, or which of what cannot be read; absent where there is none."""
    status: Status | None = None
    """How the comment stands; absent where it is none."""
    label: Label | None = None
    """What the label says; absent where there is none."""
    what: str = ""
    """What it is that cannot be read; absent where it can."""


class HeldPage(Struct, frozen=True):
    """A page of what is held. It may be empty and not be the last: the last has `next: null`."""

    data: list[HeldOne]
    """What is held."""
    looked_through: int
    """How many comments and labels this call has looked through."""
    next: str | None
    """The `cursor` of the page after it; null at the end."""


class HeldEnd(Struct, frozen=True, tag_field="kind", tag="end"):
    """The last line of a page."""

    next: str | None
    """The `cursor` of the page after it; null at the end."""


HeldLine = HeldComment | HeldLabel | HeldRecord | HeldEntry | HeldUnread | HeldEnd

_asked = msgspec.json.Decoder(PersonAsked)
_named = msgspec.json.Decoder(PersonNamed)


def _operation(call_id: str, summary: str, taken: Any, answered: dict[int, Answer]) -> Operation:
    return Operation(
        id=call_id,
        tag=TAG,
        summary=summary,
        scopes=("admin",),
        body=Body({JSON: taken}, SMALL_BYTES),
        answers=answered,
        problems=("invalid-cursor",) if taken is PersonAsked else (),
    )


@blueprint.post("/people/search")
@endpoint(
    _operation(
        "searchPerson",
        "What is held of a person",
        PersonAsked,
        {200: Answer("A page: a call looks at a bounded part.", {JSON: HeldPage})},
    )
)
def search(call: Call) -> Response:
    page, following = _page(call)
    return answers.json(HeldPage([_found(one) for one in page.held], page.looked, following))


@blueprint.post("/people/export")
@endpoint(
    _operation(
        "exportPerson",
        "All that is held of a person, as lines of JSON",
        PersonAsked,
        {
            200: Answer(
                "A page: its last line is of kind `end` and says where to go on. A call looks at a "
                "bounded part, so a page may have no other line and not be the last.",
                {NDJSON: HeldLine},
            )
        },
    )
)
def export(call: Call) -> Response:
    page, following = _page(call)
    return answers.items([*page.held, HeldEnd(following)], NDJSON)


@blueprint.post("/erasures")
@endpoint(
    _operation(
        "erasePerson",
        "Erase a person: what they wrote, and what was learned from it; this cannot be undone",
        PersonNamed,
        {202: Answer("The job that erases; its result is the report.", {JSON: Job}, ("Location",))},
    )
)
def erase(call: Call) -> Response:
    job = erasing.begin(call.runtime, _person(call, small(call, _named)), actor(call))
    return answers.json(job_out(job), 202, {"Location": f"/v1/jobs/{job.id}"})


def _person(call: Call, given: PersonNamed) -> Person:
    return asked_for(
        call.runtime,
        email=given.email,
        ip=given.ip,
        author_id=given.author_id,
        site=given.site,
    )


def _page(call: Call) -> tuple[access.Page, str | None]:
    given: PersonAsked = small(call, _asked)
    person, secret = _person(call, given), call.runtime.secret
    filters = {"of": "people", "who": mark_of(secret, person)}
    after = cursors.read(secret, person.site, filters, given.cursor) if given.cursor else ""
    if not after:
        access.note(call.runtime, person, actor(call))
    page = access.page(call.runtime, person, after)
    following = cursors.sign(secret, person.site, filters, page.next) if page.next else None
    return page, following


def _found(held: access.Held) -> HeldOne:
    match held:
        case HeldComment():
            return HeldOne("comment", held.site, held.id, held.status)
        case HeldLabel():
            return HeldOne("label", held.site, held.id, label=held.label)
        case HeldRecord():
            return HeldOne("record", held.site)
        case HeldEntry():
            return HeldOne("list", held.site)
        case HeldUnread():
            return HeldOne("unread", held.site, held.id, what=held.what)
