"""Checking: a verdict now, recorded once, whatever happens to the store."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from moderation.domain.accounts import token_digest
from moderation.domain.errors import NotAllowed, NotAuthorised, RateLimited, StoreDown
from moderation.domain.sites import SiteSettings
from moderation.flow.authorise import authorise
from moderation.flow.comments.checking import check
from moderation.flow.labels import replaying
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.lookup import find
from moderation.flow.sites import first_run
from moderation.store import sites
from moderation.store.comments import accepting, reading
from tests.clock import Stopwatch
from tests.factories import SITE, put_settings, submission

pytestmark = pytest.mark.second_store

PHARMACY = "Buy cheap viagra without prescription http://best-pills-24h.example/buy-viagra online"
HAM = "Thanks, the second example fixed my build."


def test_pharmacy_link_is_spam_with_reasons_and_thanks_are_ham(runtime, grant):
    spam = check(runtime, grant, submission(PHARMACY, author={"name": "cheap pills"}))
    ham = check(runtime, grant, submission(HAM))
    assert spam.recorded and ham.recorded
    assert (spam.comment.verdict.label, ham.comment.verdict.label) == ("spam", "ham")
    assert spam.comment.verdict.reasons and spam.comment.status in ("held", "spam")
    assert ham.comment.status == "approved"


def test_what_is_checked_is_stored_as_answered(runtime, grant):
    done = check(runtime, grant, submission(HAM, external_id="7"))
    assert find(runtime, SITE, done.comment.id) == done.comment


def test_checked_again_it_keeps_its_id_and_verdict(runtime, grant):
    first = check(runtime, grant, submission(HAM, external_id="7")).comment
    again = check(runtime, grant, submission(HAM, external_id="7")).comment
    assert again == first


def test_unrecorded_leaves_no_trace(runtime, grant, valkey):
    with valkey.client() as client:
        before = client.dbsize()
        done = check(runtime, grant, submission(PHARMACY), record=False)
        assert (done.recorded, done.comment.id) == (False, "")
        assert client.dbsize() == before


def test_a_decision_changes_the_next_verdict_of_another_process(runtime, other, bearer, grant):
    text = "Our new gallery of oak tables is open, have a look at woodwork.example/gallery"
    first = check(runtime, grant, submission(text)).comment
    check(other, authorise(other, bearer, "submit"), submission("warm up"))
    decide(runtime, SITE, first.id, "spam", Word("ann", "api"), None)
    near = submission(text.replace("oak", "pine"))
    after = check(other, authorise(other, bearer, "submit"), near).comment
    assert after.verdict.score > first.verdict.score + 0.1
    assert after.verdict.model == f"{runtime.shipped.name}+1"


def test_observe_approves_and_says_what_would_have_been(runtime, grant):
    put_settings(runtime.store, SITE, SiteSettings(mode="observe", hold=0.1, reject=0.2))
    comment = check(runtime, grant, submission(PHARMACY)).comment
    assert (comment.status, comment.verdict.status) == ("approved", "spam")


def test_a_changed_setting_holds_for_the_next_verdict_of_another_process(runtime, other, bearer):
    grant = authorise(other, bearer, "submit")
    assert check(other, grant, submission(HAM)).comment.status == "approved"
    put_settings(runtime.store, SITE, SiteSettings(hold=1e-9, reject=0.99))
    assert check(other, grant, submission(HAM)).comment.status == "held"


def test_what_changes_while_a_comment_is_scored_still_holds_for_its_verdict(
    runtime, other, bearer, grant
):
    text = "Our new gallery of oak tables is open, have a look at woodwork.example/gallery"
    first = check(runtime, grant, submission(text)).comment
    mine = authorise(other, bearer, "submit")
    check(other, mine, submission("warm up"))
    met = []

    def meanwhile(comment, settings):
        if not met:
            decide(runtime, SITE, first.id, "spam", Word("ann", "api"), None)
            put_settings(runtime.store, SITE, SiteSettings(hold=1e-9, reject=0.999999))
        met.append(comment.verdict.model)
        return accepting.NO_NOTES

    done = check(other, mine, submission(text.replace("oak", "pine")), notes=meanwhile)
    assert done.comment.verdict.model == f"{runtime.shipped.name}+1"
    assert (done.comment.verdict.policy, done.comment.status) == (1, "held")
    assert met == [runtime.shipped.name + "+0", runtime.shipped.name + "+1"]
    assert find(runtime, SITE, done.comment.id) == done.comment
    assert len(reading.page(runtime.store, SITE, None, b"", b"", True, 9)) == 3


def test_a_verdict_never_waits_for_a_site_to_stand_still(runtime, other, bearer, grant):
    first = check(runtime, grant, submission(HAM)).comment
    mine = authorise(other, bearer, "submit")
    check(other, mine, submission("warm up"))
    labels = iter(("spam", "ham", "spam", "ham"))

    def meanwhile(comment, settings):
        decide(runtime, SITE, first.id, next(labels), Word("ann", "api"), None)
        return accepting.NO_NOTES

    done = check(other, mine, submission("Another one"), notes=meanwhile)
    assert done.recorded and done.comment.verdict.model == f"{runtime.shipped.name}+1"


def test_a_trusted_role_is_approved_by_rule(runtime, grant):
    comment = check(
        runtime, grant, submission(PHARMACY, author={"role": "subscriber, Administrator"})
    ).comment
    assert (comment.status, comment.verdict.decided_by) == ("approved", "rule")


def test_a_token_revoked_elsewhere_checks_nothing_more(runtime, other, bearer):
    grant = authorise(other, bearer, "submit")
    check(other, grant, submission())
    sites.revoke_token(runtime.store, token_digest(bearer), SITE)
    known = authorise(other, bearer, "submit", fresh=False)
    with pytest.raises(NotAuthorised):
        check(other, known, submission())


def test_another_token_revoked_is_no_obstacle(runtime, bearer):
    extra = first_run.add_token(runtime.store, SITE, ("submit",), "extra")
    grant = authorise(runtime, bearer, "submit")
    sites.revoke_token(runtime.store, token_digest(extra), SITE)
    assert check(runtime, grant, submission()).recorded


def test_scopes_and_unknown_tokens_are_refused(runtime):
    reader = first_run.add_token(runtime.store, SITE, ("submit",), "submits only")
    with pytest.raises(NotAllowed):
        authorise(runtime, reader, "moderate")
    with pytest.raises(NotAuthorised):
        authorise(runtime, "wnw_" + "x" * 43, "submit")
    with pytest.raises(NotAllowed):
        authorise(runtime, first_run.add_token(runtime.store, "", ("submit",), "no site"), "submit")


def test_a_token_past_its_limit_is_told_when_to_come_back(runtime):
    token = first_run.add_token(runtime.store, SITE, ("submit",), "slow", per_minute=1)
    grant = authorise(runtime, token, "submit")
    check(runtime, grant, submission())
    with pytest.raises(RateLimited) as caught:
        check(runtime, grant, submission())
    assert 1 <= caught.value.retry_after <= 60


@pytest.mark.parametrize(
    "fail_mode, status", [("hold", "held"), ("approve", "approved"), ("spam", "spam")]
)
def test_a_hanging_store_gets_the_fail_mode_within_half_a_second(
    runtime, grant, valkey, fail_mode, status
):
    put_settings(runtime.store, SITE, SiteSettings(fail_mode=fail_mode))
    check(runtime, grant, submission())
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        with Stopwatch() as watch:
            done = check(runtime, grant, submission())
        assert watch.seconds < 0.5
    finally:
        os.kill(valkey.pid, signal.SIGCONT)
    assert (done.recorded, done.comment.id) == (False, "")
    assert (done.comment.status, done.comment.verdict.decided_by) == (status, "fail_mode")
    assert check(runtime, grant, submission()).recorded, "it recovers without a restart"


def test_a_store_that_hangs_after_any_trip_of_a_check_gets_the_fail_mode_in_time(
    runtime, other, bearer, grant, valkey
):
    """With everything changed since the last check, so that it takes all the trips it may take."""
    known = check(runtime, grant, submission(HAM)).comment
    mine = authorise(other, bearer, "submit")
    check(other, mine, submission("warm up", external_id="7"))

    def stops_before(trip):
        extra = first_run.add_token(runtime.store, SITE, ("submit",), "extra")
        sites.revoke_token(runtime.store, token_digest(extra), SITE)
        put_settings(runtime.store, SITE, SiteSettings(hold=0.5 + trip / 1000, reject=0.99))
        decide(runtime, SITE, known.id, ("spam", "ham")[trip % 2], Word("ann", "api"), None)
        trips = []

        def before_a_trip():
            trips.append(1)
            if len(trips) == trip:
                os.kill(valkey.pid, signal.SIGSTOP)

        other.store.on_round_trip = before_a_trip
        try:
            with Stopwatch() as watch:
                done = check(other, mine, submission("warm up", external_id="7"))
            assert watch.seconds < 0.5
        finally:
            os.kill(valkey.pid, signal.SIGCONT)
            other.store.on_round_trip = lambda: None
        stopped = len(trips) >= trip
        assert done.recorded is not stopped
        assert (done.comment.verdict.decided_by == "fail_mode") is stopped
        return stopped

    trips_of_a_check = next(trip for trip in range(1, 30) if not stops_before(trip)) - 1
    assert trips_of_a_check > 5


def test_what_the_process_itself_takes_is_not_held_against_the_store(runtime, grant):
    def slow(comment, settings):
        time.sleep(0.5)
        return accepting.NO_NOTES

    assert check(runtime, grant, submission(HAM), notes=slow).recorded


def test_a_slow_store_gets_the_fail_mode_in_time(runtime, other, bearer, grant, valkey):
    known = check(runtime, grant, submission(HAM)).comment
    mine = authorise(other, bearer, "submit")
    decide(runtime, SITE, known.id, "spam", Word("ann", "api"), None)
    put_settings(runtime.store, SITE, SiteSettings(hold=0.6))
    pausing = 0.0
    with valkey.client() as client:

        def pause():
            nonlocal pausing
            began = time.monotonic()
            client.execute_command("CLIENT", "PAUSE", 150, "ALL")  # Waits for the one before.
            pausing += time.monotonic() - began

        other.store.on_round_trip = pause
        with Stopwatch() as watch:
            done = check(other, mine, submission("slow"))
        assert watch.seconds - pausing < 0.5
    assert (done.recorded, done.comment.verdict.decided_by) == (False, "fail_mode")


def test_a_check_is_judged_by_the_learner_at_hand_while_another_call_catches_up(
    runtime, grant, other, bearer
):
    known = check(runtime, grant, submission(HAM)).comment
    mine = authorise(other, bearer, "submit")
    check(other, mine, submission("warm up"))
    decide(runtime, SITE, known.id, "spam", Word("ann", "api"), None)
    with other.lock(SITE), ThreadPoolExecutor(1) as pool:
        with Stopwatch() as watch:
            done = pool.submit(check, other, mine, submission("waits")).result()
        assert watch.seconds < 0.5
    assert (done.recorded, done.comment.verdict.decided_by) == (True, "model")
    assert done.comment.verdict.model == f"{other.shipped.name}+0"
    assert check(other, mine, submission("after")).comment.verdict.model.endswith("+1")


def test_a_broker_that_hangs_delays_no_check_beyond_half_a_second(
    runtime, other, bearer, grant, valkey, monkeypatch
):
    monkeypatch.setattr(replaying, "REPLAY_AT_MOST", 0)
    known = check(runtime, grant, submission(HAM)).comment
    mine = authorise(other, bearer, "submit")
    check(other, mine, submission("warm up"))
    decide(runtime, SITE, known.id, "spam", Word("ann", "api"), None)
    send, hangs, over = other.tasks.send, threading.Event(), threading.Event()

    def hanging(*task):
        os.kill(valkey.pid, signal.SIGSTOP)
        hangs.set()
        send(*task)
        over.set()

    monkeypatch.setattr(other.tasks, "send", hanging)
    try:
        with Stopwatch() as watch:
            check(other, mine, submission("hello"))
        assert watch.seconds < 0.5
    finally:
        assert hangs.wait(10)
        os.kill(valkey.pid, signal.SIGCONT)
    assert over.wait(10)


def test_a_full_store_gets_the_fail_mode_too(runtime, grant, valkey):
    with valkey.client() as client:
        client.config_set("maxmemory", 1)
        assert check(runtime, grant, submission()).comment.verdict.decided_by == "fail_mode"
        client.config_set("maxmemory", 0)
    assert check(runtime, grant, submission()).recorded


def test_an_unknown_token_cannot_be_judged_while_the_store_is_down(runtime, valkey):
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        with pytest.raises(StoreDown):
            authorise(runtime, "wnw_unknown", "submit", fresh=False)
    finally:
        os.kill(valkey.pid, signal.SIGCONT)
