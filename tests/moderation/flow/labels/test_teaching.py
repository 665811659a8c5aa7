"""Labels for what people judged elsewhere: each stands for the text that it was given to."""

from __future__ import annotations

from moderation.flow.comments.checking import check
from moderation.flow.labels.deciding import Word
from moderation.flow.labels.teaching import Lesson, teach, teach_many
from moderation.flow.rows import training_row
from moderation.store import labels
from tests.factories import SITE, submission

WORD = Word("ann", "api")


def learned(runtime):
    """Return what each entry of the label log says of its example: comment, revision, text."""
    found = labels.entries(runtime.store, SITE, 0, 20)
    return [
        (e.example.comment, e.example.revision, training_row(e.example.row).text)
        for e in found
        if e.example is not None
    ]


def test_a_label_names_the_revision_that_it_makes_or_finds(runtime, grant):
    first = check(runtime, grant, submission("one", external_id="7")).comment
    teach(runtime, grant, submission("two", external_id="7"), "spam", WORD)
    teach(runtime, grant, submission("two", external_id="7"), "ham", WORD)
    assert learned(runtime) == [(first.id, 2, "two"), (first.id, 2, "two")]


def test_labels_of_one_comment_in_one_call_name_it_and_its_revisions(runtime, grant):
    lessons = [
        Lesson(submission(text, external_id=external), label)
        for text, external, label in (
            ("one", "7", "spam"), ("other", "", "ham"), ("two", "7", "spam"), ("two", "7", "ham"),
        )
    ]  # fmt: skip
    ids = teach_many(runtime, grant, lessons, WORD)
    assert ids[0] == ids[2] == ids[3] != ids[1]
    assert learned(runtime) == [
        (ids[0], 1, "one"), (ids[1], 1, "other"), (ids[2], 2, "two"), (ids[3], 2, "two"),
    ]  # fmt: skip
