"""What cannot be read costs no erasure the rest of its work, or of its report."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from moderation.domain.jobs import Job
from moderation.domain.listed import Draft
from moderation.flow import jobs
from moderation.flow.comments.checking import check
from moderation.flow.labels import deciding
from moderation.flow.privacy import access, erasing
from moderation.flow.privacy.person import asked_for
from moderation.flow.runtime import Runtime
from moderation.flow.sites import choosing
from moderation.store import codec, keys, people, sites
from tests.factories import SITE
from tests.moderation.flow.models.taught import grant_of
from tests.moderation.flow.privacy.lived import (
    BY,
    EMAIL,
    OTHER_SITE,
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
