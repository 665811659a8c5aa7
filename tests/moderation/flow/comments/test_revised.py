"""A comment that comes again with another text: it ends as its new author's, and counts once."""

from __future__ import annotations

import pytest

from moderation.domain.comments import Comment
from moderation.domain.errors import IdempotencyConflict
from moderation.domain.sites import SiteSettings
from moderation.flow import revised
from moderation.flow.comments import checking, draining, submitting
from moderation.flow.labels import deciding, teaching
from moderation.flow.lookup import find
from moderation.flow.people import records
from moderation.flow.rows import keyed_hash
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


class Killed(BaseException):
    """Ends a process at once, as far as a test can: nothing of ours catches it."""


def drain(runtime) -> None:
    draining.drain_lane(runtime, keys.shard_of(SITE) % keys.LANES)


@pytest.mark.parametrize("way", ["checked", "submitted"])
@pytest.mark.parametrize("who", [ADA, EVE])
def test_what_became_of_a_revision_before_it_was_noted_counts_once(
    runtime, grant, monkeypatch, way, who
):
    """A worker, or whoever decides, is quicker than whoever revised."""
    put_settings(runtime.store, SITE, STRICT)
    first = send(runtime, grant, "A word on kilns, friends.", ADA, "c-1")
    note = revised.note

    def later(*words) -> None:
        drain(runtime)
        deciding.decide(runtime, SITE, first.id, "spam", WORD, None)
        note(*words)
        note(*words)

    monkeypatch.setattr(revised, "note", later)
    send(runtime, grant, "A word on bricks, friends.", who, "c-1", way)
    assert outcomes(runtime, who) == ("spam",)
    assert outcomes(runtime, EVE if who is ADA else ADA) == ()


@pytest.mark.parametrize("way", ["checked", "taught"])
def test_a_revision_whose_process_dies_is_in_the_record_of_its_author(
    runtime, grant, monkeypatch, way
):
    put_settings(runtime.store, SITE, STRICT)
    send(runtime, grant, "A word on kilns, friends.", ADA, "c-1")

    def die(*words) -> None:
        raise Killed

    monkeypatch.setattr(revised, "note", die)
    with pytest.raises(Killed):
        send(runtime, grant, "A word on bricks, friends.", EVE, "c-1", way)
    assert outcomes(runtime, EVE) == ("approved",)


def test_a_call_that_is_repeated_takes_a_comment_from_its_author_once(runtime, grant):
    put_settings(runtime.store, SITE, STRICT)
    for n in range(24):
        send(runtime, grant, f"A word on kiln number {n}.", ADA, f"e-{n}")
    send(runtime, grant, "A word on kilns, friends.", ADA, "c-1")
    for _ in range(3):
        sent = [submission("A word on bricks, friends.", author=EVE, external_id="c-1")]
        submitting.submit(runtime, grant, sent, idempotency_key="k", body=b"x")
        drain(runtime)
        (known,) = records.known_of(runtime, [by(ADA)])
        assert (known.approved, outcomes(runtime, EVE)) == (24, ("approved",))


@pytest.mark.parametrize("way", ["submitted", "taught"])
@pytest.mark.parametrize("last", [ADA, EVE])
def test_a_comment_revised_twice_at_once_is_in_the_record_of_its_last_author(
    runtime, grant, last, way
):
    put_settings(runtime.store, SITE, STRICT)
    neighbour = {"name": "Ida", "email": "ida@mail.example"}
    send(runtime, grant, "A word on kilns, friends.", ADA, "c-1")
    texts = (("A word on bricks, friends.", neighbour), ("A word on ash, friends.", last))
    sent = [submission(text, author=who, external_id="c-1") for text, who in texts]
    if way == "submitted":
        submitting.submit(runtime, grant, sent)
        drain(runtime)
    else:
        lessons = [teaching.Lesson(one, "ham") for one in sent]
        teaching.teach_many(runtime, grant, lessons, WORD)
    assert outcomes(runtime, last) == ("approved",)
    for who in (ADA, EVE, neighbour):
        assert who is last or outcomes(runtime, who) == ()


def test_a_revision_that_is_deleted_while_it_waits_leaves_nothing_of_the_text_before(
    runtime, grant
):
    put_settings(runtime.store, SITE, STRICT)
    first = send(runtime, grant, "A word on kilns, friends.", ADA, "c-1")
    sent = [submission("A word on bricks, friends.", author=ADA, external_id="c-1")]
    submitting.submit(runtime, grant, sent)
    deciding.forget(runtime, SITE, first.id)
    assert outcomes(runtime, ADA) == ()


def test_what_was_written_is_noted_where_a_later_part_of_the_call_is_refused(runtime, grant):
    put_settings(runtime.store, SITE, STRICT)
    send(runtime, grant, "A word on kilns, friends.", ADA, "c-0")
    second = keyed_hash(runtime.secret, "idempotency", "k/1")
    runtime.store.redis.set(keys.of_site(SITE).idempotency + second, b"of another call.")
    sent = [
        submission(f"Word {n} on bricks.", author=EVE, external_id=f"c-{n}") for n in range(101)
    ]
    with pytest.raises(IdempotencyConflict):
        submitting.submit(runtime, grant, sent, idempotency_key="k", body=b"x")
    assert outcomes(runtime, ADA) == ()
