"""A site's webhooks hear what happens to its comments: signed, as it was then, and in order."""

from __future__ import annotations

from msgspec.structs import replace

from moderation.domain.models import Promotion
from moderation.domain.sites import SiteSettings
from moderation.flow.comments import draining
from moderation.flow.comments.checking import check
from moderation.flow.comments.submitting import submit
from moderation.flow.labels.deciding import Word, decide, forget, undo
from moderation.flow.models import rescoring
from moderation.flow.people.links import OPERATOR
from moderation.flow.runtime import Runtime
from moderation.flow.sites import choosing
from moderation.flow.webhooks import endpoints, sending
from moderation.store import keys, models, webhooks
from tests.factories import SITE, all_keys, submission
from tests.moderation.flow.webhooks.conftest import Hooked

ANN = Word("ann", "console", note="as agreed")
PERSON = {"name": "Ada", "email": "ada@mail.example", "ip": "198.51.100.7"}


def test_a_checked_comment_is_told_as_the_api_gives_it_but_for_address_and_mail(
    hooked: Hooked,
) -> None:
    comment = hooked.check("Which port does it use?", author=PERSON, external_id="c-1")
    hooked.work()
    (told,) = hooked.heard()
    assert told["type"] == "comment.scored"
    data = told["data"]
    assert (data["id"], data["site"], data["status"]) == (comment.id, SITE, comment.status)
    assert data["verdict"]["score"] == comment.verdict.score  # type: ignore[union-attr]
    assert (data["content"], data["external_id"]) == ("Which port does it use?", "c-1")
    assert data["author"] == {"name": "Ada"}
    assert "ada@mail.example" not in str(told) and "198.51.100.7" not in str(told)


def test_a_webhook_that_asks_for_it_has_address_and_mail(hooked: Hooked) -> None:
    _, secret = hooked.add(hooked.url, personal=True)
    endpoints.remove(hooked.runtime.store, SITE, hooked.id, OPERATOR)
    hooked.check(author=PERSON)
    hooked.work()
    assert hooked.heard(secret)[0]["data"]["author"] == PERSON


def test_a_submitted_comment_is_told_when_it_has_its_verdict(hooked: Hooked) -> None:
    some = [submission(f"Is there a manual, part {n}?") for n in range(3)]
    accepted = submit(hooked.runtime, hooked.grant, some)
    hooked.work()
    assert not hooked.receiver.heard
    for lane in range(keys.LANES):
        draining.drain_lane(hooked.runtime, lane)
    hooked.work()
    told = hooked.heard()
    assert {one["data"]["id"] for one in told} == {one.id for one in accepted}
    assert {one["type"] for one in told} == {"comment.scored"}


def test_a_decision_and_its_undoing_are_told_in_order_with_who_said_so(hooked: Hooked) -> None:
    comment = hooked.check()
    decide(hooked.runtime, SITE, comment.id, "spam", ANN, None)
    undo(hooked.runtime, SITE, comment.id, Word("bea", "api"), None)
    hooked.work()
    told = hooked.heard()
    assert [one["type"] for one in told] == [
        "comment.scored", "comment.changed", "comment.changed",
    ]  # fmt: skip
    # Each is as the comment was then, though all were sent after the last.
    assert [one["data"]["status"] for one in told] == [comment.status, "spam", comment.status]
    assert [one.get("by") for one in told] == [None, "ann", "bea"]
    assert [one.get("via") for one in told] == [None, "console", "api"]
    assert told[1]["data"]["decision"]["note"] == "as agreed"
    assert told[2]["data"]["decision"] is None
    assert len({one["id"] for one in told}) == 3


def test_a_new_text_is_told_and_the_old_one_as_it_was(hooked: Hooked) -> None:
    hooked.check("First text of it.", external_id="c-1")
    hooked.check("Second text of it.", external_id="c-1")
    hooked.check("Second text of it.", external_id="c-1")
    hooked.work()
    told = [(one["data"]["revision"], one["data"]["content"]) for one in hooked.heard()]
    assert told == [(1, "First text of it."), (2, "Second text of it.")]


def test_what_was_held_and_is_judged_anew_is_told_as_the_models_word(hooked: Hooked) -> None:
    held = SiteSettings(hold=0.000001, reject=0.999999)
    choosing.put_settings(hooked.runtime.store, SITE, lambda _: held, OPERATOR)
    comment = hooked.check()
    assert comment.status == "held"
    usual = SiteSettings(hold=0.99, reject=0.999)
    choosing.put_settings(hooked.runtime.store, SITE, lambda _: usual, OPERATOR)
    job = rescoring.begin(hooked.runtime, "ann", SITE)
    rescoring.work_on(hooked.runtime, job.id)
    hooked.work()
    changed = [one for one in hooked.heard() if one["type"] == "comment.changed"]
    assert [(one["by"], one["data"]["status"]) for one in changed] == [("model", "approved")]


def test_a_comment_that_was_deleted_is_told_no_more(hooked: Hooked) -> None:
    comment = hooked.check("Nothing of this may be sent.")
    kept = hooked.check("This may be.")
    forget(hooked.runtime, SITE, comment.id)
    hooked.work()
    assert [one["data"]["id"] for one in hooked.heard()] == [kept.id]
    assert {one.message.outcome for one in hooked.log()} == {"told", "gone"}


def test_every_webhook_hears_what_it_asked_for_with_its_own_secret(hooked: Hooked) -> None:
    _, decided = hooked.add(hooked.url, events=("comment.changed",))
    comment = hooked.check()
    decide(hooked.runtime, SITE, comment.id, "spam", ANN, None)
    hooked.work()
    assert len(hooked.receiver.heard) == 3
    last = len(hooked.receiver.heard) - 1
    assert [one["type"] for one in hooked.heard(decided, since=last)] == ["comment.changed"]


def test_a_promoted_model_is_told_to_the_sites_once(hooked: Hooked) -> None:
    hooked.work()
    store = hooked.runtime.store
    before = models.in_use(store)
    blob = hooked.runtime.shipped.to_bytes()
    known = models.one(store, before.name)
    assert known is not None
    models.put(store, replace(known, name="2030.01.01-1"), blob)
    change = Promotion("promote", "2030.01.01-1", before.name, 1_790_000_000_000, "ann", "better")
    assert models.use(store, change, before)
    hooked.work()
    # A crash between telling and noting that it was told has it told again, as the same message.
    webhooks.note_promoted(store, before.revision)
    hooked.work()
    (told,) = hooked.heard()
    assert (told["type"], told["data"]["name"]) == ("model.promoted", "2030.01.01-1")
    assert (told["data"]["previous"], told["data"]["by"]) == (before.name, "ann")


def test_a_site_without_webhooks_notes_nothing(runtime: Runtime, hooked: Hooked) -> None:
    endpoints.remove(runtime.store, SITE, hooked.id, OPERATOR)
    assert not all_keys(runtime.store, f"*{SITE}:hook*")
    comment = hooked.check()
    decide(runtime, SITE, comment.id, "spam", ANN, None)
    for lane in range(keys.LANES):
        submit(runtime, hooked.grant, [submission(f"Part {lane} of it?")])
        draining.drain_lane(runtime, lane)
    assert not runtime.store.redis.exists(keys.of_site(SITE).outbox)
    assert not webhooks.every(runtime.store)


def test_another_process_notes_what_happens_as_soon_as_there_is_a_webhook(
    runtime: Runtime, hooked: Hooked, again: Runtime
) -> None:
    endpoints.remove(runtime.store, SITE, hooked.id, OPERATOR)
    check(again, hooked.grant, submission("Before."))
    hooked.id, hooked.secret = hooked.add(hooked.url)
    check(again, hooked.grant, submission("After."))
    hooked.work()
    assert [one["data"]["content"] for one in hooked.heard()] == ["After."]


def test_a_message_is_noted_with_the_verdict_whatever_happens_after(
    hooked: Hooked, again: Runtime
) -> None:
    # Nobody announced anything and no task was sent: what stands in the store is enough.
    hooked.check()
    entries = again.store.redis.xlen(keys.of_site(SITE).outbox)
    assert entries == 1
    sending.spread(again, SITE)
    sending.spread(again, SITE)
    hooked.work()
    assert len(hooked.heard()) == 1
