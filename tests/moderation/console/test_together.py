"""Comments decided together: exactly those ticked, as a job with a result and one undo."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from moderation.domain.comments import Comment
from moderation.flow import jobs
from moderation.flow.events import Decided
from moderation.flow.labels import deciding as labels
from moderation.flow.labels.deciding import Word, forget
from moderation.flow.lookup import find
from moderation.flow.review import bulk, deciding
from moderation.flow.runtime import Runtime
from tests.factories import SITE
from tests.moderation.console.conftest import OTHER, Browser


def tick(comment: Comment) -> str:
    return f"{comment.site}/{comment.id}/{comment.etag}"


def send(browser: Browser, comments: list[Comment], label: str = "spam") -> str:
    """Send the form of the queue and return the id of its job."""
    ticked = [tick(comment) for comment in comments]
    answer = browser.post("/console/queue/bulk", {"ticked": ticked, "label": label})
    assert answer.status_code == 303
    found = re.fullmatch(r"/console/queue/bulk/(\w{26})", answer.headers["Location"])
    assert found
    return found.group(1)


def statuses(runtime: Runtime, comments: list[Comment]) -> list[str]:
    return [find(runtime, SITE, comment.id).status for comment in comments]


def test_those_ticked_are_decided_and_no_others_and_one_undo_withdraws_them(
    ann: Browser, hold, runtime: Runtime
) -> None:
    comments = [hold(f"number {n}") for n in range(4)]
    job = send(ann, comments[:3])
    waiting = ann.get(f"/console/queue/bulk/{job}").text
    assert "0 of 3 are done" in waiting and "hx-trigger" in waiting and "number 3" not in waiting
    bulk.work_on(runtime, job)
    assert statuses(runtime, comments) == ["spam", "spam", "spam", "held"]
    page = ann.get(f"/console/queue/bulk/{job}").text
    assert "3 of 3 are spam now" in page and "Undo all 3" in page and 'hx-trigger="load' not in page
    back = ann.post(f"/console/queue/bulk/{job}/undo")
    undoing = back.headers["Location"].rpartition("/")[2]
    bulk.work_on(runtime, undoing)
    assert statuses(runtime, comments) == ["held"] * 4
    assert "3 of 3 decisions are withdrawn" in ann.get(f"/console/queue/bulk/{undoing}").text
    assert ann.post(f"/console/queue/bulk/{job}/undo").status_code == 409, "nothing is left of it"


def test_what_somebody_else_decided_meanwhile_is_left_alone(
    person: Callable[..., Browser], hold, runtime: Runtime
) -> None:
    comments = [hold(f"number {n}") for n in range(3)]
    ann, bob = person("ann"), person("bob")
    job = send(ann, comments)
    bob.decide(comments[1], "ham")
    bulk.work_on(runtime, job)
    assert statuses(runtime, comments) == ["spam", "approved", "spam"]
    page = ann.get(f"/console/queue/bulk/{job}").text
    assert "2 of 3 are spam now" in page and "1 was left alone" in page and "by bob" in page
    later = find(runtime, SITE, comments[0].id)
    deciding.decide(runtime, SITE, later.id, "ham", "bob", "", later.etag)
    back = ann.post(f"/console/queue/bulk/{job}/undo").headers["Location"]
    bulk.work_on(runtime, back.rpartition("/")[2])
    assert statuses(runtime, comments) == ["approved", "approved", "held"]


def test_what_was_decided_and_overruled_at_once_is_said_and_not_undone(
    person: Callable[..., Browser], hold, runtime: Runtime
) -> None:
    comments = [hold(f"number {n}") for n in range(3)]
    ann = person("ann")
    job = send(ann, comments)

    def overrule(decided: Decided) -> None:
        it = decided.comment
        if it == comments[1].id and find(runtime, SITE, it).decisions == 1:
            labels.decide(runtime, SITE, it, "ham", Word("zoe", "console"), None)

    runtime.events.listen(Decided, overrule)
    bulk.work_on(runtime, job)
    assert statuses(runtime, comments) == ["spam", "approved", "spam"]
    page = ann.get(f"/console/queue/bulk/{job}").text
    assert "2 of 3 are spam now" in page and "left alone" not in page
    assert "1 was decided; then somebody else changed it." in page and "by zoe" in page
    back = ann.post(f"/console/queue/bulk/{job}/undo").headers["Location"]
    bulk.work_on(runtime, back.rpartition("/")[2])
    assert statuses(runtime, comments) == ["held", "approved", "held"]


@pytest.mark.parametrize("undone", [False, True])
def test_a_job_that_is_done_twice_has_one_effect(
    ann: Browser, hold, runtime: Runtime, undone: bool
) -> None:
    """As where its process dies before it can say that it is done."""
    comments = [hold(f"number {n}") for n in range(3)]
    job = send(ann, comments)
    bulk.work_on(runtime, job)
    if undone:
        job = ann.post(f"/console/queue/bulk/{job}/undo").headers["Location"].rpartition("/")[2]
        bulk.work_on(runtime, job)
    before = [find(runtime, SITE, comment.id) for comment in comments]
    again = jobs.begin(runtime, bulk.KIND, "ann", SITE, jobs.find(runtime, job).asked)
    note = f"{bulk.NOTE}{job}"
    bulk.work_on(runtime, again.id)
    assert [find(runtime, SITE, comment.id) for comment in comments] == before
    result = jobs.find(runtime, again.id).result
    assert result and len(result["done"]) == 3 and result["left"] == []
    if not undone:
        assert {comment.decision and comment.decision.note for comment in before} == {note}


def test_sites_of_others_too_many_and_nonsense_are_refused(
    person: Callable[..., Browser], hold, runtime: Runtime
) -> None:
    theirs, mine = hold("not hers", site=OTHER), hold("hers")
    ann, eve = person("ann"), person("eve", "viewer")
    bob = person("bob", "moderator", (OTHER,))

    def asked(browser: Browser, ticked: list[str], label: str = "spam") -> int:
        return browser.post("/console/queue/bulk", {"ticked": ticked, "label": label}).status_code

    assert asked(ann, [tick(theirs), tick(mine)]) == 404
    assert asked(ann, []) == asked(ann, [tick(mine)], "undo") == 422
    assert asked(ann, [f"{SITE}/{n}/x" for n in range(bulk.TICKED_AT_MOST + 1)]) == 422
    assert asked(ann, [f"{SITE}/no-id/x"]) in (404, 422)
    assert asked(eve, [tick(mine)]) == 403
    job = send(ann, [mine])
    assert bob.get(f"/console/queue/bulk/{job}").status_code == 404
    assert bob.post(f"/console/queue/bulk/{job}/undo").status_code == 404
    training = jobs.begin(runtime, "training", "ann")
    assert ann.get(f"/console/queue/bulk/{training.id}").status_code == 404
    assert eve.get(f"/console/queue/bulk/{job}").status_code == 200
    assert eve.post(f"/console/queue/bulk/{job}/undo").status_code == 403


def test_what_is_gone_meanwhile_is_said(ann: Browser, hold, runtime: Runtime) -> None:
    comments = [hold("it stays"), hold("it goes")]
    job = send(ann, comments, "ham")
    forget(runtime, SITE, comments[1].id)
    bulk.work_on(runtime, job)
    page = ann.get(f"/console/queue/bulk/{job}").text
    assert "1 of 2 are approved now" in page and "The comment is no longer kept" in page
