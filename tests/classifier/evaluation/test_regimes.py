"""People label what they come to see, as their regime says."""

from __future__ import annotations

import pytest

from classifier.evaluation.regimes import REGIMES, People

MANY = 4000


def labelled(name: str, status: str, truth: str) -> dict[tuple[str, str] | None, float]:
    """Return the shares of the answers to many comments of one kind."""
    people = People(REGIMES[name], seed=3)
    found = [people.label(1000 + number, status, truth) for number in range(MANY)]
    return {answer: found.count(answer) / MANY for answer in set(found)}


HELD, AUDIT, ERROR = ("held", "audit", "error")
SHARES = [
    ("console", "held", "spam", ("spam", HELD), 1.0),
    ("console", "held", "ham", ("ham", HELD), 1.0),
    ("console", "approved", "spam", ("spam", ERROR), 0.5),
    ("console", "approved", "ham", ("ham", AUDIT), 0.02),
    ("console", "spam", "ham", ("ham", ERROR), 0.3),
    ("console", "spam", "spam", None, 1.0),
    ("noisy", "held", "spam", ("ham", HELD), 0.05),
    ("noisy", "held", "ham", ("ham", HELD), 0.95),
    ("lazy", "approved", "spam", ("spam", ERROR), 0.1),
    ("errors", "held", "spam", ("spam", ERROR), 0.9),
    ("errors", "held", "ham", None, 1.0),
    ("errors", "spam", "ham", ("ham", ERROR), 0.5),
    ("errors", "approved", "ham", None, 1.0),
    ("lazyerr", "approved", "spam", ("spam", ERROR), 0.2),
    ("lazyerr", "spam", "ham", ("ham", ERROR), 0.5),
    ("spamonly", "approved", "spam", ("spam", ERROR), 0.9),
    ("spamonly", "spam", "ham", None, 1.0),
    ("hamonly", "held", "ham", ("ham", HELD), 1.0),
    ("hamonly", "held", "spam", None, 1.0),
    ("hamonly", "spam", "ham", ("ham", ERROR), 0.5),
    ("hamonly", "approved", "spam", None, 1.0),
    ("none", "held", "spam", None, 1.0),
    ("all", "spam", "spam", ("spam", "all"), 1.0),
    ("all", "approved", "ham", ("ham", "all"), 1.0),
]


@pytest.mark.parametrize(("name", "status", "truth", "answer", "share"), SHARES)
def test_people_label_the_share_of_what_they_see(name, status, truth, answer, share) -> None:
    assert labelled(name, status, truth).get(answer, 0.0) == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("name", REGIMES)
@pytest.mark.parametrize("status", ["approved", "held", "spam"])
def test_of_an_unlabelled_comment_nobody_says_a_word(name, status) -> None:
    assert labelled(name, status, "") == {None: 1.0}


def test_what_is_held_is_seen_by_visitors_only_where_the_client_lets_it_through() -> None:
    seen = {name for name, regime in REGIMES.items() if People(regime, 0).publishes("held")}
    assert seen == {"errors", "lazyerr", "spamonly"}
    for regime in REGIMES.values():
        assert People(regime, 0).publishes("approved")
        assert not People(regime, 0).publishes("spam")


def test_a_few_spam_are_taught_as_ham_after_fifty_right_labels_and_nothing_after_them() -> None:
    people = People(REGIMES["wrong"], seed=0)
    truths = ["spam", "ham"] * 60
    found = [people.label(number, "approved", truth) for number, truth in enumerate(truths)]
    assert [answer[0] for answer in found[:50]] == truths[:50]
    later = list(zip(truths[50:], found[50:], strict=True))
    assert [answer for truth, answer in later if answer] == [("ham", "all")] * 6
    assert all(truth == "spam" for truth, answer in later if answer)
    assert found[62:] == [None] * (len(truths) - 62)


def test_chance_is_of_the_seed_and_the_number_alone() -> None:
    def answers(seed: int, numbers: list[int]) -> list[object]:
        people = People(REGIMES["console"], seed)
        return [people.label(number, "approved", "spam") for number in numbers]

    there = list(range(200))
    assert answers(1, there) == answers(1, there[::-1])[::-1]
    assert answers(1, there) != answers(2, there)
