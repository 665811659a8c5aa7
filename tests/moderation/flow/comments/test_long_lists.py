"""A long list is made ready once, and nobody is answered by `fail_mode` for it."""

from __future__ import annotations

from moderation.domain.listed import ENTRIES, Draft, Listed, rewritten
from moderation.flow.comments.checking import check
from moderation.store import sites
from tests.factories import SITE, submission


def test_checks_that_came_together_wait_for_a_long_list_and_are_recorded(runtime, grant):
    """What this process takes to make it ready is not the store's fault."""
    drafts = [Draft("words", f"cheap kiln {n:05} from afar", "hold") for n in range(ENTRIES)]
    long = rewritten(Listed(), drafts, "ann", 1)
    check(runtime, grant, submission("warm up"))
    state = sites.read(runtime.store, SITE)
    assert sites.put_list(runtime.store, SITE, long, state.settings)
    texts = [f"A question on the cheap kiln {n:05} from afar, please" for n in range(8)]
    found = []
    jobs = [
        lambda text=text: found.append(check(runtime, grant, submission(text))) for text in texts
    ]
    runtime.together(iter(jobs))
    assert [one.recorded for one in found] == [True] * 8
    assert {one.comment.verdict.decided_by for one in found} == {"rule"}
