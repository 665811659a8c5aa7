"""What was published and not reported is kept as evidence, as people label, and goes as it came."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as configure
from hypothesis import strategies as st

from classifier import Learner
from classifier.evidence import DRAWN, SEEN_AFTER
from classifier.learner import SUSPICIOUS
from moderation.domain.errors import NotFound, NothingToUndo
from moderation.domain.sites import SiteSettings
from moderation.flow.authorise import authorise
from moderation.flow.comments.checking import check
from moderation.flow.labels import evidence, rebuilding, replaying
from moderation.flow.labels.deciding import Word, decide, forget, undo
from moderation.flow.labels.learning import Learners
from moderation.flow.labels.teaching import teach
from moderation.flow.lookup import find
from moderation.flow.rows import row_of, training_row
from moderation.flow.runtime import now_ms
from moderation.flow.sites import first_run
from moderation.store import codec, keys, labels, sites
from moderation.store.comments import indexes
from tests.classifier.factories import some_rows, variant
from tests.factories import SITE, put_settings, submission
from tests.moderation.flow.learning import PROBE, WORD, anew, score

CHAT = (
    "Our cat did the same until we moved her bowl away from the window.",
    "The bearing was worn on ours as well, we changed it in an afternoon.",
    "I grew up two streets from that bakery and still miss the rye loaf.",
    "Does this work with the older firmware? Mine stops at the second reboot.",
    "Der zweite Absatz stimmt so nicht, die alte Brücke stand noch lange.",
    "We take the early train for that reason, it is half empty and on time.",
    "Agreed on tests first, though the fixture in this one looks too clever.",
    "The heron was back on the weir this morning, standing where it always does.",
)


def post(runtime, grant, text, **fields):
    fields.setdefault("author", {"name": text.split()[1]})
    return check(runtime, grant, submission(text, **fields)).comment


def posted(runtime, grant, *texts):
    return [post(runtime, grant, text) for text in texts or CHAT]


def log(runtime, site=SITE):
    return labels.entries(runtime.store, site, 0, sites.read(runtime.store, site).labels)


def kept(runtime):
    """Return the ids of the comments that are kept as evidence."""
    return [e.example.comment for e in log(runtime) if e.kind == "kept"]


def holding(runtime, ids, model):
    """Return the learner of what holds by what the comments themselves say of it."""
    entries = {e.seq: e for e in log(runtime)}
    found = {}
    for comment_id in ids:
        try:
            comment = find(runtime, SITE, comment_id)
        except NotFound:
            continue
        entry = entries.get(comment.active_label)
        if entry is not None and entry.example is not None:
            found[entry.seq] = entry
    with_a_label = {
        seq
        for e in found.values()
        if e.kind == "label"
        for seq in range(e.seq - e.kept, e.seq)
    }  # fmt: skip
    learner = Learner(model)
    for seq, entry in sorted(found.items()):
        row = training_row(entry.example.row)
        if entry.kind == "label":
            learner.learn(row, entry.label, entry.how)
        elif seq in with_a_label:
            learner.keep(row, entry.example.stands_for)
    return learner


def probability(model, learner):
    return float(model.score([row_of(PROBE)], learner).probability[0])


def everything(client):
    """Return all that the store holds, by name."""
    read = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"set": client.smembers,
        b"zset": lambda name: client.zrange(name, 0, -1),
        b"stream": client.xrange,
        b"list": lambda name: client.lrange(name, 0, -1),
    }
    return {name: repr(read[client.type(name)](name)) for name in client.keys("*")}


def test_a_site_that_is_not_taught_keeps_nothing(runtime, grant):
    comments = posted(runtime, grant)
    assert {c.status for c in comments} == {"approved"}
    assert log(runtime) == []
    assert runtime.store.redis.keys(keys.of_site(SITE).label + "*") == []
    teach(runtime, grant, submission("An imported one"), "spam", Word("ann", "import"))
    assert [e.kind for e in log(runtime)] == ["label"], "who imports has seen none of them"


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


def test_a_later_report_drops_it_and_undo_brings_it_back(runtime, grant, settings, bearer):
    comments = posted(runtime, grant)
    ids = [c.id for c in comments]
    decide(runtime, SITE, ids[4], "spam", WORD, None)
    before = score(runtime, grant)
    reported = kept(runtime)[1]
    place = find(runtime, SITE, reported).active_label
    decide(runtime, SITE, reported, "spam", WORD, None)
    assert log(runtime)[-1].drops == place
    after = score(runtime, grant)
    wanted = probability(runtime.shipped, holding(runtime, ids, runtime.shipped))
    assert after.score == wanted == anew(settings, bearer).score
    undo(runtime, SITE, reported, WORD, None)
    back = find(runtime, SITE, reported)
    assert (back.status, back.decision, back.active_label) == ("approved", None, place)
    assert score(runtime, grant).score == before.score == anew(settings, bearer).score


def test_undo_of_a_label_is_as_if_it_had_never_been(runtime, grant, settings, bearer):
    comments = posted(runtime, grant)
    decide(runtime, SITE, comments[0].id, "ham", WORD, None)
    before = score(runtime, grant)
    decide(runtime, SITE, comments[7].id, "spam", WORD, None)
    assert score(runtime, grant).score != before.score
    undo(runtime, SITE, comments[7].id, WORD, None)
    assert score(runtime, grant).score == before.score == anew(settings, bearer).score


@pytest.mark.parametrize("every", [1, 2, 3, 4, 5])
def test_a_checkpoint_between_evidence_and_its_label_serves_no_undo(
    runtime, grant, settings, bearer, monkeypatch, every
):
    monkeypatch.setattr(replaying, "CHECKPOINT_EVERY", every)
    comments = posted(runtime, grant)
    ids = [c.id for c in comments]
    for at in (3, 7):
        decide(runtime, SITE, ids[at], "spam", WORD, None)
        score(runtime, grant)
    undo(runtime, SITE, ids[7], WORD, None)
    wanted = probability(runtime.shipped, holding(runtime, ids, runtime.shipped))
    assert anew(settings, bearer).score == wanted == score(runtime, grant).score


def test_a_withdrawal_of_long_ago_takes_the_evidence_when_a_job_has_run(
    runtime, grant, settings, bearer, monkeypatch
):
    monkeypatch.setattr(replaying, "REPLAYABLE", 6)
    comments = posted(runtime, grant)
    ids = [c.id for c in comments]
    for at in (4, 5, 6, 7):
        decide(runtime, SITE, ids[at], ("ham", "spam")[at % 2], WORD, None)
    before = score(runtime, grant)
    decide(runtime, SITE, kept(runtime)[0], "spam", WORD, None)
    undo(runtime, SITE, ids[4], WORD, None)
    assert labels.rebuilds_asked(runtime.store, [SITE]) == [SITE]
    assert rebuilding.rebuild(runtime, SITE)
    wanted = probability(runtime.shipped, holding(runtime, ids, runtime.shipped))
    assert before.score != wanted == score(runtime, grant).score == anew(settings, bearer).score


@pytest.mark.parametrize("way", ["itself", "expired", "with its label"])
def test_deletion_leaves_nothing_of_what_was_kept(runtime, grant, settings, bearer, valkey, way):
    comments = posted(runtime, grant)
    ids = [c.id for c in comments]
    decide(runtime, SITE, ids[4], "spam", WORD, None)
    gone = kept(runtime)[2]
    content = find(runtime, SITE, gone).submission.content
    word = content.split()[-1]
    with valkey.client() as client:
        if way == "expired":
            client.delete(keys.of_site(SITE).comment.encode() + codec.id_bytes(gone))
        assert sum(word in held for held in everything(client).values()) >= 1
        forget(runtime, SITE, gone if way != "with its label" else ids[4])
        if way == "with its label":
            assert kept(runtime) == []
            assert find(runtime, SITE, gone).decision is None
            forget(runtime, SITE, gone)
        assert [name for name, held in everything(client).items() if word in held] == []
        assert [name for name in client.keys("*") if codec.id_bytes(gone) in name] == []
    assert sites.read(runtime.store, SITE).epoch == 1
    wanted = probability(runtime.shipped, holding(runtime, ids, runtime.shipped))
    assert score(runtime, grant).score == wanted == anew(settings, bearer).score
    assert score(runtime, grant).model.endswith(".1")


def test_what_expired_is_kept_as_labels_are(runtime, grant, settings, bearer):
    comments = posted(runtime, grant)
    decide(runtime, SITE, comments[7].id, "spam", WORD, None)
    before = score(runtime, grant)
    for one in kept(runtime):
        runtime.store.redis.delete(keys.of_site(SITE).comment.encode() + codec.id_bytes(one))
    indexes.indexes(runtime.store, SITE)
    assert anew(settings, bearer) == before


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
    runtime, other, grant, settings, bearer, monkeypatch
):
    comments = posted(runtime, grant)
    ids = [c.id for c in comments]
    real = evidence.drawn

    def overtaken(*args, **options):
        drawn = real(*args, **options)
        monkeypatch.setattr(evidence, "drawn", real)
        decide(other, SITE, ids[6], "spam", WORD, None)
        return drawn

    monkeypatch.setattr(evidence, "drawn", overtaken)
    decide(runtime, SITE, ids[7], "ham", WORD, None)
    assert len(kept(runtime)) == len(set(kept(runtime))) == DRAWN
    assert [e.kept for e in log(runtime) if e.kind == "label"] == [DRAWN, 0]
    theirs = authorise(other, bearer, "submit")
    assert score(runtime, grant) == score(other, theirs) == anew(settings, bearer)


def test_what_is_decided_while_it_is_drawn_is_no_evidence(runtime, other, grant, monkeypatch):
    comments = posted(runtime, grant, *CHAT[:3])
    real = evidence.drawn

    def overtaken(*args, **options):
        drawn = real(*args, **options)
        monkeypatch.setattr(evidence, "drawn", lambda *args, **options: b"")
        decide(other, SITE, comments[0].id, "spam", WORD, None)
        return drawn

    monkeypatch.setattr(evidence, "drawn", overtaken)
    decide(runtime, SITE, comments[2].id, "ham", WORD, None)
    assert kept(runtime) == [comments[1].id]


def test_a_full_store_takes_decisions_with_their_evidence(runtime, grant, valkey):
    comments = posted(runtime, grant)
    with valkey.client() as client:
        client.config_set("maxmemory", 1)
        decide(runtime, SITE, comments[7].id, "spam", WORD, None)
        client.config_set("maxmemory", 0)
    assert len(kept(runtime)) == DRAWN


STEPS = st.one_of(
    st.tuples(st.just("post"), st.integers(0, 0)),
    st.tuples(st.sampled_from(["ham", "spam", "undo", "forget"]), st.integers(0, 9)),
)


@configure(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(STEPS, max_size=20), st.sampled_from([2, 3, 256]))
def test_every_process_agrees_on_what_holds_after_any_steps(
    runtime, settings, monkeypatch, steps, every
):
    monkeypatch.setattr(replaying, "CHECKPOINT_EVERY", every)
    runtime.store.redis.flushdb()
    first_run.use_shipped(runtime.store, settings)
    first_run.add_site(runtime.store, SITE)
    token = first_run.add_token(runtime.store, SITE, ("submit",), "t")
    grant = authorise(runtime, token, "submit")
    runtime.own(Learners).drop(SITE)
    runtime.states.drop(SITE)
    rows = [row.text for row, _ in some_rows(40)]
    ids = [post(runtime, grant, text).id for text in rows[:6]]
    for number, (what, at) in enumerate(steps):
        one = ids[at % len(ids)]
        try:
            if what == "post":
                ids.append(post(runtime, grant, rows[6 + number]).id)
            elif what == "undo":
                undo(runtime, SITE, one, WORD, None)
            elif what == "forget":
                forget(runtime, SITE, one)
            else:
                decide(runtime, SITE, one, what, WORD, None)
        except (NothingToUndo, NotFound):
            continue
        score(runtime, grant)
    live = score(runtime, grant)
    assert anew(settings, token) == live
    assert live.score == probability(runtime.shipped, holding(runtime, ids, runtime.shipped))


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
    assert len(flooded) > 20

    def logits(grant):
        found = []
        for number in range(1000, 1020):
            asked = check(runtime, grant, sent(variant(number)), record=False).comment
            found.append(math.log(asked.verdict.score / (1 - asked.verdict.score)))
        return sum(found) / len(found)

    alone, lowered = (logits(grant) for grant in grants)
    assert alone - lowered < 1.5
