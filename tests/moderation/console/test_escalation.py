"""Another person is asked to look at a comment, and that is taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from moderation.domain.people import Escalation
from moderation.flow.lookup import find, raw_id
from moderation.flow.review import looking
from moderation.flow.runtime import Runtime
from moderation.store import looking as stored
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
    refused = bob.post(f"{path}/undo", {"from": "review", "etag": comment.etag})
    assert refused.status_code == 412 and "Escalated by ann" in refused.text
    assert looking.counts(runtime, [SITE]) == (1, 1), "it was not his"
    for _ in range(2):  # Sent twice it has one effect.
        sent = ann.post(f"{path}/undo", {"from": "review", "etag": comment.etag})
        assert sent.status_code == 303
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


def test_what_another_person_asks_since_is_not_withdrawn_and_its_note_is_kept(
    person: Callable[..., Browser], hold, runtime: Runtime
) -> None:
    comment = hold()
    ann, bob = person("ann"), person("bob")
    path = f"/console/comments/{SITE}/{comment.id}/escalate"
    ann.post(path, {"note": "Do we allow this?"})
    bob.post(path, {"note": "What of the second link?"})
    page = f"/console/comments/{SITE}/{comment.id}"
    answer = ann.post(
        f"{path}/undo", {"etag": comment.etag}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 412 and "<h2 tabindex" in answer.text
    assert "Escalated by bob" in answer.text and "not saved" in answer.text
    assert "What of the second link?" in ann.get(page).text
    assert bob.post(f"{path}/undo", {"etag": comment.etag}).status_code == 303
    assert looking.counts(runtime, [SITE]) == (1, 0)


def test_what_a_decision_settled_is_not_said_to_be_withdrawn(
    person: Callable[..., Browser], hold, runtime: Runtime
) -> None:
    comment = hold()
    ann, bob = person("ann"), person("bob")
    path = f"/console/comments/{SITE}/{comment.id}"
    ann.post(f"{path}/escalate")
    bob.decide(comment, "ham")
    bob.post(f"{path}/undo", {"etag": find(runtime, SITE, comment.id).etag})
    now = find(runtime, SITE, comment.id)
    assert (now.status, looking.counts(runtime, [SITE])) == ("held", (1, 0))
    refused = ann.post(f"{path}/escalate/undo", {"etag": comment.etag})
    assert refused.status_code == 412 and "This comment changed" in refused.text


def test_what_is_written_between_a_look_and_the_withdrawal_is_kept(hold, runtime: Runtime) -> None:
    raw = raw_id(hold().id)
    for who, note in (("ann", "first"), ("bob", "second")):
        assert stored.escalate(runtime.store, SITE, raw, Escalation(who, 1, note))
    assert stored.withdraw(runtime.store, SITE, raw, "ann") == "other"
    assert stored.escalations(runtime.store, [SITE])[raw, SITE].note == "second"
    assert stored.withdraw(runtime.store, SITE, raw, "bob") == "withdrawn"
    assert stored.withdraw(runtime.store, SITE, raw, "bob") == "nothing"


@pytest.mark.parametrize("act", ["escalate", "decision"])
def test_what_was_done_is_told_to_who_did_it_and_to_nobody_else(
    person: Callable[..., Browser], hold, act: str
) -> None:
    comment = hold()
    ann, bob, eve = person("ann"), person("bob"), person("eve", "viewer")
    fields = {"from": "review", "etag": comment.etag, "label": "spam"}
    answer = ann.post(f"/console/comments/{SITE}/{comment.id}/{act}", fields)
    place = answer.headers["Location"]
    for who, is_told in ((ann, True), (bob, False), (eve, False)):
        page = who.get(place).text.partition("<template")[0]
        assert ('class="toast"' in page) is is_told
        assert ('id="undo-said"' in page) is is_told
