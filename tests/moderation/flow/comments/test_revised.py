"""A comment that comes again with another text: it ends as its new author's, and counts once."""

from __future__ import annotations

import pytest

from moderation.domain.comments import Comment
from moderation.domain.sites import SiteSettings
from moderation.flow.comments import checking, draining, submitting
from moderation.flow.labels import deciding, teaching
from moderation.flow.lookup import find
from moderation.flow.people import records
from moderation.store import keys
from tests.factories import SITE, put_settings, submission
from tests.moderation.flow.comments.counted import ADA, EVE, STRICT, WORD


def send(runtime, grant, content, who, external_id, way="checked") -> Comment:
    sent = submission(content, author=who, external_id=external_id)
    if way == "submitted":
        (done,) = submitting.submit(runtime, grant, [sent])
        draining.drain_lane(runtime, keys.shard_of(SITE) % keys.LANES)
        return find(runtime, SITE, done.id)
    if way == "taught":
        return teaching.teach(runtime, grant, sent, "ham", WORD)
    return checking.check(runtime, grant, sent).comment


def outcomes(runtime, who) -> tuple[str, ...]:
    """Return how the comments of an author ended, by whatever is known of them first."""
    (known,) = records.known_of(runtime, [by(who)])
    return () if known is None else known.strip


def by(who) -> Comment:
    sent = submission("x", author=who)
    made = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
    return Comment(id=made, site=SITE, revision=1, status="approved", submission=sent)


@pytest.mark.parametrize("first", ["checked", "submitted", "taught"])
@pytest.mark.parametrize("then", ["checked", "submitted", "taught"])
def test_a_comment_revised_by_another_author_is_in_their_record_alone(runtime, grant, first, then):
    put_settings(runtime.store, SITE, STRICT)
    send(runtime, grant, "A word on another kiln.", ADA, "other")
    send(runtime, grant, "A word on kilns, friends.", ADA, "c-1", first)
    assert outcomes(runtime, ADA) == ("approved", "approved")
    send(runtime, grant, "A word on bricks, friends.", EVE, "c-1", then)
    assert (outcomes(runtime, ADA), outcomes(runtime, EVE)) == (("approved",), ("approved",))
    back = send(runtime, grant, "A word on ash, friends.", ADA, "c-1", then)
    assert (outcomes(runtime, ADA), outcomes(runtime, EVE)) == (("approved",) * 2, ())
    deciding.decide(runtime, SITE, back.id, "spam", WORD, None)
    assert sorted(outcomes(runtime, ADA)) == ["approved", "spam"]
    deciding.forget(runtime, SITE, back.id)
    assert outcomes(runtime, ADA) == ("approved",)


@pytest.mark.parametrize("way", ["checked", "submitted"])
def test_what_both_authors_have_in_common_keeps_the_comment(runtime, grant, way):
    put_settings(runtime.store, SITE, STRICT)
    neighbour = {**EVE, "ip": ADA["ip"]}
    send(runtime, grant, "A word on kilns, friends.", ADA, "c-1", way)
    send(runtime, grant, "A word on bricks, friends.", neighbour, "c-1", way)
    assert outcomes(runtime, {"email": ADA["email"]}) == ()
    assert outcomes(runtime, {"ip": ADA["ip"]}) == ("approved",)
    assert outcomes(runtime, {"id": EVE["id"]}) == ("approved",)


@pytest.mark.parametrize("way", ["checked", "submitted"])
def test_an_author_with_many_comments_loses_none_for_one_that_somebody_revised(runtime, grant, way):
    put_settings(runtime.store, SITE, STRICT)
    for n in range(24):
        send(runtime, grant, f"A word on kiln number {n}.", EVE, f"e-{n}")
    one = send(runtime, grant, "A word on kilns, friends.", ADA, "c-1")
    deciding.decide(runtime, SITE, one.id, "spam", WORD, None)
    send(runtime, grant, "A word on bricks, friends.", EVE, "c-1", way)
    (known,) = records.known_of(runtime, [by(EVE)])
    assert (known.approved, known.spam) == (25, 0)
    assert outcomes(runtime, ADA) == ()


def test_a_revision_that_waits_counts_in_no_pace_a_second_time(runtime, grant):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99, pace_author=2))
    for n in range(6):
        revised = send(runtime, grant, f"A word on kilns, number {n}.", ADA, "c-1", "submitted")
        assert revised.status == "approved", [code for code, _ in revised.verdict.reasons]
    assert send(runtime, grant, "Another word.", ADA, "c-2", "submitted").status == "approved"
    held = send(runtime, grant, "A third word.", ADA, "c-3", "submitted")
    assert held.status == "held" and held.verdict.reasons[0][0] == "pace_author"


def test_revisions_that_waited_together_count_once(runtime, grant):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99, pace_author=2))
    sent = [submission(f"Word {n} on kilns.", author=ADA, external_id="c-1") for n in range(5)]
    submitting.submit(runtime, grant, sent)
    draining.drain_lane(runtime, keys.shard_of(SITE) % keys.LANES)
    assert send(runtime, grant, "Another word.", ADA, "c-2", "submitted").status == "approved"
    assert send(runtime, grant, "A third word.", ADA, "c-3", "submitted").status == "held"
