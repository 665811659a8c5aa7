"""How much of a campaign from many addresses is held, and what of an hour's ham is held with it.

The filter is made to approve everything: what is held, campaigns hold.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from moderation.domain.holding import CAMPAIGN_COMMENTS, suspicions
from moderation.domain.known import Known
from moderation.domain.sites import SiteSettings
from moderation.domain.verdicts import CAMPAIGN
from moderation.flow.comments import checking
from tests.campaigns import LENGTHS, SHARES, SIZE, Sent, hour
from tests.factories import SITE, put_settings

COMMENTS = 600
SIGNALS = ("campaign", "campaign_addresses", "campaign_authors")
APPROVES = SiteSettings(hold=0.999998, reject=0.999999)
Held = dict[tuple[float, int, int], list[bool]]


def replayed(runtime, grant, stream: list[Sent]) -> tuple[Held, Counter[str], Counter[str]]:
    """Return of each campaign which of its comments were held, in their order, and how many
    comments of each kind of ham came and were held."""
    put_settings(runtime.store, SITE, APPROVES)
    campaigns: Held = defaultdict(list)
    came, held = Counter[str](), Counter[str]()
    for one in stream:
        comment = checking.check(runtime, grant, one.submission).comment
        # What the filter calls spam even so is spam, and no less of a campaign.
        known = Known(**{name: int(comment.verdict.signals.get(name, 0)) for name in SIGNALS})
        is_held = CAMPAIGN in suspicions(APPROVES, known)
        assert not is_held or comment.status != "approved"
        if one.campaign is not None:
            campaigns[one.campaign].append(is_held)
        else:
            came[one.kind] += 1
            held[one.kind] += is_held
    return campaigns, came, held


def share(campaigns: Held, changed: float, length: int | None = None) -> float:
    """Return which share of the campaigns' comments were held, from the fifth of each on."""
    found = [
        is_held
        for (of, size, _), each in campaigns.items()
        if of == changed and length in (None, size)
        for is_held in each[CAMPAIGN_COMMENTS - 1 :]
    ]
    return sum(found) / len(found)


def test_campaigns_of_many_addresses_are_held_and_what_people_write_alike_is_not(runtime, grant):
    campaigns, came, held = replayed(runtime, grant, hour(comments=250, each=1))
    for each in campaigns.values():
        assert not any(each[: CAMPAIGN_COMMENTS - 1]), "four alike are no campaign yet"
    assert share(campaigns, 0.0) > 0.9, "another greeting and another link hide none"
    assert share(campaigns, 0.3) < 0.5, "or the trial would show nothing"
    assert held["short"] == 0 and came["short"] > 30
    assert held["other"] <= 1


@pytest.mark.slow
def test_figures(runtime, grant):
    """Print them (`-s`); HAM names files of JSON lines (`text`, `label`) whose ham is taken."""
    ham = []
    for path in os.environ.get("HAM", "").split():
        with gzip.open(Path(path), "rt") as lines:
            rows = map(json.loads, lines)
            ham += [row["text"] for row in rows if row["label"] == "ham"]
    campaigns, came, held = replayed(runtime, grant, hour(ham, comments=COMMENTS))
    print(f"\ncampaigns of {SIZE}; held from the fifth on, by share of words changed and length")
    for changed in SHARES:
        print(changed, *(f"{share(campaigns, changed, low):.3f}" for low, _ in LENGTHS),
              "all from the fifth on:", f"{share(campaigns, changed):.3f}",
              "of all:", f"{_of_all(campaigns, changed):.3f}",
              "first held:", _firsts(campaigns, changed))  # fmt: skip
    print("ham, held of all:", {kind: (held[kind], came[kind]) for kind in came})
    assert sum(came.values()) == COMMENTS


def _of_all(campaigns: Held, changed: float) -> float:
    found = [one for (of, _, _), each in campaigns.items() if of == changed for one in each]
    return sum(found) / len(found)


def _firsts(campaigns: Held, changed: float) -> list[int]:
    """Return the how many-th of each campaign was the first that was held, 0 for none."""
    mine = [each for (of, _, _), each in campaigns.items() if of == changed]
    return sorted(each.index(True) + 1 if any(each) else 0 for each in mine)
