"""A candidate looks on: what it would have said otherwise is counted, and nobody is told it."""

from __future__ import annotations

import pytest

from moderation.domain.errors import Conflict, NotFound
from moderation.flow.comments.checking import check
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.lookup import find
from moderation.flow.models import offering, promoting, shadow
from moderation.flow.models.promoting import Why
from tests.factories import SITE, submission
from tests.moderation.flow.learning import learn_all, texts
from tests.moderation.flow.models.made import model_file
from tests.moderation.flow.models.taught import grant_of

STRICT = {"name": "strict", "scale": 1.0, "intercept": 30.0}
MILD = {"name": "mild", "scale": 1.0, "intercept": -30.0}
SPAM = "Buy cheap viagra pills without prescription http://best-pills.example/order now!!!"


@pytest.fixture
def onlooker(runtime):
    """Have a candidate look on that takes everything for spam."""
    offering.offer(runtime, model_file(**STRICT), "ann")
    shadow.begin(runtime, "strict")
    return "strict"


def judged(runtime, grant, text):
    return check(runtime, grant, submission(text)).comment


def test_both_directions_are_counted_apart_and_listed(runtime, grant, onlooker):
    good = judged(runtime, grant, "Thanks, the second example fixed my build.")
    judged(runtime, grant, SPAM)
    assert shadow.look(runtime) == 2
    seen = shadow.seen(runtime, onlooker)
    assert (seen.shadow.seen, seen.shadow.stricter, seen.shadow.milder) == (2, 1, 0)
    (one,) = seen.stricter
    assert (one.comment, one.current, one.candidate) == (good.id, "approved", "spam")
    assert one.current_score == good.verdict.score < one.candidate_score
    assert find(runtime, SITE, good.id) == good, "it changed what was answered"

    offering.offer(runtime, model_file(**MILD), "ann")
    shadow.begin(runtime, "mild")
    bad = judged(runtime, grant, SPAM + " again")
    shadow.look(runtime)
    seen = shadow.seen(runtime, "mild")
    assert (seen.shadow.stricter, seen.shadow.milder) == (0, 1)
    assert (seen.milder[0].comment, seen.milder[0].candidate) == (bad.id, "approved")
    with pytest.raises(NotFound):
        shadow.seen(runtime, onlooker)


def test_a_comment_is_looked_at_once_and_none_from_before(runtime, grant):
    judged(runtime, grant, "Before anybody looked on.")
    offering.offer(runtime, model_file(**STRICT), "ann")
    shadow.begin(runtime, "strict")
    judged(runtime, grant, "The first since then.")
    assert [shadow.look(runtime), shadow.look(runtime)] == [1, 0]
    judged(runtime, grant, "Another one.")
    assert shadow.look(runtime) == 1
    assert shadow.seen(runtime, "strict").shadow.seen == 2


def test_a_look_is_bounded(runtime, grant, onlooker, monkeypatch):
    monkeypatch.setattr(shadow, "OF_A_SITE", 3)
    for number in range(5):
        judged(runtime, grant, f"Comment number {number}.")
    assert [shadow.look(runtime), shadow.look(runtime)] == [3, 0]


def test_a_busy_site_keeps_none_from_being_looked_at(runtime, grant, onlooker, monkeypatch):
    monkeypatch.setattr(shadow, "A_LOOK", 3)
    monkeypatch.setattr(shadow, "OF_A_SITE", 3)
    other = grant_of(runtime, "zzz.example")
    for number in range(6):
        judged(runtime, grant, f"Comment number {number}.")
        judged(runtime, other, f"Comment number {number}.")
    shadow.look(runtime)
    for number in range(6, 12):
        judged(runtime, grant, f"Comment number {number}.")
    shadow.look(runtime)
    sites = {one.site for one in shadow.seen(runtime, onlooker).stricter}
    assert sites == {SITE, "zzz.example"}


def test_what_was_decided_is_left_out(runtime, grant, onlooker):
    made = judged(runtime, grant, "Thanks, the second example fixed my build.")
    decide(runtime, SITE, made.id, "ham", Word("ann", "api"), None)
    assert shadow.look(runtime) == 0


def test_it_looks_with_the_labels_of_the_site(runtime, grant):
    """The same model under another name agrees with the one in use on a site that was taught."""
    learn_all(runtime, grant, texts(40))
    offering.offer(runtime, model_file("twin", scale=1.0), "ann")
    shadow.begin(runtime, "twin")
    for text in texts(20, start=40):
        judged(runtime, grant, text)
    assert shadow.look(runtime) == 20
    seen = shadow.seen(runtime, "twin").shadow
    assert (seen.seen, seen.stricter, seen.milder) == (20, 0, 0)
    learn_all(runtime, grant, texts(10, start=60))
    judged(runtime, grant, texts(1, start=70)[0])
    assert shadow.look(runtime) == 1


def test_one_that_is_promoted_looks_on_no_longer(runtime, grant, onlooker):
    promoting.promote(runtime, onlooker, Why("ann"), override=True)
    judged(runtime, grant, "Thanks, the second example fixed my build.")
    assert shadow.look(runtime) == 0
    with pytest.raises(NotFound):
        shadow.seen(runtime, onlooker)
    with pytest.raises(Conflict):
        shadow.begin(runtime, onlooker)


def test_it_is_ended_and_only_what_is_there_begins(runtime, grant, onlooker):
    shadow.end(runtime, onlooker)
    judged(runtime, grant, "Thanks, the second example fixed my build.")
    assert shadow.look(runtime) == 0
    for act in (shadow.end, shadow.begin):
        with pytest.raises(NotFound):
            act(runtime, "no-such")
