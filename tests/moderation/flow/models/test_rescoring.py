"""What is held is judged anew by the model in use: verdicts before stay, decisions stay."""

from __future__ import annotations

import pytest

from moderation.domain.errors import NotFound
from moderation.domain.sites import SiteSettings
from moderation.domain.verdicts import CONTENT_UNREAD
from moderation.flow import jobs
from moderation.flow.comments import draft
from moderation.flow.comments.checking import check
from moderation.flow.events import Rejudged, Rejudging
from moderation.flow.labels.deciding import decide, undo
from moderation.flow.lookup import find
from moderation.flow.models import offering, promoting, rescoring
from moderation.flow.models.promoting import Why
from moderation.flow.review import looking
from moderation.store import looking as stored_looking
from moderation.store.comments import reading, rejudging
from tests.factories import SITE, put_settings, submission
from tests.moderation.flow.learning import WORD
from tests.moderation.flow.models.made import model_file

HOLD_ALL = SiteSettings(hold=1e-6, reject=0.999999)


def held(runtime, grant, count, start=0):
    """Have so many comments held and return their ids; the site's bands are then as by default."""
    put_settings(runtime.store, SITE, HOLD_ALL)
    ids = [
        check(
            runtime, grant, submission(f"Thanks, example {n} fixed my build."), record=True
        ).comment.id
        for n in range(start, start + count)
    ]
    put_settings(runtime.store, SITE, SiteSettings())
    return ids


def use(runtime, name, **changes):
    offering.offer(runtime, model_file(name, **changes), "ann")
    promoting.promote(runtime, name, Why("ann"), override=True)


def rescored(runtime, site="", here=True):
    job = rescoring.begin(runtime, "ann", site)
    rescoring.work_on(runtime, job.id, here=here)
    return jobs.find(runtime, job.id)


def test_a_held_comment_gets_a_new_verdict_and_keeps_the_one_before(runtime, other, grant):
    first, second = held(runtime, grant, 2)
    before = find(runtime, SITE, first)
    assert before.status == "held"
    use(runtime, "mild", intercept=-30.0)
    done = rescored(runtime)
    assert (done.state, done.kind) == ("succeeded", "rescoring")
    assert done.result == {
        "changed": 2, "same": 0, "left": 0, "approved": 2, "held": 0, "spam": 0,
    }  # fmt: skip
    for one in (first, second):
        comment = find(other, SITE, one)
        assert (comment.status, comment.verdict.status) == ("approved", "approved")
        assert comment.verdict.model == "mild+0"
        (earlier,) = comment.verdict.earlier
        assert (earlier.status, earlier.model) == ("held", f"{runtime.shipped.name}+0")
    assert find(runtime, SITE, first).verdict.earlier == (before.verdict,)
    assert reading.page(runtime.store, SITE, "held", b"", b"", newest=True, n=9) == []
    assert len(reading.page(runtime.store, SITE, "approved", b"", b"", newest=True, n=9)) == 2


def test_once_more_changes_nothing(runtime, grant):
    ids = held(runtime, grant, 2)
    put_settings(runtime.store, SITE, HOLD_ALL)
    assert rescored(runtime).result["held"] == 2
    after = [find(runtime, SITE, one) for one in ids]
    assert rescored(runtime).result == {
        "changed": 0, "same": 2, "left": 0, "approved": 0, "held": 0, "spam": 0,
    }  # fmt: skip
    assert [find(runtime, SITE, one) for one in ids] == after


def test_what_people_said_and_what_they_must_see_is_left(runtime, grant, monkeypatch):
    decided, undone, asked, unread = held(runtime, grant, 4)
    decide(runtime, SITE, decided, "ham", WORD, None)
    decide(runtime, SITE, undone, "ham", WORD, None)
    undo(runtime, SITE, undone, WORD, None)
    looking.escalate(runtime, SITE, asked, "ann")
    monkeypatch.setattr(draft, "score_all", lambda *_: (_ for _ in ()).throw(ZeroDivisionError))
    failed = check(runtime, grant, submission("Cannot be scored"), record=True).comment
    monkeypatch.undo()
    assert failed.status == "held" and failed.verdict.score is None
    use(runtime, "mild", intercept=-30.0)
    found = rescored(runtime).result
    assert (found["changed"], found["approved"], found["left"]) == (2, 2, 2)
    assert find(runtime, SITE, decided).verdict.model == f"{runtime.shipped.name}+0"
    assert find(runtime, SITE, undone).status == "approved"
    assert find(runtime, SITE, asked).status == find(runtime, SITE, failed.id).status == "held"
    assert find(runtime, SITE, unread).status == "approved"


def test_what_was_not_read_stays_held_whatever_the_model_says(runtime, grant):
    put_settings(runtime.store, SITE, HOLD_ALL)
    sent = submission("Read in part")
    one = check(runtime, grant, sent, record=True, missed=CONTENT_UNREAD).comment.id
    put_settings(runtime.store, SITE, SiteSettings())
    use(runtime, "mild", intercept=-30.0)
    rescored(runtime)
    comment = find(runtime, SITE, one)
    assert (comment.status, comment.verdict.decided_by) == ("held", "rule")
    assert comment.verdict.reasons[0][0] == CONTENT_UNREAD
    assert comment.verdict.model == "mild+0"


def test_who_must_tell_hears_of_those_that_moved_before_and_after(runtime, grant):
    ids = held(runtime, grant, 3)
    use(runtime, "mild", intercept=-30.0)
    heard = []
    for kind in (Rejudging, Rejudged):
        runtime.events.listen(
            kind,
            lambda e: heard.append((type(e), e.comment, find(runtime, SITE, e.comment).status)),
        )
    rescored(runtime)
    assert heard == [
        *((Rejudging, one, "held") for one in ids), *((Rejudged, one, "approved") for one in ids),
    ]  # fmt: skip


def test_one_that_was_decided_while_it_was_judged_keeps_the_decision(runtime, other, grant):
    (one,) = held(runtime, grant, 1)
    use(runtime, "mild", intercept=-30.0)
    runtime.events.listen(Rejudging, lambda e: decide(other, SITE, e.comment, "spam", WORD, None))
    assert rescored(runtime).result["left"] == 1
    comment = find(runtime, SITE, one)
    assert (comment.status, comment.decision.label) == ("spam", "spam")
    assert comment.verdict.earlier == ()


def test_a_verdict_whose_answer_was_lost_is_not_written_twice(runtime, grant, monkeypatch):
    (one,) = held(runtime, grant, 1)
    put_settings(runtime.store, SITE, HOLD_ALL)  # Judged anew, it is held as before.
    real, answers = rejudging.rejudge, []

    def twice(*given):
        answers.extend((real(*given), real(*given)))
        return answers[0]

    monkeypatch.setattr(rejudging, "rejudge", twice)
    assert rescored(runtime).result["held"] == 1
    assert answers == [[True], [False]]
    assert len(find(runtime, SITE, one).verdict.earlier) == 1


def test_a_worker_gives_way_and_goes_on_where_it_was(runtime, grant, monkeypatch):
    monkeypatch.setattr(rescoring.accepting, "AT_ONCE", 2)
    monkeypatch.setattr(rescoring, "A_TURN_SECONDS", 0.0)
    held(runtime, grant, 5)
    use(runtime, "mild", intercept=-30.0)
    job = rescoring.begin(runtime, "ann")
    assert rescoring.begin(runtime, "bob").id == job.id
    turns = 0
    while not jobs.find(runtime, job.id).is_over:
        rescoring.work_on(runtime, job.id)
        turns += 1
    assert turns == 4
    done = jobs.find(runtime, job.id)
    assert (done.result["changed"], done.result["left"], done.result["same"]) == (5, 0, 0)


def test_one_that_was_killed_is_taken_up_again_and_judges_nothing_twice(
    runtime, grant, monkeypatch
):
    monkeypatch.setattr(rescoring.accepting, "AT_ONCE", 2)
    ids = held(runtime, grant, 6)
    use(runtime, "mild", intercept=-30.0)
    job = rescoring.begin(runtime, "ann")
    seen = []
    runtime.events.listen(Rejudged, lambda e: seen.append(e.comment) or _cut_off(seen))
    with pytest.raises(KeyboardInterrupt):
        rescoring.work_on(runtime, job.id, here=True)
    runtime.events.listen(Rejudged, lambda e: None)
    seen.extend(["", "", "", ""])
    assert jobs.find(runtime, job.id).state == "cancelled"  # Ctrl-C is a wish.
    rescored(runtime)
    for one in ids:
        comment = find(runtime, SITE, one)
        assert (comment.status, len(comment.verdict.earlier)) == ("approved", 1)


def _cut_off(seen):
    if len(seen) == 3:
        raise KeyboardInterrupt


def test_the_first_verdict_and_the_newest_are_kept(runtime, grant):
    (one,) = held(runtime, grant, 1)
    put_settings(runtime.store, SITE, HOLD_ALL)
    first = find(runtime, SITE, one).verdict
    for _ in range(rescoring.EARLIER_KEPT + 3):
        put_settings(runtime.store, SITE, HOLD_ALL)  # Each is a revision of its own.
        assert rescored(runtime).result["held"] == 1
    verdict = find(runtime, SITE, one).verdict
    assert len(verdict.earlier) == rescoring.EARLIER_KEPT
    assert verdict.earlier[0] == first
    policies = [v.policy for v in (*verdict.earlier[1:], verdict)]
    assert policies == list(range(policies[0], policies[0] + len(policies)))


def test_one_site_alone_and_none_that_is_not_there(runtime, grant):
    held(runtime, grant, 1)
    use(runtime, "mild", intercept=-30.0)
    with pytest.raises(NotFound):
        rescoring.begin(runtime, "ann", "no.example")
    done = rescored(runtime, SITE)
    assert (done.site, done.result["approved"]) == (SITE, 1)


def test_a_comment_that_was_escalated_is_none_of_the_machines(runtime, grant):
    (one,) = held(runtime, grant, 1)
    looking.escalate(runtime, SITE, one, "ann")
    use(runtime, "mild", intercept=-30.0)
    rescored(runtime)
    assert stored_looking.count_held(runtime.store, [SITE]) == (1, 1)
