"""Nearly exact repeats follow the decision on what they repeat, and nothing else does."""

from __future__ import annotations

import pytest

from classifier import Learner, Model, ModelError, Row, explain
from classifier.evaluation.repeats import label_of_repeat
from classifier.learner import LAYOUT
from classifier.repeats import NEWEST
from tests.classifier.factories import PILLS, some_rows

MODEL = Model.load()
LABELLED = some_rows(NEWEST, seed=11)
TEXT = "Order 20 cheap pills today without any prescription and have them tomorrow"
NEAR = {
    "replaced": "Order 20 cheap pills today without any question and have them tomorrow",
    "replaced first": "Buy 20 cheap pills today without any prescription and have them tomorrow",
    "added": "Order 20 cheap blue pills today without any prescription and have them tomorrow",
    "dropped": "Order 20 cheap pills today without any prescription and have tomorrow",
    "named": "Jonathan, order 20 cheap pills today without any prescription and have them tomorrow",
    "numbered": "Order 75 cheap pills today without any prescription and have them tomorrow",
    "turned": "Today without any prescription: cheap pills! Have 20 tomorrow and order them",
}


def against(count: int = 120) -> Learner:
    """Return the learner of a site that has called everything of the kind spam."""
    learner = Learner(MODEL)
    for number in range(count):
        learner.learn(Row(text=f"Cheap pills {number}, no prescription {number}, order"), "spam")
        learner.learn(*LABELLED[number])
    return learner


def followed(learner: Learner, row: Row) -> str | None:
    return label_of_repeat(learner, MODEL.features([row]))


@pytest.mark.parametrize("kind", NEAR)
def test_a_near_repeat_follows_one_decision_against_everything_taught_before(kind: str) -> None:
    learner = against()
    near = Row(text=NEAR[kind], author="Someone Else")
    before = MODEL.score([near], learner).probability[0]
    assert before >= learner.bands.hold
    assert followed(learner, near) is None
    learner.learn(Row(text=TEXT, author="Ann"), "ham")
    assert followed(learner, near) == "ham"
    assert MODEL.score([near], learner).probability[0] < learner.bands.hold


def test_what_a_near_repeat_adds_is_told_and_is_all_that_the_explanation_gains() -> None:
    learner = against()
    learner.learn(Row(text=TEXT), "ham")
    for number in range(40):
        text = (
            f"Order {number} cheap pills today without any question {number} and tomorrow {number}"
        )
        learner.learn(Row(text=text), "spam")
        learner.learn(*LABELLED[200 + number])
    near = Row(text=NEAR["dropped"])
    shift = MODEL.score([near], learner).shifts[0]
    told = explain(MODEL, near, learner)
    assert shift < -0.1
    assert dict(told.signals)["repeat"] == shift
    assert told.bias == pytest.approx(explain(MODEL, Row(), learner).bias, abs=1e-6)


def test_spam_with_another_link_or_another_pitch_is_the_same_spam() -> None:
    learner = Learner(MODEL)
    text = "Find the slides of my talk about baking sourdough bread at {}"
    learner.learn(Row(text=text.format("https://a.example/p")), "spam")
    for near in (text.format("https://b.example/q"), text.format("http://c.example/") + " or here"):
        assert followed(learner, Row(text=near)) == "spam"
        assert MODEL.score([Row(text=near)], learner).probability[0] >= learner.bands.reject


@pytest.mark.parametrize(
    "copied",
    [
        Row(text="Find the slides of my talk on sourdough bread at https://b.example/q today"),
        Row(text="Find the slides of my talk on sourdough bread at https://a.example/p today",
            url="https://pills.example/"),
        Row(text="Find the slides of my talk on sourdough bread at https://a.example/p today, "
            "loans by telegram @quick"),
        Row(text="Find the slides of my loans by telegram @quick at https://a.example/p today"),
    ],
)  # fmt: skip
def test_a_copier_of_an_approved_comment_is_not_waved_through(copied: Row) -> None:
    learner = Learner(MODEL)
    text = "Find the slides of my talk on sourdough bread at https://a.example/p today"
    learner.learn(Row(text=text), "ham")
    assert followed(learner, copied) is None
    assert followed(learner, Row(text=text.replace("today", "tonight"))) == "ham"


def test_a_pitch_behind_more_words_than_are_looked_at_is_not_waved_through() -> None:
    learner = Learner(MODEL)
    longest = " ".join(f"bread{number}" for number in range(900))
    learner.learn(Row(text=longest), "ham")
    learner.learn(Row(text=f"{longest} pills"), "spam")
    assert followed(learner, Row(text=f"{longest} write to cashking on telegram")) == "spam"
    learner.learn(Row(text=longest), "ham")
    assert followed(learner, Row(text=f"{longest} write to cashking on telegram")) is None


def test_a_pitch_hidden_in_a_long_approved_comment_is_not_waved_through() -> None:
    learner = Learner(MODEL)
    long = " ".join(f"word{i} about bread{i}" for i in range(120))
    learner.learn(Row(text=long), "ham")
    assert followed(learner, Row(text=f"{long} truly")) == "ham"
    assert followed(learner, Row(text=f"{long} write to cashking on telegram")) is None


@pytest.mark.parametrize(
    "text",
    [
        "Order 20 cheap pills",
        "Order cheap pills, nobody ever asks whether your doctor knows about them",
        "Does anybody know whether they deliver without any prescription and have them in stock",
    ],
)
def test_what_merely_resembles_a_decided_comment_is_no_repeat(text: str) -> None:
    learner = Learner(MODEL)
    learner.learn(Row(text=TEXT), "ham")
    assert followed(learner, Row(text=text)) is None


def test_of_few_words_only_the_exact_repeat_counts() -> None:
    learner = against()
    learner.learn(Row(text="cheap pills without prescription"), "ham")
    assert followed(learner, Row(text="Cheap pills, without prescription!")) == "ham"
    assert followed(learner, Row(text="cheap pills without questions")) is None


def test_praise_decided_with_an_address_says_nothing_of_praise_without_one() -> None:
    learner = Learner(MODEL)
    praise = "What a great article, thank you so much for sharing this with all of us"
    learner.learn(Row(text=praise, author="Ann", url="https://pills.example/"), "spam")
    near = praise.replace("great", "nice")
    assert followed(learner, Row(text=near, url="https://pills.example/buy")) == "spam"
    assert followed(learner, Row(text=near)) is None


def test_the_closest_decision_is_followed_and_of_equals_the_newest() -> None:
    learner = against()
    closest = Row(text=NEAR["replaced"])
    learner.learn(closest, "ham")
    learner.learn(Row(text=TEXT), "spam")
    near = Row(text=NEAR["replaced"] + " morning")
    assert MODEL.score([near], learner).probability[0] < learner.bands.hold
    learner.learn(Row(text=NEAR["replaced"] + " evening"), "spam")
    assert MODEL.score([near], learner).probability[0] >= learner.bands.reject
    learner.learn(Row(text=NEAR["replaced"] + " at noon"), "ham")
    assert MODEL.score([near], learner).probability[0] < learner.bands.hold


def test_a_near_repeat_is_known_among_the_newest_decisions() -> None:
    learner = Learner(MODEL)
    learner.learn(PILLS, "ham")
    near = Row(text=PILLS.text.replace("cheap", "real"), url=PILLS.url)
    for row, _ in LABELLED[: NEWEST - 1]:
        learner.learn(row, "spam")
    assert followed(learner, near) == "ham"
    learner.learn(*LABELLED[-1])
    assert followed(learner, near) is None
    assert followed(learner, PILLS) == "ham"


def test_a_near_repeat_scores_the_same_alone_and_in_a_batch() -> None:
    learner = against()
    learner.learn(Row(text=TEXT), "ham")
    rows = [*(Row(text=text) for text in NEAR.values()), *(row for row, _ in LABELLED[:50])]
    together = MODEL.score(rows[::-1], learner).logit.tolist()[::-1]
    assert together == [MODEL.score([row], learner).logit[0] for row in rows]


def test_a_checkpoint_of_another_layout_is_refused() -> None:
    blob = against(5).to_bytes()
    with pytest.raises(ModelError, match="laid out by another version"):
        Learner.from_bytes(blob.replace(b'"layout":%d' % LAYOUT, b'"layout":1', 1), MODEL)
