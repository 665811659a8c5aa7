"""Makes the things that tests talk about; every argument has a default."""

from __future__ import annotations

import hashlib
from typing import Any

from ulid import ULID

from moderation.domain.comments import Author, Submission
from moderation.domain.decisions import Decision
from moderation.domain.sites import Retention, SiteSettings
from moderation.domain.verdicts import Verdict
from moderation.store import codec, comments, sites
from moderation.store.client import Store

SITE = "blog.example"
RETENTION = comments.ttls(Retention())
NOW = 1_790_000_000_000


def submission(
    content: str = "Thanks, the second example fixed my build.", **fields: Any
) -> Submission:
    """Return a comment as a site sends it; `author=` takes a dict."""
    author = Author(**fields.pop("author", {"name": "Ada", "email": "ada@mail.example"}))
    return Submission(content=content, author=author, **fields)


def verdict(status: str = "approved", score: float = 0.1, **fields: Any) -> Verdict:
    """Return a verdict of the model."""
    return Verdict(
        label="spam" if score >= 0.5 else "ham",
        status=status,  # type: ignore[arg-type]
        score=score,
        discard=fields.get("discard", False),
        reasons=(("words", 1.5),),
        model="2026.11.22-1+0",
        policy=0,
        decided_by=fields.get("decided_by", "model"),
    )


def write(sent: Submission | None = None, **fields: Any) -> comments.Write:
    """Return a comment on its way into the store."""
    encoded = codec.encode(sent or submission())
    return comments.Write(
        id=fields.pop("id", None) or ULID().bytes,
        external_id=sent.external_id if sent else "",
        digest=hashlib.blake2b(encoded, digest_size=8).digest(),
        submission=encoded,
        **fields,
    )


def accept(
    store: Store, *writes: comments.Write, site: str = SITE, **on: Any
) -> list[comments.Written] | str:
    """Write comments of one site by the script."""
    call = comments.accept_call(site, writes, RETENTION, NOW, comments.Conditions(**on))
    return comments.written(store.run("accept", *call))


def decide(
    store: Store, raw_id: bytes, label: str | None, expected: tuple[int, int], **fields: Any
) -> tuple[str, int]:
    """Decide a comment, or undo its decision, by the script."""
    now = fields.get("now", NOW)
    decision = Decision(label or "ham", "ann", "api", now)  # type: ignore[arg-type]
    return comments.decide(
        store,
        fields.get("site", SITE),
        raw_id,
        expected=expected,
        label=label,
        decision=codec.encode(decision),
        example=fields.get("example", b""),
        retention=RETENTION,
        now_ms=now,
        call=fields.get("call") or str(ULID()),
        replayable=fields.get("replayable", 1000),
    )


def counts(store: Store, site: str = SITE) -> dict[str, int]:
    """Return the site's counters of the day that the factories use."""
    return comments.counters(store, site, [comments.day_of(NOW)])[0]


def put_settings(store: Store, site: str, new: SiteSettings) -> None:
    """Give a site these settings, whatever they were."""
    assert sites.put_settings(store, site, new, sites.read(store, site).settings)
