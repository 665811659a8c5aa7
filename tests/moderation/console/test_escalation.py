"""Another person is asked to look at a comment, and that is taken back."""

from __future__ import annotations

from collections.abc import Callable

from moderation.flow.lookup import find
from moderation.flow.review import looking
from moderation.flow.runtime import Runtime
from tests.factories import SITE
from tests.moderation.console.conftest import Browser
from tests.moderation.console.test_review import shown


def test_an_escalated_comment_is_for_another_person_until_it_is_decided(
    person: Callable[..., Browser], hold, runtime: Runtime
) -> None:
    comment = hold()
    ann, bob = person("ann"), person("bob")
    path = f"/console/comments/{SITE}/{comment.id}/escalate"
    assert ann.post(path, {"note": "Do we allow this?", "from": "review"}).status_code == 303
    assert shown(ann) == ""
    assert shown(bob) == comment.id
    assert "Escalated by ann" in ann.get("/console/queue?escalated=1").text
    assert looking.counts(runtime, [SITE]) == (1, 1)
    bob.decide(comment, "ham")
    assert looking.counts(runtime, [SITE]) == (0, 0)
    assert ann.post(path).status_code == 422


def test_an_escalation_is_withdrawn_by_who_asked_and_by_nobody_else(
    person: Callable[..., Browser], hold, runtime: Runtime
) -> None:
    comment = hold()
    ann, bob = person("ann"), person("bob")
    path = f"/console/comments/{SITE}/{comment.id}/escalate"
    answer = ann.post(path, {"from": "review"})
    told = ann.get(answer.headers["Location"]).text
    assert f'action="{path}/undo"' in told and "Escalated</span>" in told
    assert bob.post(f"{path}/undo", {"from": "review"}).status_code == 303
    assert looking.counts(runtime, [SITE]) == (1, 1), "it was not his"
    for _ in range(2):  # Sent twice it has one effect.
        assert ann.post(f"{path}/undo", {"from": "review"}).status_code == 303
    assert looking.counts(runtime, [SITE]) == (1, 0)
    loaded_again = ann.get(answer.headers["Location"]).text
    assert 'class="toast"' not in loaded_again.partition("<template")[0], "it holds no more"
    assert shown(ann) == comment.id, "it is hers again"
    root = person("root", "administrator", ())
    # Once in the choice of what to show, once as what ann did.
    assert root.get("/console/audit").text.count("withdrew an escalation</") == 2
    ann.post(path, {"from": "review"})
    bob.decide(comment, "spam")
    assert ann.post(f"{path}/undo").status_code == 412
    assert find(runtime, SITE, comment.id).status == "spam"
