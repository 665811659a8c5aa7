"""Notices of an account: where WordPress looks for them, while they hold, and nowhere else."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from moderation.flow.akismet import accounts
from moderation.flow.runtime import Runtime
from tests.moderation.akismet.conftest import HAM, Client

OTHER_CALLS = [
    "submit-spam", "submit-ham", "deactivate", "get-subscription", "get-key-stats", "usage-limit",
    "key-sites", "token", "test", "compatible-plugins", "verify-wpcom-key",
]  # fmt: skip


def alert_of(answer: TestResponse) -> str:
    """Return the code of an answer's notice, '' without one."""
    code, said = (answer.headers.get(f"X-akismet-alert-{name}", "") for name in ("code", "msg"))
    assert bool(code) == bool(said)
    return code


def alerts(client: Client) -> list[str]:
    """Return what verify-key and get-stats say, whose answers are good ones."""
    verified, stats = client("1.1/verify-key"), client("1.1/get-stats")
    assert verified.data == b"valid" and stats.json["breakdown"]
    for answer in (verified, stats):
        assert "X-akismet-error" not in answer.headers
        assert "X-akismet-debug-help" not in answer.headers
    return [alert_of(verified), alert_of(stats)]


def test_a_quota_that_is_used_up_is_told_while_it_is(
    make_client: Callable[..., Client], runtime: Runtime
) -> None:
    client = make_client(monthly=2)
    client.check(f"{HAM} 1")
    assert alerts(client) == ["", ""]
    client.check(f"{HAM} 2")
    assert alerts(client) == ["10508", "10508"]
    refused = client.check(f"{HAM} 3")
    assert (refused.data, alert_of(refused)) == (b"invalid", "10508")
    assert client("1.1/verify-key", blog=None).headers["X-akismet-alert-code"] == "10508"
    accounts.change(runtime.store, client.account, monthly=3)
    assert alerts(client) == ["", ""]


def test_a_blog_that_may_not_appear_is_told_so(
    make_client: Callable[..., Client], runtime: Runtime
) -> None:
    client = make_client(site_limit=1)
    assert alerts(client) == ["", ""]
    client.check(HAM)
    assert alerts(client) == ["", ""]
    client.blog = "https://second.example"
    assert alerts(client) == ["10404", "10404"]
    assert alert_of(client.check(HAM)) == "10404"
    accounts.allow_blog(runtime.store, runtime.secret, client.account, client.blog)
    assert alerts(client) == ["", ""]
    client.allow_only_listed()
    assert alerts(client) == ["", ""]
    client.blog = "https://third.example"
    assert alerts(client) == ["10404", "10404"]


def test_a_blog_that_was_refused_is_told_so(client: Client, runtime: Runtime) -> None:
    client.check(HAM)
    accounts.revoke_blog(runtime.store, runtime.secret, client.account, client.blog)
    verified = client("1.1/verify-key")
    assert (verified.data, alert_of(verified)) == (b"invalid", "10403")
    stats = client("1.1/get-stats")
    assert (stats.json["ham"], alert_of(stats)) == (1, "10403")
    accounts.allow_blog(runtime.store, runtime.secret, client.account, client.blog)
    assert alerts(client) == ["", ""]


@pytest.mark.parametrize("name", OTHER_CALLS)
def test_no_other_good_answer_carries_a_notice(
    make_client: Callable[..., Client], name: str
) -> None:
    client = make_client(monthly=1)
    client.check(HAM)
    assert alert_of(client.check("one too many"))
    for version in ("1.1", "1.2"):
        assert alert_of(client(f"{version}/{name}", user_ip="1", comment_content=HAM)) == ""


def test_no_good_answer_of_an_account_without_notices_carries_one(client: Client) -> None:
    names = ["verify-key", "get-stats", "comment-check", *OTHER_CALLS]
    for name, version in itertools.product(names, ("1.1", "1.2")):
        answer = client(f"{version}/{name}", user_ip="1", comment_content=HAM)
        assert not [header for header, _ in answer.headers if "alert" in header.lower()], name
