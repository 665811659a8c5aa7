"""Word back carries a key that its site may know: never one to whoever found a revoked one."""

from __future__ import annotations

import msgspec
import pytest

from moderation.flow.akismet import accounts, word_back
from moderation.flow.akismet.keys import key_digest
from moderation.flow.akismet.word_back import outcome_of, send_due
from moderation.flow.labels.deciding import Word, decide, undo
from moderation.flow.runtime import Runtime
from moderation.store import akismet, keys
from tests.moderation.akismet.conftest import Clock, Told

ANN = Word("ann", "console")


def revoke(runtime: Runtime, key: str) -> None:
    digest = key_digest(runtime.secret, key)
    accounts.revoke_key(runtime.store, digest[: akismet.KEY_ID_LENGTH])


def decided(told: Told) -> list[str]:
    """Have a person decide on the newest comment and return the keys that the site then hears."""
    comment = told.comment
    decide(told.runtime, comment.site, comment.id, "spam", ANN, None)
    told.work()
    return [form["key"] for form in told.heard()]


def test_a_key_that_is_good_is_the_one_that_is_sent(told: Told) -> None:
    told.check()
    store, secret, account = told.runtime.store, told.runtime.secret, told.client.account
    accounts.rotate(store, secret, account, 3_600_000)
    assert decided(told) == [told.client.key], "it goes on for the overlap"


def test_a_key_that_ended_by_rotation_is_replaced_by_the_newest_that_is_good(told: Told) -> None:
    told.check()
    store, secret, account = told.runtime.store, told.runtime.secret, told.client.account
    accounts.rotate(store, secret, account, 0)
    newest = accounts.rotate(store, secret, account, 0)
    _, other = accounts.create_account(store, secret, "another")
    assert decided(told) == [newest] and newest != other


def test_the_record_of_a_key_that_an_older_version_rotated_is_read_as_it_is(told: Told) -> None:
    told.check()
    runtime, account = told.runtime, told.client.account
    digest = key_digest(runtime.secret, told.client.key)
    sealed = akismet.key(runtime.store, digest).sealed
    record = {"account": account.id, "sealed": sealed, "created_ms": 1, "expires_ms": 2}
    runtime.store.redis.hset(keys.AKISMET_KEYS, digest, msgspec.json.encode(record))
    newest = accounts.new_key()
    accounts.put_key(runtime.store, runtime.secret, account, newest)
    assert decided(told) == [newest]


@pytest.mark.parametrize("rotated", [False, True])
@pytest.mark.parametrize("again", [False, True])
def test_whoever_has_a_revoked_key_hears_nothing_more(
    told: Told, rotated: bool, again: bool
) -> None:
    told.check()
    store, secret, account = told.runtime.store, told.runtime.secret, told.client.account
    if rotated:
        accounts.rotate(store, secret, account, 0)
    revoke(told.runtime, told.client.key)
    if again:
        accounts.put_key(store, secret, account, accounts.new_key())
    assert decided(told) == []
    assert outcome_of(told.runtime, told.comment) == "refused"
    assert store.redis.zcard(keys.AKISMET_TELL) == 0, "nor later"


def test_without_a_good_key_there_is_nothing_to_say_it_with(told: Told) -> None:
    told.check()
    runtime = told.runtime
    newest = accounts.rotate(runtime.store, runtime.secret, told.client.account, 0)
    revoke(runtime, newest)
    assert decided(told) == []


def test_a_refused_blog_hears_nothing_until_it_may_speak_again(told: Told) -> None:
    told.check()
    store, secret, account = told.runtime.store, told.runtime.secret, told.client.account
    accounts.revoke_blog(store, secret, account, told.address)
    assert decided(told) == []
    assert outcome_of(told.runtime, told.comment) == "refused"
    accounts.allow_blog(store, secret, account, told.address)
    undo(told.runtime, told.comment.site, told.comment.id, ANN, None)
    assert decided(told) == [told.client.key]


def test_a_try_that_waits_is_not_made_for_a_key_revoked_meanwhile(told: Told, clock: Clock) -> None:
    told.check()
    told.blog.status = 503
    assert decided(told) == [told.client.key]
    told.blog.status = 200
    revoke(told.runtime, told.client.key)
    clock.pass_(word_back.AGAIN_SECONDS[0] + 1)
    assert send_due(told.runtime) == 1
    told.work()
    assert len(told.heard()) == 1
    assert outcome_of(told.runtime, told.comment) == "refused"
