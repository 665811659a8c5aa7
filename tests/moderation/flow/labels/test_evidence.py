"""What was published and not reported is drawn as evidence as people label, and only then."""

from __future__ import annotations

import math

import msgspec
import pytest

from classifier.evidence import DRAWN, EARLY, LATER, SEEN_AFTER
from classifier.learner import SUSPICIOUS
from moderation.domain.sites import SiteSettings
from moderation.flow.authorise import authorise
from moderation.flow.comments.checking import check
from moderation.flow.labels import evidence
from moderation.flow.labels.deciding import Word, decide, forget, undo
from moderation.flow.labels.teaching import teach
from moderation.flow.lookup import find
from moderation.flow.rows import personal_hash, training_row
from moderation.flow.runtime import now_ms
from moderation.flow.sites import first_run
from moderation.store import codec, keys
from tests.classifier.factories import some_rows, variant
from tests.factories import SITE, all_keys, put_settings, submission
from tests.moderation.flow.evident import CHAT, kept, known, known_anew, log, post, posted
from tests.moderation.flow.learning import WORD, score


def test_a_site_that_is_not_taught_keeps_nothing(runtime, grant):
    comments = posted(runtime, grant)
    assert {c.status for c in comments} == {"approved"}
    assert log(runtime) == []
    assert all_keys(runtime.store, keys.of_site(SITE).label + "*") == []


def test_who_imports_has_seen_nothing_of_what_was_published(runtime, grant):
    old = codec.id_at(now_ms() - int(SEEN_AFTER * 1000) - 60_000)
    check(runtime, grant, submission(CHAT[0]), raw_id=old)
    known_here = post(runtime, grant, CHAT[1], external_id="x").submission
    for lesson in (submission("An imported one"), known_here):
        teach(runtime, grant, lesson, "spam", Word("ann", "import"))
    assert [(e.kind, e.how) for e in log(runtime)] == [("label", "import")] * 2
    teach(runtime, grant, submission("One from the site itself"), "spam", WORD)
    assert len(kept(runtime)) == 1


def test_a_few_of_what_was_published_before_are_kept_before_the_label(runtime, grant):
    comments = posted(runtime, grant)
    decide(runtime, SITE, comments[6].id, "spam", WORD, None)
    *evident, label = log(runtime)
    assert [e.kind for e in evident] == ["kept"] * DRAWN
    assert (label.kind, label.how, label.kept) == ("label", "error", DRAWN)
    older = [c.id for c in comments[:6]]
    assert {e.example.comment for e in evident} < set(older)
    assert sum(e.example.stands_for for e in evident) == 6
    for entry in evident:
        comment = find(runtime, SITE, entry.example.comment)
        assert training_row(entry.example.row).text == comment.submission.content
        assert (comment.active_label, comment.etag) == (entry.seq, '"1-0"')
        assert (comment.status, comment.decision) == ("approved", None)


def test_every_comment_is_looked_at_once(runtime, grant):
    comments = posted(runtime, grant)
    decide(runtime, SITE, comments[3].id, "spam", WORD, None)
    assert sorted(kept(runtime)) == [c.id for c in comments[:3]]
    decide(runtime, SITE, comments[1].id, "ham", WORD, None)
    assert len(kept(runtime)) == 3, "nothing older was left"
    decide(runtime, SITE, comments[7].id, "spam", WORD, None)
    assert sorted(kept(runtime)) == [
        c.id for c in comments if c.id not in (comments[3].id, comments[7].id)
    ]


def test_what_nobody_can_have_seen_yet_is_left_for_later(runtime, grant):
    long_ago = now_ms() - int(SEEN_AFTER * 1000)
    ids = [codec.id_at(long_ago + at)[:6] + bytes(9) + b"\1" for at in (-60_000, 60_000)]
    old, young = (
        check(runtime, grant, submission(text), raw_id=raw).comment
        for text, raw in zip(CHAT, ids, strict=False)
    )
    teach(runtime, grant, submission("Never asked about, a new one"), "spam", WORD)
    assert kept(runtime) == [old.id]
    late = post(runtime, grant, "It came later than both of them")
    decide(runtime, SITE, late.id, "ham", WORD, None)
    assert kept(runtime) == [old.id, young.id]


@pytest.mark.parametrize(
    "what", ["suspicious", "held", "rejected", "revised", "unscored", "deleted"]
)
def test_what_is_no_evidence(runtime, grant, what):
    policy = {
        "suspicious": SiteSettings(hold=0.99999, reject=0.99999),
        "held": SiteSettings(hold=0.000001, reject=0.999999),
        "rejected": SiteSettings(hold=0.000001, reject=0.000001),
        "unscored": SiteSettings(fail_mode="approve"),
    }
    put_settings(runtime.store, SITE, policy.get(what, SiteSettings()))
    text = CHAT[0] if what != "suspicious" else "Buy cheap viagra pills at http://pills.example"
    one = post(runtime, grant, text, external_id="x")
    if what == "revised":
        one = post(runtime, grant, CHAT[1], external_id="x")
    elif what == "deleted":
        forget(runtime, SITE, one.id)
    elif what == "unscored":
        key = keys.of_site(SITE).comment.encode() + codec.id_bytes(one.id)
        packed = codec.pack_new(
            msgspec.structs.replace(one.verdict, score=None), "approved", b"12345678", now_ms()
        )
        runtime.store.redis.set(key, packed + codec.encode(one.submission))
    elif what == "suspicious":
        assert (one.status, one.verdict.score >= SUSPICIOUS) == ("approved", True)
    label = post(runtime, grant, CHAT[2])
    decide(runtime, SITE, label.id, "spam", WORD, None)
    assert kept(runtime) == []


def test_labels_that_come_in_numbers_draw_from_what_they_do_not_label(runtime, grant):
    from moderation.flow.labels.teaching import Lesson, teach_many

    comments = [post(runtime, grant, text, external_id=str(n)) for n, text in enumerate(CHAT)]
    lessons = [Lesson(comments[n].submission, "spam") for n in (2, 5)]
    teach_many(runtime, grant, lessons, WORD)
    shown = {comments[n].id for n in (0, 1, 3, 4)}
    assert set(kept(runtime)) == shown
    assert [(e.kind, e.kept) for e in log(runtime)[-2:]] == [("label", 4), ("label", 0)]


def test_evidence_lives_no_shorter_and_no_longer_in_the_comment(runtime, grant, valkey):
    """What is noted on a kept comment leaves its time to live and its text alone."""
    comments = posted(runtime, grant)
    name = keys.of_site(SITE).comment.encode() + codec.id_bytes(comments[0].id)
    with valkey.client() as client:
        client.pexpire(name, 1_000_000)
        decide(runtime, SITE, comments[2].id, "spam", WORD, None)
        assert 900_000 < client.pttl(name) <= 1_000_000
    now = find(runtime, SITE, comments[0].id)
    assert now == msgspec.structs.replace(comments[0], active_label=1, last_label=1)


def test_two_processes_that_decide_at_once_keep_a_comment_once(
    runtime, other, grant, settings, monkeypatch
):
    comments = posted(runtime, grant)
    ids = [c.id for c in comments]
    real = evidence.drawn

    def overtaken(*args, **options):
        drawn = real(*args, **options)
        monkeypatch.setattr(evidence, "drawn", real)
        decide(other, SITE, ids[2], "spam", WORD, None)
        return drawn

    monkeypatch.setattr(evidence, "drawn", overtaken)
    decide(runtime, SITE, ids[7], "ham", WORD, None)
    assert sorted(kept(runtime)) == ids[:2]
    assert [e.kept for e in log(runtime) if e.kind == "label"] == [2, 0]
    assert known(runtime) == known(other) == known_anew(settings)


def test_what_is_decided_while_it_is_drawn_is_no_evidence(runtime, other, grant, monkeypatch):
    comments = posted(runtime, grant, *CHAT[:3])
    real = evidence.drawn

    def overtaken(*args, **options):
        drawn = real(*args, **options)
        monkeypatch.setattr(evidence, "drawn", lambda *args, **options: b"")
        decide(other, SITE, comments[0].id, "ham", WORD, None)
        return drawn

    monkeypatch.setattr(evidence, "drawn", overtaken)
    decide(runtime, SITE, comments[2].id, "ham", WORD, None)
    assert kept(runtime) == [comments[1].id]


def test_drawing_costs_a_check_nothing_and_a_decision_two_round_trips(runtime, grant):
    trips: list[int] = []
    runtime.store.on_round_trip = lambda: trips.append(1)

    def taken(work):
        trips.clear()
        work()
        return len(trips)

    post(runtime, grant, "The first one of all makes the site known")
    before = taken(lambda: post(runtime, grant, CHAT[0]))
    late = post(runtime, grant, CHAT[1])
    with_evidence = taken(lambda: decide(runtime, SITE, late.id, "spam", WORD, None))
    assert len(kept(runtime)) == 2
    without = taken(lambda: undo(runtime, SITE, late.id, WORD, None))
    assert with_evidence == without + 2
    score(runtime, grant)
    assert taken(lambda: post(runtime, grant, CHAT[2])) == before == 1


def test_what_is_kept_has_no_address_and_no_full_email_but_is_found_by_them(runtime, grant):
    author = {"name": "Mia", "email": "mia.l@mail.example", "ip": "192.0.2.77", "id": "m7"}
    post(runtime, grant, CHAT[0], author=author)
    decide(runtime, SITE, post(runtime, grant, CHAT[1]).id, "spam", WORD, None)
    raw = runtime.store.redis.get(keys.of_site(SITE).label + "1")
    assert b"192.0.2.77" not in raw and b"mia.l" not in raw and b"mail.example" in raw
    example = log(runtime)[0].example
    for kind, value in (("email", author["email"]), ("ip", author["ip"]), ("author", "m7")):
        assert getattr(example, kind) == personal_hash(runtime.secret, kind, value)


def test_a_full_store_takes_decisions_with_their_evidence(runtime, grant, valkey):
    comments = posted(runtime, grant)
    with valkey.client() as client:
        client.config_set("maxmemory", 1)
        decide(runtime, SITE, comments[7].id, "spam", WORD, None)
        client.config_set("maxmemory", 0)
    assert len(kept(runtime)) == DRAWN


def test_a_hundred_unreported_variants_do_not_lower_the_score_of_the_next(runtime, settings):
    """People decide other comments meanwhile, so variants are drawn as evidence all the time."""
    first_run.add_site(runtime.store, "alone.example")
    grants = [
        authorise(runtime, first_run.add_token(runtime.store, site, ("submit",), "t"), "submit")
        for site in ("alone.example", SITE)
    ]

    def sent(row):
        return submission(row.text, author={"name": row.author})

    shown = 0
    for number, (row, label) in enumerate(some_rows(120, seed=5)):
        for grant in grants:
            if number >= 20 and grant.site == SITE:
                shown += check(runtime, grant, sent(variant(number))).comment.status == "approved"
            other = check(runtime, grant, sent(row)).comment
            decide(runtime, grant.site, other.id, label, WORD, None)
    assert shown > 50, "else nothing was tried"
    flooded = [e for e in log(runtime) if e.kind == "kept"]
    assert 20 < len(flooded) <= DRAWN * EARLY + LATER * (120 - EARLY)

    def logits(grant):
        found = []
        for number in range(1000, 1020):
            asked = check(runtime, grant, sent(variant(number)), record=False).comment
            found.append(math.log(asked.verdict.score / (1 - asked.verdict.score)))
        return sum(found) / len(found)

    alone, lowered = (logits(grant) for grant in grants)
    assert alone - lowered < 1.5
