"""What is counted over all sites costs the same few round trips, however many there are."""

from __future__ import annotations

from moderation.flow import health
from moderation.flow.authorise import authorise
from moderation.flow.check import check
from moderation.flow.decide import Word, decide
from moderation.flow.setup import add_site, add_token
from tests.factories import submission


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
