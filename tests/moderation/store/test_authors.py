"""What is kept of authors: written with each status, put right, bounded, forgotten."""

from __future__ import annotations

import itertools
import random

import pytest
from ulid import ULID

from moderation.store import authors, codec, keys
from moderation.store.comments import deletions, recording
from tests.factories import NOW, RETENTION, SITE, accept, decide, submission, verdict, write

pytestmark = pytest.mark.second_store

ANN, BOB = b"ann...", b"bob..."
ADDRESS = b"192..."
NUMBERS = itertools.count()
DAY = NOW // authors.DAY_MS


def mark(*people: bytes, at: int = NOW, name: int = 1, has_address: bool = False) -> bytes:
    return authors.pack_mark(at, name, has_address, people)


def judged(status: str = "approved", author: bytes = b"", **fields):
    """Return a comment on its way into the store with its verdict.

    Of two of twenty ids that share 14 bits one is taken for the other: none of these do.
    """
    fields.setdefault("id", codec.id_at(NOW)[:14] + (next(NUMBERS) % 16384).to_bytes(2, "big"))
    sent = fields.pop("sent", None)
    score = {"approved": 0.1, "held": 0.6, "spam": 0.97}[status]
    return write(sent, verdict=verdict(status, score), status=status, author=author, **fields)


def record(store, who: bytes = ANN, left_out: bytes = b"") -> authors.Record | None:
    (found,) = authors.read(store, [(SITE, who, left_out)])
    return found


def test_every_status_of_a_comment_counts_once_with_all_its_people(store):
    for status in ("approved", "held", "spam", "approved"):
        accept(store, judged(status, mark(ANN, ADDRESS, has_address=True)))
    for who in (ANN, ADDRESS):
        found = record(store, who)
        assert found.strip == ("approved", "held", "spam", "approved")
        assert (found.approved, found.spam, found.today) == (2, 1, 4)
        assert (found.first_day, found.last_day) == (DAY, DAY)
    assert record(store, BOB) is None


def test_a_verdict_of_a_worker_counts_like_one_of_a_check_and_never_twice(store):
    (done,) = accept(store, write())
    word = recording.Recorded(
        SITE, done.id, 1, verdict(), "approved", RETENTION, mark(ANN), b""
    )  # fmt: skip
    part = recording.Part(keys.shard_of(SITE), [word], [])
    for _ in range(2):
        store.send(calls := [recording.record_call(part, NOW)])
        store.receive(calls)
    assert record(store).strip == ("approved",)


def test_a_call_whose_answer_was_lost_counts_nothing_twice(store):
    one = judged("spam", mark(ANN), id=ULID().bytes)
    for _ in range(2):
        accept(store, one)
    assert (record(store).spam, record(store).today) == (1, 1)


def test_decisions_and_undos_put_the_record_right(store):
    author = mark(ANN)
    (done,) = accept(store, judged("held", author))
    steps = (("spam", "spam"), ("ham", "approved"), (None, "spam"), (None, "held"))
    for n, (label, outcome) in enumerate(steps):
        decide(store, done.id, label, (1, n), marks=(author, b""))
        found = record(store)
        assert found.strip == (outcome,)
        assert (found.approved, found.spam) == (outcome == "approved", outcome == "spam")
        assert found.today == 1


def test_a_new_text_of_a_comment_takes_the_place_of_its_outcome(store):
    sent = submission("First.", external_id="x")
    accept(store, judged("approved", mark(ANN, ADDRESS), sent=sent))
    second = judged("spam", mark(ANN, BOB), sent=submission("Second.", external_id="x"))
    (done,) = accept(store, second)
    assert (record(store).strip, record(store).approved, record(store).today) == (("spam",), 0, 1)
    assert record(store, BOB).strip == ("spam",)
    assert authors.take_from(store, SITE, [(done.id, 1, mark(ADDRESS))]) == 1
    assert record(store, ADDRESS).strip == ("approved",), "it was revised since"
    for _ in range(2):
        assert authors.take_from(store, SITE, [(done.id, 2, mark(ADDRESS))]) == 0
        assert record(store, ADDRESS) is None


def test_what_a_record_has_no_more_of_itself_is_not_taken_from_its_counts(store):
    first, *_ = [accept(store, judged("approved", mark(ANN)))[0] for _ in range(25)]
    for _ in range(2):
        authors.take_from(store, SITE, [(first.id, 1, mark(ANN))])
        assert record(store).approved == 25


def test_twenty_outcomes_are_kept_each_and_all_are_counted(store):
    author = mark(ANN)
    ids = [accept(store, judged("approved", author))[0].id for _ in range(25)]
    accept(store, judged("spam", author))
    found = record(store)
    assert found.strip == ("approved",) * 19 + ("spam",)
    assert (found.approved, found.spam) == (25, 1)
    # Comments that the strip has no more are put right in the counts.
    decide(store, ids[0], "spam", (1, 0), marks=(author, b""))
    assert (record(store).approved, record(store).spam) == (24, 2)
    decide(store, ids[0], None, (1, 1), marks=(author, b""))
    assert (record(store).approved, record(store).spam) == (25, 1)
    assert record(store).strip == found.strip


def test_a_deleted_comment_leaves_the_record_and_the_last_one_takes_it_along(store):
    author = mark(ANN)
    ids = [accept(store, judged("approved", author))[0].id for _ in range(23)]
    for left, raw in enumerate(ids[::-1], start=-22):
        deletions.forget(store, SITE, raw, "", 1000, NOW, (author, b""))
        found = record(store)
        assert (found.approved if found else 0) == -left
    assert record(store) is None


def test_days_and_names_are_those_of_the_last_day(store):
    for days, name in ((0, 1), (0, 2), (0, 2), (2, 3), (1, 4)):
        at = NOW + days * authors.DAY_MS
        accept(store, judged("approved", mark(ANN, ADDRESS, at=at, name=name, has_address=True)))
    found = record(store, ADDRESS)
    assert (found.first_day, found.last_day) == (DAY, DAY + 2)
    assert (found.today, found.names) == (1, 1)
    assert record(store, ANN).names == 0, "names are kept of addresses alone"
    for name in range(10):
        at = NOW + 3 * authors.DAY_MS
        accept(store, judged("approved", mark(BOB, ADDRESS, at=at, name=name, has_address=True)))
    assert (record(store, ADDRESS).today, record(store, ADDRESS).names) == (10, 8)


def test_what_a_person_is_asked_about_does_not_show_in_the_record(store):
    author = mark(ANN)
    accept(store, judged("spam", author))
    (asked,) = accept(store, judged("approved", author))
    found = record(store, left_out=asked.id)
    assert (found.strip, found.approved, found.spam) == (("spam",), 0, 1)
    (alone,) = accept(store, judged("approved", mark(BOB)))
    assert record(store, BOB, left_out=alone.id) is None


def test_the_people_of_a_site_are_bounded_and_stay_in_small_hashes(store, valkey):
    """All of one hash: who was seen least of late goes first."""
    people = [b"\0\1" + n.to_bytes(4, "big") for n in range(600)]
    for n, who in enumerate(people):
        accept(store, judged("approved", mark(who, at=NOW + n * authors.DAY_MS)))
    key = f"{keys.of_site(SITE).authors}1"
    with valkey.client() as client:
        assert client.hlen(key) <= 256
        assert client.object("encoding", key) == b"listpack"
    assert record(store, people[0]) is None
    assert record(store, people[-1]) is not None


def test_a_long_record_still_fits_a_small_hash(store, valkey):
    author = [
        mark(ANN, ADDRESS, at=NOW, name=n, has_address=True) for n in range(40)
    ]  # fmt: skip
    accept(store, *(judged("spam", one) for one in author))
    with valkey.client() as client:
        for who in (ANN, ADDRESS):
            key = f"{keys.of_site(SITE).authors}{int.from_bytes(who[:2], 'big') % 512}"
            assert client.object("encoding", key) == b"listpack"
    assert record(store, ADDRESS).spam == 40


def test_people_are_dropped_by_name_and_by_age(store):
    accept(store, judged("approved", mark(ANN)))
    accept(store, judged("approved", mark(BOB, at=NOW + 5 * authors.DAY_MS)))
    assert authors.drop(store, SITE, [ANN, ADDRESS]) == 1
    assert record(store) is None
    for part in range(64):
        authors.drop_before(store, SITE, DAY + 5, part, 64)
    assert record(store, BOB) is not None
    assert sum(authors.drop_before(store, SITE, DAY + 6, part, 64) for part in range(64)) == 1
    assert record(store, BOB) is None


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_the_record_is_that_of_the_comments_that_are_there(store, seed):
    chance = random.Random(seed)
    author, there = mark(ANN), {}
    for _ in range(150):
        what = chance.choice(("new", "new", "ham", "spam", "undo", "delete"))
        if what == "new" or not there:
            status = chance.choice(("approved", "held", "spam"))
            (done,) = accept(store, judged(status, author))
            there[done.id] = [[], status, 0]
            continue
        raw = chance.choice(list(there))
        said, status, decisions = there[raw]
        if what == "delete":
            deletions.forget(store, SITE, raw, "", 1000, NOW, (author, b""))
            del there[raw]
        elif what != "undo" or said:
            label = None if what == "undo" else what
            decide(store, raw, label, (1, decisions), marks=(author, b""))
            said = said[:-1] if what == "undo" else [*said, label]
            there[raw] = [said, status, decisions + 1]
        outcomes = [
            {"ham": "approved", "spam": "spam"}[said[-1]] if said else status
            for said, status, _ in there.values()
        ]
        found = record(store)
        counts = (found.approved, found.spam) if found else (0, 0)
        assert counts == (outcomes.count("approved"), outcomes.count("spam"))
        kept = len(found.strip) if found else 0
        assert tuple(outcomes[len(outcomes) - kept :]) == (found.strip if found else ())
