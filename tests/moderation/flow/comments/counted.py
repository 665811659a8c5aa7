"""Comments that people decide, and what the store counts of that."""

from __future__ import annotations

from moderation.domain.sites import SiteSettings
from moderation.flow.comments import checking
from moderation.flow.labels import deciding
from moderation.flow.labels.deciding import Word
from moderation.store import keys, signals
from tests.factories import SITE, all_keys, submission

WORD = Word("ann", "api")
STRICT = SiteSettings(hold=0.98, reject=0.99)
ADA = {"name": "Ada", "email": "ada@mail.example", "ip": "192.0.2.7", "url": "http://ada.example/"}
EVE = {"name": "Eve", "id": "u5", "email": "eve@mail.example", "ip": "203.0.113.9"}
BEFORE = "The {} glaze of my bowl came from http://shards.example/blue and it never cracked."
AFTER = "The {} glaze of my bowl came from http://tiles.example/green and it never cracked."
CHAIN = "Our garden wall fell down last night and my {} neighbour helped me all day to build it."


def author(n: int) -> dict[str, str]:
    return {"name": f"Writer {n}", "email": f"w{n}@mail.example", "ip": f"198.51.{n}.7"}


def check(runtime, grant, content, who, external_id="", **fields):
    sent = submission(content, author=who, external_id=external_id)
    return checking.check(runtime, grant, sent, **fields).comment


def decide(runtime, comment, label):
    return deciding.decide(runtime, SITE, comment.id, label, WORD, None)


def reputations(store) -> dict[bytes, tuple[int, int]]:
    """Return of all that has a reputation how often ham and spam were said."""
    prefix = keys.of_site(SITE).authors + "r"
    found = {}
    for bucket in range(signals.BUCKETS):
        for who, data in store.redis.hgetall(f"{prefix}{bucket}").items():
            counts = int.from_bytes(data[12:14], "big"), int.from_bytes(data[14:16], "big")
            found[b"%d/%s" % (bucket, who)] = counts
    return found


def noted(store) -> list[bytes]:
    """Return the hashes of what is kept of decisions that count."""
    return all_keys(store, keys.of_site(SITE).authors + "n*")
