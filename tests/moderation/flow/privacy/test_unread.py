"""What cannot be read costs no erasure the rest of its work, or of its report."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from moderation.domain.comments import Submission
from moderation.domain.jobs import Job
from moderation.domain.listed import Draft
from moderation.flow import jobs
from moderation.flow.comments.checking import check
from moderation.flow.labels import deciding
from moderation.flow.labels.deciding import Word
from moderation.flow.privacy import access, erasing
from moderation.flow.privacy.person import asked_for
from moderation.flow.runtime import Runtime
from moderation.flow.sites import choosing
from moderation.store import codec, keys, labels, people, sites
from moderation.store.comments import deletions, reading
from tests.factories import SITE, contents
from tests.moderation.flow.models.taught import grant_of
from tests.moderation.flow.privacy.lived import (
    BY,
    EMAIL,
    OTHER_SITE,
    PERSON,
    WORD,
    begin,
    erase,
    left,
    others,
    teach,
    theirs,
    write,
)

Break = Callable[[Runtime], str]


def of_a_comment(runtime: Runtime) -> str:
    made = check(runtime, grant_of(runtime, SITE), others(7000)).comment
    key = keys.of_site(SITE).comment.encode() + codec.id_bytes(made.id)
    runtime.store.redis.setrange(key, 38, b"\xc1" * 40)
    return f"{SITE} comment {made.id}"


def all_of_a_comment(runtime: Runtime) -> str:
    named = of_a_comment(runtime)
    raw = codec.id_bytes(named.rpartition(" ")[2])
    runtime.store.redis.set(keys.of_site(SITE).comment.encode() + raw, b"[")
    return named


def a_list(runtime: Runtime) -> str:
    runtime.store.redis.set(keys.of_site(SITE).listed, b"[")
    return f"{SITE} list"


def a_list_elsewhere(runtime: Runtime) -> str:
    runtime.store.redis.set(keys.of_site(OTHER_SITE).listed, b'{"entries":[{"number":"x"}]}')
    return f"{OTHER_SITE} list"


def an_act(runtime: Runtime) -> str:
    runtime.store.redis.xadd(keys.AUDIT, {"e": b"{"})
    (name, _), *_ = people.acts(runtime.store, "", 1, [])
    return f"entry of the audit log {name}"


def erased_but(runtime: Runtime) -> Job:
    job = begin(runtime, email=EMAIL)
    erasing.work_on(runtime, job.id, here=True)
    return jobs.find(runtime, job.id)


@pytest.mark.parametrize(
    "broken", [of_a_comment, all_of_a_comment, a_list, a_list_elsewhere, an_act]
)
def test_the_report_is_whole_and_says_what_could_not_be_read(both: Runtime, broken: Break) -> None:
    write(both, SITE, [theirs(n) for n in range(5)])
    teach(both, SITE, [theirs(n) for n in range(5, 8)])
    named = broken(both)
    done = erased_but(both)
    assert done.state == "failed" and named in done.error, done.error
    assert done.result is not None
    assert (done.result["comments"], done.result["labels"], done.result["left"]) == (8, 3, 0)
    assert (done.result["missed"], done.result["unread"]) == (1, [named])
    assert done.result["append_only_file"] and done.result["sites"] == [SITE]
    assert left(both) == []


@pytest.mark.parametrize("data", [b"[", b"\x01" * 40])
def test_a_label_that_cannot_be_read_leaves_the_learner_to_be_made_anew(
    both: Runtime, data: bytes
) -> None:
    write(both, SITE, [theirs(n) for n in range(5)])
    teach(both, SITE, [theirs(5), others(6), theirs(7)])
    broken = f"{keys.of_site(SITE).label}{sites.read(both.store, SITE).labels - 1}"
    kept = both.store.redis.get(broken)
    both.store.redis.set(broken, data)
    done = erased_but(both)
    assert done.state == "failed" and done.result is not None
    assert (done.result["comments"], done.result["labels"]) == (7, 2)
    assert f"{SITE} label 2" in done.result["unread"]
    assert left(both) == []
    both.store.redis.set(broken, kept)
    again = erase(both, email=EMAIL)
    assert again.result is not None and again.result["unread"] == []


def test_their_own_comment_goes_by_its_label_though_it_cannot_be_read(both: Runtime) -> None:
    ids = teach(both, SITE, [theirs(1), theirs(2)])
    key = keys.of_site(SITE).comment.encode() + codec.id_bytes(ids[0])
    both.store.redis.set(key, b"[" + WORD.encode())
    job = erase(both, email=EMAIL)
    assert job.result is not None
    assert (job.result["comments"], job.result["labels"], job.result["unread"]) == (2, 2, [])
    assert left(both) == []


def test_who_looks_is_told_of_it_too_and_it_can_be_deleted_by_its_id(both: Runtime) -> None:
    write(both, SITE, [theirs(1)])
    choosing.put_list(both.store, SITE, [Draft("email", EMAIL, "spam")], BY, None)
    comment = all_of_a_comment(both).rpartition(" ")[2]
    a_list_elsewhere(both)
    held = access.page(both, asked_for(both, email=EMAIL)).held
    unread = [(one.what, one.id) for one in held if isinstance(one, access.HeldUnread)]
    assert sorted(unread) == [("comment", comment), ("list", "")]
    assert sum(isinstance(one, access.HeldComment) for one in held) == 1
    deciding.forget(both, SITE, comment)
    both.store.redis.delete(keys.of_site(OTHER_SITE).listed)
    again = access.page(both, asked_for(both, email=EMAIL)).held
    assert not any(isinstance(one, access.HeldUnread) for one in again)


def junk(runtime: Runtime, comment: str, data: bytes) -> None:
    runtime.store.redis.set(keys.of_site(SITE).comment.encode() + codec.id_bytes(comment), data)


def sent_again(runtime: Runtime, times: int) -> str:
    """Return a comment of which there are so many older revisions."""
    for number in range(times + 1):
        text = f"The {WORD} was sold {number} times"
        sent = Submission(content=text, author=PERSON, external_id="again")
        made = check(runtime, grant_of(runtime, SITE), sent).comment
    assert made.revision == times + 1
    return made.id


@pytest.mark.parametrize("times", [0, 3, 130])
@pytest.mark.parametrize("is_labelled", [False, True])
@pytest.mark.parametrize("data", [b"[", b"f" * 80])
def test_what_is_left_of_one_that_cannot_be_read_goes_in_a_few_calls(
    both: Runtime, monkeypatch: pytest.MonkeyPatch, data: bytes, is_labelled: bool, times: int
) -> None:
    comment = sent_again(both, times)
    if is_labelled:
        deciding.decide(both, SITE, comment, "spam", Word("ann", "api"), None)
    junk(both, comment, data)
    if times > 3:  # The oldest went first, as they do.
        name = keys.of_site(SITE).comment.encode() + codec.id_bytes(comment)
        both.store.redis.delete(*(b"%s:%d" % (name, number) for number in range(1, 50)))
    run, calls = both.store.run, list[str]()

    def counted(name: str, names: Any, args: Any) -> Any:
        calls.append(name)
        assert calls.count("forget") < 5
        return run(name, names, args)

    monkeypatch.setattr(both.store, "run", counted)
    deciding.forget(both, SITE, comment)
    raw = codec.id_bytes(comment)
    assert [key for key, _ in contents(both.store) if raw in key] == []
    assert left(both) == []
    if times:
        assert reading.find_externals(both.store, SITE, ["again"]) == [None]
    assert deletions.unfinished(both.store, SITE) == []


def spoil_row(runtime: Runtime, number: int) -> None:
    """Make a label's row unreadable, and nothing else of it."""
    (entry,) = labels.some(runtime.store, SITE, [number])
    assert entry.example is not None
    key, row = f"{keys.of_site(SITE).label}{number}", entry.example.row
    data = runtime.store.redis.get(key)
    assert row in data
    runtime.store.redis.set(key, data.replace(row, b"\xc1" * len(row)))


def test_a_label_whose_row_cannot_be_read_is_named(both: Runtime) -> None:
    ids = teach(both, SITE, [theirs(1), others(2), theirs(3), others(4)])
    spoil_row(both, 2)
    spoil_row(both, 3)
    held = access.page(both, asked_for(both, email=EMAIL)).held
    assert {one.id for one in held if isinstance(one, access.HeldComment)} == {ids[0], ids[2]}
    assert [one.id for one in held if isinstance(one, access.HeldLabel)] == [ids[0]]
    unread = [(one.what, one.id) for one in held if isinstance(one, access.HeldUnread)]
    assert sorted(unread) == [("label", "2"), ("label", "3")]
    done = erased_but(both)
    assert done.state == "failed" and done.result is not None
    assert (done.result["comments"], done.result["labels"]) == (2, 2)
    assert f"{SITE} label 2" in done.result["unread"]
    assert left(both) == []


@pytest.mark.parametrize(
    ("where", "name", "stage"),
    [
        (erasing.rebuilding, "rebuild", 1),
        (erasing.compacting, "compact", 1),
        (erasing.withdrawing, "withdraw", 2),
        (erasing.withdrawing, "replace", 2),
    ],
)
def test_a_fault_of_ones_own_is_not_taken_for_what_cannot_be_read(
    both: Runtime, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, stage: int
) -> None:
    teach(both, SITE, [theirs(1), others(2)])
    job = begin(both, email=EMAIL)

    def breaks(*_: object, **__: object) -> None:
        raise KeyError("a fault")

    monkeypatch.setattr(where, name, breaks)
    with suppress(KeyError):
        erasing.work_on(both, job.id, here=True)
    done = jobs.find(both, job.id)
    assert done.asked["stage"] == stage
    assert "cannot be read" not in (done.error or "")


def test_a_model_that_cannot_be_read_is_named(both: Runtime) -> None:
    teach(both, SITE, [theirs(1), others(2)])
    both.store.redis.hset(keys.MODELS, "broken", b"[")
    done = erased_but(both)
    assert done.state == "failed" and done.result is not None
    assert done.result["unread"] == ["models"]
    assert left(both) == []
