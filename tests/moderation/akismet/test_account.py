"""Keys, accounts, quotas and statistics, as clients see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from moderation.domain.verdicts import Label
from moderation.flow.akismet import accounts
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.settings import Settings
from moderation.store import Store
from tests.moderation.akismet.conftest import HAM, SPAM, THANKS, Client

MONTH = dt.datetime.now(dt.UTC).strftime("%Y-%m")


@pytest.mark.parametrize("field", ["key", "api_key"])
def test_a_key_is_valid_by_either_name_and_in_either_case(client: Client, field: str) -> None:
    form = {"api_key": None, field: client.key.upper()}
    answer = client("1.1/verify-key", **form)
    assert (answer.data, answer.content_type) == (b"valid", "text/plain; charset=utf-8")
    assert client.blogs() == []


def test_an_unknown_key_is_invalid_without_debug_help(client: Client) -> None:
    answer = client("1.1/verify-key", api_key="0123456789ab")
    assert answer.data == b"invalid"
    assert not [name for name, _ in answer.headers if name.lower().startswith("x-akismet")]


def test_the_first_run_makes_a_key_that_is_good(
    client: Client, settings: Settings, store: Store
) -> None:
    made = first_run.new_credentials(settings)
    first_run.first_run(store, settings, made)
    assert client("1.1/verify-key", api_key=made.akismet_key).data == b"valid"


def test_short_words_are_exact(client: Client) -> None:
    assert client("1.1/deactivate").data == b"deactivated"
    assert client("1.1/token").data.strip()
    assert client("1.1/verify-wpcom-key").data == b"invalid"
    assert client.raw("/1.1/test", method="GET").data == b"connected"
    assert client.raw("/1.2/compatible-plugins", method="GET").json == []


@pytest.mark.parametrize(
    "path",
    [
        "1.1/comment-check", "1.1/submit-spam", "1.1/submit-ham", "1.1/deactivate", "1.1/token",
        "1.1/get-subscription", "1.1/get-stats", "1.2/get-key-stats", "1.2/usage-limit",
        "1.2/key-sites", "1.1/verify-key",
    ],
)  # fmt: skip
def test_no_call_falls_back_to_a_default_account(client: Client, path: str) -> None:
    client.check(HAM)
    for key in (None, "", "0123456789ab", "000000000000"):
        assert client(path, api_key=key, user_ip="1").data == b"invalid"
    assert client.raw(f"/{path}", method="GET").data == b"invalid"


def test_a_subscription_has_all_six_keys(client: Client) -> None:
    answer = client("1.1/get-subscription").json
    assert isinstance(answer.pop("account_id"), int)
    assert answer == {
        "account_type": "self-hosted",
        "account_name": "test",
        "status": "active",
        "next_billing_date": False,
        "limit_reached": False,
    }


def test_a_quota_ends_checks_with_notices_and_nothing_else(
    make_client: Callable[..., Client],
) -> None:
    client = make_client(monthly=2)
    assert [client.check(f"{HAM} {n}").data for n in range(2)] == [b"false", b"false"]
    assert client("1.1/get-subscription").json["limit_reached"] is True
    answer = client.check("one too many")
    assert answer.data == b"invalid"
    assert answer.headers["X-akismet-alert-code"] == "10508"
    assert answer.headers["X-akismet-error"] == "10508"
    assert answer.headers["X-akismet-alert-msg"]
    assert client.report("spam", f"{HAM} 0") == THANKS
    assert client("1.1/verify-key").data == b"valid"
    usage = client("1.2/usage-limit").json
    assert usage == {"limit": "2", "usage": 2, "percentage": "100.00", "throttled": True}


def test_a_raised_quota_holds_for_the_next_call(
    make_client: Callable[..., Client], runtime: Runtime
) -> None:
    client = make_client(monthly=1)
    assert client.check(f"{HAM} 1").data == b"false"
    assert client.check(f"{HAM} 2").data == b"invalid"
    accounts.change(runtime.store, client.account, monthly=10)
    assert client.check(f"{HAM} 3").data == b"false"


def test_a_quota_counts_what_was_checked_before_it_in_the_month(
    client: Client, runtime: Runtime
) -> None:
    for n in range(3):
        client.check(f"{HAM} {n}")
    accounts.change(runtime.store, client.account, monthly=4)
    assert [client.check(f"{HAM} {n}").text for n in (3, 4)] == ["false", "invalid"]


def test_a_used_up_quota_has_its_name(make_client: Callable[..., Client]) -> None:
    client = make_client(monthly=2)
    for n, name in enumerate(("NONE", "NONE", "THIRD_MONTH_OVER_LIMIT", "THIRD_MONTH_OVER_LIMIT")):
        usage = client("1.2/usage-limit", extended="1").json
        assert (usage["limit"], usage["usage"]) == ("2", min(n, 2))
        assert (usage["notice_level"], usage["upgrade"]) == (f"NOTICE_{name}", False)
        client.check(f"{HAM} {n}")


def test_usage_without_a_quota(client: Client) -> None:
    client.check(HAM)
    assert client("1.2/usage-limit", extended="true").json == {
        "limit": "none", "usage": 1, "percentage": "0.00", "throttled": False,
        "notice_level": "NOTICE_NONE", "upgrade": False,
    }  # fmt: skip


def test_statistics_count_what_was_said_and_what_was_wrong(client: Client) -> None:
    client.check(HAM)
    client.check("The other day I read about bread.")
    client.check("Where is the manual?", honeypot_field_name="h", h="x")
    client.report("spam", HAM)
    client.report("ham", "Where is the manual?")
    for path, period in (("1.1/get-stats", "60-days"), ("1.2/get-key-stats", "6-months")):
        answer = client(path, **{"from": period}).json
        assert {k: answer[k] for k in ("spam", "ham", "missed_spam", "false_positives")} == {
            "spam": 1, "ham": 2, "missed_spam": 1, "false_positives": 1,
        }  # fmt: skip
        assert answer["accuracy"] == 33.33
        assert answer["time_saved"] == 5
        last = list(answer["breakdown"].items())[-1]
        today = dt.datetime.now(dt.UTC).date().isoformat()
        expected = (today, today) if period == "60-days" else (MONTH, f"{MONTH}-01")
        assert (last[0], last[1]["da"]) == expected
        assert (last[1]["spam"], last[1]["ham"]) == ("1", "2")
        assert last[1].get("blogs") == ("1" if path == "1.2/get-key-stats" else None)
    assert len(client("1.1/get-stats").json["breakdown"]) == 60
    assert len(client("1.2/get-key-stats").json["breakdown"]) == 6
    assert list(client("1.1/get-stats", **{"from": "all"}).json["breakdown"]) == [MONTH]
    for path in ("1.1/get-stats", "1.2/get-key-stats"):
        year = client(path, **{"from": "year"}).json
        assert (len(year["breakdown"]), list(year["breakdown"])[-1]) == (12, MONTH)
        assert (year["spam"], year["ham"]) == (1, 2)


def test_key_statistics_count_the_blogs_that_asked_in_a_period(client: Client) -> None:
    client.check(HAM, blog="https://a.example")
    client.check(f"{HAM} 2", blog="https://a.example")
    client.check(HAM, blog="https://b.example")
    client.check(HAM, blog="https://c.example", is_test="1")
    for span in ("60-days", "6-months", "year", "all"):
        breakdown = client("1.2/get-key-stats", **{"from": span}).json["breakdown"]
        *before, today = [entry["blogs"] for entry in breakdown.values()]
        assert (set(before) <= {"0"}, today) == (True, "2"), span


def test_blogs_appear_by_themselves_up_to_the_limit(make_client: Callable[..., Client]) -> None:
    client = make_client(site_limit=2)
    answers = [client.check(blog=f"https://{n}.example") for n in range(3)]
    assert [answer.data for answer in answers] == [b"false", b"false", b"invalid"]
    assert answers[2].headers["X-akismet-alert-code"] == "10404"
    assert client.check(HAM, blog="https://1.example").data == b"false"


def test_only_listed_blogs_speak_where_the_operator_wants_that(
    client: Client, runtime: Runtime
) -> None:
    client.allow_only_listed()
    assert client.check().headers["X-akismet-alert-code"] == "10404"
    accounts.allow_blog(runtime.store, runtime.secret, client.account, "http://blog.example/")
    assert client.check().data == b"false"


def test_a_revoked_blog_is_refused_at_its_next_call_of_every_process(
    client: Client, other_process: Client, runtime: Runtime
) -> None:
    for process in (client, other_process):
        assert process.check(HAM).data == b"false"
    accounts.revoke_blog(runtime.store, runtime.secret, client.account, "blog.example")
    for process in (client, other_process):
        answer = process.check(HAM)
        assert (answer.data, answer.headers["X-akismet-alert-code"]) == (b"invalid", "10403")
        assert process.report("spam", HAM) == "invalid"
        assert process.check(HAM, blog="https://free.example").data == b"false"
    accounts.allow_blog(runtime.store, runtime.secret, client.account, "blog.example")
    for process in (client, other_process):
        assert process.check(HAM).data == b"false"


def test_a_rotated_key_goes_on_for_the_overlap_and_a_revoked_one_ends_at_once(
    client: Client, other_process: Client, runtime: Runtime
) -> None:
    old, store = client.key, runtime.store
    other_process.check(HAM)
    new = accounts.rotate(store, runtime.secret, client.account, 3_600_000)
    for key in (old, new):
        assert other_process.check(HAM, api_key=key).data == b"false"
    newest = accounts.rotate(store, runtime.secret, client.account, 0)
    for key in (old, new):
        assert other_process.check(HAM, api_key=key).data == b"invalid"
    assert other_process.check(HAM, api_key=newest).data == b"false"
    assert len(client.comments()) == 1


def test_keys_are_neither_kept_in_clear_nor_logged(client: Client, valkey, caplog) -> None:  # type: ignore[no-untyped-def]
    client.check(SPAM)
    client.check(SPAM, api_key=client.key[::-1])
    with valkey.client() as raw:
        for name in raw.keys("*"):
            assert client.key.encode() not in name
            assert client.key.encode() not in raw.dump(name)
    assert client.key not in caplog.text and client.key[::-1] not in caplog.text


LABELS: tuple[Label, ...] = ("spam", "ham")


@pytest.mark.parametrize("label", LABELS)
def test_a_report_of_a_check_is_its_decision(client: Client, label: Label) -> None:
    client.check(HAM)
    assert client.report(label, HAM, reporter="ann", comment_ID="5") == THANKS
    (comment,) = client.comments()
    decision = comment.decision
    assert (decision.label, decision.via, decision.by) == (label, "akismet", "akismet:ann")
