"""What two subscribed feeds add to a check, of one site before and after it subscribes."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from moderation.domain.feeds import DOMAIN_BYTES, FORMAT, SKETCH_BYTES, Domain, Feed, Text
from moderation.domain.subscribed import Subscription, Subscriptions
from moderation.flow import signing
from moderation.store import Store, sites, subscriptions
from tests.bench import wrk
from tests.bench.capacity import each_us, spent, token_of
from tests.e2e.running import Up

SITE = "feeds.example"
TEXTS, DOMAINS, DAYS = 5_000, 700, 7
"""Of each feed; domains of each day."""
ROUNDS, SECONDS = 3, 4


def measure(up: Up, folder: Path, show: Callable[..., None]) -> None:
    """Show how many checks are answered a second without feeds and with two, in turns."""
    from tests.bench.__main__ import json_bodies

    tokens = [token_of(up, f"{which}-{SITE}") for which in ("no", "two")]
    # A server names itself after where it listens.
    (socket,) = re.findall(r"/\S+store\.sock", " ".join(up.part("store").cmdline()))
    store = Store.connect(f"unix://{socket}?db=0")
    subscribe(store, f"two-{SITE}")
    store.close()
    found: list[list[tuple[float, dict[str, float]]]] = [[], []]
    bodies = json_bodies(seed=8, count=80_000)
    share = len(bodies) // (2 * ROUNDS + 2)
    for turn in range(-1, ROUNDS):  # The first warms up.
        for which, token in enumerate(tokens):
            begin = share * (2 * (turn + 1) + which)
            before = spent(up, ("web", "store"))
            run = wrk.load(
                folder, up.url, "/v1/check", token, bodies[begin : begin + share],
                connections=16, seconds=SECONDS,
            )  # fmt: skip
            cost = each_us(before, spent(up, ("web", "store")), run["requests"])
            if turn >= 0:
                found[which].append((run["per_second"], cost))
    for name, runs in zip(("check_without_feeds", "check_with_two_feeds"), found, strict=True):
        rate, cost = sorted(runs, key=lambda one: one[0])[len(runs) // 2]
        more: dict[str, Any] = {"cpu_us": {part: round(us) for part, us in cost.items()}}
        show(name, rate, "requests/s", runs=[round(one) for one, _ in runs], **more)


def subscribe(store: Store, site: str) -> None:
    """Give a site two feeds, as if they had been fetched."""
    chance, now = random.Random(3), dt.datetime.now(dt.UTC)
    days = [(now - dt.timedelta(days=back)).date().isoformat() for back in range(DAYS)]
    lists = []
    for number in (1, 2):
        feed = Feed(
            FORMAT,
            f"feed {number}",
            now,
            now + dt.timedelta(days=2),
            tuple(Text(chance.randbytes(SKETCH_BYTES).hex(), 2, 3) for _ in range(TEXTS)),
            tuple(
                Domain(day, chance.randbytes(DOMAIN_BYTES).hex(), 2, 3)
                for day in days
                for _ in range(DOMAINS)
            ),
        )
        secret = bytes([number]) * 32
        data = signing.sign(secret, feed).decode().splitlines()
        subscriptions.put_copy(store, site, number, data)
        lists.append(
            Subscription(
                number=number, url=f"https://feed{number}.example/", reads="feed",
                action="weigh", digest=str(number), key=signing.public_key(secret),
            )
        )  # fmt: skip
    revision = sites.read(store, site).settings
    assert sites.put_subscriptions(store, site, Subscriptions(tuple(lists), 2), revision)
