"""What is counted over all sites costs the same few round trips, however many there are."""

from __future__ import annotations

import pytest

from moderation.flow.authorise import authorise
from moderation.flow.comments.checking import check
from moderation.flow.comments.draining import drain_lane
from moderation.flow.comments.submitting import submit
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.sites import health
from moderation.flow.sites.first_run import add_site, add_token
from moderation.store import keys
from tests.factories import SITE, submission


@pytest.mark.one_server
def test_today_adds_up_all_sites_in_two_round_trips(runtime, grant):
    for number in range(5):
        name = f"site{number}"
        add_site(runtime.store, name)
        token = add_token(runtime.store, name, ("submit",), "t")
        made = check(runtime, authorise(runtime, token, "submit"), submission()).comment
    check(runtime, grant, submission())
    decide(runtime, "site4", made.id, "spam", Word("ann", "api"), None)
    trips = []
    runtime.store.on_round_trip = lambda: trips.append(1)
    today = health.today(runtime)
    assert len(trips) == 2
    assert (today.comments, sum(today.statuses.values())) == (6, 6)
    assert today.decisions == {"ham": 0, "spam": 1, "undone": 0}


def test_the_queue_counts_comments_and_not_entries(runtime, grant):
    assert health.queue(runtime).depth == 0
    submit(runtime, grant, [submission(f"text {n}") for n in range(150)])
    submit(runtime, grant, [submission("alone")])
    assert health.queue(runtime).depth == 151
    drain_lane(runtime, keys.shard_of(SITE) % keys.LANES)
    assert health.queue(runtime) == health.Queue(0, 0.0)
