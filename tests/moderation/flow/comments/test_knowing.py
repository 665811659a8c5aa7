"""What rules ask about authors costs a check one trip more at most, and nothing where none asks."""

from __future__ import annotations

import pytest

from moderation.domain.sites import SiteSettings
from moderation.flow.comments import checking
from moderation.store import authors, knowing
from moderation.store.keys import of_site
from tests.factories import SITE, all_keys, put_settings, submission

ADA = {"name": "Ada", "email": "ada@mail.example", "ip": "192.0.2.7"}


def trips(runtime, grant, **fields) -> int:
    made = [0]

    def note() -> None:
        made[0] += 1

    runtime.store.on_round_trip = note
    checking.check(runtime, grant, submission(author=ADA, **fields))
    runtime.store.on_round_trip = lambda: None
    return made[0]


@pytest.mark.parametrize(
    "chosen, most",
    [({}, 1), ({"hold_links_over": 1, "close_after_days": 9}, 1), ({"hold_first_time": True}, 2),
     ({"pace_address": 5, "pace_author": 5, "trust_after": 3, "hold_first_time": True}, 2)],
)  # fmt: skip
def test_a_check_makes_two_round_trips_at_most(runtime, grant, chosen, most):
    put_settings(runtime.store, SITE, SiteSettings(**chosen))
    checking.check(runtime, grant, submission("This process meets the site."))
    for n in range(3):
        assert trips(runtime, grant, content=f"Thanks, number {n}.") == most


def test_the_pace_is_kept_for_two_hours_under_keyed_hashes_and_can_be_forgotten(runtime, grant):
    put_settings(runtime.store, SITE, SiteSettings(pace_author=5))
    checking.check(runtime, grant, submission("This process meets the site."))
    checking.check(runtime, grant, submission("Once more.", author=ADA))
    found = [k for k in all_keys(runtime.store) if of_site(SITE).pace.encode() in k]
    people = {key[-authors.WHO_BYTES :] for key in found}
    assert len(people) == 2  # An e-mail and an address.
    assert all(0 < runtime.store.redis.ttl(key) <= 7200 for key in found)
    assert not any(b"ada" in key or b"192" in key for key in found)
    hour = max(int(key.split(b":pace:")[1].split(b":")[0]) for key in found)
    dropped = knowing.drop_paces(runtime.store, SITE, sorted(people), hour * knowing.HOUR_MS)
    assert dropped == len(found)
