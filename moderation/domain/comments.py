"""A comment as a site submits it, and as Winnow keeps it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from moderation.domain.decisions import Decision
from moderation.domain.verdicts import Verdict

CONTENT_BYTES = 65_536
"""Most bytes of UTF-8 that the content of one comment may have."""

Status = Literal["queued", "approved", "held", "spam"]
STATUSES: tuple[Status, ...] = ("queued", "approved", "held", "spam")
"""What a site should do now; the index of a status is its code in the store."""

Time = Annotated[dt.datetime, Meta(tz=True)]
"""A time with an offset (RFC 3339)."""

Text64 = Annotated[str, Meta(max_length=64)]
Text256 = Annotated[str, Meta(max_length=256)]
Text512 = Annotated[str, Meta(max_length=512)]
Text2048 = Annotated[str, Meta(max_length=2048)]


class Author(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Who wrote a comment, as far as the site says."""

    name: Text256 = ""
    """As it is shown beside the comment."""
    email: Annotated[str, Meta(max_length=320)] = ""
    """The author's e-mail address."""
    url: Text2048 = ""
    """The author's own address in the web."""
    ip: Text64 = ""
    """The address that the comment came from."""
    user_agent: Text512 = ""
    """What the author's browser calls itself."""
    role: Text64 = ""
    """What the author is to the site, such as `administrator`."""
    id: Text256 = ""
    """The site's own id of the author."""


class Submission(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One comment as a site sends it: everything but `content` may be left out.

    Times are RFC 3339 with an offset; `form_ms` is how long the form was open, in
    milliseconds; `honeypot` is what stood in a field that people do not see; `context` is
    other text of the page (its title, the article, the comment answered).
    """

    content: Annotated[str, Meta(min_length=1, max_length=CONTENT_BYTES)]
    """The comment itself, as it was written: at most 65,536 bytes of UTF-8."""
    author: Author = msgspec.field(default_factory=Author)
    """Who wrote it."""
    permalink: Text2048 = ""
    """The address of the page that it is on."""
    referrer: Text2048 = ""
    """The page that its author came from."""
    type: Text64 = ""
    """What it is, in the site's word: `comment`, `reply`, `forum-post`, …."""
    external_id: Text256 = ""
    """The site's own id of it: sent again under it, it is the same comment."""
    parent_id: Text256 = ""
    """The site's own id of the comment that it answers."""
    created_at: Time | None = None
    """When it was written, RFC 3339 with an offset."""
    article_published_at: Time | None = None
    """When the page was published, RFC 3339 with an offset."""
    language: Text64 = ""
    """The site's language, such as `en` or `de-AT`."""
    context: Annotated[
        list[Annotated[str, Meta(max_length=16_384)]], Meta(max_length=16)
    ] = []  # msgspec copies an empty list for each instance
    """Other text of the page: its title, the article, the comment answered."""
    honeypot: Annotated[str, Meta(max_length=1024)] = ""
    """What stood in a field that people do not see."""
    form_ms: Annotated[int, Meta(ge=0, le=86_400_000)] | None = None
    """Milliseconds for which the form was open."""


class Comment(Struct, kw_only=True):
    """One submitted comment with the machine's word and people's word on it.

    `revision` counts the texts sent under one `external_id`, from 1; `decisions` counts
    decisions and undos on it. Times are milliseconds since 1970. `active_label` is the place
    in the site's label log of the decision that holds (0: none), `last_label` of the last
    entry about this comment (0: none).
    """

    id: str
    site: str
    revision: int
    status: Status
    submission: Submission
    verdict: Verdict | None = None
    decision: Decision | None = None
    decisions: int = 0
    active_label: int = 0
    last_label: int = 0
    created_ms: int = 0
    updated_ms: int = 0

    @property
    def etag(self) -> str:
        """The name of this state of the comment: its revision and how often it was decided."""
        return f'"{self.revision}-{self.decisions}"'
