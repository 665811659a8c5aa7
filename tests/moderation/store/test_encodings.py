"""The number of the layout rises with every change of what is written."""

from __future__ import annotations

import pytest

from moderation.store import schema
from tests.moderation.store import encodings

RECORD = "python -m tests.moderation.store.encodings"


def test_what_is_stored_is_encoded_as_it_was_recorded_for_this_layout() -> None:
    before, now = encodings.recorded(), encodings.every()
    changed = encodings.needs_a_new_layout(before["encodings"], now)
    assert changed == [] or before["layout"] != schema.VERSION, (
        "a version of before would read a store of this layout wrongly, or this one a store of "
        "before: raise moderation.store.schema.VERSION, add a step to migrations.STEPS, then "
        f"{RECORD}"
    )
    assert before["layout"] == schema.VERSION, RECORD
    unrecorded = now.keys() - before["encodings"].keys()
    # A new key is guarded from when it is recorded, with the next change of what it holds.
    assert {name for name in unrecorded if not name.startswith("key ")} == set(), RECORD


@pytest.mark.parametrize(
    "name, now, is_wrong",
    [
        ("json Process", '{"kind":"beat","more":1}', False),
        ("json Process", '{"kind":"b"}', True),
        ("json Process", "{}", True),
        ("json SiteSettings", '{"kind":"beat","more":1}', True),
        ("task workers.sweep", "winnow.sweep (lane)", True),
        ("task workers.new", "winnow.sweep ()", False),
    ],
)
def test_what_is_said_anew_may_say_more_and_a_task_stays_as_it_is(
    name: str, now: str, is_wrong: bool
) -> None:
    before = {
        "json Process": '{"kind":"beat"}',
        "json SiteSettings": '{"kind":"beat"}',
        "task workers.sweep": "winnow.sweep ()",
    }
    assert encodings.needs_a_new_layout(before, {**before, name: now}) == [name] * is_wrong


@pytest.mark.parametrize(
    "name, value",
    [
        ("msgpack Submission", "8d"),
        ("script COMMENT_FORMAT", ">BBBB"),
        ("format moderation.store.codec._COMMENT", ">BBBBIHIIHHQ9s"),
        ("verdict reason wording", "97"),
        ("verdict reason something_new", "97"),
        ("key comment", "{11}:site:blog.example:c:"),
        ("json SiteSettings", "{}"),
        ("task workers.score_inbox", "winnow.score (lane, site)"),
        ("task queue", "True {}"),
    ],
)
def test_a_change_is_not_recorded_under_the_same_number(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {**encodings.every(), name: value}
    monkeypatch.setattr(encodings, "every", lambda: found)
    before = encodings.RECORDED.read_bytes()
    with pytest.raises(SystemExit, match=name):
        encodings.main()
    assert encodings.RECORDED.read_bytes() == before


def test_every_kind_of_encoding_is_found() -> None:
    kinds = {name.partition(" ")[0] for name in encodings.every()}
    assert kinds >= {
        "msgpack",
        "json",
        "format",
        "script",
        "verdict",
        "comment",
        "entry",
        "key",
        "task",
    }
