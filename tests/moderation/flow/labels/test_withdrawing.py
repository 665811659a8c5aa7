"""What one person, key or import taught goes together, and nothing else does."""

from __future__ import annotations

import pytest

from moderation.domain.errors import InvalidInput, NotFound
from moderation.flow import jobs
from moderation.flow.labels import withdrawing
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.labels.withdrawing import Asked
from moderation.flow.lookup import find
from moderation.flow.runtime import now_ms
from moderation.store import sites
from tests.factories import SITE
from tests.moderation.flow.learning import anew, score
from tests.moderation.flow.models.taught import teach_site
from tests.processes import until

OTHER = "two.example"


def withdraw(runtime, asked):
    """Withdraw as a worker does, and return what came of it."""
    job = withdrawing.begin(runtime, "token:admin", asked)
    withdrawing.work_on(runtime, job.id)
    return jobs.find(runtime, job.id)


def test_without_what_somebody_taught_the_site_judges_as_if_he_never_had(
    runtime, grant, settings, bearer
):
    teach_site(runtime, SITE, 20)
    before = score(runtime, grant)
    teach_site(runtime, SITE, 30, start=20, wrong=True, by="eve")
    assert score(runtime, grant).score != before.score
    done = withdraw(runtime, Asked("eve"))
    assert (done.state, done.result) == ("succeeded", {"withdrawn": 30, "left": 0})
    assert score(runtime, grant).score == before.score
    assert anew(settings, bearer).score == before.score


def test_a_preview_says_what_would_go_and_changes_nothing(runtime, grant):
    teach_site(runtime, SITE, 6)
    ids = teach_site(runtime, SITE, 10, start=6, by="eve")
    teach_site(runtime, OTHER, 5, by="eve")
    before = score(runtime, grant)
    found = withdrawing.preview(runtime, Asked("eve"))
    assert (found.labels, found.ham, found.spam) == (15, 8, 7)
    assert found.sites == {SITE: 10, OTHER: 5}
    assert found.comments[:10] == ids[::-1]
    assert withdrawing.preview(runtime, Asked("eve", site=OTHER)).labels == 5
    assert score(runtime, grant) == before


def test_of_another_site_and_of_before_nothing_goes(runtime):
    early = teach_site(runtime, SITE, 4, by="eve")
    since = now_ms() + 1
    until(lambda: now_ms() > since)  # The labels name times of long ago; written they are now.
    late = teach_site(runtime, SITE, 4, start=4, by="eve")
    elsewhere = teach_site(runtime, OTHER, 4, by="eve")
    done = withdraw(runtime, Asked("eve", since, SITE))
    assert done.result == {"withdrawn": 4, "left": 0}
    kept = [find(runtime, SITE, one).decision for one in early]
    kept += [find(runtime, OTHER, one).decision for one in elsewhere]
    assert all(decision.by == "eve" for decision in kept)
    assert not any(find(runtime, SITE, one).decision for one in late)


def test_the_word_before_holds_again_and_an_earlier_one_of_the_same_goes_too(runtime):
    (ham, spam) = teach_site(runtime, SITE, 2)
    (own,) = teach_site(runtime, SITE, 1, start=2, by="eve")
    decide(runtime, SITE, ham, "spam", Word("eve", "api"), None)
    decide(runtime, SITE, own, "spam", Word("eve", "api"), None)
    assert withdraw(runtime, Asked("eve")).result == {"withdrawn": 3, "left": 0}
    assert find(runtime, SITE, ham).decision.by == "ann"
    assert find(runtime, SITE, ham).status == "approved"
    assert find(runtime, SITE, spam).decision.by == "ann"
    assert find(runtime, SITE, own).decision is None


def test_who_took_over_what_he_said_keeps_it(runtime):
    (comment,) = teach_site(runtime, SITE, 1, by="eve")
    decide(runtime, SITE, comment, "spam", Word("ann", "api"), None)
    assert withdraw(runtime, Asked("eve")).result == {"withdrawn": 0, "left": 0}
    assert find(runtime, SITE, comment).decision.by == "ann"


def test_a_withdrawal_that_was_cut_off_goes_on_with_what_still_holds(runtime, monkeypatch):
    teach_site(runtime, SITE, 12, by="eve")
    job = withdrawing.begin(runtime, "token:admin", Asked("eve"))
    whole, calls = withdrawing.undo, []

    def cut_off(*given):
        calls.append(given)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return whole(*given)

    monkeypatch.setattr(withdrawing, "undo", cut_off)
    with pytest.raises(KeyboardInterrupt):
        withdrawing.work_on(runtime, job.id)
    monkeypatch.setattr(withdrawing, "undo", whole)
    assert withdraw(runtime, Asked("eve")).result == {"withdrawn": 7, "left": 0}
    # Each withdrawal is one entry: none was written twice.
    assert sites.read(runtime.store, SITE).labels == 24


def test_what_names_nobody_or_no_site_is_refused(runtime):
    with pytest.raises(InvalidInput):
        withdrawing.begin(runtime, "ann", Asked(""))
    with pytest.raises(NotFound):
        withdrawing.begin(runtime, "ann", Asked("eve", site="no.example"))


def test_what_was_written_after_the_time_until_which_it_goes_stays(runtime):
    early = teach_site(runtime, SITE, 4, by="eve")
    until_ms = now_ms() + 1
    until(lambda: now_ms() > until_ms)
    late = teach_site(runtime, SITE, 3, start=4, by="eve")
    asked = Asked("eve", until_ms=until_ms)
    assert withdrawing.preview(runtime, asked).labels == 4
    assert withdraw(runtime, asked).result == {"withdrawn": 4, "left": 0}
    assert not any(find(runtime, SITE, one).decision for one in early)
    assert all(find(runtime, SITE, one).decision.by == "eve" for one in late)
    with pytest.raises(InvalidInput):
        withdrawing.begin(runtime, "ann", Asked("eve", since_ms=2, until_ms=2))
