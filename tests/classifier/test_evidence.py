"""Evidence of ham is drawn from what was published while people act; nobody can make his own."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Learner, Model, Row, draw
from classifier.evaluation.regimes import REGIMES
from classifier.evaluation.site import Site
from classifier.evidence import DRAWN, EARLY, LATER, NEWEST, SEEN_AFTER, Published
from classifier.learner import LOWERED, SUSPICIOUS
from classifier.training.data import corpus_rows
from tests.classifier.factories import PILLS, THANKS, some_rows, variant

MODEL = Model.load()
LABELLED = some_rows(200, seed=5)
CHAT = [row for row, label in some_rows(400, seed=6) if label == "ham"]

HAM = [row for row in corpus_rows() if row.label == "ham" and row.lang == "en"][::7]
"""Comments of many kinds: what is of one kind with evidence hears nothing of it."""


def published(count: int, chance: float = 0.1) -> list[Published]:
    return [Published(f"c{number}", chance) for number in range(count)]


def taught(count: int = 50) -> Learner:
    learner = Learner(MODEL)
    for row, label in LABELLED[:count]:
        learner.learn(row, label)
    return learner


@given(
    st.lists(st.floats(min_value=0, max_value=1), max_size=NEWEST + 50),
    st.integers(min_value=0, max_value=1000),
)
@settings(max_examples=50, deadline=None)
def test_a_few_are_drawn_and_stand_for_all_that_may_be_kept(chances, labels) -> None:
    comments = [Published(f"c{number}", chance) for number, chance in enumerate(chances)]
    drawn = draw(comments, labels)
    likely = [one for one in comments[-NEWEST:] if one.chance < SUSPICIOUS]
    assert len(drawn) == min(len(likely), DRAWN if labels < EARLY else LATER)
    assert sum(weight for _, weight in drawn) == pytest.approx(len(likely) if drawn else 0)
    places = [place for place, _ in drawn]
    assert places == sorted(set(places))
    assert all(comments[place].chance < SUSPICIOUS for place in places)
    assert draw(comments, labels) == drawn


def test_every_place_is_drawn_about_as_often() -> None:
    often = [0] * 40
    for labels in range(EARLY, EARLY + 2000):
        for place, _ in draw(published(40), labels):
            often[place] += 1
    assert min(often) > 60
    assert max(often) < 140


def test_what_nobody_can_have_seen_is_no_evidence() -> None:
    young = Published("young", 0.1, age=60.0, is_older=False)
    seen = Published("seen", 0.1, age=SEEN_AFTER, is_older=False)
    older = Published("older", 0.1, age=60.0, is_older=True)
    assert draw([young], 0) == []
    assert draw([young, seen, older], 0) == [(1, 1.0), (2, 1.0)]


def test_evidence_is_no_decision() -> None:
    learner = taught()
    position, counts = learner.position, learner.tally.copy()
    learner.keep(THANKS, 3.0)
    assert learner.position == position
    assert (learner.tally == counts).all()
    scores = MODEL.score([THANKS], learner)
    assert "repeat" not in dict(scores.reasons(0))


def test_what_looks_like_spam_or_repeats_evidence_is_not_kept() -> None:
    learner = taught()
    before = learner.to_bytes()
    learner.keep(PILLS, 4.0)
    assert learner.to_bytes() == before
    learner.keep(THANKS, 4.0)
    once = learner.to_bytes()
    assert once != before
    learner.keep(Row(text=THANKS.text.upper() + " !", author="Another"), 4.0)
    learner.keep(Row(text=THANKS.text.replace("second", "third"), author="Another"), 4.0)
    assert learner.to_bytes() == once


def test_what_was_decided_as_spam_is_no_evidence_however_it_is_written() -> None:
    learner = taught()
    learner.learn(CHAT[0], "spam")
    before = learner.to_bytes()
    learner.keep(Row(text=CHAT[0].text.upper(), author=CHAT[0].author, url=CHAT[0].url), 4.0)
    assert learner.to_bytes() == before


def test_a_log_with_evidence_gives_the_same_learner_however_it_is_read() -> None:
    """From its start, from a checkpoint, from features, and with what was withdrawn left out."""

    def play(learner: Learner, numbers: range, but: int = -1) -> Learner:
        for number in numbers:
            if number != but:
                learner.keep(CHAT[number], 2.0)
            row, label = LABELLED[number]
            learner.learn(MODEL.features([row]) if number % 2 else row, label, "error")
        return learner

    straight = play(Learner(MODEL), range(60))
    resumed = Learner.from_bytes(play(Learner(MODEL), range(31)).to_bytes(), MODEL)
    assert play(resumed, range(31, 60)).to_bytes() == straight.to_bytes()
    erased = play(Learner(MODEL), range(60), but=0)
    assert erased.to_bytes() != straight.to_bytes()
    assert play(Learner(MODEL), range(60), but=0).to_bytes() == erased.to_bytes()
    twin = straight.copy()
    twin.keep(Row(text="An otter sat on our boathouse roof during the whole storm"), 1.0)
    assert straight.to_bytes() == play(Learner(MODEL), range(60)).to_bytes() != twin.to_bytes()


def test_evidence_keeps_ham_from_being_pushed_where_only_spam_is_reported() -> None:
    alone, shown = Learner(MODEL), Learner(MODEL)
    spam = [row for row, label in LABELLED if label == "spam"][:40]
    for number, row in enumerate(spam):
        alone.learn(row, "spam", "error")
        shown.keep(HAM[number], 2.0)
        shown.learn(row, "spam", "error")
    unseen = HAM[100:160]
    without, evident = (MODEL.score(unseen, learner).logit for learner in (alone, shown))
    assert evident.mean() < without.mean() - 0.5
    assert (MODEL.score(unseen, shown).probability < shown.bands.hold).mean() > 0.9


def lowered_by(alone: Learner, flooded: Learner, campaign=variant) -> float:
    """Return by how many logits one learner judges more variants of a campaign more mildly."""
    unseen = [campaign(1000 + number) for number in range(20)]
    judged = (MODEL.score(unseen, learner).logit.mean() for learner in (alone, flooded))
    return next(judged) - next(judged)


def test_what_is_kept_does_little_for_its_own_repeat_and_something_for_others() -> None:
    moved = []
    for number in range(1, 9):
        alone, shown = taught(20), taught(20)
        shown.keep(variant(number), 1.0)
        for learner in (alone, shown):
            learner.learn(*LABELLED[20])
        rows = [variant(number), *CHAT[:50]]
        moved.append(MODEL.score(rows, shown).logit - MODEL.score(rows, alone).logit)
    repeats, others = [one[0] for one in moved], [one[1:].mean() for one in moved]
    assert sum(repeats) / len(repeats) > -0.2
    assert min(repeats) > -0.5
    assert sum(others) < 0


def test_a_hundred_unreported_variants_do_not_open_the_door_to_the_next() -> None:
    kept = 0
    alone, flooded = taught(20), taught(20)
    for number, (row, label) in enumerate(LABELLED[20:120]):
        comment = variant(number)
        chance = float(MODEL.score([comment], flooded).probability[0])
        if flooded.bands.status(chance) == "approved":
            for _, weight in draw([Published(f"c{number}", chance)], flooded.position):
                before = flooded.to_bytes()
                flooded.keep(comment, weight)
                kept += flooded.to_bytes() != before
        for learner in (alone, flooded):
            learner.learn(row, label)
        assert lowered_by(alone, flooded) < 0.4, f"after {number + 1} of them"
    assert 0 < kept <= 5, "spun from one template they are of a kind"
    assert abs(flooded.bands.hold - alone.bands.hold) < 0.1


SHORT = {
    "english": (
        " ",
        "fine kind warm neat bright",
        "read words page text lines",
        "folks people both",
    ),
    "two words": (" ", "Nice Great Cool Lovely Brilliant", "post article blog site read"),
    "chinese": (
        "",
        "写得 文章 内容 观点 分析 讲得 楼主 实在",
        "很好 不错 精彩 实用 给力 到位 漂亮 透彻",
    ),
    "characters": (
        "",
        *["好 写 很 得 文 章 赞 学 习 精 彩 不 错 实 用 谢 分 享 受 益 支 持 顶 棒"] * 4,
    ),
    "japanese": ("", "とても すごく 本当に 実に", "良い 面白い 素敵な 楽しい", "記事 話 内容 文章"),
    "korean": (" ", "정말 아주 매우 진짜 너무", "좋은 멋진 유익한 훌륭한", "글 내용 정보 설명"),
    "thai": ("", "บทความ เนื้อหา ข้อมูล เรื่องนี้ เว็บนี้", "ดีมาก เยี่ยม มีประโยชน์ สุดยอด น่าอ่าน"),
    "arabic": (" ", "مقال موضوع كلام شرح محتوى", "رائع جميل مفيد ممتاز جيد"),
    "emoji": ("", *["😀 😁 😂 😃 😄 😅 😆 😉 😊 😋 😎 😍 😘 👍 👏 🙏 🔥 💯 🎉"] * 4),
    "a word, emoji": (" ", "Nice Great Wow Cool Super", *["😀 😂 😄 😊 😍 👍 👏 🔥 🎉"] * 2),
}
"""Praise, a kind each: what stands between its words, and the words that each place may have."""


def short(kind: str, number: int, link: str) -> Row:
    """Return one of a campaign's short comments, each with a link of its own or none has any."""
    pick, (between, *places) = random.Random(number), SHORT[kind]
    text = between.join(pick.choice(words.split()) for words in places)
    name = f"{pick.choice(('Ken', 'Lou', 'Pia'))} {pick.choice(('Moor', 'Field', 'Wells'))}"
    address = f"https://deal-{number}.example/{pick.choice('abcd')}"
    if link == "in the text":
        return Row(text=f"{text} {address}", author=name)
    return Row(text=text, author=name, url=address if link == "of the author" else "")


@pytest.mark.parametrize("link", ["of the author", "in the text", "none"])
@pytest.mark.parametrize("kind", SHORT)
def test_a_hundred_short_variants_in_any_script_do_little_for_the_next(
    kind: str, link: str
) -> None:
    """Spun from few words, from characters or emoji, each with another link or all without."""

    def campaign(number: int) -> Row:
        return short(kind, number, link)

    kept = 0
    alone, flooded = taught(20), taught(20)
    for number, (row, label) in enumerate(LABELLED[20:120]):
        comment = campaign(number)
        chance = float(MODEL.score([comment], flooded).probability[0])
        if flooded.bands.status(chance) == "approved":
            before = flooded.to_bytes()
            flooded.keep(comment, 1.0)
            kept += flooded.to_bytes() != before
        for learner in (alone, flooded):
            learner.learn(row, label)
    unseen = [campaign(1000 + number) for number in range(20)]
    approved = [
        sum(learner.bands.status(chance) == "approved" for chance in chances.tolist())
        for learner in (alone, flooded)
        for chances in [MODEL.score(unseen, learner).probability]
    ]
    assert kept <= 20
    assert lowered_by(alone, flooded, campaign) < 0.8
    assert approved[1] <= approved[0] + 5
    assert flooded.bands.hold <= alone.bands.hold


def test_short_comments_that_have_nothing_in_common_are_kept_in_any_script() -> None:
    unlike = [
        "Wrong colour!",
        "Leider ausverkauft",
        "春天来了",
        "どこで買った",
        "ขอบคุณครับ",
        "Где купить",
    ]
    learner = taught()
    for text in unlike:
        before = learner.to_bytes()
        learner.keep(Row(text=text), 1.0)
        assert learner.to_bytes() != before, text


def test_evidence_raises_no_band() -> None:
    """What is published is not held, and many doubtful comments of one kind are no site's ham."""
    alone, shown = taught(40), taught(40)
    words = "abcdefghijkl"
    for number, (row, label) in enumerate(LABELLED[40:90]):
        pick = random.Random(number)
        text = " ".join(word * 4 for word in pick.sample(words, 6))
        shown.keep(Row(text=text, author="Lou Wells", url=f"https://deal-{number}.example/"), 4.0)
        for learner in (alone, shown):
            learner.learn(row, label)
    assert shown.bands.hold <= alone.bands.hold
    assert shown.intercept >= alone.intercept - LOWERED - 1e-9


STREAM = [(row, label) for row, label in some_rows(320, seed=8)]


@pytest.mark.parametrize("name", [name for name in REGIMES if name not in ("none", "wrong")])
def test_no_way_of_labelling_turns_ham_into_spam(name: str) -> None:
    site = Site(MODEL, REGIMES[name], seed=1)
    rows = [row for row, _ in STREAM]
    features = MODEL.features(rows)
    played = [site.play(features[i : i + 1], label) for i, (_, label) in enumerate(STREAM)]
    late = list(zip(played, (label for _, label in STREAM), strict=True))[100:]
    ham = [one.status for one, label in late if label == "ham"]
    spam = [one.status for one, label in late if label == "spam"]
    assert ham.count("spam") / len(ham) <= 0.05
    assert ham.count("held") / len(ham) <= 0.1
    if name != "hamonly":
        assert spam.count("approved") / len(spam) <= 0.2
