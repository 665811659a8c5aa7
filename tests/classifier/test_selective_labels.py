"""A few labels, labels of one class, wrong ones: comments of other kinds stay where they were."""

from __future__ import annotations

import pytest

from classifier import Learner, Model, Row

MODEL = Model.load()
MISSED = [
    Row(text="Cheap replica watches, all brands, order at http://watch-store.example today"),
    Row(text="Make $4000 a week from your sofa, write to us on WhatsApp +1 555 0177"),
    Row(text="No prescription needed: cialis and viagra at http://rx-night.example"),
    Row(text="200% bonus on your first deposit, spin now https://royal-slots.example"),
    Row(text="A hacker got my stolen coins back, contact fund-recovery@mailer.example"),
    Row(text="Lonely girls near you are waiting https://tonight-dates.example"),
    Row(text="We sell guest posts and backlinks of high authority, cheap packages"),
    Row(text="Essays written by experts, 30% off your first order https://essays.example"),
    Row(text="Instant loan at 2% without papers, write to loans@fast-cash.example"),
    Row(text="Call toll free 1-800-555-0199 for help with your antivirus renewal"),
]
HAM = [
    Row(text="The bearing was worn on ours as well. We changed it in an afternoon, two bolts."),
    Row(text="I grew up two streets from that bakery, the rye loaf was never that dark."),
    Row(
        text="Does this work with the older firmware? Mine stops at the second reboot.",
        author="Ilse",
    ),
    Row(text="Thank you for the pattern! I used thinner wool and four stitches fewer."),
    Row(text="Der zweite Absatz stimmt so nicht, die Brücke wurde erst 1931 gebaut."),
    Row(text="We take the early train for that reason, it is never late and half empty."),
    Row(
        text="Agreed on tests first, but I would not mock the database in this one.", author="Noor"
    ),
    Row(text="Our cat did the same until we moved her bowl away from the window."),
]
CORRECTED = [
    Row(text='My inbox this morning: "Earn $900 daily, click here" and "pills for all".'),
    Row(text="DO NOT ORDER THERE. I paid $180 in May and nobody answers the phone. Refund now."),
    Row(text="We lost half of our visitors after the last search update, no backlink bought."),
    Row(text="Is a loan at 4.1 % over ten years good? The bank wants our answer on Friday."),
]
SPAM = [
    Row(
        text="Best online casino with real money, claim your bonus https://lucky-wheel.example now"
    ),
    Row(
        text="Buy cheap viagra and cialis online without prescription http://pill-shop.example/order"
    ),
    Row(text="I was poor until a trader doubled my bitcoin in a week, write trader@profit.example"),
]


def taught(rows: list[Row], label: str, how: str) -> Learner:
    learner = Learner(MODEL)
    for row in rows:
        learner.learn(row, label, how)
    return learner


@pytest.mark.parametrize("how", ["error", "import", "audit"])
def test_reports_of_missed_spam_do_not_push_ordinary_comments_to_spam(how: str) -> None:
    learner = taught(MISSED, "spam", how)
    before, after = MODEL.score(HAM), MODEL.score(HAM, learner)
    assert (after.logit - before.logit).max() < 0.6
    statuses = [learner.bands.status(chance) for chance in after.probability.tolist()]
    assert statuses == [MODEL.bands.status(chance) for chance in before.probability.tolist()]


@pytest.mark.parametrize("rows", [CORRECTED, [HAM[7], HAM[5]]], ids=["corrected", "ordinary"])
def test_a_few_ham_labels_let_no_spam_of_other_kinds_through(rows: list[Row]) -> None:
    before = MODEL.score(SPAM)
    assert (before.probability >= MODEL.bands.hold).all()
    for how in ("error", "import", "held"):
        learner = taught(rows, "ham", how)
        after = MODEL.score(SPAM, learner)
        assert (after.probability >= learner.bands.hold).all()
        assert (before.logit - after.logit).max() < 1.5


def test_two_ordinary_labels_do_not_raise_the_band() -> None:
    for other in HAM[:-1]:
        assert taught([HAM[-1], other], "ham", "import").bands.hold <= MODEL.bands.hold


def test_six_wrong_labels_do_not_undo_fifty_right_ones() -> None:
    learner = Learner(MODEL)
    for number in range(25):
        ham, spam = HAM[number % len(HAM)], MISSED[number % len(MISSED)]
        learner.learn(Row(text=f"{ham.text} {number} of us say so"), "ham")
        learner.learn(Row(text=f"{spam.text} {number} only this week"), "spam")
    hold = learner.bands.hold
    for row in MISSED[:6]:
        learner.learn(Row(text=f"{row.text} ok"), "ham")
    unlike = [*SPAM, *MISSED[6:]]
    scores = MODEL.score(unlike, learner)
    assert (scores.probability >= learner.bands.hold).all()
    assert learner.bands.hold <= max(hold, MODEL.bands.hold)
