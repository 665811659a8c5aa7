"""What the service is for, on one server of either kind, on a Cluster and behind Sentinels."""

from __future__ import annotations

import datetime as dt

import pytest

from moderation.domain.errors import NotFound
from moderation.flow.authorise import Grant, authorise
from moderation.flow.comments import reading
from moderation.flow.comments.checking import check
from moderation.flow.comments.draining import drain_lane, sweep
from moderation.flow.comments.submitting import submit
from moderation.flow.labels.deciding import Word, decide, forget, undo
from moderation.flow.lookup import find
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.store import keys, sites
from moderation.store.comments import inbox
from tests.factories import SITE, submission

pytestmark = pytest.mark.any_store

SPAM = "Cheap pills without prescription, order now at http://pills.example/buy"
HAM = "Thanks, the second example fixed my build."
WORD = Word("ann", "api")
SITES = [f"site-{number}.example" for number in range(12)]


def work_off(runtime: Runtime) -> int:
    """Do what workers do until nothing waits."""
    return sum(drain_lane(runtime, lane) for lane in range(keys.LANES))


def test_a_comment_is_submitted_scored_once_and_read(runtime: Runtime, grant: Grant) -> None:
    (accepted,) = submit(runtime, grant, [submission(SPAM, external_id="1")])
    assert (accepted.kind, accepted.status) == ("new", "queued")
    (again,) = submit(runtime, grant, [submission(SPAM, external_id="1")])
    assert again.id == accepted.id
    assert work_off(runtime) == 1
    scored = find(runtime, SITE, accepted.id)
    assert scored.verdict is not None and scored.verdict.label == "spam"
    assert work_off(runtime) == 0


def test_a_check_is_recorded_as_answered(runtime: Runtime, grant: Grant) -> None:
    done = check(runtime, grant, submission(HAM, external_id="2"))
    assert done.recorded and find(runtime, SITE, done.comment.id) == done.comment
    assert check(runtime, grant, submission(HAM, external_id="2")).comment == done.comment


def test_batches_of_many_sites_are_scored_wherever_they_lie(runtime: Runtime) -> None:
    sent: dict[str, list[str]] = {}
    for site in SITES:
        first_run.add_site(runtime.store, site)
        token = first_run.add_token(runtime.store, site, ("submit",), "test")
        batch = [submission(f"{HAM} {n}", external_id=f"{n}") for n in range(120)]
        sent[site] = [one.id for one in submit(runtime, authorise(runtime, token, "submit"), batch)]
    assert len({keys.shard_of(site) for site in SITES}) > 6
    assert inbox.depth(runtime.store, SITES) == 120 * len(SITES)
    assert sweep(runtime) == sorted({keys.shard_of(site) % keys.LANES for site in SITES})
    assert work_off(runtime) == 120 * len(SITES)
    assert inbox.depth(runtime.store, SITES) == 0
    today = dt.datetime.now(dt.UTC).date()
    for site, ids in sent.items():
        assert len(set(ids)) == 120
        counted = reading.stats(runtime, site, today, today)[0]
        assert counted.comments == sum(counted.statuses.values()) == 120
    assert set(sites.names(runtime.store)) >= {*SITES, SITE}


def test_a_decision_is_learned_and_an_undo_unlearns_it(
    runtime: Runtime, other: Runtime, grant: Grant, bearer: str
) -> None:
    text = "Our gallery of oak tables is open, have a look at woodwork.example/gallery"
    near = submission(text.replace("oak", "pine"))

    def score() -> float:
        seen = check(other, authorise(other, bearer, "submit"), near, record=False)
        assert seen.comment.verdict is not None and seen.comment.verdict.score is not None
        return seen.comment.verdict.score

    first, before = check(runtime, grant, submission(text)).comment, score()
    decide(runtime, SITE, first.id, "spam", WORD, None)
    assert score() > before
    undo(runtime, SITE, first.id, WORD, None)
    assert score() == before


def test_what_is_deleted_is_gone_with_what_it_taught(
    runtime: Runtime, grant: Grant, bearer: str
) -> None:
    text = "Win money at our casino tonight http://casino.example/bonus"
    before = check(runtime, grant, submission(text), record=False).comment.verdict
    comment = check(runtime, grant, submission(text, external_id="3")).comment
    decide(runtime, SITE, comment.id, "ham", WORD, None)
    forget(runtime, SITE, comment.id, None)
    with pytest.raises(NotFound):
        find(runtime, SITE, comment.id)
    after = check(runtime, grant, submission(text), record=False).comment.verdict
    assert before is not None and after is not None
    assert after.score == before.score
    assert check(runtime, grant, submission(text, external_id="3")).comment.id != comment.id
