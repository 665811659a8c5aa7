"""What the Akismet protocol knows beyond comments: keys, the blogs they cover, checks."""

from __future__ import annotations

import functools
import re
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from moderation.domain.comments import Submission
from moderation.domain.verdicts import Label

KEY = re.compile(r"[0-9a-f]{12}")
"""A key in lower case; WordPress strips every other character and refuses other lengths."""

SITE_LIMIT = 100
"""Blogs that appear by themselves under a new account."""

SITE_PREFIX = "ak-"
MAGIC_AUTHORS = frozenset(("viagra-test-123", "akismet-guaranteed-spam"))
MAGIC_EMAIL = "akismet-guaranteed-spam@example.com"


class Account(Struct, frozen=True, omit_defaults=True):
    """Whom keys belong to; what holds for all its keys stands here, so that a rotation keeps it.

    At most `site_limit` blogs appear by themselves; with `listed_only` none does. `monthly`
    bounds the checks of a calendar month in UTC (0: no bound).
    """

    id: str
    name: str
    created_ms: int
    site_limit: int = SITE_LIMIT
    listed_only: bool = False
    monthly: int = 0


class Key(Struct, frozen=True, omit_defaults=True):
    """A key as it is kept: `sealed` is the key itself, encrypted, for word back to a site.

    From `expires_ms` on it is refused (0: never). Only a rotation sets that; a key that is revoked
    leaves no record.
    """

    account: str
    sealed: bytes
    created_ms: int
    expires_ms: int = 0


class Blog(Struct, frozen=True, omit_defaults=True):
    """A blog that an account's keys cover, or may not speak for any more."""

    site: str
    created_ms: int
    revoked: bool = False


class Check(Struct, frozen=True, kw_only=True):
    """One comment as an Akismet client asks about it or reports it.

    `reference` is the client's own id of the comment, `place` what tells apart equal comments
    on different pages; `callback` is '' unless its host is the blog's. `missed` is the reason
    that tells why not all of it was read, '' where it was; `whole` then tells it apart from
    others of the same beginning. `is_unread`: it could not be read as a check at all, so that a
    person must look.
    """

    submission: Submission
    missed: str = ""
    whole: str = ""
    is_unread: bool = False
    place: str = ""
    reference: str = ""
    guid: str = ""
    callback: str = ""
    reporter: str = ""
    recheck_reason: str = ""
    is_test: bool = False
    is_administrator: bool = False
    is_pre_check: bool = False
    wants_discard: bool = False
    wants_reasons: bool = False

    @property
    def is_recheck(self) -> bool:
        """Whether the site asks again about a text that it asked about before."""
        return self.recheck_reason not in ("", "edit")

    @property
    def leaves_no_trace(self) -> bool:
        """Whether nothing is recorded of it: a test, a magic value, a pingback's pre-check."""
        return self.is_test or self.is_magic or self.is_pre_check

    @property
    def is_magic(self) -> bool:
        """Whether author or e-mail is one that is always spam, for trying a client out."""
        author = self.submission.author
        return author.name in MAGIC_AUTHORS or author.email == MAGIC_EMAIL


class Trace(Struct, frozen=True, array_like=True):
    """What is kept of a check beside its comment.

    `guids` names its checks, the newest last; `told` is the label that the site knows, '' where
    it waits for a person's word; `key` is the digest of the key it came with; `same` and
    `references` are the keyed hashes under which reports find it; `outcome` says what became of
    word back. Of each list the first and the newest are kept.
    """

    guids: list[bytes]
    callback: str
    key: str
    told: Label | Literal[""]
    same: list[bytes]
    references: list[bytes]
    outcome: str = ""

    def after(self, before: Trace) -> Trace:
        """Return the trace of a check with that of those before it."""
        return Trace(
            guids=_newest(before.guids, self.guids),
            callback=self.callback or before.callback,
            key=self.key,
            told=self.told,
            same=_newest(before.same, self.same),
            references=_newest(before.references, self.references),
        )


NAMES_KEPT = 8
"""So many guids, and hashes of either kind, may lead to one comment."""


def _newest(before: list[bytes], new: list[bytes]) -> list[bytes]:
    names = [*(name for name in before if name not in new), *new]
    return [*names[:1], *names[1:][1 - NAMES_KEPT :]]


class Refused(Struct, frozen=True):
    """Why a key may not speak for a blog; `code` is Akismet's alert code, 0 where it has none.

    `is_for_now`: nothing is said of the key itself; the same call may be good later.
    """

    reason: str
    code: int = 0
    is_for_now: bool = False


UNKNOWN_KEY = Refused("the key is unknown or was revoked")
TOO_MANY_UNKNOWN = Refused(
    "too many different unknown keys came from this address; try again later", is_for_now=True
)
SITE_REVOKED = Refused("this site may not use the key any more", 10403)
SITE_NOT_LISTED = Refused("this site is not on the key's list", 10404)
SITE_RETIRED = Refused("this site takes no new comments any more", 10403)
OVER_QUOTA = Refused("the key has used up its checks of this month", 10508)
"""WordPress' plugin reads 10501 and 10502 as a warning, 10504 as one that comes near, and 10508 as
"Your account has been restricted" (`limit_notices` in class.akismet.php, views/notice.php)."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,15}://")
_PORTS = {"http": ":80", "https": ":443"}
BLOG_LENGTH = 1024


@functools.lru_cache(maxsize=1024)
def normalise_blog(text: str) -> str:
    """Return the one spelling of a blog's address: host in ASCII, port, path; '' for none.

    `http` and `https`, a final slash, the case of the host and a default port make no
    difference; a path does, for a network of blogs may share a host.
    """
    text = "".join(text.split())[:BLOG_LENGTH]
    match = _SCHEME.match(text)
    scheme = match.group()[:-3].lower() if match else "http"
    rest = re.split(r"[?#]", text[match.end() if match else 0 :], maxsplit=1)[0]
    host, _, path = rest.partition("/")
    host = host.rpartition("@")[2].lower()
    host = ascii_host(host.removesuffix(_PORTS.get(scheme, ":80")))
    path = path.strip("/")
    if not host or not host.isprintable() or not path.isprintable():
        return ""
    return f"{host}/{path}" if path else host


def ascii_host(host: str) -> str:
    """Return a host name as it stands in the DNS; unchanged where it cannot stand there."""
    if host.isascii() or len(host) > 253:
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def callback_for(blog: str, text: str) -> str:
    """Return a callback if it is on the host of a normalised blog, otherwise ''.

    Else whoever holds a key could have the server call anything.
    """
    text = text.strip()
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        host, port = ascii_host(parts.hostname or ""), parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or len(text) > BLOG_LENGTH:
        return ""
    if not text.isprintable() or " " in text:
        return ""
    blog_host = blog.partition("/")[0]
    own, _, own_port = (
        blog_host.rpartition(":") if blog_host[-1:].isdigit() else (blog_host, "", "")
    )
    if not own or not own_port.isdigit():
        own, own_port = blog_host, ""
    if host != own.strip("[]") or (port and str(port) not in (own_port, "80", "443")):
        return ""
    return text
