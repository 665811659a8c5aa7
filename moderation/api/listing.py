"""Lists of comments, by the page."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, cast
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from msgspec import Meta, Struct

from moderation.api import answers, body, cursors
from moderation.api.endpoint import (
    Answer,
    Call,
    Operation,
    endpoint,
    parameters,
    wrong_parameter,
)
from moderation.api.shapes import CommentPage
from moderation.domain.comments import Status, Time
from moderation.flow.comments import reading
from moderation.flow.comments.outgoing import comment_out
from moderation.flow.models import withdrawing
from moderation.flow.search import finding

blueprint = Blueprint("listing", __name__, url_prefix="/v1")

Sought = Annotated[str, Meta(max_length=256)]


class ListQuery(Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """Parameters of a list.

    All words are compared without regard to case.
    """

    status: Status | None = None
    """Only comments that stand so."""
    q: Sought = ""
    """Words of the content, all of them; `"some words"` stand there one after the other, `wor*` is
    the beginning of a word, and `author:`, `email:`, `domain:`, `ip:`, `reason:`, `model:` and
    `language:` before a word ask for these."""
    author: Sought = ""
    """What stands in the author's name, e-mail address or id."""
    since: Time | None = None
    """Only comments that came in at this time or later."""
    to: Time | None = None
    """Only comments that came in before this time."""
    updated_from: Time | None = None
    """Only comments that have changed since this time."""
    external_id: Annotated[str, Meta(max_length=256)] = ""
    """The comment of this site's own id, as it was sent."""
    order: Literal["newest", "oldest"] = "newest"
    """Which come first, by their time of arrival."""
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    """The most comments of a page."""
    cursor: str = ""
    """That of `next` of the page before; it stands for the filters too."""


@blueprint.get("/comments")
@endpoint(
    Operation(
        id="listComments",
        tag="Comments",
        summary="List comments",
        scopes=("moderate",),
        query=ListQuery,
        answers={
            200: Answer(
                "A page of comments. Where the index of searches is off or behind, a call looks at "
                "2,000 comments at most, and at 4 MiB of them, so a page may be short and not the "
                "last: the last has `next: null`.",
                {body.JSON: CommentPage},
            )
        },
        problems=("invalid-cursor",),
    )
)
def list_comments(call: Call) -> Response:
    query: ListQuery = call.query
    site, secret = call.grant.site, call.runtime.secret
    filters = {k: v for k, v in request.args.items() if k not in ("cursor", "limit")}
    after = ""
    if query.cursor:
        # A cursor alone goes on with the list that it was made for.
        filters = filters or cursors.held(query.cursor)
        after = cursors.read(secret, site, filters, query.cursor)
        limit = str(query.limit)
        query = cast(ListQuery, parameters(ListQuery, urlencode({**filters, "limit": limit})))
    wanted = reading.Filter(
        status=query.status,
        text=query.q,
        author=query.author,
        from_ms=_ms("from", query.since),
        to_ms=_ms("to", query.to),
        updated_from_ms=_ms("updated_from", query.updated_from),
        external_id=query.external_id,
        newest_first=query.order == "newest",
    )
    page = finding.find(call.runtime, [site], wanted, after, query.limit)
    withdrawn = withdrawing.names(call.runtime)
    following = None
    if page.last:
        cursor = cursors.sign(secret, site, filters, page.last)
        following = f"{request.path}?{urlencode({'limit': query.limit, 'cursor': cursor})}"
    return answers.json(CommentPage([comment_out(c, withdrawn) for c in page.comments], following))


_FIRST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _ms(name: str, time: dt.datetime | None) -> int:
    """Return a time in milliseconds since 1970; 0 stands for no bound."""
    if time is None:
        return 0
    if time <= _FIRST:
        raise wrong_parameter(name, "Expected a time after 1970.")
    return int(time.timestamp() * 1000)
