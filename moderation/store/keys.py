"""The only place where a key is spelt.

A site lives in one of 64 shards, and every key of it carries the shard as hash tag, so that a
script touches one slot of a Cluster. Keys of the whole installation carry `{winnow}`; no script
mixes the two. Scripts add an id, a revision or a number to a prefix, given or a constant `KEY_…`.
"""

from __future__ import annotations

import datetime as dt
import re
import zlib
from functools import lru_cache

from redis.crc import key_slot

SHARDS = 64
LANES = 4

SCHEMA = "{winnow}:schema"
FINGERPRINT = "{winnow}:fingerprint"  # of the secret under which keyed hashes were made
RESTORING = "{winnow}:restoring"  # which backup is put back, and how far it is
SITES = "{winnow}:sites"
SITES_GONE = "{winnow}:sites:gone"  # hash: name of a removed site → what one made anew goes on from
TOKENS = "{winnow}:tokens"
TOKENS_USED = "{winnow}:tokens:used"  # hash: token or Akismet key, by id → about its last use
USERS = "{winnow}:users"
USERS_REVISION = "{winnow}:users:revision"
SUBSCRIBED = "{winnow}:subscribed"  # sorted set: sites with lists of others, by when to fetch them
ATTACKED = "{winnow}:attacked"  # sorted set: sites of which everything is held, by until when
SNAPSHOTS = "{winnow}:snapshots"
MODELS = "{winnow}:models"  # hash: name → what is known of a snapshot
REPORTS = "{winnow}:reports"  # hash: name → how a candidate was judged
WITHDRAWN = "{winnow}:withdrawn"  # hash: name → since when a snapshot is not to be used again
ERASURES = "{winnow}:erasures"  # how often labels of a person were erased
FIRST_USED = "{winnow}:first-used"  # hash: name → when a snapshot was first put to use
TRAINING = "{winnow}:training"  # the lease of whoever trains or evaluates
SHADOW = "{winnow}:shadow"  # hash: the candidate that looks on, since when, what it saw
SHADOW_AT = "{winnow}:shadow:at"  # hash: site → the newest comment that it looked at
SHADOW_STRICTER = "{winnow}:shadow:stricter"  # lists of the newest disagreements
SHADOW_MILDER = "{winnow}:shadow:milder"
WEBHOOKS = "{winnow}:webhooks"  # set: site/endpoint of every webhook
WEBHOOKS_PROMOTED = "{winnow}:webhooks:promoted"  # the newest change of model that they were told
IN_USE = "{winnow}:in-use"  # hash: name of the snapshot in use, revision of that choice
PROMOTIONS = "{winnow}:promotions"  # list of the newest changes of it

SEEN = "{winnow}:seen"  # hash: person → when they were seen last
AUDIT = "{winnow}:audit"  # stream: what people did, the newest entries of it

AKISMET_KEYS = "{winnow}:akismet:keys"  # hash: keyed hash of the key → the key's record
AKISMET_ACCOUNTS = "{winnow}:akismet:accounts"  # hash: id → account
AKISMET_TELL = "{winnow}:akismet:tell"  # sorted set: site/comment that is to be told, by when
AKISMET_TRIES = "{winnow}:akismet:tries"  # hash: site/comment → how often telling failed

SEARCH = "{winnow}:search"  # hash: the index that serves, how far it is, what is asked of it
SEARCH_LEASE = "{winnow}:search:lease"  # the lease of whoever writes the index
PROCESSES = "{winnow}:processes"  # sorted set: ids of processes, by when they were heard of last
COUNTED = "{winnow}:counted"  # hash: what happened how often, since the store was made
FAULTS = "{winnow}:faults"  # list of what went wrong last, without a word of what was sent

JOBS_OPEN = "{winnow}:jobs:open"  # sorted set: ids of the jobs that are not over, by their time

EXTERNAL_BUCKETS = 4096
"""The hashes that a site's external ids are spread over, small enough to be kept compact."""
GROUP = "score"
"""The consumer group of every inbox."""


def shard_of(site: str) -> int:
    """Return the shard of a site, 0..63: CRC-16 of its name as Redis Cluster computes it."""
    return int(key_slot(site.encode())) % SHARDS


_OURS = re.compile(rb"\{(?:winnow|\d\d)\}:")
_PASSING = re.compile(
    rb"""\{winnow\}: (?:
        restoring$ | bell: | process(?:es$|:) | moment: | search(?:$|:) | training$ | session
        | ticket: | attempts: | turns: | digested: | akismet:(?:telling|unknown): | job:[^:]+:lease$
    ) | \{\d\d\}: (?: changes$ | restoring$ | site:[^:]+:(?:looking|limit): )""",
    re.VERBOSE,
)
"""Leases, limits and log-ins, what processes say of themselves, and what an index follows."""

_OF_SITE = re.compile(rb"\{\d\d\}:site:([^:]+)")


def site_of(name: bytes) -> str:
    """Return the site that a key belongs to, '' for one of many sites."""
    found = _OF_SITE.match(name)
    return found[1].decode() if found else ""


def is_kept(name: bytes) -> bool:
    """Say whether a key belongs to what an installation knows: it is ours, and not of a moment."""
    return _OURS.match(name) is not None and _PASSING.match(name) is None


def absent(key: str | bytes) -> str:
    """Return a key that is nowhere, in the slot of another one."""
    return _tag(key) + ":absent"


def restoring(key: str | bytes | int) -> str:
    """Return how far a restore is in the slot of a key, or in a shard."""
    return (f"{{{key:02d}}}" if isinstance(key, int) else _tag(key)) + ":restoring"


def _tag(key: str | bytes) -> str:
    text = key if isinstance(key, str) else key.decode(errors="replace")
    return text[: text.index("}") + 1]


def bell(lane: int) -> str:
    """Return the lease of whoever drains a lane's inboxes."""
    return f"{{winnow}}:bell:{lane}"


def inbox(shard: int) -> str:
    """Return the stream of comments that wait for their verdict."""
    return f"{{{shard:02d}}}:inbox"


def shard_of_inbox(name: bytes) -> int:
    """Return the shard of a stream, by its name."""
    return int(name[1:3])


def labels(shard: int) -> str:
    """Return the label log of a shard: order and pointers."""
    return f"{{{shard:02d}}}:labels"


def snapshot(shard: int) -> str:
    """Return the name of the snapshot in use, written to each shard."""
    return f"{{{shard:02d}}}:snapshot"


def snapshot_revision(shard: int) -> str:
    """Return the revision of the choice of that snapshot."""
    return f"{{{shard:02d}}}:snapshot:revision"


def other_snapshots(shard: int) -> str:
    """Return the sorted set of the other snapshots whose checkpoints stay: name, until when."""
    return f"{{{shard:02d}}}:snapshot:others"


def waiting(shard: int) -> str:
    """Return the channel on which the ids of comments that wait no longer are told."""
    return f"{{{shard:02d}}}:scored"


def changes(shard: int) -> str:
    """Return the stream of comments that changed, which is there while an index follows it."""
    return f"{{{shard:02d}}}:changes"


def job(job_id: str) -> str:
    """Return a job: a hash of its fields."""
    return f"{{winnow}}:job:{job_id}"


def job_lease(job_id: str) -> str:
    """Return the lease of whoever works on a job."""
    return f"{{winnow}}:job:{job_id}:lease"


def jobs(site: str) -> str:
    """Return the ids of a site's jobs, those of all jobs where it is ''."""
    return f"{{winnow}}:jobs:of:{site}" if site else "{winnow}:jobs"


def process(process_id: str) -> str:
    """Return what a process says of itself."""
    return f"{{winnow}}:process:{process_id}"


def moment(step_ms: int, at_ms: int) -> str:
    """Return what all processes did in a stretch of time of this length: hash of counts."""
    return f"{{winnow}}:moment:{step_ms // 60_000}:{at_ms // step_ms * step_ms}"


def akismet_blogs(account: str) -> str:
    """Return the blogs of an account: hash blog → site."""
    return f"{{winnow}}:akismet:blogs:{account}"


def akismet_usage(account: str, month: str) -> str:
    """Return how many checks an account made in a month, for its quota."""
    return f"{{winnow}}:akismet:usage:{account}:{month}"


def akismet_unknown(address: str) -> str:
    """Return which unknown keys came from an address of late: a set of numbers."""
    return f"{{winnow}}:akismet:unknown:{address}"


def akismet_telling(what: str) -> str:
    """Return the lease of whoever tells a site of one comment."""
    return f"{{winnow}}:akismet:telling:{what}"


def session(digest: str) -> str:
    """Return a log-in of a person, by the digest of what the browser keeps."""
    return f"{{winnow}}:session:{digest}"


def sessions(user: str) -> str:
    """Return the log-ins of a person: a set of digests."""
    return f"{{winnow}}:sessions:{user}"


def turns(person: str) -> str:
    """Return how many comments a person was shown of late, by which random ones come in turn."""
    return f"{{winnow}}:turns:{person}"


def ticket(kind: str, digest: str) -> str:
    """Return what opens something for a while, by the digest of its secret: a link, a log-in that
    lacks its code, a second factor that is being set up."""
    return f"{{winnow}}:ticket:{kind}:{digest}"


def mailed(account: str) -> str:
    """Return what became of the last letter to a person, by the digest of their name."""
    return f"{{winnow}}:mailed:{account}"


def digested(day: str, account: str) -> str:
    """Return the sign that a person has the digest of a day."""
    return f"{{winnow}}:digested:{day}:{account}"


def decided(day: str, person: str) -> str:
    """Return how many comments a person decided on a day."""
    return f"{{winnow}}:decided:{day}:{person}"


def attempts(kind: str, what: str) -> str:
    """Return how often somebody tried to log in of late, by account or by address."""
    return f"{{winnow}}:attempts:{kind}:{what}"


def day_of(now_ms: int) -> str:
    """Return the UTC day of a time as `2026-11-22`."""
    return dt.datetime.fromtimestamp(now_ms / 1000, dt.UTC).date().isoformat()


def external_bucket(external_id: str) -> int:
    """Return the bucket of an external id; small hashes are kept compact by the store."""
    return zlib.crc32(external_id.encode()) % EXTERNAL_BUCKETS


class SiteKeys:
    """The keys of one site. Prefixes end in a colon; an id, number or name is added to them."""

    __slots__ = (
        "akismet", "akismet_guid", "akismet_reference", "akismet_same", "alike", "approved",
        "attack", "authors", "by_status", "changes", "checkpoints", "comment", "day", "escalated",
        "external", "fetched", "fetched_copy", "forgetting", "held", "hook", "hooks",
        "idempotency", "inbox", "keywords", "label", "labelled", "labels", "limit", "listed",
        "looking", "meta", "once", "other_snapshots", "outbox", "pace", "queued", "sample",
        "settings", "shard", "snapshot", "spam", "subscribed", "trimmed", "waiting",
    )  # fmt: skip

    def __init__(self, site: str) -> None:
        self.shard = shard_of(site)
        root = f"{{{self.shard:02d}}}:site:{site}"
        self.meta = root  # hash: labels, epoch, settings, tokens (counts and revisions), …
        self.settings = root + ":settings"
        self.listed = root + ":listed"  # the ordered list of its people
        self.attack = root + ":attack"  # until when everything is held
        self.keywords = root + ":keywords"  # WordPress's keys as they were pasted
        self.subscribed = root + ":subscribed"  # the lists of others that it subscribed to
        self.fetched = root + ":fetched"  # hash number of a list → how its last fetch went
        self.fetched_copy = root + ":fetched:"  # + number; the entries of a list, compressed
        self.pace = root + ":pace:"  # + hour : keyed hash of a person; comments of that hour
        self.comment = root + ":comment:"  # + id, or id:revision for an older revision
        self.queued = root + ":queued"  # sorted sets of the ids in each status
        self.approved = root + ":approved"
        self.held = root + ":held"
        self.spam = root + ":spam"
        self.by_status = (self.queued, self.approved, self.held, self.spam)
        self.external = root + ":external:"  # + bucket; hash external id → id
        self.label = root + ":label:"  # + sequence
        self.labelled = root + ":labelled:"  # + bucket; hash id → its last entry of the label log
        self.checkpoints = root + ":checkpoints"  # hash snapshot:epoch:as of:sequence → learner
        self.day = root + ":day:"  # + 2026-11-22; hash of counters
        self.authors = root + ":authors:"  # + bucket; hash keyed hash of a person → record
        # + r and bucket: what people decided of them, of networks and domains; reputed: bits;
        # + n and bucket: hash id → where its decision counts
        self.alike = root + ":alike:"  # + bucket, of:number, last; held comments that are alike
        # + recent, c:number; comments of the last hours that are
        self.sample = root + ":sample"  # sorted set of what was drawn at random and not decided yet
        self.escalated = root + ":escalated"  # hash id → by whom another person was asked to look
        self.looking = root + ":looking:"  # + id; the lease of who looks at a held comment
        self.trimmed = root + ":trimmed"  # hash sorted set → where the last look at it ended
        self.forgetting = root + ":forgetting"  # hash id → what its deletion has still to delete
        self.idempotency = root + ":idempotency:"  # + keyed hash of the client's key
        self.once = root + ":once:"  # + id of a call; its answer
        self.limit = root + ":limit:"  # + token id : minute
        self.akismet = root + ":akismet:of:"  # + id; what is kept of its checks
        self.akismet_guid = root + ":akismet:guid:"  # + guid → id
        self.akismet_same = root + ":akismet:same:"  # + keyed hash of author and text → id
        self.akismet_reference = root + ":akismet:ref:"  # + keyed hash of the client's id → id
        self.hooks = root + ":hooks"  # hash: id of a webhook → its record
        self.hook = root + ":hook:"  # + id and what of it: see store/webhooks.py
        self.outbox = root + ":outbox"  # stream of what webhooks are to be told
        self.inbox = inbox(self.shard)
        self.labels = labels(self.shard)
        self.snapshot = snapshot(self.shard)
        self.other_snapshots = other_snapshots(self.shard)
        self.waiting = waiting(self.shard)
        self.changes = changes(self.shard)


@lru_cache(maxsize=4096)
def of_site(site: str) -> SiteKeys:
    """Return the keys of a site."""
    return SiteKeys(site)
