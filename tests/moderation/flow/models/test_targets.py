"""Bands from a target: by the site's own good comments where these are enough, else by the base."""

from __future__ import annotations

import msgspec
import pytest

from classifier import Learner
from moderation.domain.errors import InvalidInput, NotFound
from moderation.flow.labels.deciding import Word
from moderation.flow.labels.teaching import teach_many
from moderation.flow.models import targets
from moderation.flow.models.gathering import gather_site
from moderation.store import sites
from tests.factories import SITE
from tests.moderation.flow.models.taught import grant_of, lessons

WORD = Word("ann", "import")


def imported(runtime, count):
    """Import a history: labels that came whatever the filter said."""
    teach_many(runtime, grant_of(runtime, SITE), lessons(count), WORD)


def test_a_site_without_enough_evidence_gets_the_bands_of_the_base(runtime):
    found = targets.propose(runtime, SITE, targets.BASE_HELD, targets.BASE_REJECTED)
    bands = runtime.shipped.bands
    assert found.hold.band == pytest.approx(bands.hold, abs=1e-5)
    assert found.reject.band == pytest.approx(bands.reject, abs=1e-5)
    assert "does not know" in found.hold.rests_on
    assert (found.comments, found.hold.share.low, found.hold.share.high) == (0, 0, 1)


def test_a_stricter_target_gives_higher_bands(runtime):
    loose = targets.propose(runtime, SITE, 0.1, 0.01)
    strict = targets.propose(runtime, SITE, 0.01, 0.0001)
    assert loose.hold.band < strict.hold.band
    assert loose.reject.band < strict.reject.band


def test_bands_of_the_sites_own_comments_hold_at_most_the_share_that_is_allowed(runtime):
    imported(runtime, 240)
    found = targets.propose(runtime, SITE, 0.1, 0.05)
    assert found.hold.rests_on == found.reject.rests_on == "the site's own good comments"
    assert found.comments == pytest.approx(110)  # The first labels of a new learner do not count.
    for placed, most in ((found.hold, 0.1), (found.reject, 0.05)):
        assert placed.share.value <= most
        assert placed.share.low <= placed.share.value <= placed.share.high
    # By the scores that these comments had before they were learned, counted anew.
    gathered = gather_site(runtime, SITE, sites.read(runtime.store, SITE).labels)
    learner, scores = Learner(runtime.shipped), []
    for place, fact in enumerate(gathered.facts):
        batch = gathered.batch[place]
        if fact.label == "ham" and learner.position >= targets.WARMED:
            scores.append(float(runtime.shipped.score(batch, learner).probability[0]))
        learner.learn(batch, fact.label, fact.how)
    scores.sort(reverse=True)
    assert found.hold.band == pytest.approx(max(targets.LEAST, scores[11]), abs=2e-6)


@pytest.mark.parametrize("how", ["held", "error", "all"])
def test_labels_that_the_score_chose_say_nothing_of_all_good_comments(runtime, monkeypatch, how):
    imported(runtime, 240)
    whole = gather_site(runtime, SITE, sites.read(runtime.store, SITE).labels)
    facts = [msgspec.structs.replace(fact, how=how) for fact in whole.facts]
    biased = msgspec.structs.replace(whole, facts=facts)
    monkeypatch.setattr(targets, "gather_site", lambda *_: biased)
    found = targets.propose(runtime, SITE, 0.1, 0.05)
    assert found.comments == 0
    assert "does not know" in found.hold.rests_on


def test_a_comment_drawn_at_random_counts_by_the_inverse_of_its_probability(runtime, monkeypatch):
    imported(runtime, 240)
    whole = gather_site(runtime, SITE, sites.read(runtime.store, SITE).labels)
    facts = [
        msgspec.structs.replace(fact, how="audit", audit=(0.02, 1.0)[place % 4 == 0])
        for place, fact in enumerate(whole.facts)
    ]
    monkeypatch.setattr(
        targets, "gather_site", lambda *_: msgspec.structs.replace(whole, facts=facts)
    )
    assert targets.propose(runtime, SITE, 0.3, 0.2).comments == pytest.approx(57, abs=2)


@pytest.mark.parametrize("held, rejected", [(0.01, 0.02), (1.0, 0.1), (0.1, 0.0), (-1, -2)])
def test_shares_that_cannot_be_are_refused(runtime, held, rejected):
    with pytest.raises(InvalidInput):
        targets.propose(runtime, SITE, held, rejected)


def test_a_site_that_is_not_there_is_not_found(runtime):
    with pytest.raises(NotFound):
        targets.propose(runtime, "no.example", 0.1, 0.01)
