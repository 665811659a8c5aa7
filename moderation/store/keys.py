"""The only place where a key is spelt.

A site lives in one of 64 shards, and every key of it carries the shard as hash tag, so that a
script touches one slot of a Cluster. Keys of the whole installation carry `{winnow}`; no script
mixes the two. Scripts add only an id, a revision or a number to a prefix that they are given.
"""

from __future__ import annotations

from functools import lru_cache

from redis.crc import key_slot

SHARDS = 64
LANES = 4

SCHEMA = "{winnow}:schema"
SITES = "{winnow}:sites"
TOKENS = "{winnow}:tokens"
USERS = "{winnow}:users"
SNAPSHOTS = "{winnow}:snapshots"
REBUILDS = "{winnow}:rebuilds"
SNAPSHOT_ORIGIN = "{winnow}:snapshot-origins"

GROUP = "score"
"""The consumer group of every inbox."""


def shard_of(site: str) -> int:
    """Returns the shard of a site, 0..63: CRC-16 of its name as Redis Cluster computes it."""
    return int(key_slot(site.encode())) % SHARDS


def bell(lane: int) -> str:
    """The lease of whoever drains a lane's inboxes."""
    return f"{{winnow}}:bell:{lane}"


def inbox(shard: int) -> str:
    """The stream of comments that wait for their verdict."""
    return f"{{{shard:02d}}}:inbox"


def labels(shard: int) -> str:
    """The label log of a shard: order and pointers."""
    return f"{{{shard:02d}}}:labels"


def snapshot(shard: int) -> str:
    """The name of the snapshot in use, written to each shard."""
    return f"{{{shard:02d}}}:snapshot"


def waiting(shard: int) -> str:
    """The channel on which the ids of scored comments are told to those who wait."""
    return f"{{{shard:02d}}}:scored"


def lane_inboxes(lane: int) -> list[str]:
    """The inboxes of a lane: every fourth shard."""
    return [inbox(shard) for shard in range(lane, SHARDS, LANES)]


class SiteKeys:
    """The keys of one site. Prefixes end in a colon; an id, number or name is added to them."""

    __slots__ = (
        "approved", "checkpoints", "comment", "comments", "day", "external", "held",
        "idempotency", "inbox", "label", "labels", "limit", "meta", "once", "settings",
        "shard", "snapshot", "spam", "waiting",
    )  # fmt: skip

    def __init__(self, site: str) -> None:
        self.shard = shard_of(site)
        root = f"{{{self.shard:02d}}}:site:{site}"
        self.meta = root  # hash: labels, epoch, settings, tokens (counts and revisions)
        self.settings = root + ":settings"
        self.comment = root + ":comment:"  # + id, or id:revision for an older revision
        self.comments = root + ":comments"  # sorted set of all ids
        self.approved = root + ":approved"
        self.held = root + ":held"
        self.spam = root + ":spam"
        self.external = root + ":external:"  # + bucket; hash external id → id
        self.label = root + ":label:"  # + sequence
        self.checkpoints = root + ":checkpoints"  # hash snapshot:epoch:sequence → learner
        self.day = root + ":day:"  # + 2026-11-22; hash of counters
        self.idempotency = root + ":idempotency:"  # + keyed hash of the client's key
        self.once = root + ":once:"  # + id of a call; its answer
        self.limit = root + ":limit:"  # + token id : minute
        self.inbox = inbox(self.shard)
        self.labels = labels(self.shard)
        self.snapshot = snapshot(self.shard)
        self.waiting = waiting(self.shard)


@lru_cache(maxsize=4096)
def of_site(site: str) -> SiteKeys:
    """Returns the keys of a site."""
    return SiteKeys(site)
